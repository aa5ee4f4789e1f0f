//! A leader on a disk of memory, served on loopback, and a client that asks it.

use std::sync::{Arc, Once};
use std::time::Duration;

use callsheet_config::ClusterConfig;
use callsheet_gateway::Doors;
use callsheet_journal::MemoryStore;
use callsheet_leader::{Hello, Leader, NodeDoor, ToNode};
use callsheet_model::{Capabilities, NodeName, Versions};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const CONFIG: &str = r#"
[cluster]
name = "test"
[leader]
data = "leader"
template_limit = "1MiB"
[[node]]
name = "anna"
renderers = ["lottie"]
work = "work"
cache = "cache"
"#;

/// The smallest animation there is, and its MD5.
pub(crate) const ANIMATION: &str =
    r#"{"v":"5.7.0","fr":25,"ip":0,"op":10,"w":64,"h":64,"ddd":0,"assets":[],"layers":[]}"#;
/// With what an address writes otherwise.
pub(crate) const CLIENT_SECRET: &str = "the+clients%20secret&0=/";
pub(crate) const NODE_SECRET: &str = "the-nodes-secret-00";
/// Someone who asks.
pub(crate) const PERSON: &str = "0b7e1a52-7a55-4d7c-9d0e-4c2e6a1d9f10";

pub(crate) struct Bench {
    pub(crate) leader: Leader,
    /// Where HTTP is, `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    /// Where gRPC is.
    pub(crate) grpc: String,
    pub(crate) client: Client,
    pub(crate) leave: CancellationToken,
    pub(crate) serving: tokio::task::JoinHandle<Result<(), callsheet_gateway::DoorError>>,
    /// What it keeps lies here, for as long as it lives.
    _directory: tempfile::TempDir,
}

/// Installs the one provider of cryptography.
pub(crate) fn provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

pub(crate) fn config(directory: &tempfile::TempDir) -> ClusterConfig {
    let nothing =
        |path: &std::path::Path| Err(std::io::Error::other(format!("{} is not included", path.display())));
    let mut config = ClusterConfig::parse(CONFIG, "test.toml", directory.path(), &nothing).unwrap();
    config.leader.listen = "127.0.0.1:0".parse().unwrap();
    config
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(|_, _| {}).await
    }

    /// A leader whose config was changed first.
    pub(crate) async fn with(change: impl FnOnce(&mut ClusterConfig, &tempfile::TempDir)) -> Self {
        provider();
        callsheet_telemetry::start("warn", callsheet_telemetry::Form::Text);
        let directory = tempfile::tempdir().unwrap();
        let mut config = config(&directory);
        change(&mut config, &directory);
        let scheme = if config.leader.tls.is_some() { "https" } else { "http" };
        let store = MemoryStore::new(1000);
        let leader = Leader::start(config, Arc::new(store)).await.unwrap();
        let doors = Doors::bind(leader.clone()).await.unwrap();
        let at = |address: Option<std::net::SocketAddr>| format!("{scheme}://{}", address.unwrap());
        let (url, grpc) = (at(doors.http_address()), at(doors.address()));
        let leave = CancellationToken::new();
        let serving = tokio::spawn(doors.serve(leave.clone()));
        Self { leader, url, grpc, client: Client::new(), leave, serving, _directory: directory }
    }

    /// A leader that asks for tokens.
    pub(crate) async fn guarded() -> Self {
        Self::with(|config, directory| {
            let file = |name: &str, secret: &str| {
                let path = directory.path().join(name);
                std::fs::write(&path, secret).unwrap();
                path
            };
            config.leader.tokens = Some(callsheet_config::cluster::Tokens {
                node_file: file("node", NODE_SECRET),
                client_file: file("client", CLIENT_SECRET),
            });
        })
        .await
    }

    pub(crate) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.ask(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.ask(Method::POST, path)
    }

    /// The JSON at a path, which is there.
    pub(crate) async fn json(&self, path: &str) -> Value {
        good(self.get(path), StatusCode::OK).await
    }

    /// Uploads the animation; what a job calls it.
    pub(crate) async fn animation(&self) -> String {
        let md5 = format!("{:x}", md5::compute(ANIMATION));
        let request = self.ask(Method::PUT, &format!("/api/v1/templates/{md5}")).body(ANIMATION);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        format!("{md5}/small.json")
    }

    /// A sound job.
    pub(crate) async fn job(&self, name: &str) -> Value {
        json!({ "name": name, "project": "films", "steps": [{
            "name": "frames", "renderer": "lottie", "template": self.animation().await,
            "frames": "0-9", "output": format!("/out/{name}_[####].png"),
        }]})
    }

    /// Submits a job; its id.
    pub(crate) async fn submit(&self, job: &Value) -> String {
        let answer = good(self.post("/api/v1/jobs").json(job), StatusCode::CREATED).await;
        answer["id"].as_str().unwrap().to_owned()
    }

    /// A node that has said hello.
    pub(crate) async fn node(&self, name: &str) -> (NodeDoor, mpsc::Receiver<ToNode>) {
        let capabilities = Capabilities {
            renderers: [("lottie".to_owned(), Versions::default())].into(),
            slots: 1,
            ..Capabilities::default()
        };
        let node = NodeName::new(name).unwrap();
        self.leader
            .open_session(Hello { node, capabilities, arrival: Default::default(), held: [].into() })
            .await
            .unwrap()
    }
}

/// The JSON of an answer with this status.
pub(crate) async fn good(request: RequestBuilder, status: StatusCode) -> Value {
    let answer = request.send().await.unwrap();
    let (found, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A refusal with this status and code.
#[track_caller]
pub(crate) fn refused(request: RequestBuilder, status: u16, code: &str) -> impl Future<Output = Value> {
    let code = code.to_owned();
    async move { problem(request.send().await.unwrap(), status, &code).await }
}

/// The problem that an answer is.
pub(crate) async fn problem(answer: Response, status: u16, code: &str) -> Value {
    let (found, kind) = (answer.status().as_u16(), answer.headers().get("content-type").cloned());
    let text = answer.text().await.unwrap();
    assert_eq!(
        (found, kind.as_ref().map(|kind| kind.to_str().unwrap())),
        (status, Some("application/problem+json")),
        "{text}"
    );
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["code"], code, "{text}");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["type"], format!("urn:callsheet:problem:{code}"));
    assert!(
        !problem["detail"].as_str().unwrap().is_empty() && !problem["title"].as_str().unwrap().is_empty()
    );
    problem
}

/// The fields that a refusal names.
pub(crate) fn fields(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| error["field"].as_str().unwrap()).collect()
}

/// What is looked for, once it is there; looked for again and again, for a while.
pub(crate) async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let searching = async {
        loop {
            match look().await {
                Some(found) => return found,
                None => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), searching).await.expect("it has not come")
}
