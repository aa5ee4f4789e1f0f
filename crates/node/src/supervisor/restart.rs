//! The restart table: who is started again, how often within how long, after what wait, and what goes with it.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

/// A child of the supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Child {
    /// The mind and its outbox.
    Agent,
    /// The templates.
    Cache,
    /// The figures.
    Heartbeat,
    /// The stream to the leader.
    LeaderLink,
    /// The renderer process actor of a slot.
    AeProcess(usize),
}

impl Child {
    /// The actor's name, without its slot.
    #[must_use]
    pub fn actor(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Cache => "cache",
            Self::Heartbeat => "heartbeat",
            Self::LeaderLink => "leader_link",
            Self::AeProcess(_) => "ae_process",
        }
    }

    /// What is done when it fails.
    #[must_use]
    pub fn rule(self) -> Rule {
        match self {
            Self::Agent => AGENT,
            Self::Cache => CACHE,
            Self::Heartbeat => HEARTBEAT,
            Self::LeaderLink => LEADER_LINK,
            Self::AeProcess(_) => AE_PROCESS,
        }
    }
}

impl fmt::Display for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AeProcess(slot) => write!(f, "ae_process of slot {slot}"),
            other => f.write_str(other.actor()),
        }
    }
}

/// What is started again with a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// It alone. Its brothers learn its new handle.
    Alone,
    /// Everything: the others work for what it knew.
    Everything,
}

/// What is done when a child fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What is started again.
    pub scope: Scope,
    /// With more failures than this
    pub times: usize,
    /// within this long, the failure goes up: the process ends with a message.
    pub within: Duration,
    /// The wait before the first restart; each further one within that time waits twice as long,
    pub first: Duration,
    /// but no longer than this.
    pub longest: Duration,
}

const fn rule(scope: Scope, times: usize, within: u64, first: u64, longest: u64) -> Rule {
    Rule {
        scope,
        times,
        within: Duration::from_secs(within),
        first: Duration::from_millis(first),
        longest: Duration::from_millis(longest),
    }
}

//                                scope              times  within s  first ms  longest ms
/// All leases die with it, so a node that loses it again and again is worth nothing.
const AGENT: Rule = rule(Scope::Everything, 5, 60, 100, 2_000);
/// Without templates nothing new starts, but what runs goes on.
const CACHE: Rule = rule(Scope::Alone, 10, 60, 50, 2_000);
/// Figures are for people: it may fail long before anyone should care.
const HEARTBEAT: Rule = rule(Scope::Alone, 20, 60, 100, 5_000);
/// The leader waits for it, so it is quick.
const LEADER_LINK: Rule = rule(Scope::Alone, 20, 60, 10, 1_000);
/// Only its own attempt dies with it.
const AE_PROCESS: Rule = rule(Scope::Alone, 20, 60, 50, 2_000);

/// When a child failed lately.
#[derive(Debug, Default)]
pub struct History(VecDeque<Duration>);

impl History {
    /// It failed now, by any monotonic clock: how long to wait before it is started again, or `None` when it
    /// is not.
    pub fn failed(&mut self, now: Duration, rule: &Rule) -> Option<Duration> {
        while self.0.front().is_some_and(|then| now.saturating_sub(*then) > rule.within) {
            self.0.pop_front();
        }
        self.0.push_back(now);
        let failures = self.0.len();
        if failures > rule.times {
            return None;
        }
        let doublings = u32::try_from(failures - 1).unwrap_or(u32::MAX).min(20);
        Some((rule.first * 2u32.pow(doublings)).min(rule.longest))
    }

    /// How often it failed within its rule's time.
    #[must_use]
    pub fn times(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn waits_grow_and_then_the_failure_goes_up() {
        let (mut history, rule) = (History::default(), rule(Scope::Alone, 4, 60, 100, 300));
        let waits: Vec<_> = (0..5).map(|nth| history.failed(seconds(nth), &rule)).collect();
        let ms = |millis| Some(Duration::from_millis(millis));
        assert_eq!(waits, [ms(100), ms(200), ms(300), ms(300), None]);
    }

    #[test]
    fn what_is_long_ago_is_forgiven() {
        let (mut history, rule) = (History::default(), rule(Scope::Alone, 1, 60, 100, 300));
        for nth in 0..10 {
            assert_eq!(history.failed(seconds(nth * 61), &rule), Some(Duration::from_millis(100)));
        }
        assert_eq!(history.failed(seconds(9 * 61 + 60), &rule), None);
    }
}
