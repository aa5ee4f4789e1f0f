//! Releases: a job that a person has to say yes or no to.

use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bench::{Bench, PERSON, fields, good, refused};

async fn waiting(bench: &Bench, name: &str) -> String {
    let mut job = bench.job(name).await;
    job["approval"] =
        json!({ "kind": "budget", "description": "Is it paid?", "timeout": "2h", "overdue": "deny" });
    bench.submit(&job).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_waits_until_a_person_releases_it() {
    let bench = Bench::start().await;
    let id = waiting(&bench, "wait").await;
    let view = bench.json(&format!("/api/v1/jobs/{id}")).await;
    assert_eq!(view["state"], "awaiting_approval");
    let asked =
        json!({ "kind": "budget", "description": "Is it paid?", "timeout_ms": 7_200_000, "overdue": "deny" });
    assert_eq!(view["spec"]["approval"], asked);
    let listed = bench.json("/api/v1/approvals").await;
    let request = &listed["approvals"][0];
    assert_eq!(
        (&request["job"], &request["job_name"], &request["approval"]),
        (&json!(id), &json!("wait"), &asked)
    );
    assert!(request["due_at"].as_str().unwrap() > request["asked_at"].as_str().unwrap());
    assert_eq!(bench.json("/api/v1/jobs?state=awaiting_approval").await["jobs"].as_array().unwrap().len(), 1);

    let grant = format!("/api/v1/approvals/{}/grant", request["approval_id"].as_str().unwrap());
    let nobody = refused(bench.post(&grant), 400, "bad_header").await;
    assert_eq!(fields(&nobody), ["x-actor-id"]);
    let yes = bench.post(&grant).header("x-actor-id", PERSON).json(&json!({ "comments": "go ahead" }));
    assert_eq!(good(yes, StatusCode::OK).await["state"], "queued");
    assert_eq!(bench.json("/api/v1/approvals").await, json!({ "approvals": [] }));
    refused(bench.post(&grant).header("x-actor-id", PERSON), 404, "unknown_approval").await;
    let again = bench.post(&format!("/api/v1/jobs/{id}/approve")).header("x-actor-id", PERSON);
    refused(again, 409, "wrong_state").await;
    let events = bench.json("/api/events?types=approval.granted").await;
    let payload = &events["events"][0]["payload"];
    assert_eq!((&payload["approved_by"], &payload["comments"]), (&json!(PERSON), &json!("go ahead")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_not_released_fails_and_says_why() {
    let bench = Bench::start().await;
    let id = waiting(&bench, "no").await;
    let deny =
        |body: Value| bench.post(&format!("/api/v1/jobs/{id}/deny")).header("x-actor-id", PERSON).json(&body);
    assert_eq!(fields(&refused(deny(json!({})), 422, "invalid").await), ["reason"]);
    assert_eq!(fields(&refused(deny(json!({ "reason": " " })), 422, "invalid").await), ["reason"]);
    let failed = good(deny(json!({ "reason": "too dear" })), StatusCode::OK).await;
    assert_eq!(failed["state"], "failed");
    assert!(failed["reason"].as_str().unwrap().contains("too dear"), "{failed}");
    refused(deny(json!({ "reason": "still" })), 409, "wrong_state").await;
    let other = waiting(&bench, "other").await;
    let listed = bench.json("/api/v1/approvals").await;
    assert_eq!(listed["approvals"][0]["job"], other);
    let path = format!("/api/v1/approvals/{}/deny", listed["approvals"][0]["approval_id"].as_str().unwrap());
    let no = bench.post(&path).header("x-actor-id", PERSON).json(&json!({ "reason": "no" }));
    assert_eq!(good(no, StatusCode::OK).await["state"], "failed");
    let unknown = format!("/api/v1/approvals/{}/grant", Uuid::new_v4());
    refused(bench.post(&unknown).header("x-actor-id", PERSON), 404, "unknown_approval").await;
    refused(bench.post("/api/v1/approvals/x/grant").header("x-actor-id", PERSON), 400, "bad_parameter").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_without_a_release_does_not_wait() {
    let bench = Bench::start().await;
    let id = bench.submit(&bench.job("free").await).await;
    let yes = bench.post(&format!("/api/v1/jobs/{id}/approve")).header("x-actor-id", PERSON);
    refused(yes, 409, "wrong_state").await;
}
