//! Webhooks against a receiver that fails in every way: each event arrives, in order, signed, and what cannot be
//! delivered is in the dead letters.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::common::receiver::{Answer, Receiver, Request};
use crate::common::{Got, PATIENCE, Stage, event, of_project};
use callsheet_config::{OutwardConfig, Webhook};
use callsheet_leader::{OutwardError, TargetState};
use callsheet_outward::{Outward, StartError};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

const HOOK: &str = "webhook-studio";

fn webhook(url: &str) -> Webhook {
    Webhook {
        name: "studio".into(),
        url: url.into(),
        secret_file: None,
        types: vec!["a.*".into()],
        project: None,
        timeout: Duration::from_millis(500),
        attempts: 100,
        retry_first: Duration::from_millis(10),
        retry_max: Duration::from_millis(40),
    }
}

fn only(webhook: Webhook) -> OutwardConfig {
    OutwardConfig { webhooks: vec![webhook], ..OutwardConfig::default() }
}

fn sequences(requests: &[Request]) -> Vec<u64> {
    requests.iter().map(Request::sequence).collect()
}

/// HMAC-SHA-256 by RFC 2104, by hand.
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    assert!(key.len() <= 64);
    let pad = |with: u8| {
        let mut pad = [with; 64];
        pad.iter_mut().zip(key).for_each(|(pad, key)| *pad ^= key);
        pad
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[tokio::test]
async fn each_event_comes_once_in_order_and_signed() {
    let mut receiver = Receiver::start(&[]).await;
    let secrets = tempfile::tempdir().unwrap();
    let file = secrets.path().join("key");
    std::fs::write(&file, "a key for tests\n").unwrap();
    let stage =
        Stage::start(only(Webhook { secret_file: Some(file.clone()), ..webhook(&receiver.url) })).await;
    let sent = stage.post(&["a.1", "b.1", "a.2", "a.3"]).await;
    let requests = receiver.take(3).await;
    let wanted: Vec<_> = sent.iter().filter(|sent| sent.kind.starts_with("a.")).collect();
    for (request, sent) in requests.iter().zip(&wanted) {
        assert_eq!(request.line, "POST /take HTTP/1.1");
        assert_eq!(request.header("content-type"), "application/json");
        assert_eq!(request.header("webhook-id"), sent.id);
        assert_eq!((request.sequence(), request.delivery()), (sent.sequence, 1));
        let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
        assert_eq!((body["id"].as_str(), body["type"].as_str()), (Some(&*sent.id), Some(&*sent.kind)));
        let signed = format!("{}.{}.{}", sent.id, request.header("webhook-timestamp"), request.body);
        let signature = format!("v1,{}", base64(&hmac(b"a key for tests", signed.as_bytes())));
        assert_eq!(request.header("webhook-signature"), signature);
    }
    let view = stage.until(HOOK, |view| view.cursor == sent[3].sequence).await;
    assert_eq!((view.delivered, view.failed, view.state), (3, 0, TargetState::Delivering));

    // A changed key counts from the next delivery on.
    std::fs::write(&file, format!("whsec_{}", base64(b"another"))).unwrap();
    stage.post(&["a.4"]).await;
    let request = receiver.next().await;
    let signed =
        format!("{}.{}.{}", request.header("webhook-id"), request.header("webhook-timestamp"), request.body);
    assert_eq!(
        request.header("webhook-signature"),
        format!("v1,{}", base64(&hmac(b"another", signed.as_bytes())))
    );
    stage.outward.stop().await;
    assert_eq!(stage.view(HOOK).state, TargetState::Stopped);
}

#[tokio::test]
async fn whatever_goes_wrong_the_same_event_comes_again_and_none_overtakes_it() {
    let trouble = [
        Answer::Status(500),
        Answer::Hang,
        Answer::Close,
        Answer::With(302, "location: /elsewhere"),
        Answer::Endless,
        Answer::Status(410),
        Answer::Late(Duration::from_millis(50), 200),
    ];
    let mut receiver = Receiver::start(&trouble).await;
    let stage = Stage::start(only(webhook(&receiver.url))).await;
    let sent = stage.post(&["a.1", "a.2"]).await;
    let requests = receiver.take(8).await;
    let [first, second] = [sent[0].sequence, sent[1].sequence];
    assert_eq!(sequences(&requests), [first, first, first, first, first, first, first, second]);
    assert_eq!(requests.iter().map(Request::delivery).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 1]);
    assert!(requests.iter().all(|request| request.line == "POST /take HTTP/1.1"));
    let view = stage.until(HOOK, |view| view.delivered == 2).await;
    assert_eq!((view.failed, view.dead_letters, view.trouble), (6, 0, None));
}

