//! Batches on their way to the disk. What follows from a batch leaves only when its events are durable, and never
//! before what follows from the batches ahead of it. A batch without events of its own still waits for those: it may
//! tell of what they decided.

use std::collections::VecDeque;

/// The batches in the air, oldest first, each with what must wait for its events.
#[derive(Debug)]
pub struct Flights<T> {
    air: VecDeque<(T, bool)>,
    appending: usize,
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self { air: VecDeque::new(), appending: 0 }
    }
}

impl<T> Flights<T> {
    /// How many appends are on their way.
    #[must_use]
    pub fn appending(&self) -> usize {
        self.appending
    }

    /// Whether nothing waits for the disk.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.air.is_empty()
    }

    /// Adds a batch; `appends` when events of its own are on their way to the disk.
    pub fn depart(&mut self, what: T, appends: bool) {
        self.appending += usize::from(appends);
        self.air.push_back((what, appends));
    }

    /// The oldest append is durable: what may leave now, in order.
    pub fn land(&mut self) -> Vec<T> {
        let mut landed = Vec::new();
        if let Some((what, appends)) = self.air.pop_front() {
            self.appending -= usize::from(appends);
            landed.push(what);
        }
        // Upholds acknowledged_survives: what waits for an append of its own stays, whoever tells of it.
        while self.air.front().is_some_and(|(_, appends)| !appends) {
            landed.extend(self.air.pop_front().map(|(what, _)| what));
        }
        landed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_before_its_own_append_and_those_ahead() {
        let mut flights = Flights::default();
        flights.depart("first", true);
        flights.depart("tells of the first", false);
        flights.depart("second", true);
        flights.depart("tells of both", false);
        assert_eq!(flights.appending(), 2);
        assert_eq!(flights.land(), ["first", "tells of the first"]);
        assert_eq!(flights.appending(), 1);
        assert_eq!(flights.land(), ["second", "tells of both"]);
        assert!(flights.is_empty() && flights.appending() == 0);
    }
}
