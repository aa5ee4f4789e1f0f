//! What happened, in order, with the simulated time of each: what the checks look at, and what two runs with the
//! same seed must have in common.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use callsheet_model::FrameSet;
use callsheet_protocol::v1;
use serde_json::Value;

use crate::moods::Misdeed;

/// An event, as a client sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) sequence: u64,
    pub(crate) at_ms: u64,
    pub(crate) kind: String,
    pub(crate) hash: String,
    pub(crate) payload: Value,
}

impl Event {
    pub(crate) fn of(stored: v1::StoredEvent) -> Self {
        Self {
            sequence: stored.sequence,
            at_ms: stored.at_ms,
            kind: stored.r#type,
            hash: stored.hash,
            payload: serde_json::from_str(&stored.payload_json).expect("a payload is JSON"),
        }
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        self.payload[key].as_str().unwrap_or_default()
    }

    pub(crate) fn frames(&self) -> FrameSet {
        self.text("frames").parse().unwrap_or_default()
    }

    /// The job and its step.
    pub(crate) fn step(&self) -> (String, u64) {
        (self.text("job_id").to_owned(), self.payload["step"].as_u64().unwrap_or_default())
    }
}

/// How work on a frame ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The picture is there.
    Drew,
    /// It was killed, or its place was taken away.
    GaveUp,
    /// The renderer misbehaved.
    Did(Misdeed),
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// A renderer begins a frame.
    Begins { node: String, job: String, token: String, frame: i32 },
    /// It stops working on it.
    Ends { node: String, token: String, frame: i32, end: End },
    /// The leader has taken a job.
    Taken { job: String },
    /// An event has come to the client that follows.
    Told(Event),
    /// What the world does to the hosts, and what they say when they end.
    Fate(String),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begins { node, job, token, frame } => {
                write!(f, "{node} begins {frame} of {job} under {token}")
            }
            Self::Ends { node, token, frame, end } => write!(f, "{node} {end:?} {frame} under {token}"),
            Self::Taken { job } => write!(f, "{job} is taken"),
            Self::Told(event) => {
                let Event { sequence, at_ms, kind, hash, payload } = event;
                write!(f, "told {sequence} of {at_ms}: {kind} {payload} {hash}")
            }
            Self::Fate(words) => f.write_str(words),
        }
    }
}

/// Everything so far. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Trace(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    happened: Vec<(Duration, What)>,
    /// The last event that was told.
    cursor: u64,
    /// Jobs of which it was told that they are over.
    over: BTreeSet<String>,
    /// How many frames renderers began on each node.
    begun: BTreeMap<String, usize>,
    /// The time between two steps of the world, when no host has one.
    between: Duration,
}

impl Trace {
    pub(crate) fn add(&self, what: What) {
        let mut inner = self.0.lock().unwrap();
        // Whatever ends because its host is taken away ends between two steps.
        let on_a_host = tokio::runtime::Handle::try_current().is_ok();
        let at = on_a_host.then(turmoil::sim_elapsed).flatten().unwrap_or(inner.between);
        match &what {
            What::Told(event) => {
                inner.cursor = event.sequence;
                if ["job.succeeded", "job.failed"].contains(&event.kind.as_str()) {
                    inner.over.insert(event.text("job_id").to_owned());
                }
            }
            What::Begins { node, .. } => *inner.begun.entry(node.clone()).or_default() += 1,
            _ => {}
        }
        inner.happened.push((at, what));
    }

    pub(crate) fn fate(&self, words: impl Into<String>) {
        self.add(What::Fate(words.into()));
    }

    pub(crate) fn stands_at(&self, now: Duration) {
        self.0.lock().unwrap().between = now;
    }

    pub(crate) fn all(&self) -> Vec<(Duration, What)> {
        self.0.lock().unwrap().happened.clone()
    }

    /// The number of the last event that was told.
    pub(crate) fn cursor(&self) -> u64 {
        self.0.lock().unwrap().cursor
    }

    /// Whether it was told that a job is over.
    pub(crate) fn is_over(&self, job: &str) -> bool {
        self.0.lock().unwrap().over.contains(job)
    }

    /// How many frames renderers have begun on a node.
    pub(crate) fn begun(&self, node: &str) -> usize {
        self.0.lock().unwrap().begun.get(node).copied().unwrap_or(0)
    }

    /// One line for each happening.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.all().iter().map(|(at, what)| format!("{:>9.3} {what}", at.as_secs_f64())).collect()
    }
}
