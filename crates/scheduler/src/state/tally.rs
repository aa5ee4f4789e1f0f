//! Counts of frames, kept up to date with each step, so that asking for the queues costs the same with one job as with
//! forty thousand.

use super::StepRecord;

/// Frames of a step or a class, as its queue counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// In nobody's hands, of steps whose turn has come, of jobs that are released and not over.
    pub(crate) waiting: u64,
    /// In hands, likewise.
    pub(crate) leased: u64,
    /// Put aside, of jobs that are over too.
    pub(crate) dead: u64,
}

impl Tally {
    /// Takes what a step counted for before out, and puts in what it counts for now.
    pub(super) fn exchange(&mut self, was: Self, now: Self) {
        let exchanged = |of: u64, was: u64, now: u64| of.saturating_sub(was).saturating_add(now);
        self.waiting = exchanged(self.waiting, was.waiting, now.waiting);
        self.leased = exchanged(self.leased, was.leased, now.leased);
        self.dead = exchanged(self.dead, was.dead, now.dead);
    }
}

impl StepRecord {
    /// What it counts for in its queue; only what is put aside, when nothing of it can go out.
    pub(super) fn tally(&self, goes_out: bool) -> Tally {
        let dead = self.dead.iter().map(|dead| dead.frames.len()).sum();
        if !goes_out {
            return Tally { dead, ..Tally::default() };
        }
        let waiting = self.waiting.len() + self.retrying.len();
        // Every frame is in one place.
        let leased = self.total.saturating_sub(waiting + self.accepted.len() + dead);
        Tally { waiting, leased, dead }
    }
}
