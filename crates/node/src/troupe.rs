//! The troupe: which of the node's actors live, each life under its own id, for whoever watches agents.
//!
//! The supervisor writes down who begins and ends; the agent tells the leader. It is shared by both, so that it
//! outlives the agent: that an agent failed is told by the next one. What nobody could be told waits, the latest
//! few; what is forgotten costs only the reason, since after each welcome all that live are told.
//!
//! It refuses to tell of each lease: thousands of frames a second would drown everything else in the log.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use callsheet_model::{Player, PlayerChange};

use crate::chance::Chance;

/// Changes that wait to be told; the oldest go first.
const WAITING: usize = 1000;
/// Longest reason, in bytes: panics can be chatty.
const REASON: usize = 500;
/// What a player is until something else is said of it.
const RUNNING: &str = "running";
/// The supervisor, while not all others live.
const RESTARTING: &str = "restarting";
/// The supervisor's role and name.
const SUPERVISOR: &str = "supervisor";

/// How a life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It was told to.
    Stopped,
    /// By itself, as it should not.
    Failed,
}

/// Who lives, and what was not told yet.
#[derive(Debug, Default)]
pub(crate) struct Troupe {
    inner: Mutex<Inner>,
    chance: Chance,
}

#[derive(Debug, Default)]
struct Inner {
    /// By name.
    living: BTreeMap<String, Life>,
    untold: VecDeque<PlayerChange>,
}

#[derive(Debug)]
struct Life {
    player: Player,
    status: &'static str,
    reason: Option<String>,
}

impl Troupe {
    /// Nobody yet. Each life gets its id from this chance.
    pub(crate) fn new(chance: Chance) -> Self {
        Self { inner: Mutex::default(), chance }
    }

    /// The supervisor begins to work.
    pub(crate) fn opens(&self) {
        self.begins(SUPERVISOR, SUPERVISOR.to_owned());
    }

    /// An actor begins to work.
    pub(crate) fn begins(&self, role: &str, name: String) {
        let mut inner = self.lock();
        let player = Player { instance: self.chance.id(), role: role.to_owned(), name: name.clone() };
        inner.told_later(PlayerChange::Spawned(player.clone()));
        inner.living.insert(name, Life { player, status: RUNNING, reason: None });
    }

    /// An actor does not live any more; nothing happens when it is known already.
    pub(crate) fn ends(&self, name: &str, end: End, reason: &str) {
        let mut inner = self.lock();
        let Some(life) = inner.living.remove(name) else { return };
        let status = match end {
            End::Stopped => "stopped",
            End::Failed => "failed",
        };
        let instance = life.player.instance;
        let (reason, status) = (short(reason), status.to_owned());
        inner.told_later(PlayerChange::Ended { instance, reason, status });
    }

    /// The supervisor waits to start someone again.
    pub(crate) fn restarts(&self, reason: &str) {
        self.supervisor_is(RESTARTING, Some(short(reason)));
    }

    /// All live again.
    pub(crate) fn is_complete(&self) {
        self.supervisor_is(RUNNING, None);
    }

    fn supervisor_is(&self, status: &'static str, reason: Option<String>) {
        let mut inner = self.lock();
        let Some(life) = inner.living.get_mut(SUPERVISOR).filter(|life| life.status != status) else {
            return;
        };
        (life.status, life.reason) = (status, reason);
        let change = life.how();
        inner.told_later(change);
    }

    /// What was not told yet, in order. From now on it counts as told.
    pub(crate) fn take_untold(&self) -> Vec<PlayerChange> {
        self.lock().untold.drain(..).collect()
    }

    /// All that live, and how they are, as one who knows nothing or something older has to be told.
    pub(crate) fn whole(&self) -> Vec<PlayerChange> {
        let inner = self.lock();
        let spawned = inner.living.values().map(|life| PlayerChange::Spawned(life.player.clone()));
        spawned.chain(inner.living.get(SUPERVISOR).map(Life::how)).collect()
    }

    /// A panic while this is held leaves nothing half-way that matters.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn told_later(&mut self, change: PlayerChange) {
        self.untold.push_back(change);
        if self.untold.len() > WAITING {
            self.untold.pop_front();
        }
    }
}

impl Life {
    fn how(&self) -> PlayerChange {
        PlayerChange::Status {
            instance: self.player.instance,
            status: self.status.to_owned(),
            reason: self.reason.clone(),
        }
    }
}

/// At most so many bytes of it, in whole characters.
fn short(reason: &str) -> String {
    let mut end = reason.len().min(REASON);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(changes: &[PlayerChange]) -> Vec<String> {
        let line = |change: &PlayerChange| match change {
            PlayerChange::Spawned(player) => format!("{} {}", player.role, player.name),
            PlayerChange::Status { status, reason, .. } => format!("{status} {reason:?}"),
            PlayerChange::Ended { status, reason, .. } => format!("{status}: {reason}"),
        };
        changes.iter().map(line).collect()
    }

    #[test]
    fn a_restarted_actor_is_another_life_and_the_supervisor_says_that_it_is_busy_with_it() {
        let troupe = Troupe::default();
        troupe.opens();
        troupe.begins("cache", "cache".into());
        assert_eq!(lines(&troupe.take_untold()), ["supervisor supervisor", "cache cache"]);
        let first = troupe.whole();
        troupe.ends("cache", End::Failed, "it panicked");
        troupe.ends("cache", End::Stopped, "twice");
        troupe.restarts("the cache failed");
        troupe.restarts("again");
        assert_eq!(lines(&troupe.whole())[1], "restarting Some(\"the cache failed\")");
        troupe.begins("cache", "cache".into());
        troupe.is_complete();
        troupe.is_complete();
        let told =
            ["failed: it panicked", "restarting Some(\"the cache failed\")", "cache cache", "running None"];
        assert_eq!(lines(&troupe.take_untold()), told);
        assert!(troupe.take_untold().is_empty());
        let second = troupe.whole();
        assert_eq!(lines(&first), lines(&second));
        assert_ne!(first, second, "the cache has another id");
    }

    #[test]
    fn what_waits_and_what_is_said_is_bounded() {
        let troupe = Troupe::default();
        for _ in 0..WAITING {
            troupe.begins("cache", "cache".into());
            troupe.ends("cache", End::Failed, &"ä".repeat(REASON));
        }
        let untold = troupe.take_untold();
        assert_eq!(untold.len(), WAITING);
        let Some(PlayerChange::Ended { reason, .. }) = untold.last() else { panic!("{untold:?}") };
        assert_eq!(reason.len(), REASON);
    }
}
