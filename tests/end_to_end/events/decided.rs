//! What people decide, over REST and gRPC (the command line has its own tests): a job that waits for a release is
//! rendered after it, and never before; nobody's answer is an answer, by policy; and what is paused waits.

use callsheet_protocol::v1;
use serde_json::{Value, json};

use crate::harness::{Cluster, Event, Http, PERSON, Recipe, disk, work};

async fn waiting(cluster: &Cluster, name: &str, approval: v1::Approval) -> String {
    let step = work::acted(&cluster.output(name), "1-4", 2, &json!({}));
    let approval = v1::Approval { kind: "budget".into(), description: "shall it?".into(), ..approval };
    cluster.submit(v1::JobSpec { approval: Some(approval), ..work::job(name, vec![step]) }).await
}

/// The number of the only event of this type about a job.
async fn only(http: &Http, job: &str, kind: &str) -> (u64, Value) {
    let found = http.log(&format!("&job={job}&types={kind}")).await;
    let [event] = found.as_slice() else { panic!("{kind} of {job} is told once: {found:?}") };
    (event["sequence"].as_u64().unwrap(), event["payload"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_over_rest_or_grpc_starts_the_render_and_nothing_starts_before() {
    let cluster = Cluster::start(Recipe::new().node("anna", 1)).await;
    let http = Http::of(&cluster);
    let by_rest = waiting(&cluster, "rest", v1::Approval::default()).await;
    let by_grpc = waiting(&cluster, "grpc", v1::Approval::default()).await;
    let (_, open) = http.get("/api/v1/approvals").await;
    let open = open["approvals"].as_array().unwrap().clone();
    assert_eq!(open.len(), 2, "{open:?}");
    assert_eq!(open[0]["job"], by_rest.as_str(), "the oldest first");
    let (_, view) = http.get(&format!("/api/v1/jobs/{by_rest}")).await;
    assert!(view["state"].as_str().unwrap().contains("await"), "{view}");

    let request = open[0]["approval_id"].as_str().unwrap();
    let path = format!("/api/v1/approvals/{request}/grant");
    let (status, answer) = http.post(&path, &json!({ "comments": "go on" })).await;
    assert_eq!(status, 200, "{answer}");
    let (status, problem) = http.post(&path, &json!({})).await;
    assert!(matches!(status, 404 | 409), "it is answered already: {problem}");
    let mut api = cluster.api.clone();
    let mut said = tonic::Request::new(v1::ApproveRequest { id: by_grpc.clone(), comments: String::new() });
    said.metadata_mut().insert("x-actor-id", PERSON.parse().unwrap());
    api.jobs.approve(said).await.unwrap();

    for (job, name) in [(&by_rest, "rest"), (&by_grpc, "grpc")] {
        cluster.succeeded(job).await;
        disk::assert_frames(&cluster.output(name), "1-4", work::ACTED);
        let (asked, _) = only(&http, job, "approval.requested").await;
        let (granted, payload) = only(&http, job, "approval.granted").await;
        assert_eq!(payload["approved_by"], PERSON);
        let leased = http.log(&format!("&job={job}&types=frame_job.leased")).await;
        let first = leased[0]["sequence"].as_u64().unwrap();
        assert!(asked < granted && granted < first, "{asked}, {granted}, {first}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_and_a_silence_end_a_job_and_an_escalation_is_told() {
    let cluster = Cluster::start(Recipe::new().node("anna", 1)).await;
    let http = Http::of(&cluster);
    let refused = waiting(&cluster, "refused", v1::Approval::default()).await;
    let path = format!("/api/v1/jobs/{refused}/deny");
    assert_eq!(http.post(&path, &json!({ "reason": " " })).await.0, 422, "whoever asked wants to know why");
    assert_eq!(http.post(&path, &json!({ "reason": "too dear" })).await.0, 200);
    let (_, payload) = only(&http, &refused, "approval.denied").await;
    assert_eq!((&payload["denied_by"], &payload["reason"]), (&json!(PERSON), &json!("too dear")));

    let timed = |overdue: v1::Overdue| v1::Approval {
        timeout_ms: Some(1000),
        overdue: overdue.into(),
        ..Default::default()
    };
    let silent = waiting(&cluster, "silent", timed(v1::Overdue::Deny)).await;
    let urgent = waiting(&cluster, "urgent", timed(v1::Overdue::Escalate)).await;
    for job in [&refused, &silent] {
        assert!(cluster.over(job, 0).await.is("job.failed"));
    }
    only(&http, &silent, "approval.denied").await;
    let escalated = |event: &Event| event.is("approval.escalated") && event.job() == urgent;
    cluster.event("it is told once more", 0, escalated).await;
    let (_, open) = http.get("/api/v1/approvals").await;
    assert_eq!(
        (&open["approvals"][0]["job"], &open["approvals"][0]["escalated"]),
        (&json!(urgent), &json!(true))
    );
    let (status, _) = http.post(&format!("/api/v1/jobs/{urgent}/approve"), &json!({})).await;
    assert_eq!(status, 200, "late is not too late");
    cluster.succeeded(&urgent).await;
    let leased =
        |event: &Event| event.is_render_lease() && [&refused, &silent].contains(&&event.job().to_owned());
    assert!(!cluster.events().iter().any(leased), "nothing of what was refused is handed out");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_over_rest_waits_and_is_seen_over_grpc() {
    let cluster = Cluster::start(Recipe::new().node("anna", 1)).await;
    let http = Http::of(&cluster);
    let pause = json!({ "scope": "queue", "name": "actor", "reason": "licences", "for_ms": 600_000 });
    let (status, pauses) = http.put("/api/v1/pauses", &pause).await;
    assert_eq!((status, &pauses["pauses"][0]["reason"]), (200, &json!("licences")), "{pauses}");
    let step = work::acted(&cluster.output("held"), "1-2", 1, &json!({}));
    let held = cluster.submit(work::job("held", vec![step])).await;
    // What goes to another queue passes it.
    let drawn = work::drawn(&cluster.template().await, &cluster.output("other"), "1-2", 1, 0);
    let other = cluster.submit(work::job("other", vec![drawn])).await;
    cluster.succeeded(&other).await;
    assert!(!cluster.events().iter().any(|event| event.is_render_lease() && event.job() == held));
    let mut api = cluster.api.clone();
    let seen = api.cluster.list_pauses(v1::ListPausesRequest {}).await.unwrap().into_inner();
    assert_eq!((seen.pauses.len(), seen.pauses[0].reason.as_str()), (1, "licences"));
    let (_, office) = http.get("/api/agent-office/nodes").await;
    assert_eq!(office["paused"], true, "{office}");

    let (status, pauses) = http.delete("/api/v1/pauses?scope=queue&name=actor").await;
    assert_eq!((status, &pauses["pauses"]), (200, &json!([])));
    cluster.succeeded(&held).await;
    let told = http.log("&types=queue.*").await;
    let kinds: Vec<_> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["queue.paused", "queue.resumed"]);
    assert!(told.iter().all(|event| event["actor_id"] == PERSON), "{told:?}");
    let text = http.text(&format!("/api/v1/jobs/{held}/timeline")).await;
    assert!(text.contains("published"), "{text}");
}
