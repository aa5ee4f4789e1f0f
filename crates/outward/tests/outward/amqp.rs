//! AMQP, against a real RabbitMQ: exactly what a binding names, everything after the broker was killed, and nothing
//! overtaken.

use crate::common::brokers::Rabbit;
use crate::common::proxy::Proxy;
use crate::common::{Got, Sent, Stage, event, within};
use callsheet_config::{AmqpConfig, OutwardConfig};
use callsheet_leader::TargetState;
use futures::StreamExt;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties, Consumer, ExchangeKind};
use serde_json::Value;

const EXCHANGE: &str = "flatrender.events";

fn only(url: String) -> OutwardConfig {
    let amqp = AmqpConfig {
        url,
        exchange: EXCHANGE.into(),
        user: "guest".into(),
        password_file: None,
        types: Vec::new(),
    };
    OutwardConfig { amqp: Some(amqp), ..OutwardConfig::default() }
}

/// The port is open before the broker takes logins.
async fn connect(port: u16) -> (Connection, Channel) {
    let opened = async {
        loop {
            let url = format!("amqp://guest:guest@127.0.0.1:{port}");
            if let Ok(connection) = Connection::connect(&url, ConnectionProperties::default()).await {
                let channel = connection.create_channel().await.unwrap();
                return (connection, channel);
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    within("the broker", opened).await
}

/// A durable queue that is bound like this; the exchange is declared as the leader declares it.
async fn queue(channel: &Channel, name: &str, binding: &str) {
    let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
    channel
        .exchange_declare(EXCHANGE.into(), ExchangeKind::Topic, durable, FieldTable::default())
        .await
        .unwrap();
    let options = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare(name.into(), options, FieldTable::default()).await.unwrap();
    let (queue, key) = (name.into(), binding.into());
    channel
        .queue_bind(queue, EXCHANGE.into(), key, QueueBindOptions::default(), FieldTable::default())
        .await
        .unwrap();
}

async fn consume(channel: &Channel, queue: &str) -> Consumer {
    let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
    channel.basic_consume(queue.into(), "test".into(), options, arguments).await.unwrap()
}

async fn next(consumer: &mut Consumer) -> Delivery {
    let delivery = within("a message", consumer.next()).await.unwrap().unwrap();
    delivery.ack(BasicAckOptions::default()).await.unwrap();
    delivery
}

fn id(delivery: &Delivery) -> String {
    delivery.properties.message_id().as_ref().unwrap().to_string()
}

async fn receive_all(consumer: &mut Consumer, sent: &[Sent], got: &mut Got) {
    while !got.has_all(sent) {
        let delivery = next(consumer).await;
        got.add(&id(&delivery), &delivery.data);
    }
}

#[tokio::test]
async fn a_binding_gets_exactly_its_types_whatever_happens_to_the_connection() {
    let Some(rabbit) = Rabbit::start().await else { return };
    let (_connection, channel) = connect(rabbit.port).await;
    queue(&channel, "nodes", "node.*.v1").await;
    queue(&channel, "all", "#").await;
    let (_second, other) = connect(rabbit.port).await;
    let (mut nodes, mut all) = (consume(&channel, "nodes").await, consume(&other, "all").await);
    let proxy = Proxy::start(crate::common::brokers::local(rabbit.port)).await;
    let stage = Stage::start(only(format!("amqp://{}", proxy.address))).await;

    // What a binding names, and how a message looks.
    let kinds = [
        "node.online.v1",
        "node.heartbeat.v1",
        "node.cache.updated.v1",
        "job.succeeded",
        "free text *",
        "node.offline.v1",
    ];
    let sent = stage.post(&kinds).await;
    let first = next(&mut nodes).await;
    let body: Value = serde_json::from_slice(&first.data).unwrap();
    assert_eq!((id(&first), body["id"].as_str()), (sent[0].id.clone(), Some(&*sent[0].id)));
    assert_eq!(first.properties.content_type().as_ref().unwrap().as_str(), "application/json");
    assert_eq!(*first.properties.delivery_mode(), Some(2));
    assert!(first.properties.timestamp().unwrap() > 1_700_000_000);
    assert_eq!(
        (id(&next(&mut nodes).await), first.routing_key.as_str()),
        (sent[5].id.clone(), "node.online.v1")
    );
    let mut got = Got::default();
    let topic: Vec<Sent> = sent.iter().filter(|sent| sent.kind != "node.heartbeat.v1").cloned().collect();
    receive_all(&mut all, &topic, &mut got).await;
    got.check(&topic);
    assert!(got.0.iter().all(|(id, _)| *id != sent[1].id), "a heartbeat is not for the topic");

    // A type that is no routing key.
    let long = "x".repeat(256);
    let sent = stage.post_all(vec![event("a.1", "{}"), event(&long, "{}"), event("a.2", "{}")]).await;
    let ends = [sent[0].clone(), sent[2].clone()];
    receive_all(&mut all, &ends, &mut got).await;
    stage.until("amqp", |view| view.dead_letters == 1 && view.cursor >= sent[2].sequence).await;

    // A connection that breaks in the middle, again and again.
    let (mut sent, mut got) = (Vec::new(), Got::default());
    for _ in 0..5 {
        sent.extend(stage.post(&["a.b"; 500]).await);
        let enough = got.0.len() + 150;
        while got.0.len() < enough {
            let delivery = next(&mut all).await;
            got.add(&id(&delivery), &delivery.data);
        }
        proxy.cut();
    }
    receive_all(&mut all, &sent, &mut got).await;
    got.check(&sent);
    assert!(proxy.connections() >= 3, "it was cut off {} times", proxy.connections());

    // A password that is wrong, then right.
    let secrets = tempfile::tempdir().unwrap();
    let file = secrets.path().join("password");
    std::fs::write(&file, "hunter2").unwrap();
    let mut config = only(format!("amqp://{}", proxy.address));
    config.amqp.as_mut().unwrap().password_file = Some(file.clone());
    let stage = Stage { config, ..stage }.restart().await;
    let sent = stage.post(&["a.c"]).await;
    let view = stage.until("amqp", |view| view.state == TargetState::Away).await;
    assert!(!format!("{view:?}").contains("hunter2"), "{view:?}");
    std::fs::write(&file, "guest\n").unwrap();
    receive_all(&mut all, &sent, &mut Got::default()).await;
}

#[tokio::test]
async fn a_broker_that_is_killed_in_the_middle_has_everything_when_it_is_back() {
    let Some(mut rabbit) = Rabbit::start().await else { return };
    let (connection, channel) = connect(rabbit.port).await;
    queue(&channel, "all", "a.#").await;
    drop((connection, channel));
    let stage = Stage::start(only(format!("amqp://127.0.0.1:{}", rabbit.port))).await;
    let mut sent = stage.post(&["a.b"; 1500]).await;
    let middle = sent[300].sequence;
    stage.until("amqp", |view| view.cursor >= middle).await;
    rabbit.kill();
    stage.until("amqp", |view| view.state == TargetState::Away).await;
    sent.extend(stage.post(&["a.c"; 200]).await);
    let stage = stage.crash().await;
    rabbit.begin().await;
    let last = sent.last().unwrap().sequence;
    stage.until("amqp", |view| view.cursor >= last).await;
    let (_connection, channel) = connect(rabbit.port).await;
    let (mut all, mut got) = (consume(&channel, "all").await, Got::default());
    receive_all(&mut all, &sent, &mut got).await;
    got.check(&sent);
}
