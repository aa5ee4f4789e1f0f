//! Parameters and answers of the doors to the log, for the description that is served. The filter's parameters are
//! read by `callsheet-events` and the answers written out by hand, since they are made of envelopes that are text
//! already; the tests hold one against the other.

use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// What a stream begins with, and what it carries beside events.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is only described")]
pub(super) struct StreamParams {
    /// Events after this number. Without a cursor the stream begins now. A `Last-Event-ID` header wins over it.
    #[param(minimum = 0)]
    after: Option<u64>,
    /// The same as `after`, for clients that cannot set the `Last-Event-ID` header.
    #[param(minimum = 0)]
    last_event_id: Option<u64>,
    /// Begin with a message `snapshot`, the state after the event of its number, and go on from there; not if there
    /// is a cursor that can be gone on from.
    snapshot: Option<bool>,
    /// Pass live signals on, too: heartbeats, progress, output, finished frames. They are never stored, and have no
    /// number. All that fit the filter with `true`, none with `false`; if nothing is said those that are asked for
    /// by their type (`types=node.*`), and with `workflow` its progress.
    signals: Option<bool>,
}

/// What a browser comes back with.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it is only described")]
pub(super) struct CursorHeader {
    /// The number of the last event that the client has seen.
    #[param(rename = "Last-Event-ID")]
    last_event_id: Option<String>,
}

/// The scopes of events; what is given must all fit.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is only described")]
pub(super) struct FilterParams {
    /// Types, with commas between them; `*` stands for anything within: `node.*,job.failed`.
    #[param(example = "node.*,job.failed")]
    types: Option<String>,
    /// One job, by its UUID.
    job: Option<String>,
    /// One run: a frame job, by its UUID.
    run: Option<String>,
    /// One job of several steps, with its progress, by the job's UUID.
    workflow: Option<String>,
    /// One node, by its name or its UUID.
    node: Option<String>,
    /// One project, by its name or its UUID.
    project: Option<String>,
    /// One agent, by its UUID: what it did, and what is told of it.
    agent: Option<String>,
    /// One person, by their UUID.
    user: Option<String>,
    /// What belongs to one piece of work.
    correlation: Option<String>,
}

/// Which part of the log.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is only described")]
pub(super) struct PageParams {
    /// Events after this number; from the oldest one kept without it.
    #[param(minimum = 0)]
    after: Option<u64>,
    /// Most events on the page; 100 if nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// One page of the log.
#[derive(ToSchema)]
#[schema(as = EventPage)]
#[expect(dead_code, reason = "it is only described")]
pub(super) struct Page {
    /// Envelopes, by their numbers, ascending.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Value>,
    /// The cursor to go on from. It moves on even where nothing fits the filter.
    next: u64,
    /// Whether there is more behind it.
    more: bool,
    /// The oldest event there is.
    oldest: u64,
    /// The newest event there is.
    head: u64,
}

/// An event that is in the log.
#[derive(serde::Serialize, ToSchema)]
pub(super) struct Taken {
    /// Its id.
    #[schema(format = Uuid, value_type = String)]
    pub(super) id: String,
    /// Its number.
    pub(super) sequence: u64,
    /// It had been taken before, under the same id.
    pub(super) already: bool,
}

/// Events that are in the log, in the order they were posted.
#[derive(serde::Serialize, ToSchema)]
pub(super) struct TakenAll {
    /// Each of them.
    pub(super) events: Vec<Taken>,
}

/// One event gives one answer, an array an array.
#[derive(serde::Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Answer {
    /// To a single event.
    One(Taken),
    /// To an array.
    All(TakenAll),
}
