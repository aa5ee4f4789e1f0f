//! Spans in OTLP's own form, from what a timeline says.

use callsheet_events::timeline::Attempt;
use callsheet_model::{JobId, Timestamp};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};

use super::ids::{self, SpanId};

/// Most of a text that is told.
const LONGEST: usize = 1024;

/// What all spans are made of.
pub(super) struct Sketch {
    pub(super) job: JobId,
    pub(super) id: SpanId,
    pub(super) parent: Option<SpanId>,
    pub(super) name: String,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    /// What went wrong, if something did.
    pub(super) error: Option<String>,
    pub(super) attributes: Vec<KeyValue>,
}

impl Sketch {
    pub(super) fn span(self) -> Span {
        let start = nanoseconds(self.start);
        let status = match self.error {
            Some(message) => Status { message: short(&message), code: StatusCode::Error as i32 },
            None => Status { message: String::new(), code: StatusCode::Ok as i32 },
        };
        Span {
            trace_id: ids::trace(self.job).to_vec(),
            span_id: self.id.to_vec(),
            parent_span_id: self.parent.map(|id| id.to_vec()).unwrap_or_default(),
            name: short(&self.name),
            kind: SpanKind::Internal as i32,
            start_time_unix_nano: start,
            end_time_unix_nano: nanoseconds(self.end).max(start),
            attributes: self.attributes,
            status: Some(status),
            ..Span::default()
        }
    }
}

/// An attribute that is a text.
pub(super) fn text(key: &str, value: impl ToString) -> KeyValue {
    attribute(key, Value::StringValue(short(&value.to_string())))
}

/// An attribute that is a number.
pub(super) fn number(key: &str, value: u64) -> KeyValue {
    attribute(key, Value::IntValue(i64::try_from(value).unwrap_or(i64::MAX)))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

fn nanoseconds(at: Timestamp) -> u64 {
    at.0.saturating_mul(1_000_000)
}

/// A frame job that has ended, and its phases.
pub(super) fn frame_job(job: JobId, parent: SpanId, attempt: &Attempt) -> Vec<Span> {
    let Some(ended) = &attempt.ended else { return Vec::new() };
    let token = attempt.token.0;
    let mut attributes = vec![
        text("callsheet.token", token),
        text("callsheet.frame_job.id", attempt.frame_job_id),
        text("callsheet.node", &attempt.node),
        text("callsheet.work", attempt.work),
        text("callsheet.frames", &attempt.frames),
        number("callsheet.frames.count", attempt.frames.len()),
        text("callsheet.ended", ended.reason),
    ];
    if let Some(queued_at) = attempt.queued_at {
        let waited = attempt.leased_at.since(queued_at);
        attributes.push(number("callsheet.queued_ms", callsheet_model::time::millis(waited)));
    }
    if let Some(proven) = &attempt.proven {
        attributes.push(number("callsheet.proven.count", proven.frames.len()));
        attributes.push(number("callsheet.bytes", proven.bytes));
    }
    let completed = callsheet_model::ReleaseReason::Completed.word();
    let error = match attempt.troubles.first() {
        Some(trouble) => Some(format!("{}: {}", trouble.class, trouble.message)),
        None => (ended.reason != completed).then(|| ended.reason.to_owned()),
    };
    let whole = Sketch {
        job,
        id: ids::frame_job(token),
        parent: Some(parent),
        name: format!("frame job {}", attempt.work),
        start: attempt.leased_at,
        end: ended.at,
        error,
        attributes,
    };
    let mut spans = vec![whole.span()];
    spans.extend(phases(attempt, ended.at).into_iter().map(|(phase, start, end)| {
        // The node's clock timed them, the leader's says when: none is shown outside of its frame job.
        let start = start.clamp(attempt.leased_at, ended.at);
        let (id, parent) = (ids::phase(token, phase), Some(ids::frame_job(token)));
        let (name, end) = (phase.to_owned(), end.min(ended.at));
        Sketch { job, id, parent, name, start, end, error: None, attributes: Vec::new() }.span()
    }));
    spans
}

/// What is known of the phases: each with its beginning and end.
fn phases(attempt: &Attempt, ended: Timestamp) -> Vec<(&'static str, Timestamp, Timestamp)> {
    let mut phases = Vec::new();
    let proven = attempt.proven.as_ref();
    if let Some(began) = &attempt.began {
        let fetching_at = Timestamp(began.fetched_at.0.saturating_sub(began.fetched_ms));
        phases.push(("fetch", fetching_at, began.fetched_at));
        phases.push(("load", began.fetched_at, began.rendering_at));
        // Each frame is proven as soon as it is rendered, and counts then.
        phases.push(("render", began.rendering_at, proven.map_or(ended, |proven| proven.last_at)));
    }
    if let Some(published) = &attempt.published {
        let from = proven.map_or(attempt.leased_at, |proven| proven.first_at);
        phases.push(("publish", from, published.last_at));
    }
    phases
}
