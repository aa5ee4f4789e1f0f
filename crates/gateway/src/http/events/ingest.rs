//! The door for other services' events. What they post is read and checked by `callsheet-events`; here it is taken
//! in whole or not at all, and answered when it is durable.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{Extension, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, body::Bytes};
use callsheet_events::ingest::{self, Posted, Refused};
use callsheet_model::Timestamp;
use serde::de::IgnoredAny;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::described::{Answer, Taken, TakenAll};
use crate::http::problem::FieldProblem;
use crate::http::{Code, Problem, Shared, Whole};
use crate::serve::crowd::InTheCrowd;

/// Bodies that are read at the same time: each takes a few times its own size while it is.
const READ_AT_ONCE: usize = 2;
/// A larger body is read aside, since it would hold up everything else on its thread.
const SMALL: usize = 16 << 10;

/// The places at which bodies are read.
#[derive(Clone)]
pub(super) struct Desk(Arc<Semaphore>);

impl Default for Desk {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(READ_AT_ONCE)))
    }
}

/// Takes one event, or an array of them.
#[utoipa::path(
    post,
    path = "/api/events",
    tag = "events",
    operation_id = "post_events",
    description = "One event or an array, in the envelope's form or in that of any generation of workers. All are \
        taken or none. An event whose id is in the log already is not taken again, so that a post may be repeated. \
        The answer comes when the events are durable.",
    request_body(content = serde_json::Value, content_type = "application/json",
        description = "An event, or an array of events.",
        example = json!({ "event_type": "step.exit", "step": "fetch", "execution_id": "1182734123", "payload": {} })),
    responses(
        (status = 200, description = "All of them were in the log before.", body = Answer),
        (status = 201, description = "They are in the log.", body = Answer),
        (status = 400, description = "The body is no JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not said to be JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some events have mistakes; none was taken.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The leader restarts a part of itself: post the same again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn post(
    _: InTheCrowd,
    State(shared): State<Arc<Shared>>,
    Extension(desk): Extension<Desk>,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<Response, Problem> {
    is_json(&headers)?;
    let is_one = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let posted = desk.read(body).await?;
    let taken = shared.leader.ingest(posted).await?;
    let is_new = taken.iter().any(|event| !event.already);
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let mut events = taken.into_iter().map(|event| Taken {
        id: event.id.to_string(),
        sequence: event.sequence,
        already: event.already,
    });
    let answer = match events.next() {
        Some(one) if is_one => Answer::One(one),
        first => Answer::All(TakenAll { events: first.into_iter().chain(events).collect() }),
    };
    Ok((status, Json(answer)).into_response())
}

impl Desk {
    async fn read(&self, body: Bytes) -> Result<Vec<Posted>, Problem> {
        if body.len() <= SMALL {
            return read(&body);
        }
        let place = self.0.clone().acquire_owned().await;
        let reading = tokio::task::spawn_blocking(move || {
            let posted = read(&body);
            drop(place);
            posted
        });
        reading.await.map_err(|_| Problem::new(Code::Internal, "the events could not be read"))?
    }
}

fn read(body: &[u8]) -> Result<Vec<Posted>, Problem> {
    ingest::read(body, now(), &mut Uuid::now_v7).map_err(|refused| refusal(body, refused))
}

/// Every mistake; or, when it is no JSON at all, where it ceases to be.
fn refusal(body: &[u8], refused: Vec<Refused>) -> Problem {
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(body) {
        return Problem::new(Code::Malformed, format!("the body is no JSON: {error}"));
    }
    let field = |wrong: Refused| FieldProblem::new(wrong.field, wrong.found, wrong.allowed);
    Problem::of_fields(Code::InvalidEvents, refused.into_iter().map(field).collect())
}

/// A page of any site may post a form or plain text to here; it may not say that it is JSON.
pub(crate) fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let said =
        headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
    let said = said.unwrap_or_default();
    let mut parts = said.split(';').map(str::trim);
    let is_json = parts.next() == Some("application/json");
    let is_utf8 = parts.all(|part| match part.split_once('=') {
        Some(("charset", charset)) => matches!(charset.trim_matches('"'), "utf-8" | "utf8"),
        _ => true,
    });
    if is_json && is_utf8 {
        return Ok(());
    }
    let allowed = "the body has to be JSON in UTF-8: send Content-Type: application/json";
    Err(Problem::of_field(Code::WrongMediaType, "Content-Type", &said, allowed))
}

/// The wall clock's time.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::default().plus(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_read() {
        let said = |value: &str| {
            let headers = [(CONTENT_TYPE, value.parse().unwrap())].into_iter().collect();
            is_json(&headers).is_ok()
        };
        assert!(said("application/json"));
        assert!(said("application/json; charset=utf-8"));
        assert!(said("Application/JSON;charset=\"UTF-8\""));
        assert!(!said("application/json; charset=latin1"));
        assert!(!said("text/plain"));
        assert!(!said("application/cloudevents+json"));
        assert!(is_json(&HeaderMap::new()).is_err());
    }
}
