//! A day's work for a node: jobs with templates that do not fit into its cache together, one that is cancelled while
//! it renders, a way to the leader that breaks once and falls silent once, and leaving in the evening. The leader is
//! the real one, in memory. Whatever falls meanwhile, the same must be true in the evening.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use callsheet_config::ClusterConfig;
use callsheet_gateway::Doors;
use callsheet_journal::MemoryStore;
use callsheet_leader::{Leader, LeaderError, SchedulerCommand, Wanted};
use callsheet_model::{
    Chunk, Event, FrameSet, JobId, JobSpec, Md5, OutputPattern, Requirements, StepSpec, Template, Timeouts,
};
use callsheet_node::{Door, NodeError, NodeSettings, Shutdown};
use callsheet_renderers::Registry;
use callsheet_supervision::{Faults, InTurn, Moment, Point, Tripwire};
use callsheet_tests::player::description;
use tempfile::TempDir;
use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::player::Players;
use super::wire::Wire;

/// Nothing in these tests takes longer, by their own clock, unless it waits for ever.
const LONG: Duration = Duration::from_secs(120);

/// Waits for something that must come.
pub(super) async fn in_time<T>(what: &str, it: impl Future<Output = T>) -> T {
    timeout(LONG, it).await.unwrap_or_else(|_| panic!("not within {LONG:?}: {what}"))
}

/// The faults of a day, and the moments that the restart table speaks of.
#[derive(Clone, Default)]
pub(super) struct Record {
    pub(super) faults: Faults,
    players: Players,
    falls: Arc<Mutex<Vec<Fall>>>,
    starts: Arc<Mutex<Vec<(&'static str, Instant)>>>,
}

#[derive(Clone, Copy)]
struct Fall {
    actor: &'static str,
    at: Instant,
    /// Renderers that lived then.
    rendering: usize,
}

impl Record {
    fn tripwire(&self) -> Tripwire {
        let record = self.clone();
        Tripwire::new(move |point| {
            let fault = record.faults.at(point);
            if point.moment == Moment::Start {
                record.starts.lock().unwrap().push((point.actor, Instant::now()));
            }
            if fault.is_some() {
                let (at, rendering) = (Instant::now(), record.players.living());
                record.falls.lock().unwrap().push(Fall { actor: point.actor, at, rendering });
            }
            fault
        })
    }

    /// How long it took from each fall of an actor to its next start; `None`: it was not started again.
    pub(super) fn waits(&self, actor: &str) -> Vec<Option<Duration>> {
        let (falls, starts) = (self.falls.lock().unwrap(), self.starts.lock().unwrap());
        let falls = falls.iter().filter(|fall| fall.actor == actor);
        let next = |fell: Instant| {
            starts.iter().find(|(who, at)| *who == actor && *at > fell).map(|(_, at)| *at - fell)
        };
        falls.map(|fall| next(fall.at)).collect()
    }

    /// How many renderers lived when an actor fell, for each of its falls.
    pub(super) fn rendering(&self, actor: &str) -> Vec<usize> {
        let falls = self.falls.lock().unwrap();
        falls.iter().filter(|fall| fall.actor == actor).map(|fall| fall.rendering).collect()
    }

