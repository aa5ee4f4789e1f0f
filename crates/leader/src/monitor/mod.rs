//! The monitor: looks after workers and nodes, and keeps the calendar.
//!
//! Supervised by the leader's supervisor. What dies with it: nothing that matters. Who was heard and when outlives
//! the actor in its handle; what people were told, and which pauses are in force, is the scheduler's to remember.
//!
//! ```text
//!   heartbeats ──► Workers ─┬─ at every look ──► ObserveWorkers      the scheduler decides who is told of what
//!                           └─ of a watcher ───► SetPause, LiftPause
//!   calendar ──── at every change ─────────────► SetPause, LiftPause
//! ```
//!
//! It refuses to send anything to anybody: it only tells the scheduler what it sees.

mod actor;
mod look;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use callsheet_config::{ClusterConfig, MonitorConfig, PauseWindow};
use callsheet_model::signal::WorkerBeat;
use callsheet_model::{NodeName, Timestamp};
use callsheet_monitor::{Office, Workers};
use callsheet_supervision::{ActorSlot, kinds};
use ractor::ActorRef;

use crate::clock::ClockSlot;
use crate::scheduler::SchedulerHandle;

pub(crate) use actor::Monitor;

/// A scheduler that has not answered by then counts as a state store that does not.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the actor can be sent.
pub(crate) enum Message {
    /// A second has passed, if the leader was awake.
    Second,
    /// It is time to look at everyone.
    Look,
    /// It is time to look at the calendar.
    Turn,
    /// Heartbeats of a watcher came; the latest of them is kept beside.
    Watcher(String),
}

kinds!(Message {
    "second": Message::Second,
    "look": Message::Look,
    "turn": Message::Turn,
    "watcher": Message::Watcher(_),
});

/// The way to the monitor; it outlives the actor.
#[derive(Clone)]
pub(crate) struct MonitorHandle {
    actor: ActorSlot<Message>,
    eyes: Eyes,
}

/// What is seen, and through whom. It outlives the actor, so that a restarted one takes nobody for silent.
#[derive(Clone)]
pub(crate) struct Eyes {
    config: Arc<Watched>,
    clock: ClockSlot,
    scheduler: SchedulerHandle,
    seen: Arc<Mutex<Seen>>,
}

/// What the config says of it.
struct Watched {
    monitor: MonitorConfig,
    pauses: Vec<PauseWindow>,
    /// Names of the channels that alerts go over.
    channels: Vec<String>,
}

/// Who was heard, and what nodes have done.
struct Seen {
    /// Nothing until the clock runs.
    workers: Option<Workers>,
    tallies: BTreeMap<NodeName, Tally>,
    /// The latest heartbeat of each expected watcher, until it is dealt with.
    watchers: BTreeMap<String, WorkerBeat>,
}

/// What a node has done since the leader's start.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Frame jobs finished.
    pub(crate) done: u64,
    /// Frame jobs that failed.
    pub(crate) failed: u64,
    /// When the last one ended.
    pub(crate) last: Option<Timestamp>,
}

impl MonitorHandle {
    /// A handle with no actor behind it yet.
    pub(crate) fn new(config: &ClusterConfig, clock: ClockSlot, scheduler: SchedulerHandle) -> Self {
        let config = Watched {
            monitor: config.monitor.clone(),
            pauses: config.pauses.clone(),
            channels: config.outward.alerts.iter().map(|channel| channel.name.clone()).collect(),
        };
        let seen =
            Arc::new(Mutex::new(Seen { workers: None, tallies: BTreeMap::new(), watchers: BTreeMap::new() }));
        Self { actor: ActorSlot::default(), eyes: Eyes { config: Arc::new(config), clock, scheduler, seen } }
    }

    /// Points at a new actor.
    pub(crate) fn attach(&self, actor: ActorRef<Message>) {
        self.actor.put(actor);
    }

    /// What a new actor is started with.
    pub(crate) fn eyes(&self) -> Eyes {
        self.eyes.clone()
    }

    /// A worker's heartbeat came.
    pub(crate) fn hear(&self, beat: WorkerBeat) {
        self.eyes.workers(|workers, now| workers.hear(now, beat.clone()));
        if beat.kind == callsheet_model::signal::WorkerKind::Watcher {
            self.hear_watcher(beat);
        }
    }

    /// However many heartbeats come, one message waits for each watcher.
    fn hear_watcher(&self, beat: WorkerBeat) {
        let name = beat.name.clone();
        if !self.eyes.config.monitor.workers.iter().any(|worker| worker.name == name) {
            tracing::warn!(watcher = name, "no [[monitor.worker]] of this name: it pauses nothing");
            return;
        }
        let waits = self.eyes.seen().watchers.insert(name.clone(), beat).is_some();
        if !waits {
            // While the monitor is being restarted, the next one sees to what waits.
            let _ = self.actor.cast(Message::Watcher(name));
        }
    }

    /// A worker's heartbeat came that cannot be read.
    pub(crate) fn hear_unreadable(&self, name: &str) {
        tracing::warn!(worker = name, "its heartbeat cannot be read: it counts as not alive");
        self.eyes.workers(|workers, now| workers.hear_unreadable(now, name));
    }

    /// A node ended frame jobs.
    pub(crate) fn tally(&self, node: &NodeName, done: u64, failed: u64) {
        if done + failed == 0 {
            return;
        }
        let now = self.eyes.clock.now();
        let mut seen = self.eyes.seen();
        let tally = seen.tallies.entry(node.clone()).or_default();
        tally.done += done;
        tally.failed += failed;
        tally.last = Some(now);
    }

    /// The cluster's status.
    pub(crate) async fn office(&self) -> Office {
        match tokio::time::timeout(PATIENCE, self.eyes.office()).await {
            Ok(Some(office)) => office,
            _ => Office::unavailable(self.eyes.clock.now()),
        }
    }
}

impl Eyes {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Every change of it is whole: a panic leaves nothing half done.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the workers, or changes them.
    fn workers<T>(&self, with: impl FnOnce(&mut Workers, Timestamp) -> T) -> T {
        let now = self.clock.now();
        let mut seen = self.seen();
        with(seen.workers.get_or_insert_with(|| Workers::new(&self.config.monitor, now)), now)
    }
}
