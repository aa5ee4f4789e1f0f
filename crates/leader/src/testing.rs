//! What the tests of this crate share: a leader on a disk of memory, and a node that speaks by hand.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use callsheet_config::ClusterConfig;
use callsheet_events::ingest::Posted;
use callsheet_events::{Filter, Sealed};
use callsheet_journal::MemoryStore;
use callsheet_model::{
    Capabilities, Chunk, Context, Envelope, Failure, FrameSet, JobId, JobSpec, Lease, NodeName, Outcome,
    Outside, Report, Reported, Requirements, StepSpec, Timeouts, Token, Versions,
};
use callsheet_scheduler::Command;
use callsheet_supervision::{Fault, Faults};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{FromNode, Hello, Inner, Leader, NodeDoor, StartError, Surroundings, ToNode, Wanted, scheduler};

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

pub(crate) struct Bench {
    pub(crate) leader: Leader,
    pub(crate) store: MemoryStore,
    pub(crate) directory: tempfile::TempDir,
    /// What is to go wrong in its actors.
    pub(crate) faults: Faults,
    change: fn(&mut ClusterConfig),
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// One whose config is not quite the usual.
    pub(crate) async fn start_with(change: fn(&mut ClusterConfig)) -> Self {
        callsheet_telemetry::start("warn", callsheet_telemetry::Form::Text);
        let (directory, store) = (tempfile::tempdir().unwrap(), MemoryStore::new(1000));
        let faults = Faults::default();
        let leader = start(directory.path(), &store, change, &faults).await.unwrap();
        let bench = Self { leader, store, directory, faults, change };
        bench.event("leader.started", 0).await;
        bench
    }

    /// The next leader has the usual config.
    pub(crate) fn without_change(&mut self) {
        self.change = |_| {};
    }

    /// The leader dies and another one begins on the same disk.
    pub(crate) async fn crash(&mut self) {
        // A dead process has no timers that wake its actors.
        self.leader.0.supervisor.kill();
        self.store.crash();
        self.leader = start(self.directory.path(), &self.store, self.change, &self.faults).await.unwrap();
    }

    /// An actor panics, now.
    pub(crate) fn fells(&self, actor: &'static str) {
        self.faults.next(actor, Fault::Panic);
        let Inner { scheduler, hub, logs, .. } = &*self.leader.0;
        // The others hear something by themselves.
        match actor {
            "scheduler" => scheduler.send(scheduler::Message::Wake).unwrap(),
            "event_hub" => hub.publish(Vec::new()),
            "log_keeper" => logs.forget(JobId(Uuid::nil())),
            _ => {}
        }
    }
}

/// The usual config of a leader that keeps its things in a directory.
pub(crate) fn config(directory: &Path) -> ClusterConfig {
    let nothing = |path: &Path| Err(std::io::Error::other(format!("{} is not included", path.display())));
    ClusterConfig::parse(CONFIG, "test.toml", directory, &nothing).unwrap()
}

/// A leader with these faults before it.
pub(crate) async fn start(
    directory: &Path,
    store: &MemoryStore,
    change: fn(&mut ClusterConfig),
    faults: &Faults,
) -> Result<Leader, StartError> {
    let mut config = config(directory);
    change(&mut config);
    let around = Surroundings { tripwire: faults.tripwire(), ..Surroundings::default() };
    Leader::begin(config, Arc::new(store.clone()), Arc::default(), None, around).await
}

/// A job of one step without output, in chunks of one frame.
pub(crate) fn job(frames: &str) -> (JobId, JobSpec) {
    let step = StepSpec {
        name: "frames".into(),
        renderer: "null".into(),
        template: None,
        frames: frames.parse().unwrap(),
        chunk: Chunk::Frames(NonZeroU32::MIN),
        output: None,
        retries: 3,
        timeouts: Timeouts::default(),
        requires: Requirements::default(),
        after: [].into(),
        settings: BTreeMap::new(),
        approximate: false,
    };
    let spec = JobSpec {
        name: "test".into(),
        project: "test".into(),
        priority: 50,
        steps: vec![step],
        approval: None,
    };
    (JobId(Uuid::new_v4()), spec)
}