    /// How often an actor was started.
    pub(super) fn starts(&self, actor: &'static str) -> usize {
        self.faults.passed(Point { actor, moment: Moment::Start })
    }
}

/// What a day came to.
pub(super) struct Evening {
    pub(super) record: Record,
    /// Why nodes ended before their time, each followed by another one. Of each nothing was left.
    pub(super) ended: Vec<NodeError>,
}

/// Everything that takes part.
struct Stage {
    leader: Leader,
    wire: Wire,
    record: Record,
    config: ClusterConfig,
    wish: watch::Sender<Shutdown>,
    wishes: watch::Receiver<Shutdown>,
}

/// Lives through a day with these faults in it, and looks at what is there in the evening.
pub(super) fn day(arrange: impl FnOnce(&Record)) -> Evening {
    long_day(Duration::ZERO, arrange)
}

/// One that goes on for so long when its work is done.
pub(super) fn long_day(idle: Duration, arrange: impl FnOnce(&Record)) -> Evening {
    let _in_turn = InTurn::on_this_thread();
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(live(idle, arrange))
}

/// A directory, in memory where there is a disk in memory: what a day takes is then not the time that a disk takes to
/// have it for sure, which no fall here is about.
pub(super) fn home() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

async fn live(idle: Duration, arrange: impl FnOnce(&Record)) -> Evening {
    let home = home();
    let mut config = config(home.path());
    config.monitor.interval = Duration::from_secs(2);
    let (wire, port) = Wire::new();
    let leader = Leader::start(config.clone(), Arc::new(MemoryStore::new(10_000))).await.unwrap();
    let leave = CancellationToken::new();
    let doors = tokio::spawn(Doors::over(leader.clone(), port).serve(leave.clone()));
    let (wish, wishes) = watch::channel(Shutdown::Stay);
    let record = Record::default();
    arrange(&record);
    let stage = Arc::new(Stage { leader, wire, record, config, wish, wishes });
    let node = tokio::spawn(keep(stage.clone()));
    let jobs = person(&stage, home.path()).await;
    sleep(idle).await;
    stage.wish.send_replace(Shutdown::Drain);
    let ended = in_time("the node leaves", node).await.unwrap();
    no_renderer_is_left(&stage).await;
    look(&stage, &jobs, home.path()).await;
    assert!(stage.record.players.started() >= 6);
    leave.cancel();
    in_time("the doors close", doors).await.unwrap().unwrap();
    stage.leader.stop().await;
    let record = stage.record.clone();
    drop(stage);
    nothing_runs().await;
    Evening { record, ended }
}

/// Those that were killed are gone when the runtime has come round to it.
async fn no_renderer_is_left(stage: &Stage) {
    sleep(Duration::from_millis(1)).await;
    assert_eq!(stage.record.players.living(), 0, "renderers outlive their node");
}

/// Runs the node, and another one when it ends before its time; why they ended. That nothing of the one before holds
/// its directories any more is seen by the next one: it would not start.
async fn keep(stage: Arc<Stage>) -> Vec<NodeError> {
    let mut ended = Vec::new();
    loop {
        match run(&stage).await {
            Ok(()) => return ended,
            Err(error) => ended.push(error),
        }
        no_renderer_is_left(&stage).await;
        sleep(Duration::from_millis(100)).await;
    }
}

async fn run(stage: &Stage) -> Result<(), NodeError> {
    let node = stage.config.node("anna").unwrap().clone();
    // Room for one of the templates.
    let node = callsheet_config::NodeConfig { cache_size: 60, ..node };
    let door = Door::plain("http://leader:1")?.through(stage.wire.dial());
    let renderers = Registry::of_node(&stage.config, &node).into_renderers();
    let settings = NodeSettings {
        grace: Duration::from_secs(10),
        processes: Arc::new(stage.record.players.clone()),
        tripwire: stage.record.tripwire(),
        ..NodeSettings::new(node, door, renderers)
    };
    callsheet_node::run(settings, stage.wishes.clone()).await
}

/// Submits, waits, cancels, and disturbs the way to the leader; returns all jobs and their frames.
async fn person(stage: &Stage, home: &Path) -> Vec<(JobId, &'static str)> {
    let first = submit(stage, home, "first", "1-3", &[b'a'; 48]).await;
    state(stage, first, "succeeded").await;
    stage.wire.cut();
    let second = submit(stage, home, "second", "1-3", &[b'b'; 48]).await;
    frames(stage, second).await;
    stage.wire.falls_silent();
    state(stage, second, "succeeded").await;
    let third = submit(stage, home, "third", "1-9", &[b'a'; 48]).await;
    frames(stage, third).await;
    let order = SchedulerCommand::CancelJob { job: third, reason: "the test".to_owned() };
    stage.leader.command(order).await.unwrap();
    state(stage, third, "cancelled").await;
    // It is called back, tidied up, and beats for a while longer.
    sleep(Duration::from_secs(2)).await;
    stage.wire.panics();
    stage.wire.cut();
    sleep(Duration::from_secs(2)).await;
    vec![(first, "1-3"), (second, "1-3"), (third, "")]
}

async fn submit(stage: &Stage, home: &Path, name: &str, frames: &str, template: &[u8]) -> JobId {
    let md5 = Md5(md5::compute(template).0);
    let mut upload = stage.leader.templates().upload(md5, template.len() as u64).await.unwrap();
    upload.piece(template).await.unwrap();
    upload.finish().await.unwrap();
    let out = home.join("out").join(format!("{name}_[####].png"));
    let step = StepSpec {
        name: "shots".to_owned(),
        renderer: "player".to_owned(),
        template: Some(Template {
            md5,
            bytes: template.len() as u64,
            name: "shots.txt".to_owned(),
            path: None,
        }),
        frames: frames.parse().unwrap(),
        chunk: Chunk::Frames(std::num::NonZeroU32::MIN),
        output: Some(OutputPattern::parse_absolute(out.to_str().unwrap()).unwrap()),
        retries: 5,
        timeouts: Timeouts::default(),
        requires: Requirements::default(),
        after: [].into(),
        settings: BTreeMap::new(),
        approximate: false,
    };
    let id = JobId(Uuid::now_v7());
    let spec = JobSpec {
        name: name.to_owned(),
        project: "test".to_owned(),
        priority: 50,
        steps: vec![step],
        approval: None,
    };
    stage.leader.submit(id, spec).await.unwrap();
    id
}

/// Waits for an event of a job.
async fn wait_for(stage: &Stage, what: &str, is_it: impl Fn(&Event) -> bool) {
    let waiting = async {
        let mut events = stage.leader.follow(Wanted { after: Some(0), follow: true, ..Wanted::default() });
        while let Some(page) = events.recv().await {
            if page.unwrap().iter().any(|event| is_it(&event.envelope.event)) {
                return;
            }
        }
        panic!("the log ends before {what}");
    };
    in_time(what, waiting).await;
}

async fn state(stage: &Stage, wanted: JobId, what: &str) {
    wait_for(stage, what, |event| match event {
        Event::JobSucceeded { job } => *job == wanted && what == "succeeded",
        Event::JobCancelled { job, .. } => *job == wanted && what == "cancelled",
        Event::JobFailed { job, reason } => panic!("{job} has failed: {reason}"),
        _ => false,
    })
    .await;
}

/// Waits until frames of a job are in hands.
async fn frames(stage: &Stage, wanted: JobId) {
    wait_for(
        stage,
        "frames in hands",
        |event| matches!(event, Event::FramesLeased { lease } if lease.job == wanted),
    )
    .await;
    sleep(Duration::from_millis(100)).await;
}

/// Each frame is accepted once, published, and whole on the disk; nothing else is there.
async fn look(stage: &Stage, jobs: &[(JobId, &'static str)], home: &Path) {
    let mut events = stage.leader.follow(Wanted { after: Some(0), follow: false, ..Wanted::default() });
    let mut accepted = BTreeMap::<JobId, Vec<i32>>::new();
    let mut published = BTreeMap::<JobId, Vec<i32>>::new();
    while let Some(page) = events.recv().await {
        for event in page.unwrap() {
            match &event.envelope.event {
                Event::FramesAccepted { job, frames, .. } => {
                    accepted.entry(*job).or_default().extend(frames.iter())
                }
                Event::FramesPublished { job, frames, .. } => {
                    published.entry(*job).or_default().extend(frames.iter())
                }
                _ => {}
            }
        }
    }
    for (job, frames) in jobs.iter().filter(|(_, frames)| !frames.is_empty()) {
        for told in [&mut accepted, &mut published] {
            let each = told.remove(job).unwrap_or_default();
            let whole: FrameSet = each.iter().copied().collect();
            assert_eq!((whole.to_string().as_str(), each.len() as u64), (*frames, whole.len()), "once each");
        }
    }
    let files = std::fs::read_dir(home.join("out")).unwrap().map(|file| file.unwrap().path());
    // An agent that falls while it is told to sweep leaves the folder of attempts' places behind.
    let is_result = |file: &PathBuf| file.extension().is_some() && !file.to_str().unwrap().contains("third");
    let files: Vec<PathBuf> = files.filter(is_result).collect();
    let whole = files.iter().filter(|file| image::open(file).is_ok()).count();
    assert_eq!((files.len(), whole), (6, 6), "{files:?}");
    let looked: Result<Vec<_>, LeaderError> = stage.leader.read(|scheduler| scheduler.nodes()).await;
    assert!(looked.unwrap().iter().all(|node| node.leases.is_empty()), "no lease is left");
}

pub(super) fn config(home: &Path) -> ClusterConfig {
    std::fs::create_dir(home.join("out")).unwrap();
    let text = format!(
        "[cluster]\nname = \"test\"\n[leader]\ndata = \"leader\"\nsilence = \"3s\"\n\
         [retry]\nfirst = \"100ms\"\n\
         [[node]]\nname = \"anna\"\nslots = 2\nmemory = \"8GiB\"\nmin_free_disk = \"1MiB\"\n\
         renderers = [\"player\"]\nwork = \"work\"\ncache = \"cache\"\n{}",
        description(true)
    );
    let nothing = |path: &Path| Err(std::io::Error::other(format!("{} is not included", path.display())));
    ClusterConfig::parse(&text, "test.toml", home, &nothing)
        .unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

/// All actors are gone, and so are the tasks they started.
async fn nothing_runs() {
    let metrics = Handle::current().metrics();
    let gone = async {
        while metrics.num_alive_tasks() > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let left = timeout(Duration::from_secs(3), gone).await;
    assert!(left.is_ok(), "{} tasks outlive their actors", metrics.num_alive_tasks());
}
