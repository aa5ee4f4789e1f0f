//! A real RabbitMQ beside a real cluster, named in its config: what happens to nodes arrives by routing key, also what
//! happened while the broker was dead. What brokers do on worse days is tested with the crate that talks to them.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use futures::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties, Consumer, ExchangeKind};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::readers::found;
use crate::harness::{Cluster, Http, LONG, Recipe, work};

const EXCHANGE: &str = "flatrender.events";
const QUEUE: &str = "nodes";

/// A program with everything that it starts; SIGKILL to all of it when it is dropped.
struct Group(Child);

impl Group {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Self(command.spawn().unwrap())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(id) = self.0.id() else { return };
        let _ = killpg(Pid::from_raw(i32::try_from(id).unwrap()), Signal::SIGKILL);
    }
}

/// A broker with a port mapper of its own: the usual one would stay behind.
struct Rabbit {
    program: PathBuf,
    /// For clients, for Erlang, and of the mapper.
    ports: [u16; 3],
    folder: tempfile::TempDir,
    running: Option<Group>,
    _mapper: Group,
}

impl Rabbit {
    /// Nothing where it is not installed.
    fn start() -> Option<Self> {
        // Debian's wrapper in the path changes the user; the script itself does not.
        let script = PathBuf::from("/usr/lib/rabbitmq/bin/rabbitmq-server");
        let program = if script.is_file() { script } else { found("rabbitmq-server")? };
        let epmd = found("epmd")?;
        let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        // All at once, so that they differ.
        let held = [free(), free(), free()];
        let ports = held.map(|listener| listener.local_addr().unwrap().port());
        let mut mapper = Command::new(epmd);
        mapper.args(["-port", &ports[2].to_string(), "-address", "127.0.0.1"]);
        let folder = tempfile::tempdir().unwrap();
        let mut rabbit = Self { program, ports, folder, running: None, _mapper: Group::start(mapper) };
        rabbit.begin();
        Some(rabbit)
    }

    fn begin(&mut self) {
        let at = |name: &str| self.folder.path().join(name);
        std::fs::write(at("plugins"), "[].").unwrap();
        // It looks for free disk and memory of the whole machine, and stops taking messages over it.
        let limits = "disk_free_limit.absolute = 1MB\nvm_memory_high_watermark.absolute = 1GB\n";
        std::fs::write(at("rabbit.conf"), limits).unwrap();
        let mut command = Command::new(&self.program);
        command
            .env("HOME", self.folder.path())
            .env("ERL_EPMD_PORT", self.ports[2].to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODENAME", format!("callsheet-{}@localhost", self.ports[0]))
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", self.ports[0].to_string())
            .env("RABBITMQ_DIST_PORT", self.ports[1].to_string())
            .env("RABBITMQ_MNESIA_BASE", at("mnesia"))
            .env("RABBITMQ_LOG_BASE", at("logs"))
            .env("RABBITMQ_CONFIG_FILE", at("rabbit.conf"))
            .env("RABBITMQ_CONF_ENV_FILE", at("none"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", at("plugins"))
            .env("RABBITMQ_PID_FILE", at("pid"));
        self.running = Some(Group::start(command));
    }

    /// SIGKILL, and nothing of it is left.
    async fn kill(&mut self) {
        if let Some(mut group) = self.running.take() {
            let id = Pid::from_raw(i32::try_from(group.0.id().unwrap()).unwrap());
            killpg(id, Signal::SIGKILL).unwrap();
            group.0.wait().await.unwrap();
        }
    }

    /// A client, as soon as the broker takes logins.
    async fn client(&self) -> Connection {
        let url = format!("amqp://guest:guest@127.0.0.1:{}", self.ports[0]);
        let opened = async {
            loop {
                match Connection::connect(&url, ConnectionProperties::default()).await {
                    Ok(connection) => return connection,
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        };
        tokio::time::timeout(LONG, opened).await.expect("the broker takes logins")
    }

    /// What is bound to nodes' events, from a durable queue.
    async fn bound(connection: &Connection) -> Consumer {
        let channel = connection.create_channel().await.unwrap();
        let none = FieldTable::default;
        let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
        channel.exchange_declare(EXCHANGE.into(), ExchangeKind::Topic, durable, none()).await.unwrap();
        let durable = QueueDeclareOptions { durable: true, ..Default::default() };
        channel.queue_declare(QUEUE.into(), durable, none()).await.unwrap();
        let (key, options) = ("node.*.v1".into(), QueueBindOptions::default());
        channel.queue_bind(QUEUE.into(), EXCHANGE.into(), key, options, none()).await.unwrap();
        channel
            .basic_consume(QUEUE.into(), "test".into(), BasicConsumeOptions::default(), none())
            .await
            .unwrap()
    }
}

/// The next message that was not seen yet: a broker that died may bring one twice.
async fn next(cluster: &Cluster, queue: &mut Consumer, seen: &[String]) -> Value {
    loop {
        let delivery = cluster.within("it arrives", queue.next()).await.unwrap().unwrap();
        delivery.ack(BasicAckOptions::default()).await.unwrap();
        let event: Value = serde_json::from_slice(&delivery.data).unwrap();
        let id = delivery.properties.message_id().as_ref().unwrap().to_string();
        assert_eq!(event["id"], id.as_str(), "its id is the message's");
        assert_eq!(event["type"], delivery.routing_key.as_str());
        if !seen.contains(&id) {
            return event;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_gets_what_happens_to_nodes_also_from_while_the_broker_was_dead() {
    let Some(mut rabbit) = Rabbit::start() else { return };
    let connection = rabbit.client().await;
    let mut queue = Rabbit::bound(&connection).await;
    let publish = format!("\n[publish.amqp]\nurl = \"amqp://127.0.0.1:{}\"\n", rabbit.ports[0]);
    let mut cluster = Cluster::start(Recipe::new().node("anna", 1).section(&publish)).await;
    let first = next(&cluster, &mut queue, &[]).await;
    assert_eq!(first["type"], "node.online.v1", "{first}");
    let mut seen = vec![first["id"].as_str().unwrap().to_owned()];

    rabbit.kill().await;
    drop((queue, connection));
    // The cluster goes on, and what happens meanwhile is told afterwards.
    let step = work::acted(&cluster.output("apart"), "1-3", 1, &json!({}));
    let job = cluster.submit(work::job("apart", vec![step])).await;
    cluster.succeeded(&job).await;
    cluster.signal("anna", Signal::SIGTERM);
    assert!(cluster.ended("anna").await.success());
    cluster.offline("anna", 0).await;
    rabbit.begin();
    let connection = rabbit.client().await;
    let mut queue = Rabbit::bound(&connection).await;

    let log = Http::of(&cluster).log("&types=node.*.v1").await;
    let single = |event: &&Value| event["type"].as_str().unwrap().split('.').count() == 3;
    let wanted: Vec<&Value> = log.iter().filter(single).collect();
    assert_eq!((wanted[0]["id"].as_str(), wanted.len() >= 2), (Some(&*seen[0]), true), "{log:?}");
    for event in &wanted[1..] {
        let came = next(&cluster, &mut queue, &seen).await;
        assert_eq!(&&came, event, "the same envelope as over every other door, in the log's order");
        seen.push(came["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(log.last().unwrap()["type"], "node.offline.v1");
}
