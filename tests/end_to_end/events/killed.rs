//! SIGKILL to the leader, in the middle of posts, releases, streams and webhooks: what was acknowledged is in the log
//! once, nothing is half there, and a reader who resumes has every number once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::receiver::Receiver;
use crate::harness::said::json;
use crate::harness::{Cluster, Dice, Http, LEADER, PERSON, Recipe};

const KILLS: usize = 6;
const POSTERS: u64 = 3;
const READERS: usize = 3;

/// A post of several events, and what was answered to it, if anything was.
struct Batch {
    ids: Vec<Uuid>,
    acknowledged: Option<Vec<u64>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_once_and_nothing_is_half_there() {
    let mut dice = Dice::new("killed leader of events");
    let receiver = Receiver::start(0).await;
    let hook = format!(
        "\n[[webhook]]\nname = \"studio\"\nurl = {:?}\ntypes = [\"work.*\"]\nattempts = 100\n\
         retry_first = \"20ms\"\nretry_max = \"100ms\"\n",
        receiver.url
    );
    let mut cluster = Cluster::lead(Recipe::new().section(&hook)).await;
    let http = Http::of(&cluster);
    let stop = Arc::new(AtomicBool::new(false));
    let end = Arc::new(AtomicU64::new(u64::MAX));
    let posters: Vec<_> =
        (0..POSTERS).map(|nth| tokio::spawn(post(http.clone(), nth, stop.clone()))).collect();
    let releases = tokio::spawn(release(http.clone(), cluster.output("never"), stop.clone()));
    let readers: Vec<_> = (0..READERS).map(|_| tokio::spawn(follow(http.clone(), end.clone()))).collect();
    for _ in 0..KILLS {
        tokio::time::sleep(dice.millis(150, 900)).await;
        cluster.kill(LEADER).await;
        tokio::time::sleep(dice.millis(0, 200)).await;
        cluster.start_leader().await;
    }
    stop.store(true, Ordering::Release);
    let mut batches = Vec::new();
    for poster in posters {
        batches.extend(cluster.within("a poster ends", poster).await.unwrap());
    }
    let granted = cluster.within("the releases end", releases).await.unwrap();
    // And one more behind the last, so that readers who wait for it see that it is over.
    let (status, last) = http.post("/api/events", &json!({ "event_type": "the.end" })).await;
    assert_eq!(status, 201);
    end.store(last["sequence"].as_u64().unwrap(), Ordering::Release);
    http.post("/api/events", &json!({ "event_type": "after.the.end" })).await;

    let log = http.log("").await;
    assert_batches(&batches, &log);
    assert_releases(&granted, &log);
    for reader in readers {
        let heard = cluster.within("a reader has everything", reader).await.unwrap();
        let so_far = &log[..heard.len()];
        assert!(heard.len() as u64 >= end.load(Ordering::Acquire));
        for (heard, stored) in heard.iter().zip(so_far) {
            assert_eq!(heard, stored, "what was told once is in the log, as it was told");
        }
    }
    assert_hooked(&cluster, &receiver, &log).await;
    assert_whole(&mut cluster, last["sequence"].as_u64().unwrap()).await;
}

/// Posts batches until it is told to stop; every second one that fails it gives up, and never learns what became of
/// it.
async fn post(http: Http, poster: u64, stop: Arc<AtomicBool>) -> Vec<Batch> {
    let mut batches = Vec::new();
    while !stop.load(Ordering::Acquire) {
        let nth = batches.len() as u64;
        let ids: Vec<Uuid> = (0..1 + (nth * 7 + poster) % 40).map(|_| Uuid::new_v4()).collect();
        let event = |(at, id): (usize, &Uuid)| {
            json!({ "event_type": "work.done", "event_id": id,
                "payload": { "poster": poster, "batch": nth, "at": at } })
        };
        let body = Value::from(ids.iter().enumerate().map(event).collect::<Vec<_>>()).to_string();
        let acknowledged = acknowledged(&http, &body, nth.is_multiple_of(2)).await;
        batches.push(Batch { ids, acknowledged });
    }
    batches
}

async fn acknowledged(http: &Http, body: &str, insists: bool) -> Option<Vec<u64>> {
    loop {
        match http.try_post("/api/events", body).await {
            Ok((200 | 201, answer)) => {
                let events = answer["events"].as_array().unwrap();
                let already: BTreeSet<bool> =
                    events.iter().map(|event| event["already"].as_bool().unwrap()).collect();
                assert_eq!(already.len(), 1, "a batch is there whole, or not at all: {answer}");
                return Some(events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect());
            }
            Ok((503, _)) | Err(_) if insists => tokio::time::sleep(Duration::from_millis(5)).await,
            Ok((503, _)) | Err(_) => return None,
            Ok(other) => panic!("{other:?}"),
        }
    }
}

#[track_caller]
fn assert_batches(batches: &[Batch], log: &[Value]) {
    let mut at: BTreeMap<&str, u64> = BTreeMap::new();
    for (nth, event) in log.iter().enumerate() {
        let sequence = event["sequence"].as_u64().unwrap();
        assert_eq!(sequence, nth as u64 + 1, "the log has no gap");
        let twice = at.insert(event["id"].as_str().unwrap(), sequence);
        assert_eq!(twice, None, "nothing is there twice: {event}");
    }
    let (mut acknowledged, mut unknown, mut there) = (0, 0, 0);
    for Batch { ids, acknowledged: told } in batches {
        let found: Vec<u64> = ids.iter().filter_map(|id| at.get(id.to_string().as_str()).copied()).collect();
        match told {
            Some(told) => {
                assert_eq!(told, &found, "what was acknowledged is there, under the number that was told");
                acknowledged += found.len();
            }
            None => {
                assert!(found.is_empty() || found.len() == ids.len(), "{} of {}", found.len(), ids.len());
                unknown += ids.len();
                there += found.len();
            }
        }
    }
    println!(
        "killed {KILLS} times: {acknowledged} events were acknowledged and are there once; of {unknown} that nobody \
         answered for {there} are there, in whole batches; the log has {} events",
        log.len()
    );
    assert!(acknowledged > 0);
}

/// Submits jobs that wait for a release, and releases them, until it is told to stop; says which were.
async fn release(http: Http, output: String, stop: Arc<AtomicBool>) -> Vec<String> {
    let mut granted = Vec::new();
    while !stop.load(Ordering::Acquire) {
        let id = Uuid::new_v4().to_string();
        let step = json!({ "name": "frames", "renderer": "actor", "frames": "1", "output": output });
        let job = json!({ "id": id, "name": "waits", "project": "tests", "steps": [step],
            "approval": { "description": "shall it?" } });
        insist(&http, "/api/v1/jobs", &job, &[200, 201]).await;
        // Said again after an answer that was lost, a release is refused: there is nothing to release any more.
        let path = format!("/api/v1/jobs/{id}/approve");
        insist(&http, &path, &json!({ "comments": "yes" }), &[200, 409]).await;
        granted.push(id);
    }
    granted
}

async fn insist(http: &Http, path: &str, body: &Value, fine: &[u16]) {
    loop {
        match http.try_post(path, &body.to_string()).await {
            Ok((status, _)) if fine.contains(&status) => return,
            Ok((503, _)) | Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            Ok(other) => panic!("{path}: {other:?}"),
        }
    }
}

#[track_caller]
fn assert_releases(granted: &[String], log: &[Value]) {
    let mut told: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for event in log {
        let kind = event["type"].as_str().unwrap();
        let wanted = ["job.submitted", "approval.requested", "approval.granted"].contains(&kind);
        if let (true, Some(job)) = (wanted, event["payload"]["job_id"].as_str()) {
            told.entry(job).or_default().push(kind);
        }
        if kind == "approval.granted" {
            assert_eq!(event["payload"]["approved_by"], PERSON);
        }
    }
    for job in granted {
        assert_eq!(told[job.as_str()], ["job.submitted", "approval.requested", "approval.granted"], "{job}");
    }
    println!("killed {KILLS} times: {} jobs were released, each once", granted.len());
    assert!(!granted.is_empty());
}

/// Follows the log from its beginning, over every break, up to the end.
async fn follow(http: Http, end: Arc<AtomicU64>) -> Vec<Value> {
    let mut heard: Vec<Value> = Vec::new();
    loop {
        let cursor = heard.len() as u64;
        if cursor >= end.load(Ordering::Acquire) {
            return heard;
        }
        let Ok(mut stream) = http.stream("/api/events/stream", Some(cursor)).await else {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        while (heard.len() as u64) < end.load(Ordering::Acquire) {
            let Some(message) = stream.next().await else { break };
            // The last word of a stream that ends, and signals, have no number.
            let Some(id) = message.id else { continue };
            assert_eq!(id, heard.len() as u64 + 1, "a gap, or something twice: {message:?}");
            heard.push(message.data);
        }
    }
}

/// The webhook was told of everything that is there, in its order; again where an answer was lost.
async fn assert_hooked(cluster: &Cluster, receiver: &Receiver, log: &[Value]) {
    let wanted: Vec<&str> = log
        .iter()
        .filter(|event| event["type"] == "work.done")
        .map(|event| event["id"].as_str().unwrap())
        .collect();
    let last = wanted.last().copied().unwrap_or_default().to_owned();
    let all = receiver.until(|taken| taken.iter().any(|event| event["id"] == last.as_str()));
    let taken = cluster.within("the webhook is told of the last one", all).await;
    let mut seen = BTreeSet::new();
    let first: Vec<&str> =
        taken.iter().map(|event| event["id"].as_str().unwrap()).filter(|id| seen.insert(*id)).collect();
    assert!(first == wanted, "{} of {} events, or in another order", first.len(), wanted.len());
    for sent in receiver.sent() {
        assert_eq!(sent.headers["webhook-id"], sent.body["id"].as_str().unwrap());
    }
    println!(
        "killed {KILLS} times: {} events over a webhook, {} more than once",
        first.len(),
        taken.len() - first.len()
    );
}

/// Nothing was altered or left out, says the leader, and say the files after one more SIGKILL.
async fn assert_whole(cluster: &mut Cluster, least: u64) {
    let checked = json(&cluster.run(&["events", "verify", "--json"]).await);
    assert_eq!((&checked["ok"], &checked["first"]), (&json!(true), &json!(1)), "{checked}");
    assert!(checked["last"].as_u64().unwrap() >= least, "{checked}");
    cluster.kill(LEADER).await;
    let data = cluster.root().join("leader");
    let offline = json(&cluster.run(&["events", "verify", "--data", data.to_str().unwrap(), "--json"]).await);
    assert_eq!(offline["ok"], true, "{offline}");
    assert!(offline["last"].as_u64().unwrap() >= least, "{offline}");
}
