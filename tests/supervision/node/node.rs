//! A node in the test's own process, with renderers that are shell scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use callsheet_config::{NodeConfig, PathMap};
use callsheet_model::{Failure, FailureClass, NodeName, RunPhase, StepSpec, Versions};
use callsheet_node::{Door, NodeError, NodeSettings, Shutdown};
use callsheet_protocol::v1;
use callsheet_protocol::v1::leader_message::Body as Down;
use callsheet_renderers::{
    Assignment, Exit, Expectation, Fact, Invocation, Problem, Reader, Renderer, Stdin,
};
use callsheet_supervision::{Fault, Moment, Tripwire};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::leader::{Session, TEMPLATE};

pub(crate) struct Node {
    pub(crate) home: TempDir,
    pub(crate) wish: watch::Sender<Shutdown>,
    pub(crate) over: JoinHandle<Result<(), NodeError>>,
    trips: Arc<std::sync::Mutex<BTreeMap<String, usize>>>,
    stalled: Arc<AtomicBool>,
    bounds: [u64; 3],
}

/// What a node is to be like.
pub(crate) struct Plan {
    /// What its renderer does, in the words of a shell.
    pub(crate) script: String,
    pub(crate) slots: u32,
    /// What its renderer does to look at a step.
    pub(crate) preflight: Option<String>,
    /// Files that are there while its renderer runs, below the test's directory.
    pub(crate) markers: Vec<&'static str>,
    /// The renderer does not say whether it is installed.
    pub(crate) mute: bool,
    /// Bounds on start, frame and exit, in milliseconds.
    pub(crate) bounds: [u64; 3],
    /// Bytes that are to be free in its work directory.
    pub(crate) min_free_disk: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            script: COPY.to_owned(),
            slots: 1,
            preflight: None,
            markers: Vec::new(),
            mute: false,
            bounds: [10_000; 3],
            min_free_disk: 0,
        }
    }
}

/// The project of every job in these tests.
pub(crate) const PROJECT: &str = "00000000-0000-5000-8000-0000000000aa";

/// Draws each frame by copying a picture. Between frames it waits as long as the file `hold` is there.
pub(crate) const COPY: &str = r#"
    echo $$ >> "$HOME_OF_TEST/pids"
    for frame in $FRAMES; do
        echo "frame $frame"
        while [ -e "$HOME_OF_TEST/hold" ]; do sleep 0.01; done
        cp "$HOME_OF_TEST/picture.png" "$PLACE/$(printf 'a_%04d.png' "$frame")"
        echo "done $frame"
    done
"#;

impl Node {
    pub(crate) fn start(address: SocketAddr) -> Self {
        Self::with(address, COPY, 1)
    }

    pub(crate) fn with(address: SocketAddr, script: &str, slots: u32) -> Self {
        Self::planned(address, Plan { script: script.to_owned(), slots, ..Plan::default() })
    }

