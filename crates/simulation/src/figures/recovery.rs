//! How long a start takes, by the size of the journal: opened and replayed as the leader does it, from the first
//! event or from a snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use callsheet_journal::{Journal, MemoryStore, Store};
use callsheet_model::job::Timeouts;
use callsheet_model::{
    Author, Capabilities, Chunk, FrameSet, JobId, JobSpec, NodeName, Outcome, OutputPattern, Report,
    Reported, Requirements, SessionId, StepSpec, Timestamp, Versions,
};
use callsheet_scheduler::{Command, Effect, Output, Policy, Scheduler};
use uuid::Uuid;

use super::Clock;
use crate::report::figure;

const NODES: u64 = 50;
/// Frames of each job: some are open at any moment, and many are over.
const FRAMES: i32 = 1000;
/// Events between two snapshots, as the leader has it by default.
const SNAPSHOT_EVERY: u64 = 100_000;

/// One start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Events in the journal.
    pub events: u64,
    /// Events that had to be replayed.
    pub replayed: u64,
    /// It began with a snapshot.
    pub snapshot: bool,
    /// Real time.
    pub took: Duration,
}

impl Recovery {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { events, replayed, snapshot, took } = self;
        let how = if *snapshot { "from a snapshot" } else { "from the first event" };
        let (events, replayed) = (figure(*events), figure(*replayed));
        format!(
            "  {events:>9} events, {how:<20} {replayed:>9} replayed in {:.1} ms",
            took.as_secs_f64() * 1e3
        )
    }
}

/// Makes a journal of so many events, and starts from it without a snapshot and with the last one there would be.
pub(super) fn measure(events: u64, clock: Clock<'_>) -> Vec<Recovery> {
    let mut cluster = Cluster::new();
    // The worst moment for a start is the one before the next snapshot.
    let snapshot_at = (events / SNAPSHOT_EVERY).saturating_sub(1) * SNAPSHOT_EVERY;
    cluster.run(if snapshot_at > 0 { snapshot_at } else { events / 2 });
    let image = cluster.scheduler.image();
    cluster.run(events);
    let mut all: Vec<Recovery> = start(&cluster, false, clock).into_iter().collect();
    // Each start opens it anew.
    if let Ok(recovered) = cluster.store.open() {
        recovered.journal.snapshot(image, Box::new(|_| {}));
    }
    all.extend(start(&cluster, true, clock));
    all
}

fn start(cluster: &Cluster, snapshot: bool, clock: Clock<'_>) -> Option<Recovery> {
    let began = clock();
    // A journal in memory that nothing was arranged for opens.
    let recovered = cluster.store.open().ok()?;
    let mut scheduler = match recovered.image {
        Some(image) => Scheduler::from_image(Policy::default(), image),
        None => Scheduler::new(Policy::default()),
    };
    let from = scheduler.sequence();
    recovered.tail.flatten().for_each(|envelope| scheduler.replay(&envelope));
    let took = clock().saturating_sub(began);
    let (events, replayed) = (scheduler.sequence(), scheduler.sequence() - from);
    (scheduler.state() == cluster.scheduler.state()).then_some(Recovery { events, replayed, snapshot, took })
}

/// A leader, and nodes that have every frame at once: only the log matters.
struct Cluster {
    scheduler: Scheduler,
    store: MemoryStore,
    journal: std::sync::Arc<dyn Journal>,
    out: Output,
    now: Timestamp,
    jobs: u64,
}

impl Cluster {
    fn new() -> Self {
        let store = MemoryStore::new(u64::MAX);
        // Nothing is on it that could be damaged.
        let journal = store.open().map(|recovered| recovered.journal);
        let journal = journal.unwrap_or_else(|_| unreachable!("an empty disk opens"));
        let scheduler = Scheduler::new(Policy::default());
        let mut cluster = Self {
            scheduler,
            store,
            journal,
            out: Output::default(),
            now: Timestamp(1_790_000_000_000),
            jobs: 0,
        };
        cluster.tell(Command::StartLeader);
        for number in 0..NODES {
            let Ok(node) = NodeName::new(&format!("node-{number}")) else { continue };
            let renderers = BTreeMap::from([("lottie".to_owned(), Versions::default())]);
            let capabilities = Capabilities { renderers, slots: 4, ..Capabilities::default() };
            let (session, arrival, held) = (SessionId(number), Box::default(), BTreeSet::new());
            cluster.tell(Command::ConnectNode { node, session, capabilities, arrival, held });
        }
        cluster
    }

    fn tell(&mut self, command: Command) {
        // A job that is not taken, or a report that comes too late, leaves nothing in the log.
        let _ = self.scheduler.handle(self.now, Author::SYSTEM, command, &mut self.out);
    }

    /// Goes on until the log has so many events, or a few more.
    fn run(&mut self, events: u64) {
        while self.scheduler.sequence() < events {
            self.now = self.now.plus(Duration::from_millis(50));
            if self.scheduler.queues().values().all(|queue| queue.waiting < 500) {
                self.submit();
            }
            for number in 0..NODES {
                if let Ok(node) = NodeName::new(&format!("node-{number}")) {
                    self.tell(Command::HearNode { node, session: SessionId(number), holding: None });
                }
            }
            self.scheduler.dispatch(self.now, &mut self.out);
            let effects = std::mem::take(&mut self.out.effects);
            effects.into_iter().for_each(|effect| self.perform(effect));
            let batch = std::mem::take(&mut self.out.events);
            self.journal.submit(batch, Box::new(|_| {}));
        }
    }

    fn submit(&mut self) {
        self.jobs += 1;
        let id = JobId(Uuid::from_u128(u128::from(self.jobs)));
        let step = StepSpec {
            name: "render".to_owned(),
            renderer: "lottie".to_owned(),
            template: None,
            frames: FrameSet::range(0, FRAMES - 1),
            chunk: Chunk::Frames(NonZeroU32::MIN),
            output: OutputPattern::parse(&format!("out/{}/f_####.png", self.jobs)).ok(),
            retries: 3,
            timeouts: Timeouts::default(),
            requires: Requirements::default(),
            after: BTreeSet::new(),
            settings: BTreeMap::new(),
            approximate: false,
        };
        let (name, project) = (format!("job-{}", self.jobs), "figures".to_owned());
        let spec = JobSpec { name, project, priority: 50, approval: None, steps: vec![step] };
        self.tell(Command::SubmitJob { id, spec });
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::OfferLease { lease, .. } => {
                let (token, node, frames) = (lease.token, lease.node, lease.frames);
                let took = Duration::from_millis(400);
                self.report(&node, token, Reported::Proven { frames, bytes: 1 << 20, took });
                let (outcome, blamed, last_frame) = (Outcome::Succeeded, FrameSet::new(), None);
                self.report(&node, token, Reported::Ended { outcome, blamed, last_frame });
            }
            Effect::ConfirmAccepted { node, token, frames, .. } => {
                self.report(&node, token, Reported::Published { frames });
            }
            _ => {}
        }
    }

    fn report(&mut self, node: &NodeName, token: callsheet_model::Token, what: Reported) {
        self.tell(Command::Report { node: node.clone(), report: Report { token, what } });
    }
}
