//! A leader on a disk of memory, and what happens in it that has to be told.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use callsheet_config::ClusterConfig;
use callsheet_events::ingest::Posted;
use callsheet_journal::MemoryStore;
use callsheet_leader::{Leader, SchedulerCommand, Wanted};
use callsheet_model::{
    Chunk, Context, Envelope, JobId, JobSpec, Observation, Outside, Requirements, StepSpec, Timeouts,
};
use callsheet_supervision::{Held, Record};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::post::Post;
use crate::Outward;

const CONFIG: &str = r#"
[cluster]
name = "test"
[leader]
data = "leader"
[[node]]
name = "anna"
renderers = ["lottie"]
work = "work"
cache = "cache"
"#;

/// Nothing takes longer by the clock of these tests, unless it waits for ever. It goes on while bytes are on their way
/// over a real socket, but no faster than in steps of this.
const LONG: Duration = Duration::from_secs(1000);
const STEP: Duration = Duration::from_millis(2);

/// Waits for something that must come.
pub(super) async fn in_time<T>(what: &str, it: impl Future<Output = T>) -> T {
    timeout(LONG, it).await.unwrap_or_else(|_| panic!("not within {LONG:?}: {what}"))
}

/// Waits until this is so.
pub(super) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            sleep(STEP).await;
        }
    };
    in_time(what, waiting).await;
}

/// A leader, and everyone who is told.
pub(super) struct Stage {
    pub(super) leader: Leader,
    pub(super) post: Post,
    pub(super) record: Record,
    /// That live before anything goes outward.
    tasks: usize,
    _directory: TempDir,
    _steps: Held,
}

impl Stage {
    pub(super) async fn set() -> Self {
        let _steps = Held::spawn(async {
            loop {
                sleep(STEP).await;
            }
        });
        let (directory, post) = (tempfile::tempdir().unwrap(), Post::open().await);
        let nothing = |path: &Path| Err(std::io::Error::other(format!("{} is not included", path.display())));
        let mut config = ClusterConfig::parse(CONFIG, "test.toml", directory.path(), &nothing).unwrap();
        config.outward = post.config();
        // Whatever day it is, it has nothing to tell of its own.
        config.monitor.interval = LONG * 100;
        let leader = Leader::start(config, Arc::new(MemoryStore::new(200_000))).await.unwrap();
        let mut stage =
            Self { leader, post, record: Record::default(), tasks: 0, _directory: directory, _steps };
        // All of it has begun, and the leader has something to wait for.
        stage.job().await;
        sleep(Duration::from_secs(1)).await;
        stage.tasks = tasks();
        stage
    }

    /// What goes outward, behind the wire.
    pub(super) async fn outward(&self) -> Outward {
        Outward::begin(self.leader.clone(), self.record.tripwire()).await.unwrap()
    }

    /// So many events of another service; their ids and numbers.
    pub(super) async fn events(&self, kind: &str, count: usize) -> Vec<(String, u64)> {
        let event = |_| Posted {
            event: Outside {
                id: Uuid::new_v4(),
                kind: kind.to_owned(),
                timestamp: "2026-11-21T10:00:00Z".to_owned(),
                correlation: None,
                payload: "{}".to_owned(),
                fields: "{}".to_owned(),
            },
            context: Context::default(),
        };
        let taken = self.leader.ingest((0..count).map(event).collect()).await.unwrap();
        taken.into_iter().map(|taken| (taken.id.to_string(), taken.sequence)).collect()
    }

    /// A worker is seen alive or not. The first look tells nothing, every change after it does.
    pub(super) async fn see(&self, worker: &str, alive: bool, channels: &[&str]) {
        let seen = Observation {
            worker: worker.to_owned(),
            alive: Some(alive),
            last_beat_age_s: Some(if alive { 3 } else { 60 }),
            dead_letters: 0,
            expected: true,
        };
        let channels = channels.iter().map(|channel| (*channel).to_owned()).collect();
        let command = SchedulerCommand::ObserveWorkers { seen: vec![seen], threshold: 1, channels };
        self.leader.command(command).await.unwrap();
    }

    /// A job that is over before it has begun.
    pub(super) async fn job(&self) -> JobId {
        let step = StepSpec {
            name: "frames".into(),
            renderer: "null".into(),
            template: None,
            frames: "1".parse().unwrap(),
            chunk: Chunk::Frames(NonZeroU32::MIN),
            output: None,
            retries: 3,
            timeouts: Timeouts::default(),
            requires: Requirements::default(),
            after: [].into(),
            settings: BTreeMap::new(),
            approximate: false,
        };
        let (name, project) = ("beauty".into(), "show".into());
        let spec = JobSpec { name, project, priority: 50, steps: vec![step], approval: None };
        let job = JobId(Uuid::new_v4());
        self.leader.command(SchedulerCommand::SubmitJob { id: job, spec }).await.unwrap();
        let reason = "the test".to_owned();
        self.leader.command(SchedulerCommand::CancelJob { job, reason }).await.unwrap();
        job
    }

    /// Everything in the log.
    pub(super) async fn log(&self) -> Vec<Envelope> {
        let mut events = self.leader.follow(Wanted { after: Some(0), follow: false, ..Wanted::default() });
        let mut log = Vec::new();
        while let Some(page) = events.recv().await {
            log.extend(page.unwrap().iter().map(|event| event.envelope.clone()));
        }
        log
    }

    /// All is over; of what goes outward no actor is left, and no task that one has started.
    pub(super) async fn strike(self) {
        let gone = async {
            while tasks() > self.tasks {
                sleep(STEP).await;
            }
        };
        let left = timeout(Duration::from_secs(10), gone).await;
        assert!(left.is_ok(), "{} tasks outlive their actors", tasks() - self.tasks);
        in_time("the leader leaves", self.leader.stop()).await;
    }
}

/// Tasks that live.
fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}