    pub(crate) fn planned(address: SocketAddr, plan: Plan) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("out")).unwrap();
        image::RgbaImage::new(4, 4).save(home.path().join("picture.png")).unwrap();
        Self::at_home(home, address, plan)
    }

    /// One that starts where another one was.
    pub(crate) fn at_home(home: TempDir, address: SocketAddr, plan: Plan) -> Self {
        let bounds = plan.bounds;
        let config = NodeConfig { min_free_disk: plan.min_free_disk, ..config(home.path(), plan.slots) };
        let renderer: Arc<dyn Renderer> = Arc::new(Script { plan, home: home.path().to_owned() });
        let trips = Arc::new(std::sync::Mutex::new(BTreeMap::<String, usize>::new()));
        let trip = trips.clone();
        let stalled = Arc::new(AtomicBool::new(false));
        let stall = stalled.clone();
        let settings = NodeSettings {
            grace: Duration::from_secs(10),
            probing: Duration::from_millis(500),
            tripwire: Tripwire::new(move |point| {
                while point.actor == "agent" && stall.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                let mut trips = trip.lock().unwrap();
                let here = matches!(point.moment, Moment::Before(_));
                let left = trips.get_mut(point.actor).filter(|left| here && **left > 0)?;
                *left -= 1;
                Some(Fault::Panic)
            }),
            ..NodeSettings::new(
                config,
                Door::plain(&format!("http://{address}")).unwrap(),
                BTreeMap::from([("script".to_owned(), renderer)]),
            )
            .guarded_by(PathBuf::from(env!("CARGO_BIN_EXE_test-guard")))
        };
        let (wish, wishes) = watch::channel(Shutdown::Stay);
        let over = tokio::spawn(callsheet_node::run(settings, wishes));
        Self { home, wish, over, trips, stalled, bounds }
    }

    /// A second agent in the same directories.
    pub(crate) async fn another(&self, address: SocketAddr) -> Result<(), NodeError> {
        let door = Door::plain(&format!("http://{address}")).unwrap();
        let settings = NodeSettings::new(config(self.home.path(), 1), door, BTreeMap::new());
        let (_wish, wishes) = watch::channel(Shutdown::Stay);
        callsheet_node::run(settings, wishes).await
    }

    /// Makes an actor panic at its next messages.
    pub(crate) fn trip(&self, actor: &str, times: usize) {
        self.trips.lock().unwrap().insert(actor.to_owned(), times);
    }

    /// The agent takes nothing any more, as on a machine that has no time for it; what it is told heaps up.
    pub(crate) fn stall(&self) {
        self.stalled.store(true, Ordering::SeqCst);
    }

    /// It takes all of it at once.
    pub(crate) fn go_on(&self) {
        self.stalled.store(false, Ordering::SeqCst);
    }

    pub(crate) fn is_tripped(&self, actor: &str) -> bool {
        self.trips.lock().unwrap().get(actor) == Some(&0)
    }

    pub(crate) fn hold(&self) {
        std::fs::write(self.home.path().join("hold"), "").unwrap();
    }

    pub(crate) fn let_go(&self) {
        std::fs::remove_file(self.home.path().join("hold")).unwrap();
    }

    /// Looking for results hangs from now on, as on a share that is gone.
    pub(crate) fn hide_results(&self) {
        std::fs::write(self.home.path().join("hidden"), "").unwrap();
    }

    pub(crate) fn find_results(&self) {
        std::fs::remove_file(self.home.path().join("hidden")).unwrap();
    }

    pub(crate) fn pids(&self) -> PathBuf {
        self.home.path().join("pids")
    }

    pub(crate) fn result(&self, frame: i32) -> PathBuf {
        self.home.path().join(format!("out/a_{frame:04}.png"))
    }

    pub(crate) fn has_published(&self, frame: i32) -> bool {
        image::open(self.result(frame)).is_ok()
    }

    /// Hands it a lease.
    pub(crate) fn offer(&self, session: &Session, token: u64, first: i32, last: i32) {
        self.offer_with(session, token, first, last, false);
    }

    pub(crate) fn offer_with(&self, session: &Session, token: u64, first: i32, last: i32, template: bool) {
        let frames = vec![v1::FrameRange { first, last }];
        let lease = v1::OfferedLease { token, frames, ..Default::default() };
        self.offer_lease(session, lease, template);
    }

    pub(crate) fn offer_lease(&self, session: &Session, lease: v1::OfferedLease, template: bool) {
        let out = self.home.path().join("out/a_[####].png");
        // Where the template can be had beside the leader, in tests that put something there.
        let source = self.home.path().join("source");
        let template = template.then(|| v1::Template {
            md5: format!("{:x}", md5::compute(TEMPLATE)),
            bytes: TEMPLATE.len() as u64,
            name: "project.json".into(),
            path: if source.exists() { source.to_str().unwrap().to_owned() } else { String::new() },
        });
        let job = "00000000-0000-7000-8000-000000000001".to_owned();
        let spec = v1::StepSpec {
            name: "render".into(),
            renderer: "script".into(),
            template,
            frames: "1-100".into(),
            output: out.to_str().unwrap().to_owned(),
            timeouts: Some(v1::Timeouts {
                start_ms: Some(self.bounds[0]),
                frame_ms: Some(self.bounds[1]),
                exit_ms: Some(self.bounds[2]),
            }),
            ..Default::default()
        };
        let brief = v1::StepBrief {
            job: job.clone(),
            job_name: "test".into(),
            spec: Some(spec),
            project_id: PROJECT.to_owned(),
            ..Default::default()
        };
        let lease = v1::OfferedLease { job, ..lease };
        session.say(Down::Offers(v1::Offers { steps: vec![brief], leases: vec![lease] }));
    }
}

pub(crate) fn accept(session: &Session, up_to: u64, token: u64, first: i32, last: i32) {
    let accepted = vec![v1::Accepted { token, frames: vec![v1::FrameRange { first, last }] }];
    session.say(Down::Settled(v1::Settled { up_to, accepted }));
}