#[tokio::test]
async fn a_receiver_that_asks_for_patience_gets_it() {
    let mut receiver = Receiver::start(&[Answer::With(429, "retry-after: 1")]).await;
    let stage = Stage::start(only(webhook(&receiver.url))).await;
    stage.post(&["a.1"]).await;
    let requests = receiver.take(2).await;
    let waited = requests[1].at - requests[0].at;
    assert!(waited >= Duration::from_millis(990), "{waited:?}");
}

#[tokio::test]
async fn an_event_that_is_not_taken_goes_to_the_dead_letters_and_the_next_goes_on() {
    let mut receiver = Receiver::start(&vec![Answer::Status(503); 3]).await;
    let stage = Stage::start(only(Webhook { attempts: 3, ..webhook(&receiver.url) })).await;
    let sent = stage.post(&["a.1", "a.2"]).await;
    let requests = receiver.take(4).await;
    assert_eq!(sequences(&requests)[3], sent[1].sequence);
    stage.until(HOOK, |view| view.delivered == 1 && view.dead_letters == 1).await;
    stage.written(HOOK, sent[1].sequence).await;

    // It is there after a crash too, and nothing else comes again than what was not yet written down.
    let stage = stage.crash().await;
    let view = stage.leader.outward().unwrap().clone();
    let letters = view.dead_letters(HOOK, 0, 10).await.unwrap();
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((letter.sequence, letter.attempts), (sent[0].sequence, 3));
    assert_eq!((letter.id.to_string(), letter.kind.as_str()), (sent[0].id.clone(), "a.1"));
    assert_eq!(letter.why, "it answered 503 Service Unavailable: hello");
    assert_eq!(*letter.json, requests[0].body);
    assert!(view.dead_letters(HOOK, letter.sequence, 10).await.unwrap().is_empty());

    // Tried once more it fails, and stays with its new reason.
    receiver.always(Answer::Status(500));
    assert_eq!(view.redeliver(HOOK, Some(letter.sequence)).await, Ok(1));
    while receiver.next().await.sequence() != letter.sequence {}
    stage.until(HOOK, |view| view.failed > 0).await;
    let again = loop {
        let letter = view.dead_letters(HOOK, 0, 10).await.unwrap().remove(0);
        if letter.attempts == 4 {
            break letter;
        }
        tokio::task::yield_now().await;
    };
    assert!(again.why.starts_with("it answered 500"), "{again:?}");

    // And then it is taken, and gone.
    receiver.always(Answer::Status(200));
    assert_eq!(view.redeliver(HOOK, None).await, Ok(1));
    let request = receiver.next().await;
    assert_eq!(
        (request.sequence(), request.delivery(), request.body),
        (letter.sequence, 5, letter.json.to_string())
    );
    stage.until(HOOK, |view| view.dead_letters == 0).await;
    let none = OutwardError::NoSuchLetter { target: HOOK.into(), sequence: letter.sequence };
    assert_eq!(view.redeliver(HOOK, Some(letter.sequence)).await, Err(none));
    let unknown = view.dead_letters("webhook-other", 0, 10).await.unwrap_err();
    assert_eq!(unknown.to_string(), "there is no target \"webhook-other\": there are webhook-studio");
}

