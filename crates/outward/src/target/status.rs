//! How a target stands, for people and for measuring.

use callsheet_leader::{TargetState, TargetView};

/// Kept beside the target; what it counts begins with the leader.
#[derive(Debug)]
pub(crate) struct Status {
    view: TargetView,
    /// Its cursor has been read once.
    begun: bool,
}

impl Status {
    pub(super) fn new(
        name: &str,
        kind: &'static str,
        address: String,
        (dead_letters, dropped): (u64, u64),
    ) -> Self {
        let view = TargetView {
            name: name.to_owned(),
            kind,
            address,
            state: TargetState::Starting,
            cursor: 0,
            delivered: 0,
            failed: 0,
            dead_letters,
            dropped,
            missed: 0,
            falls: 0,
            trouble: None,
        };
        Self { view, begun: false }
    }

    pub(crate) fn view(&self) -> TargetView {
        self.view.clone()
    }

    /// Where it begins, found out before its actor does anything.
    pub(super) fn begins(&mut self, cursor: u64) {
        (self.view.cursor, self.begun) = (cursor, true);
    }

    /// Its cursor, once that is known.
    pub(super) fn begun(&self) -> Option<u64> {
        self.begun.then_some(self.view.cursor)
    }

    pub(super) fn started(&mut self, cursor: u64) {
        self.view.cursor = cursor;
        self.view.state = TargetState::Starting;
    }

    /// It can be reached, or took so many; true when it was away before.
    pub(super) fn took(&mut self, events: usize) -> bool {
        self.view.delivered += events as u64;
        self.view.trouble = None;
        std::mem::replace(&mut self.view.state, TargetState::Delivering) == TargetState::Away
    }

    /// A try failed; true when it was not away before.
    pub(super) fn failed(&mut self, why: &str) -> bool {
        self.view.failed += 1;
        self.view.trouble = Some(why.to_owned());
        std::mem::replace(&mut self.view.state, TargetState::Away) != TargetState::Away
    }

    pub(super) fn cursor(&mut self, at: u64) {
        self.view.cursor = at;
    }

    pub(super) fn missed(&mut self, events: u64) {
        self.view.missed += events;
    }

    pub(super) fn letters(&mut self, (letters, dropped): (u64, u64)) {
        self.view.dead_letters = letters;
        self.view.dropped = dropped;
    }

    pub(super) fn fell(&mut self, why: &str) {
        self.view.falls += 1;
        self.view.state = TargetState::Fallen;
        self.view.trouble = Some(why.to_owned());
    }

    pub(super) fn stopped(&mut self) {
        self.view.state = TargetState::Stopped;
    }
}
