//! What has become of a lease's accepted frames, on their way to their final path.
//!
//! ```text
//!   accepted ─► waiting ── ordered, some at a time ─► done
//!                  ▲           │         └─► refused ── tried again, later each time ─► given up
//!                  └───────────┘ not begun in time
//! ```
//!
//! It refuses to give up while files still move: slow is not lost.

use std::time::Duration;

use callsheet_model::FrameSet;

/// Frames in one order: its end is heard of soon, and the next order has the lease's clock as it is then.
const PORTION: u64 = 64;
/// A failed move of a file is tried again this soon at first, and twice as late each further time.
const RETRY: Duration = Duration::from_millis(500);
/// After this many orders that moved nothing the files count as lost: another node may have better access.
const TRIES: u32 = 6;

#[derive(Debug, Default)]
pub(crate) struct Publishing {
    /// Accepted, and in no order yet.
    waiting: FrameSet,
    /// An order for these is being carried out.
    ordered: FrameSet,
    /// Could not be moved when they were ordered.
    refused: FrameSet,
    /// At their final path. A leader that says again that they are accepted changes nothing.
    done: FrameSet,
    /// Orders in a row that moved nothing, though something was to be moved.
    fruitless: u32,
    retry_at: Option<Duration>,
}

impl Publishing {
    /// These may be published.
    pub(crate) fn add(&mut self, frames: &FrameSet) {
        let known = [&self.ordered, &self.refused, &self.done];
        let fresh = known.into_iter().fold(frames.clone(), |left, known| left.difference(known));
        self.waiting.add(&fresh);
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.ordered.is_empty() && self.refused.is_empty()
    }

    /// Frames that have not arrived at their final path.
    pub(crate) fn open(&self) -> FrameSet {
        let mut open = self.waiting.clone();
        open.add(&self.ordered);
        open.add(&self.refused);
        open
    }

    pub(crate) fn ordered(&self) -> &FrameSet {
        &self.ordered
    }

    /// Takes what can be ordered now.
    pub(crate) fn order(&mut self, now: Duration) -> Option<FrameSet> {
        let may_retry = self.retry_at.is_none_or(|at| now >= at);
        // Where nothing could be moved, others would fare no better.
        let too_soon = self.fruitless > 0 && !may_retry;
        if too_soon || !self.ordered.is_empty() {
            return None;
        }
        let mut frames = self.waiting.take_first(PORTION);
        if may_retry {
            self.retry_at = None;
            frames.add(&self.refused.take_first(PORTION.saturating_sub(frames.len())));
            // What finds no room in this order goes with the next one.
        }
        if frames.is_empty() {
            return None;
        }
        self.ordered = frames.clone();
        Some(frames)
    }

    /// The order is carried out. Returns those given up.
    pub(crate) fn carried_out(
        &mut self,
        now: Duration,
        done: &FrameSet,
        failed: &FrameSet,
        unbegun: &FrameSet,
    ) -> FrameSet {
        let ordered = std::mem::take(&mut self.ordered);
        let failed = failed.intersection(&ordered).difference(done);
        self.done.add(&done.intersection(&ordered));
        self.waiting.add(&unbegun.intersection(&ordered).difference(done).difference(&failed));
        if !done.is_disjoint(&ordered) {
            self.fruitless = 0;
        } else if !failed.is_empty() {
            self.fruitless = self.fruitless.saturating_add(1);
        }
        self.refused.add(&failed);
        let mut given_up = FrameSet::new();
        if self.fruitless >= TRIES {
            self.retry_at = None;
            given_up = std::mem::take(&mut self.refused);
        } else if !failed.is_empty() {
            self.retry_at = Some(now + RETRY * 2u32.pow(self.fruitless.saturating_sub(1)));
        }
        if self.is_idle() {
            self.fruitless = 0;
        }
        given_up
    }

    /// When something can be ordered that cannot be now.
    pub(crate) fn next_wake(&self) -> Option<Duration> {
        self.retry_at.filter(|_| self.ordered.is_empty() && !self.is_idle())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: fn() -> FrameSet = FrameSet::new;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn of(first: i32, last: i32) -> Publishing {
        let mut publishing = Publishing::default();
        publishing.add(&FrameSet::range(first, last));
        publishing
    }

    #[test]
    fn orders_are_bounded() {
        let mut publishing = of(1, 150);
        for portion in [FrameSet::range(1, 64), FrameSet::range(65, 128), FrameSet::range(129, 150)] {
            assert_eq!(publishing.order(ms(0)), Some(portion.clone()));
            assert_eq!(publishing.order(ms(0)), None, "one at a time");
            assert_eq!(publishing.carried_out(ms(0), &portion, &NONE(), &NONE()), NONE());
        }
        assert!(publishing.is_idle());
    }

    #[test]
    fn what_was_not_begun_is_no_failure() {
        let mut publishing = of(1, 4);
        for round in 0..20 {
            let all = publishing.order(ms(round)).unwrap();
            assert_eq!(all, FrameSet::range(1, 4));
            assert_eq!(publishing.carried_out(ms(round), &NONE(), &NONE(), &all), NONE());
        }
    }

    #[test]
    fn whoever_still_moves_something_gives_nothing_up() {
        let (mut publishing, mut now) = (of(1, 20), ms(0));
        for frame in 1..=19 {
            let all = publishing.order(now).unwrap();
            let done = FrameSet::one(frame);
            assert_eq!(publishing.carried_out(now, &done, &all.difference(&done), &NONE()), NONE());
            now = publishing.next_wake().unwrap();
        }
        assert_eq!(publishing.open(), FrameSet::one(20));
    }

    #[test]
    fn where_nothing_moves_all_is_given_up_in_the_end() {
        let (mut publishing, mut now, mut lost) = (of(1, 1000), ms(0), NONE());
        while let Some(frames) = publishing.order(now) {
            lost.add(&publishing.carried_out(now, &NONE(), &frames, &NONE()));
            now = publishing.next_wake().unwrap_or(now);
        }
        assert_eq!(lost, FrameSet::range(1, 1000));
        assert_eq!(now, ms(500 * (1 + 2 + 4 + 8 + 16)), "a second place is not waited for");
        assert!(publishing.is_idle());
        publishing.add(&FrameSet::one(1));
        let again = publishing.order(now).unwrap();
        assert_eq!(
            publishing.carried_out(now, &NONE(), &again, &NONE()),
            NONE(),
            "a new try has all its tries"
        );
    }

    #[test]
    fn one_file_that_cannot_be_moved_keeps_nobody_waiting() {
        let mut publishing = of(1, 70);
        let first = publishing.order(ms(0)).unwrap();
        let bad = FrameSet::one(1);
        publishing.carried_out(ms(0), &first.difference(&bad), &bad, &NONE());
        assert_eq!(publishing.order(ms(0)), Some(FrameSet::range(65, 70)));
        assert_eq!(publishing.next_wake(), None, "while an order is out there is nothing to wake for");
        publishing.carried_out(ms(1), &FrameSet::range(65, 70), &NONE(), &NONE());
        assert_eq!((publishing.order(ms(1)), publishing.next_wake()), (None, Some(ms(500))));
        assert_eq!(publishing.order(ms(500)), Some(bad));
    }
}