#[tokio::test]
async fn dead_letters_that_are_tried_again_hold_up_no_event() {
    const LETTERS: usize = 40;
    let mut receiver = Receiver::start(&[]).await;
    receiver.always(Answer::Status(503));
    let stage = Stage::start(only(Webhook { attempts: 1, ..webhook(&receiver.url) })).await;
    stage.post(&["a.1"; LETTERS]).await;
    receiver.take(LETTERS).await;
    stage.until(HOOK, |view| view.dead_letters == LETTERS as u64).await;

    receiver.always(Answer::Late(Duration::from_millis(50), 503));
    let view = stage.leader.outward().unwrap().clone();
    assert_eq!(view.redeliver(HOOK, None).await, Ok(LETTERS as u64));
    receiver.next().await;
    let sent = stage.post(&["a.2"]).await.remove(0);
    let mut before = 1;
    while receiver.next().await.sequence() != sent.sequence {
        before += 1;
    }
    assert!(before < LETTERS / 2, "{before} dead letters came before the event");
    // And the rest of them comes all the same.
    receiver.take(LETTERS - before).await;
}

#[tokio::test]
async fn a_letter_that_is_asked_for_while_it_is_being_tried_is_tried_once_more() {
    let said = Arc::new(Notify::new());
    let answers = [Answer::Status(503), Answer::Held(said.clone(), 503), Answer::Status(200)];
    let mut receiver = Receiver::start(&answers).await;
    let patient = Webhook { attempts: 1, timeout: PATIENCE, ..webhook(&receiver.url) };
    let stage = Stage::start(only(patient)).await;
    let sent = stage.post(&["a.1"]).await.remove(0);
    stage.until(HOOK, |view| view.dead_letters == 1).await;
    let view = stage.leader.outward().unwrap().clone();
    assert_eq!(view.redeliver(HOOK, Some(sent.sequence)).await, Ok(1));
    // It hangs in the try: somebody repairs the receiver, and asks again.
    receiver.take(2).await;
    assert_eq!(view.redeliver(HOOK, Some(sent.sequence)).await, Ok(1));
    said.notify_one();
    let again = receiver.next().await;
    assert_eq!((again.sequence(), again.delivery()), (sent.sequence, 3));
    let view = stage.until(HOOK, |view| view.dead_letters == 0).await;
    assert_eq!((view.delivered, view.failed), (1, 2));
}

#[tokio::test]
async fn only_the_wanted_types_and_project_come_and_the_rest_moves_the_cursor_too() {
    let mut receiver = Receiver::start(&[]).await;
    let types = vec!["node.*.v1".into(), "a.*".into()];
    let config = Webhook { types, project: Some("opener".into()), ..webhook(&receiver.url) };
    let stage = Stage::start(only(config)).await;
    let sent = stage
        .post_all(vec![
            of_project(event("a.1", "{}"), "opener"),
            of_project(event("a.2", "{}"), "other"),
            event("a.3", "{}"),
            of_project(event("b.1", "{}"), "opener"),
            of_project(event("node.online.v1", "{}"), "opener"),
            of_project(event("node.drained", "{}"), "opener"),
        ])
        .await;
    assert_eq!(sequences(&receiver.take(2).await), [sent[0].sequence, sent[4].sequence]);
    let view = stage.until(HOOK, |view| view.cursor == sent[5].sequence).await;
    assert_eq!(view.delivered, 2);
}

