//! What a person decides over the command line: which job is released, when nothing is rendered, and under whose
//! name it stands in the log.

use callsheet_protocol::v1;
use serde_json::{Value, json};

use crate::harness::said::{code, json, json_lines};
use crate::harness::{Cluster, Event, Recipe, disk, work};

const ANNA: &str = "6f0c4b52-9f6e-4a3a-9a64-1f2d3c4b5a69";

fn guarded(cluster: &Cluster, name: &str) -> v1::JobSpec {
    let step = work::acted(&cluster.output(name), "1-4", 2, &json!({}));
    let description = "four frames of nothing?".to_owned();
    let approval = v1::Approval { kind: "budget".into(), description, ..Default::default() };
    v1::JobSpec { approval: Some(approval), ..work::job(name, vec![step]) }
}

/// The envelopes that the CLI tells.
async fn told(cluster: &Cluster, args: &[&str]) -> Vec<Value> {
    json_lines(&cluster.run(&[&["events", "--json"], args].concat()).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_waits_until_a_person_releases_it() {
    let cluster = Cluster::start(Recipe::new().node("anna", 2)).await;
    let waiting = cluster.submit(guarded(&cluster, "waiting")).await;
    let free =
        cluster.submit(work::job("free", vec![work::acted(&cluster.output("free"), "1-4", 2, &json!({}))]));
    let free = free.await;
    cluster.succeeded(&free).await;

    assert_eq!(json(&cluster.run(&["job", &waiting, "--json"]).await)["state"], "JOB_STATE_AWAITING");
    let listed = json(&cluster.run(&["jobs", "--state", "awaiting_approval", "--json"]).await);
    assert_eq!(listed["jobs"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(json(&cluster.run(&["status", "--json"]).await)["jobs_awaiting"], 1);
    let shown = code(&cluster.run(&["job", &waiting]).await, 0);
    assert!(shown.contains("awaiting approval") && shown.contains("four frames of nothing?"), "{shown}");
    let open = json(&cluster.run(&["approve", "--list", "--json"]).await);
    assert_eq!(open["approvals"][0]["job"], waiting, "{open}");
    assert_eq!(open["approvals"][0]["approval"]["kind"], "budget");
    let leased = |event: &Event| event.is("frame_job.leased") && event.job() == waiting;
    assert!(!cluster.events().iter().any(leased), "nothing of it is handed out");

    let said = ["approve", &waiting[24..], "--comments", "go on", "--actor", ANNA];
    code(&cluster.run(&said).await, 0);
    cluster.succeeded(&waiting).await;
    disk::assert_frames(&cluster.output("waiting"), "1-4", work::ACTED);
    let granted = told(&cluster, &["--type", "approval.granted", "--job", &waiting]).await;
    let [granted] = granted.as_slice() else { panic!("it is told once: {granted:?}") };
    assert_eq!((&granted["actor_id"], &granted["actor_type"]), (&json!(ANNA), &json!("user")));
    assert_eq!(
        (&granted["payload"]["approved_by"], &granted["payload"]["comments"]),
        (&json!(ANNA), &json!("go on"))
    );
    assert_eq!(granted["payload"]["approval_id"], open["approvals"][0]["approval_id"]);
    assert_eq!(told(&cluster, &["--user", ANNA]).await.len(), 1, "and found by who it was");
    code(&cluster.run(&["approve", &waiting]).await, 5);
    assert!(code(&cluster.run(&["approve", "--list"]).await, 0).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_not_released_has_failed_and_says_why() {
    let cluster = Cluster::start(Recipe::new().node("anna", 1)).await;
    let id = cluster.submit(guarded(&cluster, "refused")).await;
    code(&cluster.run(&["deny", &id]).await, 2);
    let refused = json(&cluster.run(&["deny", &id, "--reason", "too dear", "--actor", ANNA, "--json"]).await);
    assert_eq!(refused["state"], "JOB_STATE_FAILED");
    assert!(refused["reason"].as_str().unwrap().contains("too dear"), "{refused}");
    let denied = told(&cluster, &["--type", "approval.denied"]).await;
    assert_eq!(denied[0]["payload"]["denied_by"], ANNA, "{denied:?}");
    code(&cluster.run(&["deny", &id, "--reason", "again"]).await, 5);
    code(&cluster.run(&["approve", &uuid::Uuid::new_v4().to_string()]).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_user_is_the_same_person_and_need_not_say_who() {
    let cluster = Cluster::lead(Recipe::new()).await;
    let set = |user: &'static str, queue: &'static str| {
        let mut command = cluster.command(&["pauses", "set", "--queue", queue, "--reason", "so"]);
        command.env("USER", user);
        async move { code(&command.output().await.unwrap(), 0) }
    };
    set("anna", "one").await;
    set("anna", "two").await;
    set("ben", "three").await;
    let actors: Vec<Value> = told(&cluster, &["--type", "queue.paused"])
        .await
        .into_iter()
        .map(|event| event["actor_id"].clone())
        .collect();
    assert!(actors[0].is_string() && actors[0] == actors[1] && actors[1] != actors[2], "{actors:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_handed_out_where_a_person_paused_it() {
    let cluster = Cluster::start(Recipe::new().node("anna", 1)).await;
    assert!(code(&cluster.run(&["pauses"]).await, 0).is_empty(), "nothing is paused");
    code(&cluster.run(&["pauses", "set", "--cluster"]).await, 2);
    code(&cluster.run(&["pauses", "set", "--cluster", "--pool", "x", "--reason", "both"]).await, 2);
    code(&cluster.run(&["pauses", "set", "--pool", "no name!", "--reason", "x"]).await, 2);
    let set =
        ["pauses", "set", "--queue", "actor", "--reason", "a look at the licences", "--for", "2h", "--json"];
    let pauses = json(&cluster.run(&set).await);
    assert_eq!(pauses["pauses"][0]["scope"], "PAUSE_SCOPE_QUEUE", "{pauses}");
    let left = pauses["pauses"][0]["until_ms"].as_u64().unwrap() - crate::harness::now_ms();
    assert!((7_000_000..=7_200_000).contains(&left), "{left}");
    let shown = code(&cluster.run(&["pauses", "list"]).await, 0);
    assert!(shown.contains("queue actor") && shown.contains("a look at the licences"), "{shown}");

    let job =
        cluster.submit(work::job("held", vec![work::acted(&cluster.output("held"), "1-2", 1, &json!({}))]));
    let job = job.await;
    let drawn = work::drawn(&cluster.template().await, &cluster.output("other"), "1-2", 1, 0);
    let other = work::job("other", vec![drawn]);
    let other = cluster.submit(other).await;
    cluster.succeeded(&other).await;
    assert_eq!(json(&cluster.run(&["job", &job, "--json"]).await)["state"], "JOB_STATE_QUEUED");
    let lifted = json(&cluster.run(&["pauses", "lift", "--queue", "actor", "--json"]).await);
    assert_eq!(lifted["pauses"], json!([]));
    cluster.succeeded(&job).await;
    code(&cluster.run(&["pauses", "lift", "--queue", "actor"]).await, 0);
    let resumed = told(&cluster, &["--type", "queue.*"]).await;
    let kinds: Vec<&str> = resumed.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(kinds, ["queue.paused", "queue.resumed"], "one that is not there is not lifted");
}
