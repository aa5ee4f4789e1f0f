//! Signals on the wire: heartbeats, progress, output and cache changes.

use callsheet_model::limits::MAX_LOG_PIECE_BYTES;
use callsheet_model::node::NodeStatus;
use callsheet_model::signal::{CacheAction, CacheUpdate, Current, Heartbeat, LogChunk, Progress};
use callsheet_model::{NodeName, Timestamp, Token};
use uuid::Uuid;

use crate::arrival::templates_from_wire;
use crate::field::{FieldError, parse, step_index};
use crate::frames::{ranges_from_wire, ranges_to_wire};
use crate::text::{Rule, WHY};
use crate::v1;

/// No attempt says more than this many bytes; sums with it cannot overflow.
const MAX_LOG_OFFSET: u64 = 1 << 50;

impl From<&Heartbeat> for v1::Heartbeat {
    fn from(beat: &Heartbeat) -> Self {
        let current = beat.current.as_ref();
        Self {
            status: match beat.status {
                NodeStatus::Ready => v1::NodeStatus::Ready,
                NodeStatus::Busy => v1::NodeStatus::Busy,
                NodeStatus::Crashed => v1::NodeStatus::Crashed,
                NodeStatus::Updating => v1::NodeStatus::Updating,
            }
            .into(),
            recorded_at_ms: beat.recorded_at.0,
            cpu_pct: beat.cpu_pct.map(u32::from),
            ram_available_mb: beat.ram_available_mb,
            cache_used_bytes: beat.cache_used_bytes,
            renderer_running: beat.renderer_running,
            current_token: current.map(|current| current.token.0),
            current_job: current.map(|current| current.job.to_string()).unwrap_or_default(),
            current_frame: current.and_then(|current| current.frame),
            cached_templates: beat.cached_templates.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A heartbeat from a message, of the node whose session it came over.
///
/// # Errors
/// The field that cannot be read.
pub fn heartbeat_from_wire(node: &NodeName, beat: &v1::Heartbeat) -> Result<Heartbeat, FieldError> {
    let current = match beat.current_token {
        None => None,
        Some(token) => Some(Current {
            token: Token(token),
            job: parse("current_job", &beat.current_job)?,
            frame: beat.current_frame,
        }),
    };
    Ok(Heartbeat {
        node: node.clone(),
        status: match beat.status() {
            v1::NodeStatus::Ready => NodeStatus::Ready,
            v1::NodeStatus::Busy => NodeStatus::Busy,
            v1::NodeStatus::Crashed => NodeStatus::Crashed,
            v1::NodeStatus::Updating => NodeStatus::Updating,
            v1::NodeStatus::Unspecified => return Err(FieldError::missing("status")),
        },
        recorded_at: Timestamp(beat.recorded_at_ms),
        // The cast cannot lose anything after the `min`.
        cpu_pct: beat.cpu_pct.map(|pct| pct.min(100) as u8),
        ram_available_mb: beat.ram_available_mb,
        cache_used_bytes: beat.cache_used_bytes,
        renderer_running: beat.renderer_running,
        current,
        cached_templates: templates_from_wire("cached_templates", &beat.cached_templates)?,
    })
}

impl From<&Progress> for v1::Progress {
    fn from(progress: &Progress) -> Self {
        Self {
            token: progress.token.0,
            job: progress.job.to_string(),
            step: progress.step.0.into(),
            frame: progress.frame,
            fraction: progress.fraction,
            remaining: ranges_to_wire(&progress.remaining),
            node: progress.node.to_string(),
        }
    }
}

/// Progress from a message, of the node whose session it came over.
///
/// # Errors
/// The field that cannot be read.
pub fn progress_from_wire(node: &NodeName, progress: &v1::Progress) -> Result<Progress, FieldError> {
    Ok(Progress {
        node: node.clone(),
        token: Token(progress.token),
        job: parse("job", &progress.job)?,
        step: step_index("step", progress.step)?,
        frame: progress.frame,
        fraction: progress.fraction.filter(|fraction| (0.0..=1.0).contains(fraction)),
        remaining: ranges_from_wire("remaining", &progress.remaining)?,
    })
}

impl From<&LogChunk> for v1::LogChunk {
    fn from(chunk: &LogChunk) -> Self {
        Self {
            token: chunk.token.0,
            job: chunk.job.to_string(),
            step: chunk.step.0.into(),
            offset: chunk.offset,
            text: chunk.text.clone(),
            node: chunk.node.to_string(),
        }
    }
}

/// A piece of output from a message, of the node whose session it came over.
///
/// # Errors
/// The field that cannot be read.
pub fn log_from_wire(node: &NodeName, chunk: &v1::LogChunk) -> Result<LogChunk, FieldError> {
    if chunk.offset > MAX_LOG_OFFSET {
        return Err(FieldError::new("offset", format!("{}, at most {MAX_LOG_OFFSET}", chunk.offset)));
    }
    Rule::Text(MAX_LOG_PIECE_BYTES).check("text", &chunk.text)?;
    Ok(LogChunk {
        node: node.clone(),
        token: Token(chunk.token),
        job: parse("job", &chunk.job)?,
        step: step_index("step", chunk.step)?,
        offset: chunk.offset,
        text: chunk.text.clone(),
    })
}

impl From<&CacheUpdate> for v1::CacheUpdate {
    fn from(update: &CacheUpdate) -> Self {
        Self {
            action: match update.action {
                CacheAction::Downloaded => v1::CacheAction::Downloaded,
                CacheAction::Evicted => v1::CacheAction::Evicted,
                CacheAction::Verified => v1::CacheAction::Verified,
                CacheAction::Failed => v1::CacheAction::Failed,
            }
            .into(),
            md5: update.md5.to_string(),
            bytes: update.bytes,
            cache_used_bytes: update.cache_used_bytes,
            took_ms: update.took_ms,
            error: update.error.clone().unwrap_or_default(),
            node: update.node.to_string(),
            // No project has the nil UUID: it stands for one that is not known.
            project_id: if update.project.is_nil() { String::new() } else { update.project.to_string() },
        }
    }
}

/// A cache change from a message, of the node whose session it came over.
///
/// # Errors
/// The field that cannot be read, or is larger than allowed.
pub fn cache_from_wire(node: &NodeName, update: &v1::CacheUpdate) -> Result<CacheUpdate, FieldError> {
    // It is remembered, so it may not be as long as it likes.
    WHY.check("error", &update.error)?;
    Ok(CacheUpdate {
        node: node.clone(),
        project: match update.project_id.as_str() {
            "" => Uuid::nil(),
            text => parse("project_id", text)?,
        },
        action: match update.action() {
            v1::CacheAction::Downloaded => CacheAction::Downloaded,
            v1::CacheAction::Evicted => CacheAction::Evicted,
            v1::CacheAction::Verified => CacheAction::Verified,
            v1::CacheAction::Failed => CacheAction::Failed,
            v1::CacheAction::Unspecified => return Err(FieldError::missing("action")),
        },
        md5: parse("md5", &update.md5)?,
        bytes: update.bytes,
        cache_used_bytes: update.cache_used_bytes,
        took_ms: update.took_ms,
        error: (!update.error.is_empty()).then(|| update.error.clone()),
    })
}

#[cfg(test)]
mod tests {
    use callsheet_model::limits::MAX_EVENT_TEXT_BYTES;

    use super::*;

    #[test]
    fn a_piece_of_output_has_a_length() {
        let node = NodeName::new("anna").unwrap();
        let job = "018f2d3c-1111-7222-8333-0123456789ab".to_owned();
        let piece = |bytes| v1::LogChunk { job: job.clone(), text: "x".repeat(bytes), ..Default::default() };
        assert!(log_from_wire(&node, &piece(MAX_LOG_PIECE_BYTES)).is_ok());
        assert_eq!(log_from_wire(&node, &piece(MAX_LOG_PIECE_BYTES + 1)).unwrap_err().field, "text");
    }

    #[test]
    fn an_offset_that_could_overflow_is_refused() {
        let node = NodeName::new("anna").unwrap();
        let chunk = v1::LogChunk { offset: u64::MAX, ..Default::default() };
        assert_eq!(log_from_wire(&node, &chunk).unwrap_err().field, "offset");
    }

    fn update(project: Uuid) -> CacheUpdate {
        CacheUpdate {
            node: NodeName::new("anna").unwrap(),
            project,
            action: CacheAction::Evicted,
            md5: callsheet_model::Md5([7; 16]),
            bytes: Some(9),
            cache_used_bytes: 12,
            took_ms: None,
            error: Some("gone".into()),
        }
    }

    #[test]
    fn a_cache_change_comes_back_with_its_project_and_without_one_when_none_is_known() {
        for project in [callsheet_model::id::project_uuid("film"), Uuid::nil()] {
            let update = update(project);
            assert_eq!(cache_from_wire(&update.node, &v1::CacheUpdate::from(&update)), Ok(update));
        }
    }

    #[test]
    fn a_cache_change_with_no_project_or_too_long_an_error_is_refused() {
        let update = update(Uuid::nil());
        let wire = v1::CacheUpdate::from(&update);
        let no_project = v1::CacheUpdate { project_id: "film".into(), ..wire.clone() };
        assert_eq!(cache_from_wire(&update.node, &no_project).unwrap_err().field, "project_id");
        let long = v1::CacheUpdate { error: "x".repeat(MAX_EVENT_TEXT_BYTES + 1), ..wire };
        assert_eq!(cache_from_wire(&update.node, &long).unwrap_err().field, "error");
    }
}
