//! Nodes, pauses, alerts, targets and the cluster's status.

use std::sync::Arc;

use callsheet_leader::{Answer, DeadLetter, OutwardError, OutwardView, TargetState, TargetView};
use callsheet_model::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bench::{Bench, PERSON, eventually, fields, good, refused};

#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_told_drained_undrained_and_cleared() {
    let bench = Bench::start().await;
    assert_eq!(bench.json("/api/v1/nodes").await, json!({ "nodes": [] }));
    let (_door, _told) = bench.node("anna").await;
    let anna = eventually(async || bench.json("/api/v1/nodes").await["nodes"].get(0).cloned()).await;
    assert_eq!(
        (&anna["name"], &anna["online"], &anna["drained"]),
        (&json!("anna"), &json!(true), &json!(false))
    );
    assert_eq!(anna["capabilities"]["slots"], 1);
    assert!(Uuid::try_parse(anna["node_id"].as_str().unwrap()).is_ok());
    assert_eq!(bench.json("/api/v1/nodes/anna").await["name"], "anna");
    let verb = |verb: &str| bench.post(&format!("/api/v1/nodes/anna/{verb}")).header("x-actor-id", PERSON);
    assert_eq!(good(verb("drain"), StatusCode::OK).await["drained"], true);
    assert_eq!(good(verb("undrain"), StatusCode::OK).await["drained"], false);
    assert_eq!(good(verb("clear"), StatusCode::OK).await["quarantines"], json!([]));
    assert_eq!(
        good(verb("clear").json(&json!({ "renderer": "lottie" })), StatusCode::OK).await["name"],
        "anna"
    );
    for path in ["/api/v1/nodes/berta", "/api/v1/nodes/..%2F..", "/api/v1/nodes/%20"] {
        refused(bench.get(path), 404, "unknown_node").await;
    }
    refused(bench.post("/api/v1/nodes/berta/drain"), 404, "unknown_node").await;
    let event = bench.json("/api/events?types=node.drained").await;
    assert_eq!(event["events"][0]["actor_id"], PERSON);
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_are_set_prolonged_told_and_lifted() {
    let bench = Bench::start().await;
    let put = |body: Value| bench.ask(Method::PUT, "/api/v1/pauses").header("x-actor-id", PERSON).json(&body);
    assert_eq!(bench.json("/api/v1/pauses").await, json!({ "pauses": [] }));
    let whole = good(put(json!({ "scope": "cluster", "reason": "fire drill" })), StatusCode::OK).await;
    let wanted =
        json!([{ "scope": "cluster", "source": "person", "reason": "fire drill", "running": "finish" }]);
    assert_eq!(whole["pauses"], wanted);
    let pool = json!({ "scope": "pool", "name": "gpu", "for_ms": 7_200_000, "running": "hand_back" });
    let both = good(put(pool), StatusCode::OK).await;
    let gpu = &both["pauses"][1];
    assert_eq!((&gpu["name"], &gpu["running"]), (&json!("gpu"), &json!("hand_back")));
    assert!(gpu["until"].as_str().unwrap().ends_with('Z'));
    assert_eq!(bench.json("/api/v1/status").await["pauses"], 2);
    let lift = |query: &str| bench.ask(Method::DELETE, &format!("/api/v1/pauses?{query}"));
    assert_eq!(good(lift("scope=pool&name=gpu"), StatusCode::OK).await["pauses"], wanted);
    assert_eq!(good(lift("scope=pool&name=gpu"), StatusCode::OK).await["pauses"], wanted, "no mistake");
    assert_eq!(good(lift("scope=cluster&source=person"), StatusCode::OK).await["pauses"], json!([]));
    for (body, field) in [
        (json!({ "scope": "pool" }), "name"),
        (json!({ "scope": "pool", "name": "../up" }), "name"),
        (json!({ "scope": "cluster", "name": "gpu" }), "name"),
        (json!({ "scope": "cluster", "for_ms": 0 }), "for_ms"),
        (json!({ "scope": "cluster", "reason": "a\nb" }), "reason"),
        (json!({ "scope": "moon" }), "scope"),
        (json!({ "scope": "cluster", "until": "noon" }), "until"),
    ] {
        let problem = refused(put(body), 422, "invalid").await;
        assert_eq!(fields(&problem), [field], "{problem}");
    }
    for (query, field) in
        [("", "scope"), ("scope=pool", "name"), ("scope=cluster&source=watcher", "source_name")]
    {
        let problem = refused(lift(query), 400, "bad_parameter").await;
        assert_eq!(fields(&problem), [field], "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cluster_is_told_in_figures() {
    let bench = Bench::start().await;
    bench.submit(&bench.job("one").await).await;
    let status = bench.json("/api/v1/status").await;
    assert_eq!(
        (&status["cluster"], &status["jobs_queued"], &status["epoch"]),
        (&json!("test"), &json!(1), &json!(1))
    );
    assert!(status["sequence"].as_u64().unwrap() >= 2 && status["oldest"] == 1);
    let alerts = bench.json("/api/v1/alerts").await;
    assert_eq!(alerts["pending"], json!([]));
    assert!(alerts["last"].is_object());
}

/// Two targets, of which one has a dead letter that is taken when it is tried again.
struct Outward;

impl OutwardView for Outward {
    fn targets(&self) -> Vec<TargetView> {
        let target = |name: &str, kind| TargetView {
            name: name.into(),
            kind,
            address: "https://studio.example/hook".into(),
            state: TargetState::Away,
            cursor: 41,
            delivered: 40,
            failed: 3,
            dead_letters: 3,
            dropped: 0,
            missed: 0,
            falls: 0,
            trouble: Some("it answered 500".into()),
        };
        vec![target("nats", "nats"), target("webhook-studio", "webhook")]
    }

    fn dead_letters<'a>(&'a self, target: &'a str, after: u64, limit: usize) -> Answer<'a, Vec<DeadLetter>> {
        Box::pin(async move {
            assert_eq!(target, "webhook-studio");
            let letter = |sequence| DeadLetter {
                sequence,
                id: Uuid::from_u128(sequence.into()),
                kind: "job.failed".into(),
                at: Timestamp(1_700_000_000_000),
                attempts: 5,
                why: "it answered 500".into(),
                json: format!(r#"{{"sequence":{sequence},"big":12345678901234567890}}"#).into(),
            };
            Ok((1..=3)
                .map(|nth| letter(nth * 10))
                .filter(|letter| letter.sequence > after)
                .take(limit)
                .collect())
        })
    }

    fn redeliver<'a>(&'a self, target: &'a str, sequence: Option<u64>) -> Answer<'a, u64> {
        Box::pin(async move {
            match sequence {
                None => Ok(3),
                Some(10) => Ok(1),
                Some(sequence) => Err(OutwardError::NoSuchLetter { target: target.into(), sequence }),
            }
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_tell_how_they_stand_and_what_they_did_not_take() {
    let bench = Bench::start().await;
    assert_eq!(bench.json("/api/v1/targets").await, json!({ "targets": [] }));
    refused(bench.get("/api/v1/targets/studio/dead_letters"), 404, "unknown_target").await;
    assert!(bench.leader.set_outward(Arc::new(Outward)));
    let targets = bench.json("/api/v1/targets").await;
    assert_eq!(
        (&targets["targets"][1]["name"], &targets["targets"][1]["state"]),
        (&json!("webhook-studio"), &json!("away"))
    );
    let letters = "/api/v1/targets/studio/dead_letters";
    let first = bench.json(&format!("{letters}?page_size=2")).await;
    assert_eq!((first["events"].as_array().unwrap().len(), &first["next_page_token"]), (2, &json!(20)));
    let text = bench.get(letters).send().await.unwrap().text().await.unwrap();
    assert!(
        text.contains(r#""envelope":{"sequence":10,"big":12345678901234567890}"#),
        "as it is sent: {text}"
    );
    let second = bench.json(&format!("{letters}?page_size=2&page_token=20")).await;
    assert_eq!((&second["events"][0]["sequence"], second.get("next_page_token")), (&json!(30), None));
    let again = |body: Value| bench.post("/api/v1/targets/webhook-studio/redeliver").json(&body);
    assert_eq!(good(again(json!({})), StatusCode::ACCEPTED).await, json!({ "events": 3 }));
    assert_eq!(good(again(json!({ "sequence": 10 })), StatusCode::ACCEPTED).await, json!({ "events": 1 }));
    refused(again(json!({ "sequence": 11 })), 404, "unknown_dead_letter").await;
    refused(bench.get("/api/v1/targets/moon/dead_letters"), 404, "unknown_target").await;
    let size = refused(bench.get(&format!("{letters}?page_size=0")), 400, "bad_parameter").await;
    assert_eq!(fields(&size), ["page_size"]);
}
