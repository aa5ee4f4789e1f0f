//! One decided batch, and what may leave when its events are on the disk. In what order batches leave is for
//! [`callsheet_scheduler::Flights`].

use std::collections::BTreeMap;
use std::time::Instant;

use callsheet_model::SessionId;
use callsheet_scheduler::Effect;
use tokio::sync::OwnedSemaphorePermit;

use super::handle::Tell;

/// One decided batch: what must wait until its events are durable.
#[derive(Default)]
pub(crate) struct Flight {
    /// What each session is to be told.
    pub(crate) told: BTreeMap<SessionId, Told>,
    /// Replies and answers.
    pub(crate) tells: Vec<Tell>,
    /// Places at the door, given back when the batch leaves.
    pub(crate) permits: Vec<OwnedSemaphorePermit>,
    /// When its commands and reports came.
    pub(crate) commands: Vec<Instant>,
    /// When the posts came that are answered with it.
    pub(crate) posts: Vec<Instant>,
    /// Events from outside in it ...
    pub(crate) ingested: usize,
    /// ... and those of them that were known already.
    pub(crate) repeated: usize,
}

/// What one session is told of one batch.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Its effects, in order.
    pub(crate) effects: Vec<Effect>,
    /// Reports up to this number are settled.
    pub(crate) settled: Option<u64>,
}

impl Flight {
    /// Whether nothing waits for it or has to be counted.
    pub(crate) fn is_empty(&self) -> bool {
        let nobody = self.told.is_empty() && self.tells.is_empty() && self.permits.is_empty();
        nobody && self.commands.is_empty() && self.ingested == 0
    }
}