fn config(home: &Path, slots: u32) -> NodeConfig {
    NodeConfig {
        name: NodeName::new("node-1").unwrap(),
        labels: BTreeSet::new(),
        slots,
        renderers: BTreeSet::from(["script".to_owned()]),
        programs: BTreeMap::new(),
        after_effects: callsheet_config::cluster::AfterEffectsConfig::default(),
        threads: None,
        work: home.join("work"),
        cache: home.join("cache"),
        cache_size: 1 << 20,
        memory: Some(1 << 30),
        min_free_disk: 0,
        region: String::new(),
        path_map: PathMap::default(),
        log_level: callsheet_config::cluster::LogLevel::Info,
    }
}

/// A renderer that is a shell script.
struct Script {
    plan: Plan,
    home: PathBuf,
}

impl Renderer for Script {
    fn name(&self) -> &str {
        "script"
    }

    fn probe(&self) -> Result<Versions, String> {
        if self.plan.mute {
            loop {
                std::thread::park();
            }
        }
        Ok("1".into())
    }

    fn check(&self, _step: &StepSpec, _template: Option<&[u8]>) -> Vec<Problem> {
        Vec::new()
    }

    fn invocations(&self, assignment: &Assignment<'_>) -> Result<Vec<Invocation>, Failure> {
        if let Some(template) = assignment.template {
            assert_eq!(std::fs::read(template).unwrap(), TEMPLATE);
        }
        Ok(vec![self.invocation(&self.plan.script, assignment)])
    }

    fn preflight(&self, assignment: &Assignment<'_>) -> Result<Vec<Invocation>, Failure> {
        assert!(assignment.place.is_dir(), "whether anything can be written there is found out");
        match self.plan.preflight.as_deref() {
            None => Ok(Vec::new()),
            Some("no") => Err(Failure::new(FailureClass::JobFatal, "composition nowhere is not there")),
            Some(script) => Ok(vec![self.invocation(script, assignment)]),
        }
    }

    fn has_preflight(&self) -> bool {
        true
    }

    fn reader(&self, _assignment: &Assignment<'_>, _invocation: &Invocation) -> Box<dyn Reader> {
        Box::new(Words)
    }

    fn produced(&self, assignment: &Assignment<'_>, frame: i32) -> Option<PathBuf> {
        while self.home.join("hidden").exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        assignment.result(frame)
    }

    fn expectation(&self, _assignment: &Assignment<'_>) -> Expectation {
        Expectation::default()
    }
}

impl Script {
    fn invocation(&self, script: &str, assignment: &Assignment<'_>) -> Invocation {
        let frames: Vec<String> = assignment.frames.iter().map(|frame| frame.to_string()).collect();
        Invocation {
            program: PathBuf::from("sh"),
            args: vec![OsString::from("-c"), OsString::from(script)],
            env: BTreeMap::from([
                ("FRAMES".to_owned(), frames.join(" ")),
                ("PLACE".to_owned(), assignment.place.to_str().unwrap().to_owned()),
                ("HOME_OF_TEST".to_owned(), self.home.to_str().unwrap().to_owned()),
                ("GENTLE".to_owned(), assignment.gentle.to_string()),
            ]),
            directory: assignment.scratch.to_owned(),
            frames: assignment.frames.clone(),
            stdin: Stdin::Null,
            markers: self.plan.markers.iter().map(|marker| self.home.join(marker)).collect(),
        }
    }
}

/// Exit code 5 says that the output could not be written.
struct Words;

impl Reader for Words {
    fn line(&mut self, line: &str) -> Vec<Fact> {
        let number = |word: &str| line.strip_prefix(word).and_then(|rest| rest.trim().parse().ok());
        let started = number("frame").map(Fact::FrameStarted);
        let finished = number("done").map(Fact::FrameFinished);
        let phase = line.strip_prefix("phase ");
        let phase = phase.and_then(|word| RunPhase::ALL.into_iter().find(|phase| phase.word() == word));
        phase.map(Fact::Phase).into_iter().chain(started).chain(finished).collect()
    }

    fn verdict(&mut self, exit: Exit) -> Result<(), Failure> {
        let by_code = |failure| match exit {
            Exit::Code(5) => Failure { class: FailureClass::OutputIo, ..failure },
            _ => failure,
        };
        exit.failure().map(by_code).map_or(Ok(()), Err)
    }
}
