//! Events of other services, of every generation: each is taken as its workers post it, and comes back in canonical
//! form, the same over a page and over a stream.

use noetl_events::ExecutorEvent;
use serde_json::{Value, json};

use crate::harness::{Cluster, Http, LEADER, Recipe};

const FULL: &str = "2f5f3a0e-3b52-4c1e-9d6f-0a1b2c3d4e5f";
const PROJECT: &str = "0f9b0a1c-1d2e-4f30-8a4b-5c6d7e8f9a0b";
const ACTOR: &str = "7c1d5f6e-2b3a-4c4d-9e5f-6a7b8c9d0e1f";

/// What the public crate's type is when every field is set, or only those that must be.
fn executor_event(full: bool) -> ExecutorEvent {
    let text = json!({
        "execution_id": 478_775_660_589_088_776_i64, "event_type": "command.completed", "step": "fetch_calendar",
        "status": "COMPLETED", "created_at": "2026-05-31T03:14:15.123456789Z", "context": { "items": 42 },
    });
    let event: ExecutorEvent = serde_json::from_value(text).unwrap();
    match full {
        false => event,
        true => ExecutorEvent {
            event_id: Some(478_775_660_589_088_777),
            worker_id: Some("worker-prod-7".to_owned()),
            meta: Some(json!({ "attempts": 3 })),
            ..event
        },
    }
}

/// What is posted, and what of it reads back how.
fn generations() -> Vec<(Value, Value)> {
    vec![
        (
            json!({ "event_type": "step.exit", "payload": { "rows": 3 }, "step": "fetch", "event_id": FULL,
                "execution_id": "9223372036854775807", "status": "RUNNING", "created_at": "2026-05-31T05:14:15+02:00",
                "worker_id": "w-1", "meta": [1, { "a": null }], "result_kind": "refs", "result_uri": "s3://b/x",
                "event_ids": [1, 9_007_199_254_740_993_i64], "actionable": false, "informative": true }),
            json!({ "id": FULL, "event_type": "step.exit", "type": "step.exit", "payload": { "rows": 3 },
                "step": "fetch", "execution_id": "9223372036854775807", "status": "RUNNING", "worker_id": "w-1",
                "meta": [1, { "a": null }], "result_kind": "refs", "result_uri": "s3://b/x",
                "event_ids": ["1", "9007199254740993"], "actionable": false, "informative": true,
                "timestamp": "2026-05-31T03:14:15Z", "created_at": "2026-05-31T03:14:15Z" }),
        ),
        (
            json!({ "name": "call.done", "context": { "of": "it" }, "node_name": "call",
                "execution_id": 9_007_199_254_740_993_i64 }),
            json!({ "event_type": "call.done", "payload": { "of": "it" }, "step": "call",
                "execution_id": "9007199254740993", "status": "COMPLETED", "result_kind": "data",
                "actionable": true, "informative": false }),
        ),
        (json!({ "event_type": "command.issued" }), json!({ "event_type": "command.issued", "payload": {} })),
        (json!({ "name": "step.enter" }), json!({ "event_type": "step.enter", "payload": {} })),
        (
            json!({ "id": "1e6a3b0c-5d4e-4f3a-8b2c-1d0e9f8a7b6c", "type": "issue.created", "project_id": PROJECT,
                "timestamp": "2026-05-31T03:14:15Z", "actor_id": ACTOR, "actor_type": "user",
                "correlation_id": "c-1", "payload": { "issue_id": "A-1", "title": "too dark" } }),
            json!({ "id": "1e6a3b0c-5d4e-4f3a-8b2c-1d0e9f8a7b6c", "type": "issue.created", "project_id": PROJECT,
                "timestamp": "2026-05-31T03:14:15Z", "actor_id": ACTOR, "actor_type": "user",
                "correlation_id": "c-1", "payload": { "issue_id": "A-1", "labels": [], "title": "too dark" } }),
        ),
        (json!({ "type": "a type that nobody knows" }), json!({ "type": "a type that nobody knows" })),
        (
            serde_json::to_value(executor_event(true)).unwrap(),
            json!({ "event_type": "command.completed", "event_id": "478775660589088777",
                "execution_id": "478775660589088776", "step": "fetch_calendar", "status": "COMPLETED",
                "payload": { "items": 42 }, "worker_id": "worker-prod-7", "meta": { "attempts": 3 },
                "timestamp": "2026-05-31T03:14:15.123456789Z" }),
        ),
        (
            serde_json::to_value(executor_event(false)).unwrap(),
            json!({ "event_type": "command.completed", "execution_id": "478775660589088776",
                "payload": { "items": 42 } }),
        ),
    ]
}

