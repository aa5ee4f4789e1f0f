//! What doors may ask of those who deliver events to other services (webhooks, brokers). They live outside this
//! crate, since they know transports; here is only the window through which doors see them. Nothing here
//! delivers anything.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use callsheet_model::Timestamp;
use uuid::Uuid;

use crate::Leader;

/// An answer that may need the disk.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, OutwardError>> + Send + 'a>>;

/// Those who deliver events to other services, as doors see them.
pub trait OutwardView: Send + Sync {
    /// Every configured target and how it stands, in the order of their names.
    fn targets(&self) -> Vec<TargetView>;

    /// Events that a target did not take, with sequences above `after`, ascending, at most `limit`.
    ///
    /// # Errors
    /// `NoSuchTarget`, or `Disk`.
    fn dead_letters<'a>(&'a self, target: &'a str, after: u64, limit: usize) -> Answer<'a, Vec<DeadLetter>>;

    /// Has dead letters tried once more, beside what is delivered in order: the one with that sequence, or all.
    /// One that is taken leaves the list, one that is not stays, with its new reason. Answers how many are tried.
    ///
    /// # Errors
    /// `NoSuchTarget`, `NoSuchLetter`, or `Disk`.
    fn redeliver<'a>(&'a self, target: &'a str, sequence: Option<u64>) -> Answer<'a, u64>;
}

/// A service that is told of events, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetView {
    /// Its name: `webhook-NAME`, `nats` or `amqp`.
    pub name: String,
    /// What it is: `webhook`, `nats` or `amqp`.
    pub kind: &'static str,
    /// Where it is, without anything secret.
    pub address: String,
    /// How it stands.
    pub state: TargetState,
    /// The sequence up to which every event is delivered, not wanted, or a dead letter.
    pub cursor: u64,
    /// Events that it has confirmed since the leader's start.
    pub delivered: u64,
    /// Tries that failed since the leader's start.
    pub failed: u64,
    /// Dead letters in its list.
    pub dead_letters: u64,
    /// Dead letters that were dropped from its list because it was full, ever.
    pub dropped: u64,
    /// Events that were dropped from the log before it could be told of them, since the leader's start.
    pub missed: u64,
    /// How often its actor fell since the leader's start.
    pub falls: u64,
    /// Why the last try failed, if it has not succeeded since.
    pub trouble: Option<String>,
}

/// How a target stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetState {
    /// Its actor is starting.
    Starting,
    /// It takes what it is sent.
    Delivering,
    /// It does not; it is tried again.
    Away,
    /// Its actor fell, and is started again later.
    Fallen,
    /// The leader is leaving.
    Stopped,
}

impl TargetState {
    /// The word for it, everywhere.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Delivering => "delivering",
            Self::Away => "away",
            Self::Fallen => "fallen",
            Self::Stopped => "stopped",
        }
    }
}

/// An event that a target did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The event's number in the log.
    pub sequence: u64,
    /// Its UUID, which is also its message id.
    pub id: Uuid,
    /// Its type.
    pub kind: String,
    /// When it was given up, or last tried again.
    pub at: Timestamp,
    /// Tries so far.
    pub attempts: u32,
    /// Why the last one failed.
    pub why: String,
    /// The event's envelope in JSON, as it is sent.
    pub json: Arc<str>,
}

/// Why a question could not be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutwardError {
    /// No such target.
    #[error("there is no target {name:?}: {}", if .known.is_empty() { "none is configured".to_owned() } else { format!("there are {}", .known.join(", ")) })]
    NoSuchTarget {
        /// What was asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// No such dead letter.
    #[error(
        "target {target} has no dead letter with sequence {sequence}: it may have been delivered or dropped"
    )]
    NoSuchLetter {
        /// The target.
        target: String,
        /// What was asked for.
        sequence: u64,
    },
    /// The disk said no.
    #[error("the dead letters of target {target} cannot be read or written: {why}")]
    Disk {
        /// The target.
        target: String,
        /// What the system said.
        why: String,
    },
}

/// Where the leader keeps the window, once there is one.
#[derive(Default)]
pub(crate) struct OutwardSlot(OnceLock<Arc<dyn OutwardView>>);

impl Leader {
    /// Makes those who deliver events visible to doors. The first call counts; a later one changes nothing and
    /// answers false.
    pub fn set_outward(&self, view: Arc<dyn OutwardView>) -> bool {
        self.0.outward.0.set(view).is_ok()
    }

    /// Those who deliver events to other services, once they have started.
    #[must_use]
    pub fn outward(&self) -> Option<&Arc<dyn OutwardView>> {
        self.0.outward.0.get()
    }
}
