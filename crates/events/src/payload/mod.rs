//! Payloads of the cluster's own events: one typed structure for each, with the contract's names first in mind.
//!
//! A payload is a pure function of the stored event, since its hash has to come out the same for ever. Fields are
//! declared in the canonical order of their keys, so that what is written is canonical as it stands: nothing sorts
//! on the storage thread's way, and tests compare every one with the canonicaliser's form. A field that may be
//! absent is null when it is; the shape never changes.

mod agent;
mod alert;
mod approval;
mod frame_job;
mod job;
pub(crate) mod node;
mod queue;
mod workflow;

use std::fmt::Display;
use std::time::Duration;

use callsheet_model::time::millis;
use callsheet_model::{Envelope, Event, Failure, Timestamp};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::json::by_key;
use crate::number::MAX_SAFE;

/// The payload of any of the cluster's own events.
#[derive(serde::Serialize)]
#[serde(untagged)]
pub(crate) enum Payload<'a> {
    Leader {
        epoch: u32,
    },
    Job(job::Payload<'a>),
    FrameJob(frame_job::Payload<'a>),
    Node(node::Payload<'a>),
    Approval(approval::Payload<'a>),
    Workflow(workflow::Payload<'a>),
    Queue(queue::Payload<'a>),
    Alert(alert::Payload<'a>),
    Agent(agent::Payload<'a>),
    /// An event from outside keeps its own, as text.
    None {},
}

/// The payload of an event.
pub(crate) fn payload(envelope: &Envelope) -> Payload<'_> {
    match &envelope.event {
        Event::LeaderStarted { epoch } => Payload::Leader { epoch: *epoch },
        Event::JobSubmitted { .. }
        | Event::JobPaused { .. }
        | Event::JobResumed { .. }
        | Event::JobPrioritised { .. }
        | Event::JobCancelled { .. }
        | Event::JobSucceeded { .. }
        | Event::JobFailed { .. }
        | Event::JobRetried { .. }
        | Event::JobForgotten { .. }
        | Event::StepSucceeded { .. }
        | Event::StepCleared { .. } => job::payload(&envelope.event).map_or(Payload::None {}, Payload::Job),
        Event::FramesLeased { .. }
        | Event::FramesAccepted { .. }
        | Event::FramesPublished { .. }
        | Event::FramesFailed { .. }
        | Event::FramesDeadLettered { .. }
        | Event::LeaseReleased { .. }
        | Event::FramesReturned { .. }
        | Event::FramesLost { .. }
        | Event::AttemptBegan { .. } => {
            frame_job::payload(&envelope.event).map_or(Payload::None {}, Payload::FrameJob)
        }
        Event::NodeOnline { .. }
        | Event::NodeOffline { .. }
        | Event::NodeDrained { .. }
        | Event::NodeUndrained { .. }
        | Event::NodeCrashed { .. }
        | Event::NodeQuarantined { .. }
        | Event::NodeCleared { .. }
        | Event::CacheUpdated { .. } => {
            node::payload(&envelope.event, envelope.at).map_or(Payload::None {}, Payload::Node)
        }
        Event::Approval(event) => Payload::Approval(approval::payload(event)),
        Event::Workflow(event) => Payload::Workflow(workflow::payload(event)),
        Event::Pause(event) => Payload::Queue(queue::payload(event)),
        Event::Alert(event) => Payload::Alert(alert::payload(event)),
        Event::Troupe(event) => Payload::Agent(agent::payload(event)),
        Event::Outside(_) => Payload::None {},
    }
}

/// Something as the text it prints.
pub(crate) struct Text<T>(pub(crate) T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A number that may be large: beyond 2^53 − 1, where doubles end, it is written as text.
pub(crate) struct Large(pub(crate) u64);

impl Serialize for Large {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 <= MAX_SAFE { serializer.serialize_u64(self.0) } else { serializer.collect_str(&self.0) }
    }
}

/// A duration in whole milliseconds.
pub(crate) fn ms(duration: Duration) -> Large {
    Large(millis(duration))
}

/// A duration in seconds, to the millisecond.
pub(crate) struct Seconds(pub(crate) Duration);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ms = millis(self.0).min(MAX_SAFE);
        // Canonical numbers have no fraction when they are whole. Both parts are exact in a double.
        if ms.is_multiple_of(1000) {
            serializer.serialize_u64(ms / 1000)
        } else {
            serializer.serialize_f64(ms as f64 / 1000.0)
        }
    }
}

/// A map in the canonical order of its keys.
pub(crate) struct Sorted<K, V>(pub(crate) Vec<(K, V)>);

impl<K: AsRef<str>, V: Serialize> Sorted<K, V> {
    pub(crate) fn new(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut pairs: Vec<(K, V)> = pairs.into_iter().collect();
        pairs.sort_by(|(a, _), (b, _)| by_key(a.as_ref(), b.as_ref()));
        Self(pairs)
    }
}

impl<K: AsRef<str>, V: Serialize> Serialize for Sorted<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|(key, value)| map.serialize_entry(key.as_ref(), value))?;
        map.end()
    }
}

/// A failure.
#[derive(serde::Serialize)]
pub(crate) struct Failed<'a> {
    class: &'static str,
    evidence: &'a [String],
    exit: Option<&'a str>,
    message: &'a str,
}

impl<'a> Failed<'a> {
    pub(crate) fn of(failure: &'a Failure) -> Self {
        Self {
            class: failure.class.word(),
            evidence: &failure.evidence,
            exit: failure.exit.as_deref(),
            message: &failure.message,
        }
    }
}

/// Whole minutes, rounded up.
fn minutes(duration: Duration) -> Large {
    Large(millis(duration).div_ceil(60_000))
}

fn time(at: Timestamp) -> Text<Timestamp> {
    Text(at)
}
