//! Alerts over HTTP channels that fail in every way, and with a leader that dies: each transition is told once.

use std::time::Duration;

use crate::common::Stage;
use crate::common::alerts::{CHANNEL, OK, TOKEN, channel, count, lose, only, secret, see, telegram, told};
use crate::common::receiver::{Answer, Receiver, Request};
use callsheet_config::AlertWay;
use callsheet_journal::{MemoryStore, Mishap};
use callsheet_outward::{Outward, StartError};
use serde_json::Value;

fn ok() -> Answer {
    Answer::Text(200, OK.into())
}

fn body(request: &Request) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

fn webhook(receiver: &Receiver) -> AlertWay {
    AlertWay::Webhook { url: receiver.url.clone(), secret_file: None }
}

#[tokio::test]
async fn telegram_is_told_again_when_it_says_no_and_each_transition_is_told_in_order() {
    let echo = Answer::Text(404, format!("Cannot POST /bot{TOKEN}/sendMessage, {}", "x".repeat(5000)));
    let slowly = r#"{"ok":false,"error_code":429,"description":"Too Many","parameters":{"retry_after":1}}"#;
    let no = format!(r#"{{"ok":false,"description":"no chat for {TOKEN}"}}"#);
    let answers =
        [Answer::Status(502), echo, Answer::Text(400, no), Answer::Text(429, slowly.into()), ok(), ok()];
    let mut receiver = Receiver::start(&answers).await;
    let (_kept, token) = secret(TOKEN);
    let stage = Stage::start(only(channel(telegram(receiver.address, &token)))).await;
    let down = lose(&stage.leader, "anna").await;
    see(&stage.leader, "anna", true).await;
    let requests = receiver.take(6).await;
    for request in &requests {
        assert_eq!(request.line, format!("POST /bot{TOKEN}/sendMessage HTTP/1.1"));
        assert_eq!(body(request)["chat_id"], "-100");
    }
    let texts: Vec<Value> = requests.iter().map(|request| body(request)["text"].clone()).collect();
    assert!(texts[..5].iter().all(|text| *text == *down), "{texts:?}");
    assert_eq!(texts[5], "🟢 [anna] is back");
    assert!(
        requests[4].at - requests[3].at >= Duration::from_secs(1),
        "its patience was not asked for in vain"
    );
    told(&stage.leader, "alert.sent", 2).await;
    let failed = told(&stage.leader, "alert.failed", 4).await;
    for (failed, says) in failed.iter().zip(["502", "404", "no chat", "Too Many"]) {
        let error = failed["error"].as_str().unwrap();
        assert!(error.contains(says) && !error.contains("hunter2") && error.len() < 400, "{error}");
    }
    assert_eq!(failed[3]["attempt"], 4);
}

#[tokio::test]
async fn who_cannot_tell_repeats_apart_is_not_told_again_when_no_answer_came() {
    let telegrams = [Answer::Hang, Answer::Close, Answer::Status(200)].map(|trouble| (trouble, true));
    let slacks = [Answer::Hang, Answer::Close].map(|trouble| (trouble, false));
    for (trouble, by_telegram) in telegrams.into_iter().chain(slacks) {
        let mut receiver = Receiver::start(&[trouble.clone(), ok()]).await;
        let url = format!("http://{}/hunter2", receiver.address);
        let (_kept, file) = secret(if by_telegram { TOKEN } else { &url });
        let way = match by_telegram {
            true => telegram(receiver.address, &file),
            false => AlertWay::Slack { url_file: file },
        };
        let stage = Stage::start(only(channel(way))).await;
        let texts = [lose(&stage.leader, "anna").await, lose(&stage.leader, "bert").await];
        let requests = receiver.take(2).await;
        assert_eq!(requests.iter().map(|request| body(request)["text"].clone()).collect::<Vec<_>>(), texts);
        told(&stage.leader, "alert.unconfirmed", 1).await;
        told(&stage.leader, "alert.sent", 1).await;
        assert_eq!(count(&stage.leader, "alert.failed").await, 0, "{trouble:?}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_finish_its_handshake_was_told_nothing_and_is_tried_again() {
    let receiver = Receiver::start(&[]).await;
    let (_kept, token_file) = secret(TOKEN);
    let url = format!("https://{}", receiver.address);
    let way = AlertWay::Telegram { url, token_file, chat: "@people".into() };
    let stage = Stage::start(only(channel(way))).await;
    lose(&stage.leader, "anna").await;
    told(&stage.leader, "alert.failed", 2).await;
    assert_eq!(count(&stage.leader, "alert.unconfirmed").await, 0);
}

#[tokio::test]
async fn who_was_not_reached_at_all_is_told_later() {
    let gone = Receiver::start(&[]).await;
    let address = gone.address;
    drop(gone);
    let (_kept, token) = secret(TOKEN);
    let stage = Stage::start(only(channel(telegram(address, &token)))).await;
    let text = lose(&stage.leader, "anna").await;
    let failed = told(&stage.leader, "alert.failed", 2).await;
    assert!(!failed[0]["error"].as_str().unwrap().contains("hunter2"), "{failed:?}");
    let mut receiver = Receiver::start_at(&address.to_string(), &[ok()]).await;
    assert_eq!(body(&receiver.next().await)["text"], text);
    told(&stage.leader, "alert.sent", 1).await;
    assert_eq!(count(&stage.leader, "alert.unconfirmed").await, 0);
}

#[tokio::test]
async fn slack_takes_text_at_its_secret_url_and_may_ask_for_patience() {
    let patience = Answer::With(429, "retry-after: 1");
    let mut receiver = Receiver::start(&[patience, Answer::Text(500, "no /T0/B0/hunter2".into())]).await;
    let (_kept, url_file) = secret(&format!("http://{}/services/T0/B0/hunter2", receiver.address));
    let stage = Stage::start(only(channel(AlertWay::Slack { url_file }))).await;
    lose(&stage.leader, "a<b>&c").await;
    let requests = receiver.take(3).await;
    for request in &requests {
        assert_eq!(request.line, "POST /services/T0/B0/hunter2 HTTP/1.1");
        assert_eq!(request.body, r#"{"text":"🔴 [a&lt;b&gt;&amp;c] no sign of life for 60 s"}"#);
    }
    assert!(requests[1].at - requests[0].at >= Duration::from_secs(1));
    told(&stage.leader, "alert.sent", 1).await;
    let failed = told(&stage.leader, "alert.failed", 2).await;
    assert!(!failed[1]["error"].as_str().unwrap().contains("hunter2"), "{failed:?}");
}

#[tokio::test]
async fn a_webhook_gets_an_alert_under_one_id_until_it_takes_it() {
    let trouble = [Answer::Hang, Answer::Close, Answer::Status(500), Answer::With(302, "location: /else")];
    let mut receiver = Receiver::start(&trouble).await;
    let (_kept, secret_file) = secret("a key");
    let way = AlertWay::Webhook { url: receiver.url.clone(), secret_file: Some(secret_file) };
    let stage = Stage::start(only(channel(way))).await;
    let text = lose(&stage.leader, "anna").await;
    let requests = receiver.take(5).await;
    let sent = told(&stage.leader, "alert.sent", 1).await;
    for request in &requests {
        assert_eq!(request.line, "POST /take HTTP/1.1");
        assert_eq!(request.header("webhook-id"), sent[0]["alert_id"]);
        assert!(request.header("webhook-signature").starts_with("v1,"));
        let body = body(request);
        assert_eq!(
            (&body["text"], &body["worker"], &body["what"]),
            (&text.clone().into(), &"anna".into(), &"down".into())
        );
        assert_eq!((&body["alert_id"], &body["channel"]), (&sent[0]["alert_id"], &CHANNEL.into()));
    }
    assert_eq!(count(&stage.leader, "alert.unconfirmed").await, 0);
}

#[tokio::test]
async fn one_that_is_not_taken_for_too_long_is_given_up_and_the_next_one_goes() {
    let mut receiver = Receiver::start(&[]).await;
    receiver.always(Answer::Status(500));
    let mut config = channel(webhook(&receiver));
    config.give_up = Duration::from_millis(300);
    let stage = Stage::start(only(config)).await;
    lose(&stage.leader, "anna").await;
    let given_up = async {
        for count in 1.. {
            let failed = told(&stage.leader, "alert.failed", count).await;
            if let Some(last) = failed.iter().find(|failed| failed["retry_at"].is_null()) {
                return last.clone();
            }
        }
        unreachable!()
    };
    let given_up = crate::common::within("giving up", given_up).await;
    assert!(given_up["attempt"].as_u64().unwrap() >= 2, "{given_up}");
    receiver.always(Answer::Status(204));
    lose(&stage.leader, "bert").await;
    let sent = told(&stage.leader, "alert.sent", 1).await;
    assert_ne!(sent[0]["alert_id"], given_up["alert_id"]);
    let about = loop {
        let request = body(&receiver.next().await);
        if request["alert_id"] == sent[0]["alert_id"] {
            break request["worker"].clone();
        }
    };
    assert_eq!(about, "bert");
}

#[tokio::test]
async fn a_leader_that_dies_before_sending_has_it_sent_once_by_the_next_one() {
    let mut receiver = Receiver::start(&[ok(), ok()]).await;
    let (_kept, token) = secret(TOKEN);
    let config = only(channel(telegram(receiver.address, &token)));
    let (directory, store) = (tempfile::tempdir().unwrap(), MemoryStore::new(100_000));
    // Nothing goes outward from this one: it dies after the alert is durable, before anything is done about it.
    let leader = crate::common::leader(directory.path(), &store, &config).await;
    let text = lose(&leader, "anna").await;
    store.crash();
    drop(leader);
    let stage = Stage::start_in(directory, store, config).await;
    assert_eq!(body(&receiver.next().await)["text"], text);
    told(&stage.leader, "alert.sent", 1).await;
    // After it was sent: the next leader has nothing to say about it.
    let stage = stage.crash().await;
    let text = lose(&stage.leader, "bert").await;
    assert_eq!(body(&receiver.next().await)["text"], text);
    told(&stage.leader, "alert.sent", 2).await;
}

#[tokio::test]
async fn a_leader_that_dies_while_sending_tells_no_person_twice() {
    let mut receiver = Receiver::start(&[Answer::Hang, ok()]).await;
    let (_kept, token) = secret(TOKEN);
    let mut config = channel(telegram(receiver.address, &token));
    config.timeout = Duration::from_secs(600);
    let stage = Stage::start(only(config)).await;
    let text = lose(&stage.leader, "anna").await;
    assert_eq!(body(&receiver.next().await)["text"], text);
    let stage = stage.crash().await;
    told(&stage.leader, "alert.unconfirmed", 1).await;
    let text = lose(&stage.leader, "bert").await;
    assert_eq!(body(&receiver.next().await)["text"], text);
    told(&stage.leader, "alert.sent", 1).await;
    assert_eq!(count(&stage.leader, "alert.sending").await, 2);
}

#[tokio::test]
async fn a_leader_that_dies_while_sending_to_a_webhook_sends_again_under_the_same_id() {
    let mut receiver = Receiver::start(&[Answer::Hang]).await;
    let mut config = channel(webhook(&receiver));
    config.timeout = Duration::from_secs(600);
    let stage = Stage::start(only(config)).await;
    lose(&stage.leader, "anna").await;
    let first = receiver.next().await;
    let stage = stage.crash().await;
    let second = receiver.next().await;
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    told(&stage.leader, "alert.sent", 1).await;
    assert_eq!(count(&stage.leader, "alert.unconfirmed").await, 0);
}

#[tokio::test]
async fn a_leader_that_leaves_finishes_what_it_is_sending() {
    let mut receiver = Receiver::start(&[Answer::Late(Duration::from_millis(300), 204)]).await;
    let stage = Stage::start(only(channel(webhook(&receiver)))).await;
    lose(&stage.leader, "anna").await;
    receiver.next().await;
    let stage = stage.restart().await;
    told(&stage.leader, "alert.sent", 1).await;
    assert_eq!(count(&stage.leader, "alert.sending").await, 1);
}

#[tokio::test]
async fn alerts_of_a_channel_that_is_gone_are_given_up() {
    let config = only(channel(AlertWay::Command { program: "/bin/false".into(), args: Vec::new() }));
    let (directory, store) = (tempfile::tempdir().unwrap(), MemoryStore::new(100_000));
    let leader = crate::common::leader(directory.path(), &store, &config).await;
    lose(&leader, "anna").await;
    store.crash();
    drop(leader);
    let stage = Stage::start_in(directory, store, callsheet_config::OutwardConfig::default()).await;
    let failed = told(&stage.leader, "alert.failed", 1).await;
    assert_eq!(failed[0]["retry_at"], Value::Null);
    assert_eq!(failed[0]["error"], "the config has no such channel any more");
    let left = stage.leader.read(callsheet_leader::Scheduler::pending_alerts).await.unwrap();
    assert_eq!(left, []);
}

#[tokio::test]
async fn a_channel_that_cannot_work_is_told_at_the_start_without_its_secret() {
    let (_kept, odd) = secret("4711:hunter2/hunter2");
    let (_also, no_url) = secret("hunter2");
    let email = |server: &str, user: Option<&str>| AlertWay::Email {
        server: server.into(),
        user: user.map(str::to_owned),
        password_file: None,
        from: "a@b.example".into(),
        to: vec!["c@d.example".into()],
    };
    for (way, says) in [
        (telegram("host", "/no/such/file".as_ref()), "the secret in /no/such/file cannot be read"),
        (telegram("host", &odd), "holds no token of a bot"),
        (AlertWay::Slack { url_file: no_url }, "holds no URL of http or https"),
        (email("smtp://host", Some("me")), "user and password_file belong together"),
        (email("http://host", None), "found the scheme http"),
        (AlertWay::Command { program: "/no/such".into(), args: Vec::new() }, "/no/such cannot be used"),
        (AlertWay::Command { program: "/".into(), args: Vec::new() }, "/ is no program"),
    ] {
        let (directory, store) = (tempfile::tempdir().unwrap(), MemoryStore::new(1000));
        let leader = crate::common::leader(directory.path(), &store, &only(channel(way))).await;
        let Err(StartError::Target { target, why }) = Outward::start(leader).await else { panic!("{says}") };
        assert_eq!(target, "alert people");
        assert!(why.contains(says) && !why.contains("hunter2"), "{why}");
    }
}

#[tokio::test]
async fn what_was_sent_is_known_as_sent_though_the_disk_failed_just_then() {
    let answers = [Answer::Late(Duration::from_secs(1), 204)];
    let mut receiver = Receiver::start(&answers).await;
    let mut config = channel(webhook(&receiver));
    config.timeout = Duration::from_secs(60);
    let stage = Stage::start(only(config)).await;
    lose(&stage.leader, "anna").await;
    let first = receiver.next().await;
    // The next thing to be written is what came of it. The scheduler falls with that and is started again.
    stage.store.arrange(Mishap::Sync);
    told(&stage.leader, "alert.sent", 1).await;
    assert_eq!(count(&stage.leader, "leader.started").await, 2);
    lose(&stage.leader, "bert").await;
    let second = receiver.next().await;
    assert_eq!(
        (body(&first)["worker"].clone(), body(&second)["worker"].clone()),
        ("anna".into(), "bert".into())
    );
    told(&stage.leader, "alert.sent", 2).await;
    assert_eq!(count(&stage.leader, "alert.sending").await, 2);
}

#[tokio::test]
async fn what_could_not_be_announced_has_not_left_and_leaves_once() {
    let mut receiver = Receiver::start(&[ok(), ok()]).await;
    let (_kept, token) = secret(TOKEN);
    let config = only(channel(telegram(receiver.address, &token)));
    let (directory, store) = (tempfile::tempdir().unwrap(), MemoryStore::new(100_000));
    let leader = crate::common::leader(directory.path(), &store, &config).await;
    let texts = [lose(&leader, "anna").await, lose(&leader, "bert").await];
    // The next thing to be written is that the first is about to leave.
    store.arrange(Mishap::Sync);
    let outward = Outward::start(leader.clone()).await.unwrap();
    let requests = receiver.take(2).await;
    assert_eq!(requests.iter().map(|request| body(request)["text"].clone()).collect::<Vec<_>>(), texts);
    told(&leader, "alert.sent", 2).await;
    assert_eq!(count(&leader, "leader.started").await, 2);
    assert_eq!(count(&leader, "alert.sending").await, 2);
    assert_eq!(count(&leader, "alert.unconfirmed").await, 0);
    outward.stop().await;
}
