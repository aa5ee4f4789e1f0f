//! What the tests share: a leader on a disk of memory with targets, events to send, and programs that end with the
//! test.

#![allow(unreachable_pub, reason = "what tests share is all theirs")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail where it stands")]

pub mod alerts;
pub mod brokers;
pub mod node;
pub mod proxy;
pub mod receiver;
pub mod smtp;

use std::collections::BTreeSet;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use callsheet_config::{ClusterConfig, OutwardConfig};
use callsheet_events::ingest::Posted;
use callsheet_journal::MemoryStore;
use callsheet_leader::{Leader, TargetView};
use callsheet_model::id::project_uuid;
use callsheet_model::{Author, Context, Outside};
use callsheet_outward::Outward;
use serde_json::Value;
use uuid::Uuid;

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

/// Nothing that a test waits for takes longer, on however busy a machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited for too long: {what}"))
}

/// A leader with its targets.
pub struct Stage {
    pub leader: Leader,
    pub outward: Outward,
    pub store: MemoryStore,
    pub directory: tempfile::TempDir,
    pub config: OutwardConfig,
}

/// An event that was taken in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sent {
    pub sequence: u64,
    pub id: String,
    pub kind: String,
}

impl Stage {
    pub async fn start(config: OutwardConfig) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), MemoryStore::new(100_000), config).await
    }

    pub async fn start_in(directory: tempfile::TempDir, store: MemoryStore, config: OutwardConfig) -> Self {
        callsheet_telemetry::start("error", callsheet_telemetry::Form::Text);
        let leader = leader(directory.path(), &store, &config).await;
        let outward = Outward::start(leader.clone()).await.unwrap();
        Self { leader, outward, store, directory, config }
    }

    /// The process dies in this moment, and another one begins on the same disks.
    pub async fn crash(self) -> Self {
        let Self { leader, outward, store, directory, config } = self;
        drop(outward);
        store.crash();
        drop(leader);
        Self::start_in(directory, store, config).await
    }

    /// It leaves in good order, and another one begins.
    pub async fn restart(self) -> Self {
        let Self { leader, outward, store, directory, config } = self;
        outward.stop().await;
        leader.stop().await;
        drop((outward, leader));
        Self::start_in(directory, store, config).await
    }

    /// Takes events of these types in.
    pub async fn post(&self, kinds: &[&str]) -> Vec<Sent> {
        self.post_all(kinds.iter().map(|kind| event(kind, "{}")).collect()).await
    }

    pub async fn post_all(&self, events: Vec<Posted>) -> Vec<Sent> {
        let kinds: Vec<String> = events.iter().map(|posted| posted.event.kind.clone()).collect();
        let taken = self.leader.ingest(events).await.unwrap();
        let sent = |(taken, kind): (callsheet_leader::Ingested, String)| Sent {
            sequence: taken.sequence,
            id: taken.id.to_string(),
            kind,
        };
        taken.into_iter().zip(kinds).map(sent).collect()
    }

    pub fn view(&self, target: &str) -> TargetView {
        let views = self.leader.outward().unwrap().targets();
        views.into_iter().find(|view| view.name == target).unwrap()
    }

    /// Waits until a target stands like this.
    pub async fn until(&self, target: &str, stands: impl Fn(&TargetView) -> bool) -> TargetView {
        let poll = async {
            loop {
                let view = self.view(target);
                if stands(&view) {
                    return view;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, poll).await {
            Ok(view) => view,
            Err(_) => panic!("it still stands like this: {:?}", self.view(target)),
        }
    }

    /// Waits until the cursor on disk is there, or beyond.
    pub async fn written(&self, target: &str, sequence: u64) {
        let file = self.cursor_file(target);
        let delivered = || {
            let saved: Value = serde_json::from_slice(&std::fs::read(&file).ok()?).ok()?;
            saved["delivered"].as_u64()
        };
        let poll = async {
            while delivered().is_none_or(|delivered| delivered < sequence) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        within("the cursor on disk", poll).await;
    }

    pub fn cursor_file(&self, target: &str) -> std::path::PathBuf {
        self.directory.path().join("leader/outward").join(format!("{target}.json"))
    }
}

pub async fn leader(directory: &Path, store: &MemoryStore, outward: &OutwardConfig) -> Leader {
    let nothing = |path: &Path| Err(std::io::Error::other(format!("{} is not included", path.display())));
    let mut config = ClusterConfig::parse(CONFIG, "test.toml", directory, &nothing).unwrap();
    config.outward = outward.clone();
    config.leader.keep.snapshot_every = 1000;
    Leader::start(config, Arc::new(store.clone())).await.unwrap()
}

pub fn event(kind: &str, payload: &str) -> Posted {
    let event = Outside {
        id: Uuid::new_v4(),
        kind: kind.to_owned(),
        timestamp: "2026-11-21T10:00:00Z".to_owned(),
        correlation: None,
        payload: payload.to_owned(),
        fields: "{}".to_owned(),
    };
    Posted { event, context: Context::default() }
}

pub fn of_project(mut posted: Posted, project: &str) -> Posted {
    posted.context = Context { project: Some(project_uuid(project)), author: Author::SYSTEM };
    posted
}

/// What a receiver got: message ids as they came, with the body of each.
#[derive(Clone, Debug, Default)]
pub struct Got(pub Vec<(String, Value)>, BTreeSet<String>);

impl Got {
    pub fn add(&mut self, id: &str, body: &[u8]) {
        self.0.push((id.to_owned(), serde_json::from_slice(body).unwrap()));
        self.1.insert(id.to_owned());
    }

    pub fn has_all(&self, sent: &[Sent]) -> bool {
        // The last is missing for longest.
        sent.iter().rev().all(|sent| self.1.contains(&sent.id))
    }

    /// Everything came, in order, and what came more than once came under the same id.
    pub fn check(&self, sent: &[Sent]) {
        let wanted: BTreeSet<&str> = sent.iter().map(|sent| sent.id.as_str()).collect();
        let mut seen = BTreeSet::new();
        let firsts = self.0.iter().filter(|(id, _)| wanted.contains(id.as_str()) && seen.insert(id.as_str()));
        let firsts: Vec<(&str, u64)> =
            firsts.map(|(id, body)| (id.as_str(), body["sequence"].as_u64().unwrap())).collect();
        let all: Vec<(&str, u64)> = sent.iter().map(|sent| (sent.id.as_str(), sent.sequence)).collect();
        assert_eq!(firsts, all, "first arrivals are not what was sent, in order");
        for (id, body) in &self.0 {
            assert_eq!(body["id"], **id, "the message id is not the event's");
        }
    }

    /// Messages that came again.
    pub fn repeated(&self) -> usize {
        self.0.len() - self.1.len()
    }
}
