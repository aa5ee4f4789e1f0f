//! NATS, against a real server: exactly what a subject binds, everything after it was away, and nothing overtaken.

use std::time::Duration;

use crate::common::brokers::NatsServer;
use crate::common::proxy::Proxy;
use crate::common::{Got, Stage, event, within};
use async_nats::{Client, Message, Subscriber};
use callsheet_config::{NatsConfig, OutwardConfig};
use callsheet_leader::TargetState;
use futures::StreamExt;
use serde_json::{Value, json};

fn nats(url: String) -> NatsConfig {
    NatsConfig { url, prefix: "flatrender.events".into(), stream: None, token_file: None, types: Vec::new() }
}

fn only(nats: NatsConfig) -> OutwardConfig {
    OutwardConfig { nats: Some(nats), ..OutwardConfig::default() }
}

async fn client(server: &NatsServer) -> Client {
    within("the server", async_nats::connect(server.url())).await.unwrap()
}

async fn bound(client: &Client, subject: &str) -> Subscriber {
    let subscriber = client.subscribe(subject.to_owned()).await.unwrap();
    // The server has worked through it when something sent after it is back.
    let inbox = client.new_inbox();
    let mut back = client.subscribe(inbox.clone()).await.unwrap();
    client.publish(inbox, "".into()).await.unwrap();
    within("the way back", back.next()).await.unwrap();
    subscriber
}

fn id(message: &Message) -> String {
    message.headers.as_ref().unwrap().get("Nats-Msg-Id").unwrap().to_string()
}

async fn receive(subscriber: &mut Subscriber, got: &mut Got) {
    let message = within("a message", subscriber.next()).await.unwrap();
    got.add(&id(&message), &message.payload);
}

#[tokio::test]
async fn a_subject_with_a_wildcard_binds_exactly_its_types() {
    let Some(server) = NatsServer::start("").await else { return };
    let listener = client(&server).await;
    let mut nodes = bound(&listener, "flatrender.events.node.*.v1").await;
    let mut all = bound(&listener, "flatrender.events.>").await;
    let stage = Stage::start(only(nats(server.url()))).await;
    let kinds = [
        "node.online.v1",
        "node.heartbeat.v1",
        "node.cache.updated.v1",
        "job.succeeded",
        "node.frame.completed.v1",
        "node.drained",
        "free text.*",
        "node.offline.v1",
    ];
    let sent = stage.post(&kinds).await;
    let mut got = Vec::new();
    while got.last().is_none_or(|(id, _): &(String, _)| *id != sent[7].id) {
        let message = within("a message", all.next()).await.unwrap();
        let body: Value = serde_json::from_slice(&message.payload).unwrap();
        assert_eq!(body["id"], id(&message));
        got.push((id(&message), message.subject.to_string()));
    }
    got.retain(|(id, _)| sent.iter().any(|sent| sent.id == *id));
    let topic = [
        "node.online.v1",
        "node.cache.updated.v1",
        "job.succeeded",
        "node.drained",
        "free_text._",
        "node.offline.v1",
    ];
    let subjects: Vec<&str> = got.iter().map(|(_, subject)| subject.as_str()).collect();
    assert_eq!(subjects, topic.map(|kind| format!("flatrender.events.{kind}")));
    let mut bound = Vec::new();
    while bound.last().is_none_or(|last| *last != sent[7].id) {
        bound.push(id(&within("a message", nodes.next()).await.unwrap()));
    }
    assert_eq!(bound, [&sent[0].id, &sent[7].id].map(String::clone));
}

#[tokio::test]
async fn a_connection_that_breaks_again_and_again_loses_nothing_and_keeps_the_order() {
    let Some(server) = NatsServer::start("").await else { return };
    let mut events = bound(&client(&server).await, "flatrender.events.>").await;
    let proxy = Proxy::start(crate::common::brokers::local(server.port)).await;
    let stage = Stage::start(only(nats(format!("nats://{}", proxy.address)))).await;
    let (mut sent, mut got) = (Vec::new(), Got::default());
    for _ in 0..8 {
        sent.extend(stage.post(&["a.b"; 400]).await);
        let enough = got.0.len() + 150;
        while got.0.len() < enough {
            receive(&mut events, &mut got).await;
        }
        proxy.cut();
    }
    while !got.has_all(&sent) {
        receive(&mut events, &mut got).await;
    }
    got.check(&sent);
    assert!(proxy.connections() >= 4, "it was cut off {} times", proxy.connections());
}

