//! Doors for agents that speak only HTTP: a heartbeat, and word of a frame that is done. Both are signals: they are
//! passed on to who listens and kept nowhere. An agent's word accepts no frame; only proof over a node's own session
//! does.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use callsheet_events::ingest;
use callsheet_events::passing::{FRAME_COMPLETED, NODE_HEARTBEAT};
use callsheet_model::signal::{ForeignBeat, FrameCompleted, Signal};
use callsheet_model::{JobId, NodeStatus, Timestamp};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::events::ingest::{is_json, now};
use super::problem::FieldProblem;
use super::{Code, PathOf, Problem, Routes, Shared, Whole, workers};

/// How an agent can be, in the contract's words.
const STATUSES: [NodeStatus; 4] =
    [NodeStatus::Ready, NodeStatus::Busy, NodeStatus::Crashed, NodeStatus::Updating];

/// The routes. Whoever calls here shows the nodes' token.
pub(crate) fn router() -> Routes {
    OpenApiRouter::new().routes(routes!(heartbeat)).routes(routes!(frame)).merge(workers::agent_router())
}

/// A node's heartbeat.
#[utoipa::path(
    post,
    path = "/v1/internal/nodes/{node_id}/heartbeat",
    tag = "agents",
    operation_id = "node_heartbeat",
    description = "The payload of `node.heartbeat.v1`. It is passed on to who follows signals, and not kept.",
    params(("node_id" = Uuid, Path, description = "The node's UUID, as in the body.")),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({ "node_id": "6b1f1c4e-0f0e-4b57-9a43-6f1f8a5c2d11", "status": "Ready",
            "recorded_at": "2026-11-21T16:00:00Z", "cpu_pct": 3 })),
    responses(
        (status = 202, description = "It is passed on."),
        (status = 400, description = "The path or the body cannot be read.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not said to be JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn heartbeat(
    State(shared): State<Arc<Shared>>,
    PathOf(node_id): PathOf<String>,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<StatusCode, Problem> {
    let node_id = uuid("node_id", &node_id)?;
    is_json(&headers)?;
    let payload = Payload::read(NODE_HEARTBEAT, &body)?;
    same("node_id", node_id, payload.uuid("node_id")?)?;
    let status = payload.text("status")?;
    let status = STATUSES.into_iter().find(|known| known.word() == status);
    let status = status.ok_or_else(|| wrong("status", "it is Ready, Busy, Crashed or Updating"))?;
    let recorded_at = payload.time("recorded_at")?.ok_or_else(|| wrong("recorded_at", "a time is wanted"))?;
    let beat = ForeignBeat { node_id, status, recorded_at, payload: payload.text };
    shared.leader.signal(Signal::Foreign(beat));
    Ok(StatusCode::ACCEPTED)
}

/// A frame is done, says an agent.
#[utoipa::path(
    post,
    path = "/v1/internal/render/jobs/{job_id}/frames",
    tag = "agents",
    operation_id = "frame_completed",
    description = "The payload of `node.frame.completed.v1`. It is passed on to who follows signals, and not kept. The \
        frame does not count as done by it: only frames that a node has proven do.",
    params(("job_id" = Uuid, Path, description = "The job's UUID, as in the body.")),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({ "render_job_id": "6b1f1c4e-0f0e-4b57-9a43-6f1f8a5c2d11",
            "frame_job_id": "0a6f3c1e-8d4b-5a57-8a43-6f1f8a5c2d12", "frame_number": 17 })),
    responses(
        (status = 202, description = "It is passed on."),
        (status = 400, description = "The path or the body cannot be read.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such job.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not said to be JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The leader restarts a part of itself.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn frame(
    State(shared): State<Arc<Shared>>,
    PathOf(job_id): PathOf<String>,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<StatusCode, Problem> {
    let job = uuid("job_id", &job_id)?;
    is_json(&headers)?;
    let payload = Payload::read(FRAME_COMPLETED, &body)?;
    same("render_job_id", job, payload.uuid("render_job_id")?)?;
    let frame = payload.value.get("frame_number").and_then(Value::as_i64);
    let frame = frame.and_then(|frame| i32::try_from(frame).ok());
    let done = FrameCompleted {
        job: JobId(job),
        frame_job: payload.uuid("frame_job_id")?,
        frame: frame.ok_or_else(|| wrong("frame_number", "a frame's number is wanted"))?,
        bytes: payload.value.get("file_size_bytes").and_then(Value::as_u64),
        completed_at: payload.time("completed_at")?,
    };
    let job = done.job;
    if shared.leader.read(move |scheduler| scheduler.job(job).is_none()).await? {
        return Err(Problem::new(Code::UnknownJob, format!("there is no job {job} here")));
    }
    shared.leader.signal(Signal::FrameCompleted(done));
    Ok(StatusCode::ACCEPTED)
}

/// A payload of the contract, checked as it would be in an event.
struct Payload {
    text: String,
    value: Value,
}

impl Payload {
    fn read(kind: &str, body: &[u8]) -> Result<Self, Problem> {
        // A value of its own: what is put around it cannot be changed from within.
        let body: &RawValue = serde_json::from_slice(body).map_err(|error| no_json(&error))?;
        let event = format!(r#"{{"event_type":{kind:?},"payload":{}}}"#, body.get());
        let posted = ingest::read(event.as_bytes(), now(), &mut Uuid::nil).map_err(|refused| {
            let fields = refused.into_iter().map(|wrong| {
                let field = wrong.field.strip_prefix("payload").unwrap_or(&wrong.field);
                let field = field.strip_prefix('.').unwrap_or(field);
                FieldProblem::new(if field.is_empty() { "body" } else { field }, wrong.found, wrong.allowed)
            });
            Problem::of_fields(Code::Invalid, fields.collect())
        })?;
        let text = posted.into_iter().next().map(|posted| posted.event.payload).unwrap_or_default();
        let value = serde_json::from_str(&text).map_err(|error| no_json(&error))?;
        Ok(Self { text, value })
    }

    fn text(&self, field: &str) -> Result<&str, Problem> {
        self.value.get(field).and_then(Value::as_str).ok_or_else(|| wrong(field, "a text is wanted"))
    }

    fn uuid(&self, field: &str) -> Result<Uuid, Problem> {
        self.text(field)?.parse().map_err(|_| wrong(field, "a UUID is wanted"))
    }

    /// A time that may be absent or null.
    fn time(&self, field: &str) -> Result<Option<Timestamp>, Problem> {
        let Some(text) = self.value.get(field).filter(|value| !value.is_null()) else { return Ok(None) };
        let time = text.as_str().and_then(time);
        time.map(Some).ok_or_else(|| wrong(field, "a time is wanted: RFC 3339 in UTC, with a Z at its end"))
    }
}

/// RFC 3339 in UTC with a trailing `Z`; nothing before 1970.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.ends_with('Z').then(|| text.parse().ok())??;
    u64::try_from(time.as_millisecond()).ok().map(Timestamp)
}

pub(super) fn no_json(error: &serde_json::Error) -> Problem {
    Problem::new(Code::Malformed, format!("the body is no JSON: {error}"))
}

fn wrong(field: &str, allowed: &str) -> Problem {
    Problem::of_field(Code::Invalid, field, "", allowed)
}

fn uuid(field: &str, text: &str) -> Result<Uuid, Problem> {
    let allowed = "here must be a UUID";
    text.parse().map_err(|_| Problem::of_field(Code::BadParameter, field, text, allowed))
}

fn same(field: &str, path: Uuid, body: Uuid) -> Result<(), Problem> {
    if path == body {
        return Ok(());
    }
    let allowed = format!("the path says {path}: both have to be the same");
    Err(Problem::of_field(Code::Invalid, field, &body.to_string(), &allowed))
}
