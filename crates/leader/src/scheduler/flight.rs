//! Batches on their way to the disk, and what may leave when they are there.

use std::collections::{BTreeMap, VecDeque};
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

/// The batches in the air, oldest first.
#[derive(Default)]
pub(crate) struct Flights {
    air: VecDeque<(Flight, bool)>,
    appending: usize,
    ingesting: usize,
}

impl Flights {
    /// How many appends are on their way.
    pub(crate) fn appending(&self) -> usize {
        self.appending
    }

    /// How many of them carry events from outside.
    pub(crate) fn ingesting(&self) -> usize {
        self.ingesting
    }

    /// Whether nothing waits for the disk.
    pub(crate) fn is_empty(&self) -> bool {
        self.air.is_empty()
    }

    /// Adds a batch; `appends` when events of its own are on their way to the disk. A batch without any still
    /// waits for those before it: it may tell of what they decided.
    pub(crate) fn depart(&mut self, flight: Flight, appends: bool) {
        self.appending += usize::from(appends);
        self.ingesting += usize::from(appends && flight.ingested > 0);
        self.air.push_back((flight, appends));
    }

    /// The oldest append is durable: the batches that may leave now.
    pub(crate) fn land(&mut self) -> Vec<Flight> {
        let mut landed = Vec::new();
        if let Some((flight, appends)) = self.air.pop_front() {
            self.appending -= usize::from(appends);
            self.ingesting -= usize::from(appends && flight.ingested > 0);
            landed.push(flight);
        }
        while self.air.front().is_some_and(|(_, appends)| !appends) {
            landed.extend(self.air.pop_front().map(|(flight, _)| flight));
        }
        landed
    }
}
