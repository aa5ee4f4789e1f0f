//! Every text that comes in over HTTP has a bound, and a refusal that names it: in paths, queries, headers, bodies.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::bench::{Bench, PERSON, fields, problem};

const JOB: &str = "018f2d3c-1111-7222-8333-0123456789ab";

/// Longer than any of these texts may be, and not too long for an address.
fn long() -> String {
    "x".repeat(20_000)
}

/// Asked with, the answer's status and code, and the field that is named.
type Row = (RequestBuilder, u16, &'static str, &'static str);

async fn all_refused(bench: &Bench, rows: Vec<Row>) {
    for (request, status, code, field) in rows {
        let request = request.build().unwrap();
        let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
        let said = String::from_utf8_lossy(body);
        let shown: String = format!("{} {said}", request.url().path()).chars().take(160).collect();
        let answer = bench.client.execute(request).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{shown}");
        let told = problem(answer, status, code).await;
        let named = fields(&told);
        assert!(named.contains(&field), "{shown}: {field} in {named:?}");
        assert!(told.to_string().len() < 4000, "{shown}: {} bytes", told.to_string().len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_an_address() {
    let bench = Bench::start().await;
    let x = long();
    let bad = |path: String, field| (bench.get(&path), 400, "bad_parameter", field);
    let act = |path: String, field| (bench.post(&path), 400, "bad_parameter", field);
    let mut rows: Vec<Row> = ["", "/frames", "/timeline", "/logs", "/attempts/1/log", "/logs?follow=true"]
        .into_iter()
        .map(|rest| bad(format!("/api/v1/jobs/{x}{rest}"), "id"))
        .collect();
    rows.extend(
        ["cancel", "pause", "resume", "retry"].map(|verb| act(format!("/api/v1/jobs/{x}/{verb}"), "id")),
    );
    let urgent = bench.post(&format!("/api/v1/jobs/{x}/prioritise")).json(&json!({ "priority": 1 }));
    rows.push((urgent, 400, "bad_parameter", "id"));
    rows.extend([
        bad(format!("/api/v1/jobs?project={x}"), "project"),
        bad(format!("/api/v1/jobs?name={x}"), "name"),
        bad(format!("/api/v1/jobs?state={x}"), "state"),
        bad(format!("/api/v1/jobs?page_token={x}"), "page_token"),
        bad(format!("/api/v1/jobs/{JOB}/frames?step={x}"), "step"),
        bad(format!("/api/v1/jobs/{JOB}/logs?token={x}"), "token"),
        bad(format!("/api/v1/jobs/{JOB}/logs?frame={x}"), "frame"),
        bad(format!("/api/v1/jobs/{JOB}/attempts/{x}/log"), "token"),
        bad(format!("/api/v1/targets/{x}/dead_letters"), "name"),
        act(format!("/api/v1/targets/{x}/redeliver"), "name"),
        bad(format!("/api/events?correlation={x}"), "correlation"),
        bad(format!("/api/events?types={x}"), "types"),
        bad(format!("/api/events?project={x}"), "project"),
        bad(format!("/api/events?node={x}"), "node"),
        bad(format!("/api/events?user={x}"), "user"),
        bad(format!("/api/events/stream?last_event_id={x}"), "last_event_id"),
        bad(format!("/api/v1/jobs/{x}/stream"), "job"),
        bad(format!("/api/v1/nodes/{x}/stream"), "node"),
        (bench.get(&format!("/api/v1/nodes/{x}")), 404, "unknown_node", "name"),
        (bench.post(&format!("/api/v1/nodes/{x}/drain")), 404, "unknown_node", "name"),
        (bench.ask(Method::PUT, &format!("/api/v1/templates/{x}")).body("x"), 400, "bad_parameter", "md5"),
        (
            bench.ask(Method::DELETE, &format!("/api/v1/pauses?scope=pool&name={x}")),
            400,
            "bad_parameter",
            "name",
        ),
        (
            bench
                .ask(Method::DELETE, &format!("/api/v1/pauses?scope=cluster&source=watcher&source_name={x}")),
            400,
            "bad_parameter",
            "source_name",
        ),
        (
            bench.post(&format!("/v1/internal/workers/{x}/heartbeat")).json(&json!({})),
            400,
            "bad_parameter",
            "name",
        ),
    ]);
    all_refused(&bench, rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_header() {
    let bench = Bench::start().await;
    let submit = bench.post("/api/v1/jobs").json(&bench.job("a").await);
    let cancel = bench.post(&format!("/api/v1/jobs/{JOB}/cancel"));
    let stream = bench.get("/api/events/stream").header("last-event-id", long());
    all_refused(
        &bench,
        vec![
            (submit.header("idempotency-key", long()), 400, "bad_header", "idempotency-key"),
            (cancel.header("x-actor-id", long()), 400, "bad_header", "x-actor-id"),
            (stream, 400, "bad_parameter", "last-event-id"),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_body() {
    let bench = Bench::start().await;
    let x = long();
    let post = |path: &str, body: Value| bench.post(path).header("x-actor-id", PERSON).json(&body);
    let of_job = |verb: &str, body| post(&format!("/api/v1/jobs/{JOB}/{verb}"), body);
    let pause = |body: Value| bench.ask(Method::PUT, "/api/v1/pauses").json(&body);
    let mode = json!({ "name": "desk", "kind": "watcher", "state": "trading", "ts": "2026-05-31T03:14:15Z",
        "jobs_done": 0, "jobs_failed": 0, "mode": "m".repeat(65) });
    let event = |body: Value| post("/api/events", body);
    all_refused(
        &bench,
        vec![
            (of_job("cancel", json!({ "reason": x })), 422, "invalid", "reason"),
            (of_job("approve", json!({ "comments": x })), 422, "invalid", "comments"),
            (of_job("deny", json!({ "reason": x })), 422, "invalid", "reason"),
            (of_job("retry", json!({ "frames": x })), 422, "invalid", "frames"),
            (post("/api/v1/nodes/anna/clear", json!({ "renderer": x })), 422, "invalid", "renderer"),
            (pause(json!({ "scope": "pool", "name": x })), 422, "invalid", "name"),
            (pause(json!({ "scope": "cluster", "reason": x })), 422, "invalid", "reason"),
            (post("/v1/internal/workers/desk/heartbeat", mode), 400, "malformed_body", "mode"),
            (post("/api/v1/templates/missing", json!({ "md5s": [x] })), 422, "invalid", "md5s[0]"),
            (event(json!({ "event_type": x })), 422, "invalid_events", "event_type"),
            (event(json!({ "event_type": "a", "event_id": x })), 422, "invalid_events", "event_id"),
            (event(json!({ "event_type": "a", "worker_id": x })), 422, "invalid_events", "worker_id"),
            (event(json!({ "event_type": "a", "step": x })), 422, "invalid_events", "step"),
            (
                event(json!({ "event_type": "a", "correlation_id": x })),
                422,
                "invalid_events",
                "correlation_id",
            ),
            (event(json!({ "event_type": "a", "status": x })), 422, "invalid_events", "status"),
            (event(json!({ "event_type": "a", "created_at": x })), 422, "invalid_events", "created_at"),
            (event(json!({ "event_type": "a", "execution_id": x })), 422, "invalid_events", "execution_id"),
            // Of these two none has a bound of its own: the event has.
            (
                event(json!({ "event_type": "a", "result_uri": "y".repeat(300_000) })),
                422,
                "invalid_events",
                "body",
            ),
            (
                event(json!([{ "event_type": "a", "payload": { "text": "y".repeat(300_000) } }])),
                422,
                "invalid_events",
                "[0]",
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_job() {
    let bench = Bench::start().await;
    let good = bench.job("good").await;
    let x = long();
    let with = |place: &[&str], value: Value| {
        let mut job = good.clone();
        let (last, outer) = place.split_last().unwrap();
        let mut at = &mut job;
        for key in outer {
            at = match key.parse::<usize>() {
                Ok(nth) => &mut at[nth],
                Err(_) => &mut at[*key],
            };
        }
        at[*last] = value;
        bench.post("/api/v1/jobs").json(&job)
    };
    let step = ["steps", "0"];
    let in_step = |key: &'static str, value: Value| with(&[step[0], step[1], key], value);
    let approval = |key: &str| {
        let mut approval = json!({ "description": "?" });
        approval[key] = json!(x);
        with(&["approval"], approval)
    };
    let row = |request: RequestBuilder, field| (request, 422, "invalid_job", field);
    all_refused(
        &bench,
        vec![
            row(with(&["id"], json!(x)), "id"),
            row(with(&["name"], json!(x)), "name"),
            row(with(&["project"], json!(x)), "project"),
            row(approval("description"), "approval.description"),
            row(approval("kind"), "approval.kind"),
            row(approval("timeout"), "approval.timeout"),
            row(in_step("name", json!(x)), "steps[0].name"),
            row(in_step("renderer", json!(x)), "steps[0].renderer"),
            row(in_step("template", json!(format!("{}/{x}", "07".repeat(16)))), "steps[0].template"),
            row(in_step("frames", json!(x)), "steps[0].frames"),
            row(in_step("output", json!(format!("/{x}_[####].png"))), "steps[0].output"),
            row(in_step("after", json!([x])), "steps[0].after[0]"),
            row(in_step("requires", json!({ "labels": [x] })), "steps[0].requires.labels[0]"),
            row(in_step("requires", json!({ "renderer_version": x })), "steps[0].requires.renderer_version"),
            row(in_step("settings", json!({ x.clone(): 1 })), "steps[0].settings"),
        ],
    )
    .await;
    assert_eq!(bench.get("/api/v1/jobs").send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(bench.json("/api/v1/jobs").await, json!({ "jobs": [] }), "nothing was taken");
}
