//! A leader on a disk of memory, watched as an operating system watches a process: when it says that it cannot go
//! on, another one begins on the same disk.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use callsheet_config::{ClusterConfig, WorkerConfig};
use callsheet_journal::MemoryStore;
use callsheet_model::signal::WorkerKind;
use callsheet_model::{PauseScope, Running};
use callsheet_supervision::{Record, Tripwire};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::testing::config;
use crate::{Leader, LeaderError, StartError, Surroundings};

/// Nothing in these tests takes longer, by their own clock, unless it waits for ever.
pub(super) const LONG: Duration = Duration::from_secs(120);

/// Waits for something that must come.
pub(super) async fn in_time<T>(what: &str, it: impl Future<Output = T>) -> T {
    timeout(LONG, it).await.unwrap_or_else(|_| panic!("not within {LONG:?}: {what}"))
}

/// The leader, whichever it is at the moment. Clones are the same stage.
#[derive(Clone)]
pub(super) struct Stage {
    leader: watch::Receiver<Leader>,
    pub(super) store: MemoryStore,
    pub(super) record: Record,
    directory: Arc<TempDir>,
}

impl Stage {
    /// A leader, and whoever starts another one when it ends: that one tells how often it did.
    pub(super) async fn set() -> (Self, JoinHandle<usize>, watch::Sender<bool>) {
        let (directory, store) = (Arc::new(tempfile::tempdir().unwrap()), MemoryStore::new(10_000));
        let record = Record::default();
        let first = start(&directory, &store, record.tripwire()).await.unwrap();
        let (sender, leader) = watch::channel(first);
        let stage = Self { leader, store, record, directory };
        let (over, mut is_over) = watch::channel(false);
        let keeper = stage.clone();
        let keeping = tokio::spawn(async move {
            let mut ended = 0;
            loop {
                let leader = keeper.leader();
                let why = tokio::select! {
                    why = leader.failed() => why,
                    _ = is_over.wait_for(|over| *over) => return ended,
                };
                assert!(!why.is_empty());
                drop(leader);
                ended += 1;
                keeper.store.crash();
                sender.send_replace(keeper.again().await);
            }
        });
        (stage, keeping, over)
    }

    async fn again(&self) -> Leader {
        loop {
            match start(&self.directory, &self.store, self.record.tripwire()).await {
                Ok(leader) => return leader,
                // Whoever watches the process does not give up after the first time.
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    pub(super) fn leader(&self) -> Leader {
        self.leader.borrow().clone()
    }

    /// Asks until there is an answer: a part that is being restarted says so, and then the same is asked again.
    pub(super) async fn ask<T, A, F>(&self, what: &str, ask: A) -> Result<T, LeaderError>
    where
        A: Fn(Leader) -> F,
        F: Future<Output = Result<T, LeaderError>>,
    {
        let asking = async {
            loop {
                match in_time(what, ask(self.leader())).await {
                    Err(LeaderError::Restarting) => sleep(Duration::from_millis(20)).await,
                    answer => return answer,
                }
            }
        };
        in_time(what, asking).await
    }

    /// A leader without faults on what this one left, to look at it.
    pub(super) async fn successor(&self) -> Leader {
        self.store.crash();
        start(&self.directory, &self.store, Tripwire::default()).await.unwrap()
    }
}

async fn start(directory: &TempDir, store: &MemoryStore, tripwire: Tripwire) -> Result<Leader, StartError> {
    let mut config = config(directory.path());
    busy(&mut config);
    let around = Surroundings { tripwire, ..Surroundings::default() };
    Leader::begin(config, Arc::new(store.clone()), Arc::default(), None, around).await
}

/// Everything happens within a day: snapshots, forgetting, looks at workers, a watcher that pauses.
fn busy(config: &mut ClusterConfig) {
    config.leader.keep.snapshot_every = 10;
    config.leader.keep.finished_jobs = Duration::from_secs(5);
    config.monitor.interval = Duration::from_secs(2);
    config.monitor.ttl = Duration::from_secs(5);
    config.monitor.workers = vec![WorkerConfig {
        name: "watcher".to_owned(),
        kind: WorkerKind::Watcher,
        queue: None,
        pulls_from: None,
        pauses: PauseScope::Queue("null".to_owned()),
        running: Running::Finish,
    }];
}
