//! A leader on a disk of memory with its doors open on loopback, and what tests say to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use callsheet_config::ClusterConfig;
use callsheet_gateway::Doors;
use callsheet_journal::MemoryStore;
use callsheet_leader::{Leader, SchedulerCommand};
use callsheet_model::{JobId, JobSpec};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Nothing here takes this long, unless it never comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

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
    pub(crate) address: SocketAddr,
    pub(crate) leave: CancellationToken,
    pub(crate) http: reqwest::Client,
    _directory: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With a changed config.
    pub(crate) async fn with(change: impl FnOnce(&mut ClusterConfig)) -> Self {
        Self::keeping(1_000_000, change).await
    }

    /// With a log that keeps so many events.
    pub(crate) async fn keeping(events: u64, change: impl FnOnce(&mut ClusterConfig)) -> Self {
        let store = MemoryStore::new(events);
        let directory = tempfile::tempdir().unwrap();
        let nothing = |path: &Path| Err(std::io::Error::other(format!("{} is not included", path.display())));
        let config = ClusterConfig::parse(CONFIG, "test.toml", directory.path(), &nothing);
        let mut config = config.unwrap();
        config.leader.listen = (Ipv4Addr::LOCALHOST, 0).into();
        change(&mut config);
        let leader = Leader::start(config, Arc::new(store)).await.unwrap();
        let doors = Doors::bind(leader.clone()).await.unwrap();
        let (address, leave) = (doors.http_address().unwrap(), CancellationToken::new());
        tokio::spawn(doors.serve(leave.clone()));
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let bench = Self { leader, address, leave, http, _directory: directory };
        // What the leader itself says at its start is in the log before a test begins.
        while bench.leader.range().1 == 0 {
            tokio::task::yield_now().await;
        }
        bench
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Posts JSON, and gives the status and the answer.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.http.post(self.url(path)).header("content-type", "application/json");
        answer(request.body(body.to_string())).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.http.get(self.url(path))).await
    }

    /// Posts so many events of another service, numbered from `first` on in their payload; the number in the log
    /// of the last one.
    pub(crate) async fn events(&self, first: u64, count: u64) -> u64 {
        let events: Vec<Value> = (first..first + count)
            .map(|nth| json!({ "event_type": "work.done", "payload": { "nth": nth } }))
            .collect();
        let (status, answer) = self.post("/api/events", &events.into()).await;
        assert_eq!(status, 201, "{answer}");
        answer["events"].as_array().unwrap().last().unwrap()["sequence"].as_u64().unwrap()
    }

    /// Envelopes of the log after a number, as pages have them.
    pub(crate) async fn log(&self, after: u64) -> Vec<Value> {
        let (status, page) = self.get(&format!("/api/events?after={after}&limit=1000")).await;
        assert_eq!(status, 200, "{page}");
        page["events"].as_array().unwrap().clone()
    }

    /// Takes a job of so many frames, by a renderer that no node has.
    pub(crate) async fn job(&self, frames: &str) -> JobId {
        let id = JobId(Uuid::new_v4());
        let spec = spec(frames);
        self.leader.command(SchedulerCommand::SubmitJob { id, spec }).await.unwrap();
        id
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = tokio::time::timeout(PATIENCE, request.send()).await.unwrap().unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn spec(frames: &str) -> JobSpec {
    let step = callsheet_model::StepSpec {
        name: "frames".into(),
        renderer: "null".into(),
        template: None,
        frames: frames.parse().unwrap(),
        chunk: callsheet_model::Chunk::Frames(std::num::NonZeroU32::new(10).unwrap()),
        output: None,
        retries: 3,
        timeouts: Default::default(),
        requires: Default::default(),
        after: [].into(),
        settings: Default::default(),
        approximate: false,
    };
    JobSpec { name: "test".into(), project: "test".into(), priority: 50, approval: None, steps: vec![step] }
}
