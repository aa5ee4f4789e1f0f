//! One line of a restart table, and the count that is kept against it. It reads no clock: whoever does says
//! when a child fell, by any clock that only goes forwards.

use std::collections::VecDeque;
use std::time::Duration;

/// How a child is restarted: a line of its supervisor's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restart {
    /// It may fall this often ...
    pub most: usize,
    /// ... within this long; once more, and the failure goes up.
    pub within: Duration,
    /// Before the first restart.
    pub first: Duration,
    /// Before every further one within the window: twice as long as before, and no longer than this.
    pub longest: Duration,
}

/// What is done about a fallen child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Start it again after this long.
    RestartAfter(Duration),
    /// It falls too often: the failure goes up.
    GoesUp,
}

/// A child's falls within its window.
#[derive(Clone, Debug, Default)]
pub struct Falls(VecDeque<Duration>);

impl Falls {
    /// Counts a fall and says what is done about it.
    pub fn fell(&mut self, now: Duration, rule: &Restart) -> Verdict {
        while self.0.front().is_some_and(|fall| now.saturating_sub(*fall) > rule.within) {
            self.0.pop_front();
        }
        let before = self.0.len();
        self.0.push_back(now);
        // Upholds falls_go_up.
        if before >= rule.most {
            return Verdict::GoesUp;
        }
        let doublings = u32::try_from(before).unwrap_or(u32::MAX).min(20);
        Verdict::RestartAfter(rule.first.saturating_mul(1 << doublings).min(rule.longest))
    }

    /// How often it fell within its window.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Restart = Restart {
        most: 3,
        within: Duration::from_secs(60),
        first: Duration::from_millis(100),
        longest: Duration::from_millis(300),
    };

    #[test]
    fn a_child_may_fall_as_often_as_the_table_says() {
        let mut falls = Falls::default();
        let waits: Vec<Verdict> = (0..4).map(|n| falls.fell(Duration::from_secs(n), &RULE)).collect();
        let after = |ms| Verdict::RestartAfter(Duration::from_millis(ms));
        assert_eq!(waits, [after(100), after(200), after(300), Verdict::GoesUp]);
    }

    #[test]
    fn old_falls_are_forgiven() {
        let mut falls = Falls::default();
        for n in 0..20 {
            let verdict = falls.fell(Duration::from_secs(61 * n), &RULE);
            assert_eq!(verdict, Verdict::RestartAfter(Duration::from_millis(100)));
        }
    }
}
