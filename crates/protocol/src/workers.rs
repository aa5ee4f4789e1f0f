//! Signals of those who have no session: workers, and agents that speak only HTTP.

use callsheet_model::Timestamp;
use callsheet_model::node::NodeStatus;
use callsheet_model::signal::{ForeignBeat, FrameCompleted, WorkerBeat, WorkerKind, WorkerState};

use crate::field::{FieldError, cut};
use crate::text::WORKER;
use crate::v1;

/// The last moment that RFC 3339 can write, in milliseconds since the epoch.
const LAST_MOMENT: u64 = 253_402_207_200_000;

const KINDS: [(WorkerKind, v1::WorkerKind); 3] = [
    (WorkerKind::Render, v1::WorkerKind::Render),
    (WorkerKind::Watcher, v1::WorkerKind::Watcher),
    (WorkerKind::Trader, v1::WorkerKind::Trader),
];

const STATES: [(WorkerState, v1::WorkerState); 7] = [
    (WorkerState::Idle, v1::WorkerState::Idle),
    (WorkerState::Busy, v1::WorkerState::Busy),
    (WorkerState::Paused, v1::WorkerState::Paused),
    (WorkerState::Trading, v1::WorkerState::Trading),
    (WorkerState::Free, v1::WorkerState::Free),
    (WorkerState::MarketOpen, v1::WorkerState::MarketOpen),
    (WorkerState::MarketClosed, v1::WorkerState::MarketClosed),
];

impl From<&WorkerBeat> for v1::WorkerBeat {
    fn from(beat: &WorkerBeat) -> Self {
        let kind = KINDS.iter().find(|(kind, _)| *kind == beat.kind);
        let state = STATES.iter().find(|(state, _)| *state == beat.state);
        Self {
            name: beat.name.clone(),
            kind: kind.map_or(v1::WorkerKind::Unspecified, |(_, wire)| *wire).into(),
            state: state.map_or(v1::WorkerState::Unspecified, |(_, wire)| *wire).into(),
            ts_ms: beat.ts.0,
            last_job_at_ms: beat.last_job_at.map(|at| at.0),
            jobs_done: beat.jobs_done,
            jobs_failed: beat.jobs_failed,
            mode: beat.mode.clone(),
        }
    }
}

/// A worker's heartbeat from a message.
///
/// # Errors
/// The field that cannot be read, or does not fit the worker's kind.
pub fn worker_from_wire(beat: &v1::WorkerBeat) -> Result<WorkerBeat, FieldError> {
    WORKER.check("name", &beat.name)?;
    let kind = KINDS.iter().find(|(_, wire)| i32::from(*wire) == beat.kind).map(|(kind, _)| *kind);
    let kind =
        kind.ok_or_else(|| no_such("kind", beat.kind, WorkerKind::ALL.map(WorkerKind::word).iter()))?;
    let words = || kind.states().iter().map(|state| state.word());
    let state = STATES.iter().find(|(_, wire)| i32::from(*wire) == beat.state).map(|(state, _)| *state);
    let state = state.ok_or_else(|| no_such("state", beat.state, words().collect::<Vec<_>>().iter()))?;
    if !kind.states().contains(&state) {
        let allowed = words().collect::<Vec<_>>().join(", ");
        let message = format!("{}: a {} is one of {allowed}", state.word(), kind.word());
        return Err(FieldError::new("state", message));
    }
    if let Some(mode) = &beat.mode {
        if kind != WorkerKind::Watcher {
            let message = format!("{:?}: only a watcher has one, and this is a {}", cut(mode), kind.word());
            return Err(FieldError::new("mode", message));
        }
        WORKER.check("mode", mode)?;
    }
    if beat.ts_ms == 0 {
        return Err(FieldError::missing("ts_ms"));
    }
    Ok(WorkerBeat {
        name: beat.name.clone(),
        kind,
        state,
        ts: moment("ts_ms", beat.ts_ms)?,
        last_job_at: beat.last_job_at_ms.map(|at| moment("last_job_at_ms", at)).transpose()?,
        jobs_done: beat.jobs_done,
        jobs_failed: beat.jobs_failed,
        mode: beat.mode.clone(),
    })
}