/// An event of another service, known by this number.
pub(crate) fn posted(number: u128) -> Posted {
    let event = Outside {
        id: Uuid::from_u128(number),
        kind: "call.done".to_owned(),
        timestamp: "2026-11-21T12:00:00Z".to_owned(),
        correlation: None,
        payload: format!(r#"{{"number":{number}}}"#),
        fields: "{}".to_owned(),
    };
    Posted { event, context: Context::default() }
}

/// Numbers of all [`posted`] events in a page.
pub(crate) fn numbers(page: &[Arc<Sealed>]) -> Vec<u128> {
    page.iter().map(|event| event.id.as_u128()).collect()
}

impl Bench {
    /// All events of other services after a cursor, by their numbers, in order.
    pub(crate) async fn numbers_after(&self, after: u64) -> Vec<u128> {
        let filter = Filter { types: vec!["call.done".to_owned()], ..Filter::default() };
        let mut events = self.leader.follow(Wanted { after: Some(after), follow: false, filter });
        let mut found = Vec::new();
        while let Some(page) = events.recv().await {
            found.extend(numbers(&page.unwrap()));
        }
        found
    }

    pub(crate) async fn submit(&self, frames: &str) -> JobId {
        let (id, spec) = job(frames);
        self.leader.command(Command::SubmitJob { id, spec }).await.unwrap();
        id
    }

    /// Waits for an event of this type that comes after the cursor.
    pub(crate) async fn event(&self, kind: &str, after: u64) -> Envelope {
        let filter = Filter { types: vec![kind.to_owned()], ..Filter::default() };
        let wanted = Wanted { after: Some(after), follow: true, filter };
        let mut events = self.leader.follow(wanted);
        events.recv().await.unwrap().unwrap().remove(0).envelope.clone()
    }
}

/// A node whose renderer does nothing, spoken by hand.
pub(crate) struct Hand {
    pub(crate) door: NodeDoor,
    pub(crate) told: mpsc::Receiver<ToNode>,
    reported: u64,
    /// Offers that came while something else was waited for.
    offers: Vec<Lease>,
}

impl Hand {
    pub(crate) async fn connect(leader: &Leader, name: &str, held: &[Token]) -> Self {
        let capabilities = Capabilities {
            renderers: [("null".to_owned(), Versions::default())].into(),
            slots: 1,
            ..Capabilities::default()
        };
        let node = NodeName::new(name).unwrap();
        let hello =
            Hello { node, capabilities, arrival: Box::default(), held: held.iter().copied().collect() };
        let (door, told) = leader.open_session(hello).await.unwrap();
        Self { door, told, reported: 0, offers: Vec::new() }
    }

    /// The next leases that are offered.
    pub(crate) async fn offered(&mut self) -> Vec<Lease> {
        while self.offers.is_empty() {
            self.listen().await;
        }
        std::mem::take(&mut self.offers)
    }

    /// Takes the next message; the number up to which reports are settled, if it says so.
    async fn listen(&mut self) -> Option<u64> {
        match self.told.recv().await.expect("the session is over") {
            ToNode::Offers(offers) => self.offers.extend(offers.into_iter().map(|(lease, _)| lease)),
            ToNode::Settled { up_to, .. } => return Some(up_to),
            _ => {}
        }
        None
    }

    /// Says that all frames of a lease are proven, and that the attempt is over.
    pub(crate) async fn prove(&mut self, lease: &Lease) {
        self.reported += 2;
        let what =
            Reported::Proven { frames: lease.frames.clone(), bytes: 1, took: std::time::Duration::ZERO };
        let ended =
            Reported::Ended { outcome: Outcome::Succeeded, blamed: FrameSet::new(), last_frame: None };
        let reports = [what, ended].map(|what| Report { token: lease.token, what }).to_vec();
        self.door.say(FromNode::Reports { reports, up_to: self.reported }).await.unwrap();
    }

    /// Says that the attempt failed like this, at the lease's first frame.
    pub(crate) async fn fail(&mut self, lease: &Lease, failure: Failure) {
        self.reported += 1;
        let last_frame = lease.frames.iter().next();
        let what = Reported::Ended { outcome: Outcome::Failed(failure), blamed: FrameSet::new(), last_frame };
        let reports = vec![Report { token: lease.token, what }];
        self.door.say(FromNode::Reports { reports, up_to: self.reported }).await.unwrap();
    }

    /// Waits until everything said so far is settled.
    pub(crate) async fn settled(&mut self) {
        while self.listen().await.is_none_or(|up_to| up_to < self.reported) {}
    }

    /// Waits until the session is over.
    pub(crate) async fn over(mut self) {
        while self.told.recv().await.is_some() {}
    }
}

/// Frames of the job's only step that are published.
pub(crate) async fn published(leader: &Leader, job: JobId) -> FrameSet {
    let look = move |scheduler: &crate::Scheduler| {
        let runs = scheduler.frames(job, callsheet_model::StepIndex(0), None, 1000).unwrap().items;
        runs.into_iter().filter(|run| run.state.word() == "published").map(|run| run.frames).collect()
    };
    leader.read(look).await.unwrap()
}
