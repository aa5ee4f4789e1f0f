//! A whole cluster on this machine for one test: processes, their doors, their disk, and what happens on it.
//!
//! Nothing here sleeps to wait: events, lines of logs and ends of processes are waited for, each with a
//! deadline, and a wait that fails shows what was waited for and what the processes said last. Whatever
//! happens, dropping a cluster leaves no process behind.

mod api;
mod binary;
mod dice;
pub(crate) mod disk;
mod feed;
mod http;
pub(crate) mod installation;
pub(crate) mod invariants;
pub(crate) mod ledger;
mod process;
mod project;
mod recipe;
pub(crate) mod said;
pub(crate) mod strays;
mod wire;
pub(crate) mod work;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output};
use std::time::{Duration, Instant, SystemTime};

use callsheet_protocol::v1;
use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

pub(crate) use api::{Api, Secret};
pub(crate) use binary::callsheet;
pub(crate) use dice::Dice;
pub(crate) use feed::{Event, Feed};
pub(crate) use http::{Http, PERSON};
pub(crate) use installation::{Installation, Start};
pub(crate) use process::{Log, Process};
pub(crate) use project::Project;
pub(crate) use recipe::Recipe;
pub(crate) use wire::{Cut, Way, Weather, Wire};

/// Nothing takes longer, unless it is broken.
pub(crate) const LONG: Duration = Duration::from_secs(60);
/// The leader, among the processes.
pub(crate) const LEADER: &str = "leader";
/// Whole clusters at once: more would measure the machine.
static STAGES: Semaphore = Semaphore::const_new(2);

/// A running cluster.
pub(crate) struct Cluster {
    root: TempDir,
    pub(crate) config: PathBuf,
    pub(crate) url: String,
    pub(crate) api: Api,
    feed: Feed,
    lives: watch::Sender<u64>,
    processes: BTreeMap<String, Process>,
    logs: BTreeMap<String, Log>,
    keeps: bool,
    _stage: SemaphorePermit<'static>,
}

impl Cluster {
    /// Starts the leader and all nodes, and waits until they are online.
    pub(crate) async fn start(recipe: Recipe) -> Self {
        let mut cluster = Self::lead(recipe.clone()).await;
        let names = recipe.names();
        for name in &names {
            cluster.spawn(name);
        }
        for name in &names {
            cluster.online(name, 0).await;
        }
        cluster
    }

    /// Starts the leader alone.
    pub(crate) async fn lead(recipe: Recipe) -> Self {
        let stage = STAGES.acquire().await.unwrap();
        let root = tempfile::Builder::new().prefix("callsheet-test-").tempdir().unwrap();
        Self::lead_in(recipe, root, stage).await
    }

    /// Starts the leader alone, in a directory that holds things already.
    pub(crate) async fn lead_at(root: TempDir, recipe: Recipe) -> Self {
        let stage = STAGES.acquire().await.unwrap();
        Self::lead_in(recipe, root, stage).await
    }