fn moment(field: &str, ms: u64) -> Result<Timestamp, FieldError> {
    if ms > LAST_MOMENT {
        return Err(FieldError::new(field, format!("{ms}: at most {LAST_MOMENT} (the year 9999)")));
    }
    Ok(Timestamp(ms))
}

fn no_such<'a>(field: &str, found: i32, words: impl Iterator<Item = &'a &'static str>) -> FieldError {
    if found == 0 {
        return FieldError::missing(field);
    }
    let words = words.copied().collect::<Vec<_>>().join(", ");
    FieldError::new(field, format!("{found} is no number of one of {words}"))
}

impl From<&ForeignBeat> for v1::ForeignBeat {
    fn from(beat: &ForeignBeat) -> Self {
        Self {
            node_id: beat.node_id.to_string(),
            status: match beat.status {
                NodeStatus::Ready => v1::NodeStatus::Ready,
                NodeStatus::Busy => v1::NodeStatus::Busy,
                NodeStatus::Crashed => v1::NodeStatus::Crashed,
                NodeStatus::Updating => v1::NodeStatus::Updating,
            }
            .into(),
            recorded_at_ms: beat.recorded_at.0,
            payload_json: beat.payload.clone(),
        }
    }
}

impl From<&FrameCompleted> for v1::FrameCompleted {
    fn from(done: &FrameCompleted) -> Self {
        Self {
            render_job_id: done.job.to_string(),
            frame_job_id: done.frame_job.to_string(),
            frame_number: done.frame,
            file_size_bytes: done.bytes,
            completed_at_ms: done.completed_at.map(|at| at.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watcher() -> v1::WorkerBeat {
        v1::WorkerBeat {
            name: "desk".into(),
            kind: v1::WorkerKind::Watcher.into(),
            state: v1::WorkerState::Trading.into(),
            ts_ms: 1_700_000_000_000,
            mode: Some("trading".into()),
            ..Default::default()
        }
    }

    #[test]
    fn every_kind_comes_back_in_each_of_its_states_and_in_no_other() {
        for (kind, kind_wire) in KINDS {
            for (state, state_wire) in STATES {
                let beat = v1::WorkerBeat {
                    name: "image-render".into(),
                    kind: kind_wire.into(),
                    state: state_wire.into(),
                    ts_ms: 5,
                    last_job_at_ms: Some(4),
                    jobs_done: 3,
                    jobs_failed: 2,
                    mode: None,
                };
                match worker_from_wire(&beat) {
                    Ok(read) => {
                        assert!(kind.states().contains(&state));
                        assert_eq!(v1::WorkerBeat::from(&read), beat);
                    }
                    Err(error) => {
                        assert!(!kind.states().contains(&state), "{error}");
                        assert_eq!(error.field, "state");
                    }
                }
            }
        }
    }

    #[test]
    fn a_wrong_field_is_named() {
        assert_eq!(worker_from_wire(&watcher()).unwrap().mode.as_deref(), Some("trading"));
        let field = |beat: v1::WorkerBeat| worker_from_wire(&beat).unwrap_err().field;
        assert_eq!(field(v1::WorkerBeat { name: String::new(), ..watcher() }), "name");
        assert_eq!(field(v1::WorkerBeat { name: "a\nb".into(), ..watcher() }), "name");
        assert_eq!(field(v1::WorkerBeat { kind: 0, ..watcher() }), "kind");
        assert_eq!(field(v1::WorkerBeat { kind: 44, ..watcher() }), "kind");
        assert_eq!(field(v1::WorkerBeat { state: 44, ..watcher() }), "state");
        assert_eq!(field(v1::WorkerBeat { ts_ms: 0, ..watcher() }), "ts_ms");
        assert_eq!(field(v1::WorkerBeat { ts_ms: u64::MAX, ..watcher() }), "ts_ms");
        let late = v1::WorkerBeat { last_job_at_ms: Some(u64::MAX), ..watcher() };
        assert_eq!(field(late), "last_job_at_ms");
        let renderer = v1::WorkerBeat {
            kind: v1::WorkerKind::Render.into(),
            state: v1::WorkerState::Idle.into(),
            ..watcher()
        };
        assert_eq!(field(renderer), "mode");
    }
}
