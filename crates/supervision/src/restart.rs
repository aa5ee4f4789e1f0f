//! One line of a restart table, and the count that is kept against it.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How a child is restarted: a line of its supervisor's table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Restart {
    /// The child, as logs and people name it.
    pub child: &'static str,
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
pub struct Falls(VecDeque<Instant>);

impl Falls {
    /// Counts a fall and says what is done about it.
    pub fn fell(&mut self, rule: &Restart, now: Instant) -> Verdict {
        while self.0.front().is_some_and(|fall| now.duration_since(*fall) > rule.within) {
            self.0.pop_front();
        }
        if self.0.len() >= rule.most {
            return Verdict::GoesUp;
        }
        let doublings = u32::try_from(self.0.len()).unwrap_or(u32::MAX).min(20);
        self.0.push_back(now);
        Verdict::RestartAfter(rule.first.saturating_mul(1 << doublings).min(rule.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Restart = Restart {
        child: "cache",
        most: 3,
        within: Duration::from_secs(60),
        first: Duration::from_millis(100),
        longest: Duration::from_millis(300),
    };

    #[test]
    fn a_child_may_fall_as_often_as_the_table_says() {
        let (mut falls, start) = (Falls::default(), Instant::now());
        let waits: Vec<Verdict> = (0..4).map(|n| falls.fell(&RULE, start + Duration::from_secs(n))).collect();
        let after = |ms| Verdict::RestartAfter(Duration::from_millis(ms));
        assert_eq!(waits, [after(100), after(200), after(300), Verdict::GoesUp]);
    }

    #[test]
    fn old_falls_are_forgiven() {
        let (mut falls, start) = (Falls::default(), Instant::now());
        for n in 0..20 {
            let verdict = falls.fell(&RULE, start + Duration::from_secs(61 * n));
            assert_eq!(verdict, Verdict::RestartAfter(Duration::from_millis(100)));
        }
    }
}