#[track_caller]
fn assert_reads(event: &Value, wanted: &Value) {
    for (field, value) in wanted.as_object().unwrap() {
        assert_eq!(&event[field], value, "{field} of {event}");
    }
    for field in ["context", "name", "node_name"] {
        assert!(event.get(field).is_none(), "{field} is no canonical name: {event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_generation_is_taken_and_reads_back_canonically_over_every_door() {
    let mut cluster = Cluster::lead(Recipe::new()).await;
    let http = Http::of(&cluster);
    let begin = cluster.sequence().await;
    let generations = generations();
    let mut wanted = Vec::new();
    for (nth, (body, reads)) in generations.iter().enumerate() {
        let (status, answer) = http.post("/api/events", body).await;
        assert_eq!((status, &answer["already"]), (201, &json!(false)), "{body}: {answer}");
        assert_eq!(answer["sequence"], begin + 1 + nth as u64, "{answer}");
        wanted.push((answer["id"].as_str().unwrap().to_owned(), reads));
    }
    let listed = http.log("").await.split_off(usize::try_from(begin).unwrap());
    assert_eq!(listed.len(), wanted.len());
    let mut stream = http.stream("/api/events/stream", Some(begin)).await.unwrap();
    for (event, (id, reads)) in listed.iter().zip(&wanted) {
        assert_eq!(event["id"], id.as_str());
        assert_reads(event, reads);
        let message = stream.next().await.unwrap();
        assert_eq!(
            (message.id, &message.data),
            (event["sequence"].as_u64(), event),
            "over a stream the same"
        );
        assert_eq!(message.kind, event["type"].as_str().unwrap());
    }
    // All over again, as one array, over the death of the leader: they are there once.
    cluster.kill(LEADER).await;
    cluster.start_leader().await;
    let named: Vec<&Value> =
        generations.iter().map(|(body, _)| body).filter(|body| body.get("event_id").is_some()).collect();
    assert_eq!(named.len(), 2);
    let before = cluster.sequence().await;
    let (status, answer) = http.post("/api/events", &json!(named)).await;
    assert_eq!(status, 200, "{answer}");
    for taken in answer["events"].as_array().unwrap() {
        let at = wanted.iter().position(|(id, _)| *id == taken["id"].as_str().unwrap()).unwrap();
        assert_eq!((&taken["already"], &taken["sequence"]), (&json!(true), &json!(begin + 1 + at as u64)));
    }
    assert_eq!(cluster.sequence().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_is_refused_whole_and_the_field_is_named() {
    let cluster = Cluster::lead(Recipe::new().leader("\n[leader.http]\nbody_limit = \"64KiB\"\n")).await;
    let http = Http::of(&cluster);
    let before = cluster.sequence().await;
    for (bad, field) in [
        (json!({ "payload": {} }), "event_type"),
        (json!({ "event_type": "a.b", "payload": 7 }), "payload"),
        (json!({ "event_type": "a.b", "execution_id": "no number" }), "execution_id"),
        (json!({ "event_type": "a.b", "status": "DONE" }), "status"),
        (json!({ "type": "approval.granted", "payload": { "approval_id": 7 } }), "payload.approval_id"),
        (json!([{ "event_type": "fine" }, { "event_type": "a.b", "created_at": "soon" }]), "[1].created_at"),
    ] {
        let (status, problem) = http.post("/api/events", &bad).await;
        assert_eq!(status, 422, "{bad}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(field), "{field}: {problem}");
    }
    let large = json!({ "event_type": "a.b", "payload": { "text": "x".repeat(70_000) } });
    assert_eq!(http.post("/api/events", &large).await.0, 413);
    assert_eq!(http.try_post("/api/events", "{no json").await.unwrap().0, 400);
    assert_eq!(cluster.sequence().await, before, "nothing of all this is in the log");
    assert_eq!(http.post("/api/events", &json!({ "event_type": "fine" })).await.0, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_that_speak_only_http_are_heard_live_and_not_kept() {
    let cluster = Cluster::lead(Recipe::new()).await;
    let http = Http::of(&cluster);
    let step = crate::harness::work::acted(&cluster.output("foreign"), "1-20", 1, &json!({}));
    let job = cluster.submit(crate::harness::work::job("foreign", vec![step])).await;
    let (node, frame_job) = (FULL, ACTOR);
    let before = cluster.sequence().await;
    let mut stream = http.stream("/api/events/stream?types=node.*", Some(before)).await.unwrap();
    let beat = json!({ "node_id": node, "status": "Busy", "recorded_at": "2026-05-31T03:14:15Z", "cpu_pct": 40,
        "current_frame": 7 });
    let (status, answer) = http.post(&format!("/v1/internal/nodes/{node}/heartbeat"), &beat).await;
    assert_eq!(status, 202, "{answer}");
    let heard = stream.next().await.unwrap();
    assert_eq!((heard.kind.as_str(), heard.id), ("node.heartbeat.v1", None), "{heard:?}");
    for (field, value) in beat.as_object().unwrap() {
        let said = &heard.data["payload"][field];
        assert!(said == value || field == "recorded_at", "{field}: {heard:?}");
    }
    let frame = json!({ "render_job_id": job, "frame_job_id": frame_job, "frame_number": 12,
        "file_size_bytes": 1024, "completed_at": "2026-05-31T03:14:16Z" });
    let (status, answer) = http.post(&format!("/v1/internal/render/jobs/{job}/frames"), &frame).await;
    assert_eq!(status, 202, "{answer}");
    let heard = stream.next().await.unwrap();
    assert_eq!((heard.kind.as_str(), heard.id), ("node.frame.completed.v1", None), "{heard:?}");
    assert_eq!(heard.data["payload"]["frame_number"], 12);
    let wrong = json!({ "node_id": node, "status": "Fine", "recorded_at": "2026-05-31T03:14:15Z" });
    let (status, problem) = http.post(&format!("/v1/internal/nodes/{node}/heartbeat"), &wrong).await;
    assert_eq!(status, 422, "{problem}");
    assert_eq!(problem["code"], "invalid");
    assert!(problem["detail"].as_str().unwrap().contains("status"), "{problem}");
    assert_eq!(cluster.sequence().await, before, "signals are not kept");
}
