//! A real broker beside a real cluster: what happens to nodes arrives by routing key, with the ids that the log has.
//! What brokers do on bad days is tested with the crate that talks to them.

use std::process::Stdio;

use futures::StreamExt;
use serde_json::{Value, json};

use super::readers::found;
use crate::harness::{Cluster, Http, Recipe, work};

/// A NATS server that ends with its test.
struct Nats {
    port: u16,
    _server: tokio::process::Child,
    _folder: tempfile::TempDir,
}

impl Nats {
    async fn start() -> Option<Self> {
        let program = found("nats-server")?;
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let mut server = tokio::process::Command::new(program);
        server.args(["-a", "127.0.0.1", "-p", &port.to_string()]).current_dir(folder.path());
        server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        Some(Self { port, _server: server.spawn().unwrap(), _folder: folder })
    }

    fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// A client, as soon as the server listens.
    async fn client(&self) -> async_nats::Client {
        loop {
            match async_nats::connect(self.url()).await {
                Ok(client) => return client,
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_to_nodes_arrives_by_routing_key() {
    let Some(nats) = Nats::start().await else { return };
    let client = tokio::time::timeout(crate::harness::LONG, nats.client()).await.expect("the broker listens");
    let mut bound = client.subscribe("flatrender.events.node.*.v1").await.unwrap();
    client.flush().await.unwrap();
    let publish = format!("\n[publish.nats]\nurl = {:?}\n", nats.url());
    let cluster = Cluster::start(Recipe::new().node("anna", 1).section(&publish)).await;
    let step = work::acted(&cluster.output("published"), "1-3", 1, &json!({}));
    let job = cluster.submit(work::job("published", vec![step])).await;
    cluster.succeeded(&job).await;
    cluster.signal("anna", nix::sys::signal::Signal::SIGTERM);
    let mut cluster = cluster;
    assert!(cluster.ended("anna").await.success());
    cluster.offline("anna", 0).await;

    let http = Http::of(&cluster);
    let log = http.log("&types=node.*.v1").await;
    let single = |event: &&Value| event["type"].as_str().unwrap().split('.').count() == 3;
    let wanted: Vec<&Value> = log.iter().filter(single).collect();
    assert!(wanted.len() >= 2, "{log:?}");
    for event in wanted {
        let message = cluster.within("it arrives", bound.next()).await.unwrap();
        assert_eq!(
            message.subject.as_str(),
            format!("flatrender.events.{}", event["type"].as_str().unwrap())
        );
        let body: Value = serde_json::from_slice(&message.payload).unwrap();
        assert_eq!(&body, event, "the same envelope as over every other door");
        let id = message.headers.as_ref().and_then(|headers| headers.get("Nats-Msg-Id")).unwrap();
        assert_eq!(id.as_str(), event["id"].as_str().unwrap());
    }
}
