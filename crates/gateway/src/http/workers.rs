//! Plain workers, which only report: their heartbeats, and how they are. What follows from a heartbeat (alerts, a
//! watcher's pause) is the monitor's.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use callsheet_model::Timestamp;
use callsheet_model::signal::{Signal, WorkerBeat, WorkerKind, WorkerState};
use callsheet_protocol::text::WORKER;
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::events::ingest::is_json;
use super::internal::{no_json, time};
use super::problem::FieldProblem;
use super::{Code, PathOf, Problem, Routes, Shared, Whole};

/// The largest number that JSON carries exactly everywhere.
const LARGEST: u64 = (1 << 53) - 1;
/// What was found is shown up to this many characters.
const SHOWN: usize = 60;
/// Largest heartbeat, in bytes.
const LARGEST_BEAT: usize = 16 << 10;

/// Routes for clients.
pub(crate) fn router() -> Routes {
    OpenApiRouter::new().routes(routes!(list))
}

/// Routes for workers.
pub(crate) fn agent_router() -> Routes {
    OpenApiRouter::new().routes(routes!(heartbeat))
}

/// How the workers are.
#[utoipa::path(
    get,
    path = "/api/v1/workers",
    tag = "workers",
    operation_id = "list_workers",
    description = "Workers and render nodes, as `/api/agent-office/nodes` shows them.",
    responses(
        (status = 200, description = "All that are expected or were heard.", body = Object),
        (status = 503, description = "The leader restarts a part of itself.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(State(shared): State<Arc<Shared>>) -> Result<Response, Problem> {
    let office = shared.leader.office().await;
    if !office.redis_ok {
        return Err(Problem::new(Code::Restarting, "the scheduler does not answer: try again"));
    }
    Ok(Json(json!({ "workers": office.workers })).into_response())
}

/// A worker's heartbeat.
#[utoipa::path(
    post,
    path = "/v1/internal/workers/{name}/heartbeat",
    tag = "agents",
    operation_id = "worker_heartbeat",
    description = "Sent every 15 s; a worker without one for 45 s counts as gone. So does one whose heartbeat cannot be \
        read, until one comes that can.",
    params(("name" = String, Path, min_length = 1, max_length = 64, description = "The worker's name, as in the body.")),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({ "name": "image-render", "kind": "render", "state": "idle", "ts": "2026-11-21T16:00:00Z",
            "last_job_at": null, "jobs_done": 42, "jobs_failed": 1 })),
    responses(
        (status = 202, description = "It is heard."),
        (status = 400, description = "It cannot be read; each field that is wrong is named.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not said to be JSON.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn heartbeat(
    State(shared): State<Arc<Shared>>,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<StatusCode, Problem> {
    if !is_name(&name) {
        return Err(Problem::of_field(Code::BadParameter, "name", &name, NAME));
    }
    is_json(&headers)?;
    match read(&name, &body) {
        Ok(beat) => {
            shared.leader.signal(Signal::Worker(beat));
            Ok(StatusCode::ACCEPTED)
        }
        Err(problem) => {
            tracing::warn!(worker = name, problem = problem.detail(), "a worker's heartbeat cannot be read");
            shared.leader.beat_unreadable(&name);
            Err(problem)
        }
    }
}

const NAME: &str = "a name has 1 to 64 bytes, without control characters";

fn is_name(name: &str) -> bool {
    WORKER.check("name", name).is_ok()
}

/// Reads a heartbeat of the worker of this name.
fn read(name: &str, body: &[u8]) -> Result<WorkerBeat, Problem> {
    if body.len() > LARGEST_BEAT {
        return Err(Problem::new(Code::TooLarge, format!("a heartbeat has at most {LARGEST_BEAT} bytes")));
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| no_json(&error))?;
    let Value::Object(fields) = value else {
        return Err(Problem::of_field(Code::Malformed, "body", "", "a heartbeat is a JSON object"));
    };
    let mut fields = Fields { fields, wrong: Vec::new() };
    let said = fields.text("name");
    if said.as_ref().is_some_and(|said| said != name) {
        fields.refuse("name", format!("the path says {name:?}: both have to be the same"));
    }
    let kind = fields.word("kind", &WorkerKind::ALL, WorkerKind::word);
    let states = kind.map(WorkerKind::states).unwrap_or_default();
    let state = kind.and_then(|_| fields.word("state", states, WorkerState::word));
    let ts = fields.time("ts", true);
    let last_job_at = fields.time("last_job_at", false);
    let (done, failed) = (fields.count("jobs_done"), fields.count("jobs_failed"));
    let mode = fields.mode(kind);
    match (fields.wrong.is_empty(), kind, state, ts, done, failed) {
        (true, Some(kind), Some(state), Some(ts), Some(jobs_done), Some(jobs_failed)) => {
            let name = name.to_owned();
            Ok(WorkerBeat { name, kind, state, ts, last_job_at, jobs_done, jobs_failed, mode })
        }
        _ => Err(fields.refusal()),
    }
}

/// A heartbeat's fields, and what is wrong with them.
struct Fields {
    fields: Map<String, Value>,
    /// Which, and what is allowed.
    wrong: Vec<(&'static str, String)>,
}

impl Fields {
    fn refuse(&mut self, field: &'static str, allowed: impl Into<String>) {
        self.wrong.push((field, allowed.into()));
    }

    /// A field that is there and not null.
    fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    fn text(&mut self, field: &'static str) -> Option<String> {
        let text = self.get(field).and_then(Value::as_str).map(str::to_owned);
        if text.is_none() {
            self.refuse(field, "a text is wanted");
        }
        text
    }

    /// One of these words.
    fn word<T: Copy>(&mut self, field: &'static str, all: &[T], word: fn(T) -> &'static str) -> Option<T> {
        let said = self.get(field).and_then(Value::as_str);
        let known = all.iter().copied().find(|&known| said == Some(word(known)));
        if known.is_none() {
            let words: Vec<&str> = all.iter().map(|&known| word(known)).collect();
            self.refuse(field, format!("it is one of {}", words.join(", ")));
        }
        known
    }

    fn time(&mut self, field: &'static str, needed: bool) -> Option<Timestamp> {
        let said = self.get(field).cloned();
        let read = said.as_ref().and_then(Value::as_str).and_then(time);
        if read.is_none() && (needed || said.is_some()) {
            self.refuse(field, "a time is wanted: RFC 3339 in UTC, with a Z at its end");
        }
        read
    }

    fn count(&mut self, field: &'static str) -> Option<u64> {
        let count = self.get(field).and_then(Value::as_u64).filter(|count| *count <= LARGEST);
        if count.is_none() {
            self.refuse(field, format!("an integer from 0 to {LARGEST} is wanted"));
        }
        count
    }

    /// A watcher's mode; nobody else has one.
    fn mode(&mut self, kind: Option<WorkerKind>) -> Option<String> {
        self.get("mode")?;
        let mode = self.text("mode")?;
        if kind.is_some_and(|kind| kind != WorkerKind::Watcher) {
            self.refuse("mode", "only a watcher has a mode");
        } else if !is_name(&mode) {
            self.refuse("mode", "a mode has 1 to 64 bytes, without control characters");
        }
        Some(mode)
    }

    fn refusal(self) -> Problem {
        let field = |(field, allowed): (&'static str, String)| {
            let found =
                self.fields.get(field).map(|value| value.to_string().chars().take(SHOWN).collect::<String>());
            FieldProblem::new(field, found.unwrap_or_default(), allowed)
        };
        Problem::of_fields(Code::Malformed, self.wrong.into_iter().map(field).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat() -> Value {
        json!({
            "name": "image-render", "kind": "render", "state": "busy", "ts": "2026-11-21T16:00:00Z",
            "last_job_at": null, "jobs_done": 42, "jobs_failed": 1,
        })
    }

    fn with(field: &str, value: Value) -> Value {
        let mut beat = beat();
        beat[field] = value;
        beat
    }

    fn said(beat: &Value) -> Result<WorkerBeat, String> {
        read("image-render", beat.to_string().as_bytes()).map_err(|problem| problem.detail().to_owned())
    }

    #[test]
    fn a_heartbeat_is_read() {
        let beat = said(&beat()).unwrap();
        assert_eq!((beat.kind, beat.state), (WorkerKind::Render, WorkerState::Busy));
        assert_eq!((beat.jobs_done, beat.jobs_failed, beat.last_job_at, beat.mode), (42, 1, None, None));
        assert_eq!(beat.ts.to_string(), "2026-11-21T16:00:00.000Z");
    }

    #[test]
    fn a_state_belongs_to_its_kind() {
        for kind in WorkerKind::ALL {
            for other in WorkerKind::ALL {
                for state in other.states() {
                    let mut beat = with("kind", kind.word().into());
                    beat["state"] = state.word().into();
                    assert_eq!(said(&beat).is_ok(), kind == other, "{beat}");
                }
            }
        }
    }

    #[test]
    fn only_a_watcher_has_a_mode() {
        let mut watcher = with("kind", "watcher".into());
        watcher["state"] = "trading".into();
        watcher["mode"] = "trading".into();
        assert_eq!(said(&watcher).unwrap().mode.as_deref(), Some("trading"));
        assert!(said(&with("mode", "trading".into())).unwrap_err().contains("only a watcher has a mode"));
        assert!(said(&with("mode", Value::Null)).is_ok(), "null says nothing");
    }

    #[test]
    fn each_field_that_is_wrong_is_named() {
        for (field, value) in [
            ("name", json!("other")),
            ("name", Value::Null),
            ("kind", json!("renderer")),
            ("state", json!("trading")),
            ("ts", json!("2026-11-21T16:00:00+01:00")),
            ("ts", json!(1_700_000_000)),
            ("last_job_at", json!("yesterday")),
            ("jobs_done", json!(-1)),
            ("jobs_done", json!(1.5)),
            ("jobs_failed", json!("1")),
        ] {
            let refusal = said(&with(field, value.clone())).unwrap_err();
            assert!(refusal.starts_with(&format!("{field}: ")), "{field} {value}: {refusal}");
        }
        let refusal = said(&json!({})).unwrap_err();
        for field in ["name", "kind", "ts", "jobs_done", "jobs_failed"] {
            assert!(refusal.contains(&format!("{field}: ")), "{refusal}");
        }
    }

    #[test]
    fn what_is_no_object_is_no_heartbeat() {
        for body in ["", "[]", "7", "{", "null", "\u{feff}{}"] {
            assert!(read("image-render", body.as_bytes()).is_err(), "{body:?}");
        }
    }
}