    async fn lead_in(recipe: Recipe, root: TempDir, stage: SemaphorePermit<'static>) -> Self {
        let port = recipe::free_port();
        let config = root.path().join("cluster.toml");
        std::fs::write(&config, recipe.config(root.path(), port)).unwrap();
        std::fs::create_dir(root.path().join("out")).unwrap();
        recipe.install(root.path());
        let scheme = if recipe.tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://127.0.0.1:{port}");
        let api = Api::at(&url, recipe.tls, recipe.secret);
        let lives = watch::Sender::new(0);
        let mut cluster = Self {
            feed: Feed::follow(api.clone(), lives.subscribe()),
            root,
            config,
            url,
            api,
            lives,
            processes: BTreeMap::new(),
            logs: BTreeMap::new(),
            keeps: false,
            _stage: stage,
        };
        cluster.start_leader().await;
        cluster
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// From now on a failure leaves the directory where it is, with what the processes said.
    pub(crate) fn keep_if_it_fails(&mut self) {
        self.keeps = true;
    }

    pub(crate) fn output(&self, name: &str) -> String {
        work::output(self.root(), name)
    }

    /// Every start of a node's After Effects so far.
    pub(crate) fn starts(&self, node: &str) -> Vec<Start> {
        installation::starts(self.root(), node)
    }

    /// Starts a process of the cluster: the leader or a node.
    pub(crate) fn spawn(&mut self, name: &str) {
        self.spawn_with(name, &self.config.clone());
    }

    /// The same, with another config than everyone else.
    pub(crate) fn spawn_with(&mut self, name: &str, config: &Path) {
        let config = config.to_str().unwrap().to_owned();
        let node = ["node", "--config", &config, "--name", name];
        let args = if name == LEADER { &["leader", "--config", &config][..] } else { &node[..] };
        let log = self.logs.entry(name.to_owned()).or_insert_with(Log::new).clone();
        let process = Process::start(callsheet(), args, log);
        assert!(self.processes.insert(name.to_owned(), process).is_none(), "{name} runs already");
    }

    /// The same, for a node that reaches the leader over a wire and in no other way.
    pub(crate) fn spawn_through(&mut self, name: &str, wire: &Wire) {
        let config = self.root().join(format!("{name}-through-a-wire.toml"));
        let advertised = |url: &str| format!("advertise = \"{url}\"");
        let text = std::fs::read_to_string(&self.config).unwrap();
        std::fs::write(&config, text.replace(&advertised(&self.url), &advertised(&wire.url))).unwrap();
        self.spawn_with(name, &config);
    }

    /// Starts the leader, for the first time or again, and waits until it serves.
    pub(crate) async fn start_leader(&mut self) {
        let before = self.logs.get(LEADER).map_or(0, Log::count);
        self.spawn(LEADER);
        let log = self.logs[LEADER].clone();
        self.within("the leader serves", log.says("serving", before)).await;
        self.lives.send_modify(|lives| *lives += 1);
    }

    /// Sends a signal to a process of the cluster, and to no other.
    pub(crate) fn signal(&self, name: &str, signal: Signal) {
        self.processes[name].signal(signal);
    }

    /// SIGKILL; returns when it was sent, by the wall clock.
    pub(crate) async fn kill(&mut self, name: &str) -> u64 {
        let process = self.processes.remove(name).unwrap_or_else(|| panic!("{name} does not run"));
        let at = now_ms();
        process.kill().await;
        at
    }

    pub(crate) fn runs(&self, name: &str) -> bool {
        self.processes.contains_key(name)
    }

    /// Waits until a process has ended by itself.
    pub(crate) async fn ended(&mut self, name: &str) -> ExitStatus {
        let mut process = self.processes.remove(name).unwrap_or_else(|| panic!("{name} does not run"));
        self.within(&format!("{name} ends"), process.ended()).await
    }

    /// Nobody has ended who was not told to.
    pub(crate) fn assert_all_run(&mut self) {
        let fallen: Vec<String> = self
            .processes
            .iter_mut()
            .filter_map(|(name, process)| Some(format!("{name} ended by itself, {}", process.has_ended()?)))
            .collect();
        assert!(fallen.is_empty(), "{}\n{}", fallen.join(", "), self.told());
    }

    pub(crate) fn log(&self, name: &str) -> &Log {
        &self.logs[name]
    }

    /// Awaits something for at most [`LONG`].
    pub(crate) async fn within<T>(&self, what: &str, done: impl Future<Output = T>) -> T {
        match tokio::time::timeout(LONG, done).await {
            Ok(done) => done,
            Err(_) => panic!("not within {LONG:?}: {what}\n{}", self.told()),
        }
    }

    /// Waits until `look` finds something in all events so far.
    pub(crate) async fn wait<T>(&self, what: &str, look: impl FnMut(&[Event]) -> Option<T>) -> T {
        self.within(what, self.feed.until(look)).await
    }

    /// Waits until one event after the sequence number `after` fits.
    pub(crate) async fn event(&self, what: &str, after: u64, fits: impl Fn(&Event) -> bool) -> Event {
        let find =
            |events: &[Event]| events.iter().find(|event| event.sequence > after && fits(event)).cloned();
        self.wait(what, find).await
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.feed.events()
    }

    /// The last event's number.
    pub(crate) async fn sequence(&self) -> u64 {
        self.api.clone().status().await.unwrap().sequence
    }

    /// Waits until a node has come, after an event's number.
    pub(crate) async fn online(&self, name: &str, after: u64) -> Event {
        let is = |event: &Event| event.is("node.online.v1") && event.node() == name;
        self.event(&format!("{name} is online"), after, is).await
    }

    pub(crate) async fn offline(&self, name: &str, after: u64) -> Event {
        let is = |event: &Event| event.is("node.offline.v1") && event.node() == name;
        self.event(&format!("{name} is offline"), after, is).await
    }

    /// Submits a job under a new id.
    pub(crate) async fn submit(&self, spec: v1::JobSpec) -> String {
        let id = uuid::Uuid::new_v4().to_string();
        self.api
            .clone()
            .submit(&id, spec)
            .await
            .unwrap_or_else(|status| panic!("refused: {status}\n{}", self.told()));
        id
    }

    /// The animation, uploaded.
    pub(crate) async fn template(&self) -> v1::Template {
        self.api.clone().put_template("box.json", &work::animation()).await
    }

    /// Waits until a job is over, and says whether it succeeded.
    pub(crate) async fn over(&self, job: &str, after: u64) -> Event {
        let ends = ["job.succeeded", "job.failed", "job.cancelled"];
        let is = |event: &Event| event.job() == job && ends.contains(&event.kind.as_str());
        self.event(&format!("job {job} is over"), after, is).await
    }

    /// Waits until a job has succeeded, and its private places are swept; checks the whole history.
    pub(crate) async fn succeeded(&self, job: &str) {
        let end = self.over(job, 0).await;
        assert!(end.is("job.succeeded"), "{}: {}\n{}", end.kind, end.payload, self.told());
        self.swept().await;
        invariants::assert_history(&self.events());
    }

    /// Waits until no attempt's private place is left.
    pub(crate) async fn swept(&self) {
        let out = self.root().join("out");
        let swept = self.until("private places are swept", || disk::private_places(&out).is_empty());
        let left = Left(&out);
        swept.await;
        drop(left);
    }

    /// Looks until something is so that sends no message: files, and processes that are not ours.
    pub(crate) async fn until(&self, what: &str, mut so: impl FnMut() -> bool) {
        let began = Instant::now();
        while !so() {
            assert!(began.elapsed() < LONG, "not within {LONG:?}: {what}\n{}", self.told());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Runs `callsheet` as a person would.
    pub(crate) async fn run(&self, args: &[&str]) -> Output {
        self.within(&format!("callsheet {}", args.join(" ")), self.command(args).output()).await.unwrap()
    }

    /// The same, to be started by the caller.
    pub(crate) fn command(&self, args: &[&str]) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(callsheet());
        process::clean(&mut command);
        command.args(args).env("CALLSHEET_CONFIG", &self.config).current_dir(self.root()).kill_on_drop(true);
        command
    }

    /// What the processes said last, and what happened last.
    fn told(&self) -> String {
        let mut text = String::new();
        let events = self.events();
        for event in &events[events.len().saturating_sub(30)..] {
            text.push_str(&format!("  {} {} {}\n", event.sequence, event.kind, event.payload));
        }
        for (name, log) in &self.logs {
            text.push_str(&format!("--- {name}\n"));
            log.tail(25).iter().for_each(|line| text.push_str(&format!("  {line}\n")));
        }
        text
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- when it failed\n{}", self.told());
        }
        if std::thread::panicking() && self.keeps {
            for (name, log) in &self.logs {
                let said = log.tail(usize::MAX).join("\n");
                let _ = std::fs::write(self.root.path().join(format!("{name}.log")), said);
            }
            self.root.disable_cleanup(true);
            eprintln!("everything is kept in {}", self.root.path().display());
        }
        // SIGKILL to every process of the cluster; renderers must then end by themselves.
        self.processes.clear();
        let left = strays::clear(self.root.path(), Duration::from_secs(5));
        if !left.is_empty() && !std::thread::panicking() {
            panic!("processes were left behind: {left:?}");
        }
    }
}

/// Shows what is left in private places when a test fails.
struct Left<'a>(&'a Path);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("left in private places: {:#?}", disk::private_places(self.0));
        }
    }
}

/// The wall clock, as events have it.
pub(crate) fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis()).unwrap()
}
