//! A leader on a disk of memory with its doors open on loopback, and a client's way to it.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use callsheet_config::ClusterConfig;
use callsheet_gateway::Doors;
use callsheet_journal::MemoryStore;
use callsheet_leader::Leader;
use callsheet_protocol::v1;
use callsheet_protocol::v1::cluster_client::ClusterClient;
use callsheet_protocol::v1::event_message::Body;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};
use tonic::{Status, Streaming};

/// Nothing here takes this long, unless it never comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

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
    pub(crate) leave: CancellationToken,
    pub(crate) cluster: ClusterClient<Channel>,
    _directory: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn start(keep: u64, change: impl FnOnce(&mut ClusterConfig)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let nothing = |path: &Path| Err(std::io::Error::other(format!("{} is not included", path.display())));
        let config = ClusterConfig::parse(CONFIG, "test.toml", directory.path(), &nothing);
        let mut config = config.unwrap();
        config.leader.listen = (Ipv4Addr::LOCALHOST, 0).into();
        change(&mut config);
        let leader = Leader::start(config, Arc::new(MemoryStore::new(keep))).await.unwrap();
        let doors = Doors::bind(leader).await.unwrap();
        let (address, leave) = (doors.address().unwrap(), CancellationToken::new());
        tokio::spawn(doors.serve(leave.clone()));
        let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        let cluster = ClusterClient::new(channel).max_decoding_message_size(64 << 20);
        Self { leave, cluster, _directory: directory }
    }

    pub(crate) async fn stands(&self) -> v1::StatusResponse {
        self.cluster.clone().status(v1::StatusRequest {}).await.unwrap().into_inner()
    }

    /// Posts so many events of another service, numbered from `first` on, each with so much ballast.
    pub(crate) async fn post(&self, first: u64, count: u64, ballast: usize) {
        let event = |nth| json!({ "event_type": "work.done", "payload": { "nth": nth, "ballast": "x".repeat(ballast) } });
        let events: Vec<Value> = (first..first + count).map(event).collect();
        let body = Value::from(events).to_string().into_bytes();
        let answer = self.cluster.clone().ingest(v1::IngestRequest { body }).await.unwrap().into_inner();
        assert_eq!(answer.events.len() as u64, count);
    }

    pub(crate) async fn read(&self, request: v1::EventsRequest) -> Reader {
        Reader(self.cluster.clone().events(request).await.unwrap().into_inner())
    }
}

/// One stream's client side.
pub(crate) struct Reader(Streaming<v1::EventMessage>);

impl Reader {
    /// What comes next: a message, the end, or the word that it ends with.
    pub(crate) async fn next(&mut self) -> Result<Option<Body>, Status> {
        let next = tokio::time::timeout(PATIENCE, self.0.message()).await.expect("something comes");
        Ok(next?.map(|message| message.body.expect("no message is empty")))
    }

    pub(crate) async fn event(&mut self) -> v1::StoredEvent {
        match self.next().await.unwrap() {
            Some(Body::Event(event)) => event,
            other => panic!("no event: {other:?}"),
        }
    }

    pub(crate) async fn signal(&mut self) -> v1::Signal {
        loop {
            match self.next().await.unwrap() {
                Some(Body::Signal(signal)) => return signal,
                Some(Body::Event(_)) => {}
                other => panic!("no signal: {other:?}"),
            }
        }
    }

    /// Everything that comes until the stream ends, and the word that it ends with.
    pub(crate) async fn rest(&mut self) -> (Vec<v1::StoredEvent>, Option<Status>) {
        let mut events = Vec::new();
        loop {
            match self.next().await {
                Ok(Some(Body::Event(event))) => events.push(event),
                Ok(Some(_)) => {}
                Ok(None) => return (events, None),
                Err(status) => return (events, Some(status)),
            }
        }
    }
}