#[tokio::test]
async fn after_the_server_was_away_everything_since_comes_also_over_a_leader_that_died() {
    let Some(server) = NatsServer::start("").await else { return };
    let mut events = bound(&client(&server).await, "flatrender.events.>").await;
    let proxy = Proxy::start(crate::common::brokers::local(server.port)).await;
    let stage = Stage::start(only(nats(format!("nats://{}", proxy.address)))).await;
    stage.until("nats", |view| view.state == TargetState::Delivering).await;
    proxy.take_away();
    let mut sent = stage.post(&["a.b"; 300]).await;
    let view = stage.until("nats", |view| view.state == TargetState::Away).await;
    assert!(view.trouble.is_some());
    let stage = stage.crash().await;
    sent.extend(stage.post(&["a.c"; 300]).await);
    proxy.bring_back();
    let mut got = Got::default();
    while !got.has_all(&sent) {
        receive(&mut events, &mut got).await;
    }
    got.check(&sent);
    stage
        .until("nats", |view| view.state == TargetState::Delivering && view.cursor >= sent[599].sequence)
        .await;
}

/// Asks JetStream's own API.
async fn ask(client: &Client, verb: &str, body: Value) -> Value {
    let subject = format!("$JS.API.STREAM.{verb}");
    let asked = async {
        loop {
            match client.request(subject.clone(), body.to_string().into()).await {
                Ok(answer) => return serde_json::from_slice(&answer.payload).unwrap(),
                // After a kill the server needs a moment.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    within("JetStream", asked).await
}

/// Everything in a stream, oldest first, as subject, message id and body.
async fn stored(client: &Client, stream: &str) -> Got {
    use base64::Engine;
    let decode = |text: &Value| {
        base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap_or_default()).unwrap()
    };
    let last = ask(client, &format!("INFO.{stream}"), json!({})).await["state"]["last_seq"].as_u64().unwrap();
    let mut got = Got::default();
    for number in 1..=last {
        let message = &ask(client, &format!("MSG.GET.{stream}"), json!({ "seq": number })).await["message"];
        let headers = String::from_utf8(decode(&message["hdrs"])).unwrap();
        let id = headers.lines().find_map(|line| line.strip_prefix("Nats-Msg-Id: ")).unwrap().to_owned();
        got.add(&id, &decode(&message["data"]));
    }
    got
}

async fn make_stream(client: &Client, more: Value) {
    let mut stream = json!({ "name": "EVENTS", "subjects": ["flatrender.events.>"], "storage": "file" });
    stream.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = ask(client, "CREATE.EVENTS", stream).await;
    assert!(made["error"].is_null(), "{made}");
}

#[tokio::test]
async fn a_stream_has_every_event_once_though_the_server_is_killed_in_the_middle() {
    let Some(mut server) = NatsServer::start("").await else { return };
    make_stream(&client(&server).await, json!({})).await;
    let config = NatsConfig { stream: Some("EVENTS".into()), ..nats(server.url()) };
    let stage = Stage::start(only(config)).await;
    let mut sent = Vec::new();
    for round in 0..3 {
        sent.extend(stage.post(&["a.b"; 400]).await);
        let middle = sent[400 * round + 120].sequence;
        stage.until("nats", |view| view.cursor >= middle).await;
        server.kill();
        server.begin().await;
    }
    let last = sent.last().unwrap().sequence;
    stage.until("nats", |view| view.cursor >= last).await;
    let got = stored(&client(&server).await, "EVENTS").await;
    got.check(&sent);
    // The server knows a message that it has by its id.
    assert_eq!(got.repeated(), 0);
}

#[tokio::test]
async fn without_a_stream_that_takes_them_nothing_counts_as_delivered() {
    let Some(server) = NatsServer::start("").await else { return };
    let client = client(&server).await;
    let config = NatsConfig { stream: Some("EVENTS".into()), ..nats(server.url()) };
    let stage = Stage::start(only(config)).await;
    let sent = stage.post(&["a.b"; 3]).await;
    let view = stage.until("nats", |view| view.failed >= 2).await;
    assert!(view.trouble.unwrap().starts_with("no stream takes the subject flatrender.events."));
    assert_eq!((view.delivered, view.cursor < sent[0].sequence), (0, true));
    // One of another name takes the subject: that is not what was asked for either.
    let other = json!({ "name": "OTHER", "subjects": ["flatrender.events.>"], "storage": "memory" });
    ask(&client, "CREATE.OTHER", other).await;
    stage
        .until("nats", |view| view.trouble.as_ref().is_some_and(|why| why.contains("expected stream")))
        .await;
    ask(&client, "DELETE.OTHER", json!({})).await;
    make_stream(&client, json!({})).await;
    stage.until("nats", |view| view.cursor >= sent[2].sequence).await;
    stored(&client, "EVENTS").await.check(&sent);
}

#[tokio::test]
async fn an_event_too_large_for_the_server_goes_to_the_dead_letters_and_the_next_goes_on() {
    let Some(server) = NatsServer::start("max_payload: 4096").await else { return };
    let mut events = bound(&client(&server).await, "flatrender.events.a.>").await;
    let stage = Stage::start(only(nats(server.url()))).await;
    let large = event("a.large", &json!({ "text": "x".repeat(5000) }).to_string());
    let sent = stage.post_all(vec![event("a.1", "{}"), large, event("a.2", "{}")]).await;
    let mut got = Got::default();
    receive(&mut events, &mut got).await;
    receive(&mut events, &mut got).await;
    got.check(&[sent[0].clone(), sent[2].clone()]);
    stage.until("nats", |view| view.cursor >= sent[2].sequence).await;
    let letters = stage.leader.outward().unwrap().dead_letters("nats", 0, 10).await.unwrap();
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!(letter.sequence, sent[1].sequence);
    assert!(letter.why.contains("4096"), "{}", letter.why);

    // A stream may have a limit of its own.
    make_stream(&client(&server).await, json!({ "max_msg_size": 2000 })).await;
    let config = NatsConfig { stream: Some("EVENTS".into()), ..nats(server.url()) };
    let stage = Stage { config: only(config), ..stage }.restart().await;
    let large = event("a.large", &json!({ "text": "x".repeat(2000) }).to_string());
    let sent = stage.post_all(vec![large, event("a.3", "{}")]).await;
    let view = stage.until("nats", |view| view.cursor >= sent[1].sequence).await;
    assert_eq!(view.dead_letters, 2);
    stored(&client(&server).await, "EVENTS").await.check(&sent[1..]);
}

#[tokio::test]
async fn a_token_is_shown_to_the_server_and_what_it_forbids_is_not_taken_for_delivered() {
    let config = r#"
        authorization {
            users = [{ user: "anyone", password: "x", permissions: { publish: ["other.>", "_INBOX.>"] } }]
        }
        no_auth_user: anyone"#;
    let Some(server) = NatsServer::start(config).await else { return };
    let stage = Stage::start(only(nats(server.url()))).await;
    let sent = stage.post(&["a.b"]).await;
    let view = stage.until("nats", |view| view.failed >= 2).await;
    assert!(view.trouble.as_ref().unwrap().to_lowercase().contains("permissions violation"), "{view:?}");
    assert_eq!((view.delivered, view.cursor < sent[0].sequence), (0, true));
    drop(stage);

    let Some(server) = NatsServer::start("authorization { token: hunter2 }").await else { return };
    let (secrets, url) = (tempfile::tempdir().unwrap(), server.url());
    let file = secrets.path().join("token");
    std::fs::write(&file, "wrong\n").unwrap();
    let stage = Stage::start(only(NatsConfig { token_file: Some(file.clone()), ..nats(url.clone()) })).await;
    stage.until("nats", |view| view.state == TargetState::Away).await;
    std::fs::write(&file, "hunter2\n").unwrap();
    let options = async_nats::ConnectOptions::with_token("hunter2".into());
    let mut events = bound(&options.connect(url).await.unwrap(), "flatrender.events.a.>").await;
    let sent = stage.post(&["a.b"]).await;
    let mut got = Got::default();
    receive(&mut events, &mut got).await;
    got.check(&sent);
}

#[tokio::test]
async fn a_cursor_of_another_log_is_known_at_once_though_the_server_is_away() {
    // Nobody listens there. By the time somebody does, this log may be longer than the other one was.
    let stage = Stage::start(only(nats("nats://127.0.0.1:1".into()))).await;
    stage.post(&["node.online.v1"; 3]).await;
    stage.outward.stop().await;
    let head = stage.leader.range().1;
    let cursor = json!({ "version": 1, "target": "nats", "delivered": head + 5 });
    std::fs::write(stage.cursor_file("nats"), cursor.to_string()).unwrap();
    let stage = stage.crash().await;
    assert_eq!(stage.view("nats").cursor, stage.leader.range().0 - 1);
    assert!(stage.leader.range().1 < head + 5, "otherwise nobody could tell");
}
