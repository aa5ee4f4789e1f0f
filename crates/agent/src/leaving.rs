//! Leaving in good order.
//!
//! ```text
//!   asked ─► finishing what runs ── nothing runs ─► handing back the rest ── all settled ─► goodbye
//!                │ grace is over                          │ nobody listens
//!                └─► killing what runs ─► (as above)      └─► gone without a word
//! ```

use std::time::Duration;

use callsheet_model::{FrameSet, Outcome, Token};

use crate::action::Action;
use crate::agent::{Agent, Slot};
use crate::held::{Killed, Phase};

/// After the grace, the leader has this long to settle the last reports.
const FLUSH: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Leaving {
    /// What still runs then is killed.
    kill_at: Duration,
    handed_back: bool,
    gone: bool,
}

impl Leaving {
    pub(crate) fn new(now: Duration, grace: Duration) -> Self {
        Self { kill_at: now.saturating_add(grace), handed_back: false, gone: false }
    }

    /// Asked again, with less patience.
    pub(crate) fn hurry(&mut self, now: Duration, grace: Duration) {
        self.kill_at = self.kill_at.min(now.saturating_add(grace));
    }

    /// Whether all that comes now is handed back by the goodbye.
    pub(crate) fn hands_back(&self) -> bool {
        self.handed_back
    }

    fn give_up_at(&self) -> Duration {
        self.kill_at.saturating_add(FLUSH)
    }

    pub(crate) fn next_wake(&self) -> Option<Duration> {
        if self.gone {
            return None;
        }
        // Once handed back, only giving up is left; before, killing comes first. Both are harmless when early.
        Some(if self.handed_back { self.give_up_at() } else { self.kill_at })
    }
}

impl Agent {
    pub(crate) fn advance_leaving(&mut self, now: Duration) {
        let Some(leaving) = &self.leaving else { return };
        if leaving.gone {
            return;
        }
        let (hurried, gave_up) = (now >= leaving.kill_at, now >= leaving.give_up_at());
        if hurried {
            self.stop_all();
        }
        let runs = self.slots.iter().any(|slot| matches!(slot, Slot::Busy(_)));
        if runs && !gave_up {
            // Killed ones take a moment; past `kill_at` the wake-up moves on to giving up.
            if hurried {
                self.mark_handed_back();
            }
            return;
        }
        self.hand_back();
        let publishes = self.held.values().any(|held| !held.publishing.is_idle());
        let settled = self.outbox.is_empty() && !publishes;
        if settled || gave_up {
            if self.link_up {
                self.actions.push(Action::Goodbye);
            }
            self.actions.push(Action::Left);
            if let Some(leaving) = &mut self.leaving {
                leaving.gone = true;
            }
        }
    }

    fn stop_all(&mut self) {
        for (token, held) in &mut self.held {
            if let Some(run) = held.run_mut().filter(|run| !run.given_up) {
                run.given_up = true;
                run.killed.get_or_insert(Killed::Stopped);
                self.actions.push(Action::Kill { slot: run.slot, token: *token });
            }
        }
    }

    fn mark_handed_back(&mut self) {
        if let Some(leaving) = &mut self.leaving {
            leaving.handed_back = true;
        }
    }

    fn hand_back(&mut self) {
        self.mark_handed_back();
        let idle = |phase: &Phase| matches!(phase, Phase::Fetching { .. } | Phase::Waiting);
        let tokens: Vec<Token> =
            self.held.iter().filter(|(_, held)| idle(&held.phase)).map(|(token, _)| *token).collect();
        for token in tokens {
            self.end(token, Outcome::Stopped, FrameSet::new());
        }
    }
}