#[tokio::test]
async fn a_receiver_that_was_away_is_told_of_everything_since() {
    let receiver = Receiver::start(&[]).await;
    let address = receiver.address.to_string();
    let stage = Stage::start(only(webhook(&receiver.url))).await;
    drop(receiver);
    let sent = stage.post(&["a.1"; 60]).await;
    let view = stage.until(HOOK, |view| view.failed >= 3).await;
    assert_eq!((view.state, view.delivered), (TargetState::Away, 0));
    assert!(view.trouble.unwrap().contains("refused"));
    let mut receiver = Receiver::start_at(&address, &[]).await;
    let requests = receiver.take(60).await;
    assert_eq!(sequences(&requests), sent.iter().map(|sent| sent.sequence).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_leader_that_is_killed_again_and_again_loses_nothing() {
    let mut receiver = Receiver::start(&[]).await;
    let mut stage = Stage::start(only(webhook(&receiver.url))).await;
    let (mut sent, mut got) = (Vec::new(), Got::default());
    for round in 1..=4 {
        sent.extend(stage.post(&["a.1"; 50]).await);
        // In the middle of it.
        while got.0.len() < 50 * (round - 1) + 20 {
            let request = receiver.next().await;
            got.add(request.header("webhook-id"), request.body.as_bytes());
        }
        stage = stage.crash().await;
    }
    while !got.has_all(&sent) {
        let request = receiver.next().await;
        got.add(request.header("webhook-id"), request.body.as_bytes());
    }
    got.check(&sent);
}

#[tokio::test]
async fn leaving_in_good_order_repeats_nothing() {
    let mut receiver = Receiver::start(&[]).await;
    let stage = Stage::start(only(webhook(&receiver.url))).await;
    let before = stage.post(&["a.1", "a.2"]).await;
    stage.until(HOOK, |view| view.delivered == 2).await;
    let stage = stage.restart().await;
    let after = stage.post(&["a.3"]).await;
    let ids: Vec<String> =
        receiver.take(3).await.iter().map(|request| request.header("webhook-id").to_owned()).collect();
    assert_eq!(ids, [&before[0].id, &before[1].id, &after[0].id].map(String::clone));
}

#[tokio::test]
async fn a_new_target_begins_now_and_one_with_a_damaged_cursor_at_the_oldest_event() {
    let mut receiver = Receiver::start(&[]).await;
    let stage = Stage::start(OutwardConfig::default()).await;
    let before = stage.post(&["a.1"; 3]).await;
    let stage = Stage { config: only(webhook(&receiver.url)), ..stage }.restart().await;
    let after = stage.post(&["a.2"]).await;
    assert_eq!(receiver.next().await.sequence(), after[0].sequence);
    stage.until(HOOK, |view| view.delivered == 1).await;
    stage.outward.stop().await;
    let file = stage.cursor_file(HOOK);
    std::fs::write(&file, "{\"version\":1,\"target\":\"web").unwrap();
    let _stage = stage.crash().await;
    let all: Vec<u64> = before.iter().chain(&after).map(|sent| sent.sequence).collect();
    assert_eq!(sequences(&receiver.take(4).await), all);
    let aside = file.with_extension("json.damaged");
    assert_eq!(std::fs::read_to_string(aside).unwrap(), "{\"version\":1,\"target\":\"web");
}

#[tokio::test]
async fn events_that_the_log_dropped_meanwhile_are_counted_and_the_rest_comes() {
    let mut receiver = Receiver::start(&[]).await;
    let store = callsheet_journal::MemoryStore::new(1000);
    let config = only(webhook(&receiver.url));
    let stage = Stage::start_in(tempfile::tempdir().unwrap(), store, config).await;
    stage.until(HOOK, |view| view.state == TargetState::Delivering).await;
    stage.outward.stop().await;
    // As if it had been away for a long time.
    std::fs::write(stage.cursor_file(HOOK), "{\"version\":1,\"target\":\"webhook-studio\",\"delivered\":1}")
        .unwrap();
    for _ in 0..5 {
        stage.post(&["b.1"; 500]).await;
    }
    let last = stage.post(&["a.1"]).await.remove(0);
    let dropped = async {
        while stage.leader.range().0 < 100 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    crate::common::within("the log to drop something", dropped).await;
    let stage = stage.crash().await;
    assert_eq!(receiver.next().await.sequence(), last.sequence);
    stage.written(HOOK, last.sequence).await;
    let view = stage.view(HOOK);
    assert!(view.missed >= 98 && view.missed < last.sequence, "{view:?}");
    assert_eq!(view.delivered, 1);
}

#[tokio::test]
async fn a_cursor_of_another_log_begins_at_the_oldest_event() {
    let mut receiver = Receiver::start(&[]).await;
    let stage = Stage::start(only(webhook(&receiver.url))).await;
    let sent = stage.post(&["a.1", "a.2"]).await;
    receiver.take(2).await;
    stage.outward.stop().await;
    std::fs::write(
        stage.cursor_file(HOOK),
        "{\"version\":1,\"target\":\"webhook-studio\",\"delivered\":999999}",
    )
    .unwrap();
    let _stage = stage.crash().await;
    let again: BTreeSet<u64> = sequences(&receiver.take(2).await).into_iter().collect();
    assert_eq!(again, sent.iter().map(|sent| sent.sequence).collect());
}

#[tokio::test]
async fn a_target_whose_disk_takes_nothing_falls_alone_and_goes_on_when_it_does() {
    let mut receiver = Receiver::start(&[Answer::Status(500)]).await;
    let stage = Stage::start(only(Webhook { attempts: 1, ..webhook(&receiver.url) })).await;
    stage.until(HOOK, |view| view.state == TargetState::Delivering).await;
    let directory = stage.cursor_file(HOOK).parent().unwrap().to_owned();
    std::fs::remove_dir_all(&directory).unwrap();
    let sent = stage.post(&["a.1", "a.2"]).await;
    assert_eq!(receiver.next().await.sequence(), sent[0].sequence);
    let view = stage.until(HOOK, |view| view.falls > 0).await;
    assert_eq!((view.cursor < sent[0].sequence, view.delivered), (true, 0));
    // The leader goes on.
    stage.post(&["b.1"]).await;
    std::fs::create_dir_all(&directory).unwrap();
    assert_eq!(sequences(&receiver.take(2).await), [sent[0].sequence, sent[1].sequence]);
    stage.written(HOOK, sent[1].sequence).await;
}

#[tokio::test]
async fn what_cannot_work_is_told_at_the_start_without_what_is_secret() {
    let secrets = tempfile::tempdir().unwrap();
    let start = async |webhook: Webhook| {
        let stage = Stage::start(OutwardConfig::default()).await;
        let directory = tempfile::tempdir().unwrap();
        let leader = crate::common::leader(directory.path(), &stage.store, &only(webhook)).await;
        Outward::start(leader).await.err().map(|error: StartError| error.to_string())
    };
    let missing =
        Webhook { secret_file: Some(PathBuf::from("/nowhere/key")), ..webhook("http://127.0.0.1:1/") };
    let why = start(missing).await.unwrap();
    assert!(why.starts_with("webhook studio: the secret in /nowhere/key cannot be read"), "{why}");
    let file = secrets.path().join("nothing");
    std::fs::write(&file, "whsec_\n").unwrap();
    let why = start(Webhook { secret_file: Some(file), ..webhook("http://127.0.0.1:1/") }).await.unwrap();
    assert!(why.ends_with("nothing: what follows whsec_ is no key in base64"), "{why}");
    let why = start(webhook("ftp://me:hunter2@host/")).await.unwrap();
    assert_eq!(why, "webhook studio: found the scheme ftp, and http or https are allowed");
    let file = secrets.path().join("empty");
    std::fs::write(&file, "\n").unwrap();
    let why = start(Webhook { secret_file: Some(file), ..webhook("http://127.0.0.1:1/") }).await.unwrap();
    assert!(why.ends_with("empty holds no secret: it is empty"), "{why}");
    assert_eq!(start(webhook("http://127.0.0.1:1/")).await, None);
}
