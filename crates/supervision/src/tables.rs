//! The restart tables of both actor trees: which child may fall how often within how long, and after what wait it is
//! started again. They are here, and not with their supervisors, so that the simulator goes by the same ones.

use std::time::Duration;

use crate::Restart;

const fn line(most: usize, within_s: u64, first_ms: u64, longest_ms: u64) -> Restart {
    Restart {
        most,
        within: Duration::from_secs(within_s),
        first: Duration::from_millis(first_ms),
        longest: Duration::from_millis(longest_ms),
    }
}

/// The leader's children. One fall more, and the leader ends with the reason; whatever watches the process starts a
/// new one, which recovers from the journal. A node's session is not here: it is never started again, since its node
/// dials again and gets a new one.
pub mod leader {
    use super::{Restart, line};

    //                                         times  within s  first ms  longest ms
    /// Judges and remembers. A fall of it ends all node sessions, since what it knew of them is not in the journal.
    pub const SCHEDULER: Restart = line(5, 60, 10, 2_000);
    /// Passes on. A fall of it takes nobody with it: readers fill the gap from the journal.
    pub const EVENT_HUB: Restart = line(20, 60, 10, 1_000);
    /// Keeps output. A fall of it takes nobody with it.
    pub const LOG_KEEPER: Restart = line(20, 60, 10, 1_000);
    /// Looks after workers. A fall of it takes nobody with it: who was heard outlives it.
    pub const MONITOR: Restart = line(20, 60, 10, 1_000);
}

/// A node's children. One fall more, and the process ends with a message.
pub mod node {
    use super::{Restart, line};

    //                                          times  within s  first ms  longest ms
    /// All leases die with it, so a node that loses it again and again is worth nothing.
    pub const AGENT: Restart = line(5, 60, 100, 2_000);
    /// Without templates nothing new starts, but what runs goes on.
    pub const CACHE: Restart = line(10, 60, 50, 2_000);
    /// Figures are for people: it may fail long before anyone should care.
    pub const HEARTBEAT: Restart = line(20, 60, 100, 2_000);
    /// The leader waits for it, so it is quick.
    pub const LEADER_LINK: Restart = line(20, 60, 10, 1_000);
    /// Only its own attempt dies with it.
    pub const AE_PROCESS: Restart = line(20, 60, 50, 2_000);
}

#[cfg(test)]
mod tests {
    use super::{leader, node};
    use crate::{Falls, Restart, Verdict};
    use std::time::Duration;

    /// Whether a child that falls whenever it is started is given up at last.
    fn is_given_up(rule: &Restart) -> bool {
        let (mut falls, mut now) = (Falls::default(), Duration::ZERO);
        for _ in 0..1000 {
            match falls.fell(now, rule) {
                Verdict::RestartAfter(wait) => now += wait,
                Verdict::GoesUp => return true,
            }
        }
        false
    }

    #[test]
    fn a_child_that_falls_whenever_it_is_started_is_given_up() {
        let lines = [
            ("scheduler", leader::SCHEDULER),
            ("event_hub", leader::EVENT_HUB),
            ("log_keeper", leader::LOG_KEEPER),
            ("monitor", leader::MONITOR),
            ("agent", node::AGENT),
            ("cache", node::CACHE),
            ("heartbeat", node::HEARTBEAT),
            ("leader_link", node::LEADER_LINK),
            ("ae_process", node::AE_PROCESS),
        ];
        for (child, rule) in lines {
            assert!(
                is_given_up(&rule),
                "{child} is started again for ever: its waits let its falls be forgiven"
            );
        }
    }
}
