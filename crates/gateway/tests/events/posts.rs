//! Posting events: every form is taken, all or none, once.

use serde_json::{Value, json};

use crate::bench::Bench;

/// A worker's event with everything that the contract knows, under its canonical names.
fn full() -> Value {
    json!({
        "event_type": "step.exit",
        "payload": { "rows": 3 },
        "step": "fetch",
        "execution_id": "9223372036854775807",
        "event_id": "6b1f1c4e-0f0e-4b57-9a43-6f1f8a5c2d11",
        "status": "COMPLETED",
        "created_at": "2026-11-21T16:00:00.123456Z",
        "worker_id": "worker-7",
        "meta": { "a": [1, null] },
        "result_kind": "ref",
        "result_uri": "s3://bucket/key",
        "event_ids": ["1", "9223372036854775807"],
        "actionable": false,
        "informative": true,
    })
}

#[tokio::test]
async fn an_event_is_taken_in_every_form_and_read_back_under_its_canonical_names() {
    let bench = Bench::start().await;
    let begin = bench.leader.range().1;
    let mut alias = full();
    for (canonical, other) in [("event_type", "name"), ("payload", "context"), ("step", "node_name")] {
        let value = alias.as_object_mut().unwrap().remove(canonical).unwrap();
        alias[other] = value;
    }
    alias["execution_id"] = json!(9_223_372_036_854_775_807_u64);
    alias["event_id"] = json!("6b1f1c4e-0f0e-4b57-9a43-6f1f8a5c2d12");
    for event in [&full(), &alias] {
        let (status, answer) = bench.post("/api/events", event).await;
        assert_eq!(status, 201, "{answer}");
        assert_eq!(answer["id"], event["event_id"]);
        assert_eq!(answer["already"], false);
    }
    let log = bench.log(begin).await;
    let (canonical, alias) = (&log[0], &log[1]);
    for (field, value) in full().as_object().unwrap() {
        if field != "event_id" {
            assert_eq!(&canonical[field], value, "{field} in {canonical}");
            assert_eq!(&alias[field], value, "{field} in {alias}");
        }
    }
    assert_eq!(canonical["type"], "step.exit");
}

#[tokio::test]
async fn the_least_that_can_be_said_is_an_event() {
    let bench = Bench::start().await;
    let begin = bench.leader.range().1;
    let (status, answer) = bench.post("/api/events", &json!({ "name": "call.done" })).await;
    assert_eq!(status, 201, "{answer}");
    let event = &bench.log(begin).await[0];
    assert_eq!((&event["id"], &event["sequence"]), (&answer["id"], &answer["sequence"]));
    for (field, value) in [
        ("event_type", json!("call.done")),
        ("payload", json!({})),
        ("actionable", json!(true)),
        ("informative", json!(false)),
        ("result_kind", json!("data")),
    ] {
        assert_eq!(event[field], value, "{field} in {event}");
    }
}

#[tokio::test]
async fn an_array_is_answered_with_an_array_and_one_event_with_one() {
    let bench = Bench::start().await;
    let event = json!({ "event_type": "a.b" });
    let (_, one) = bench.post("/api/events", &event).await;
    assert!(one["sequence"].is_u64() && one.get("events").is_none(), "{one}");
    let (_, array) = bench.post("/api/events", &json!([event])).await;
    assert_eq!(array["events"].as_array().map(Vec::len), Some(1), "{array}");
    let (_, array) = bench.post("/api/events", &json!([event, event, event])).await;
    let numbers: Vec<u64> =
        array["events"].as_array().unwrap().iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [numbers[0], numbers[0] + 1, numbers[0] + 2]);
}

#[tokio::test]
async fn a_post_may_be_repeated() {
    let bench = Bench::start().await;
    let begin = bench.leader.range().1;
    let (first, one) = bench.post("/api/events", &full()).await;
    let (second, again) = bench.post("/api/events", &full()).await;
    assert_eq!((first, second), (201, 200));
    assert_eq!((&one["id"], &one["sequence"]), (&again["id"], &again["sequence"]));
    assert_eq!((&one["already"], &again["already"]), (&json!(false), &json!(true)));
    // Twice within one array, too, and beside new ones.
    let (status, answer) = bench.post("/api/events", &json!([full(), { "event_type": "a.b" }, full()])).await;
    assert_eq!(status, 201);
    let already: Vec<&Value> =
        answer["events"].as_array().unwrap().iter().map(|event| &event["already"]).collect();
    assert_eq!(already, [&json!(true), &json!(false), &json!(true)]);
    assert_eq!(bench.log(begin).await.len(), 2);
}

#[tokio::test]
async fn a_batch_with_one_bad_event_is_refused_whole_and_says_which() {
    let bench = Bench::start().await;
    let head = bench.leader.range().1;
    let good = json!({ "event_type": "a.b" });
    let bad =
        json!({ "event_type": "approval.granted", "payload": { "approval_id": 7, "approved_by": "x" } });
    let (status, problem) = bench.post("/api/events", &json!([good, good, bad, good])).await;
    assert_eq!((status, &problem["code"]), (422, &json!("invalid_events")), "{problem}");
    let fields: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert!(fields.contains(&"[2].payload.approval_id"), "{problem}");
    assert!(fields.contains(&"[2].payload.approved_by"), "{problem}");
    assert_eq!(bench.leader.range().1, head, "none was taken");
}

#[tokio::test]
async fn what_is_no_event_at_all_is_refused_by_its_kind() {
    let bench = Bench::with(|config| config.leader.http.body_limit = 4096).await;
    let head = bench.leader.range().1;
    let send = async |kind: &str, body: String| {
        let request = bench.http.post(bench.url("/api/events")).header("content-type", kind).body(body);
        let response = request.send().await.unwrap();
        let (status, is) = (response.status().as_u16(), response.headers()["content-type"].clone());
        assert_eq!(is, "application/problem+json");
        let problem: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        (status, problem["code"].as_str().unwrap().to_owned())
    };
    let event = json!({ "event_type": "a.b" }).to_string();
    let is = |status, code: &str| (status, code.to_owned());
    assert_eq!(send("text/plain", event.clone()).await, is(415, "wrong_media_type"));
    assert_eq!(send("application/json; charset=latin1", event.clone()).await, is(415, "wrong_media_type"));
    assert_eq!(send("application/json", event[1..].to_owned()).await, is(400, "malformed_body"));
    assert_eq!(send("application/json", String::new()).await, is(400, "malformed_body"));
    assert_eq!(send("application/json", "7".into()).await, is(422, "invalid_events"));
    let large = json!({ "event_type": "a.b", "payload": { "x": "x".repeat(5000) } });
    assert_eq!(send("application/json", large.to_string()).await, is(413, "body_too_large"));
    assert_eq!(bench.leader.range().1, head);
}

#[tokio::test]
async fn the_clusters_own_history_cannot_be_forged() {
    let bench = Bench::start().await;
    let (status, problem) = bench.post("/api/events", &json!({ "event_type": "job.succeeded" })).await;
    assert_eq!(status, 422, "{problem}");
}
