//! What nodes tell of themselves, of a job that is really rendered: their actors, their caches, how long getting ready
//! took, where they come from with what, and what they leave behind when they are killed.

use callsheet_model::id::project_uuid;
use serde_json::{Value, json};

use crate::harness::{Cluster, Event, Http, Recipe, disk, work};

/// Payloads of all events of a type that a query finds.
async fn payloads(http: &Http, kind: &str, query: &str) -> Vec<Value> {
    let events = http.log(&format!("&types={kind}&{query}")).await;
    events.iter().map(|event| event["payload"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn actors_cache_and_getting_ready_are_in_the_log() {
    let cluster = Cluster::start(Recipe::new().node("anna", 2)).await;
    let http = Http::of(&cluster);
    let template = cluster.template().await;
    let drawn = work::drawn(&template, &cluster.output("first"), "0-7", 4, 0);
    let job = cluster.submit(work::job("first", vec![drawn])).await;
    cluster.succeeded(&job).await;
    disk::assert_frames(&cluster.output("first"), "0-7", work::SIZE);

    let spawned = payloads(&http, "agent.spawned", "node=anna").await;
    let mut names: Vec<(&str, &str)> = spawned
        .iter()
        .map(|player| (player["role"].as_str().unwrap(), player["agent_name"].as_str().unwrap()))
        .collect();
    names.sort_unstable();
    let wanted = [
        ("ae_process", "ae_process/0"),
        ("ae_process", "ae_process/1"),
        ("agent", "agent"),
        ("cache", "cache"),
        ("heartbeat", "heartbeat"),
        ("leader_link", "leader_link"),
        ("supervisor", "supervisor"),
    ];
    assert_eq!(names, wanted, "each role, and each slot, once");

    let project = project_uuid("tests").to_string();
    let updates = payloads(&http, "node.cache.updated.v1", &format!("project={project}")).await;
    let [update] = updates.as_slice() else { panic!("it is fetched once: {updates:?}") };
    let told = |key: &str| &update[key];
    assert_eq!(
        [told("action"), told("project_id"), told("aep_file_md5"), told("node"), told("cache_used_gb")],
        [&json!("Downloaded"), &json!(project), &json!(template.md5), &json!("anna"), &json!(0)],
        "{update}"
    );
    assert_eq!(told("file_size_bytes"), &json!(template.bytes), "{update}");
    assert_eq!(told("cache_used_bytes"), &json!(template.bytes), "{update}");

    let began = payloads(&http, "frame_job.began", &format!("job={job}")).await;
    assert_eq!(began.len(), 2, "each frame job once: {began:?}");
    for one in &began {
        assert!(one["fetched_ms"].is_u64() && one["loaded_ms"].is_u64(), "{one}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_says_where_it_comes_from_with_what_and_a_killed_one_leaves_its_last_sign_and_its_job() {
    let mut cluster = Cluster::start(Recipe::new().node("anna", 1)).await;
    let http = Http::of(&cluster);
    let template = cluster.template().await;
    let came = payloads(&http, "node.online.v1", "node=anna").await;
    let [first] = came.as_slice() else { panic!("it came once: {came:?}") };
    let cache = |online: &Value| {
        [online["node_ip"].clone(), online["cache_used_gb"].clone(), online["cached_template_md5s"].clone()]
    };
    assert_eq!(cache(first), [json!("127.0.0.1"), json!(0), json!([])], "{first}");

    let output = cluster.output("slow");
    let slow = work::drawn(&template, &output, "0-7", 8, 100);
    let job = cluster.submit(work::job("slow", vec![slow])).await;
    let is_first = |event: &Event| event.is("frame_job.frames_accepted") && event.job() == job;
    let accepted = cluster.event("the first frame is accepted", 0, is_first).await;
    cluster.kill("anna").await;
    let gone = cluster.offline("anna", accepted.sequence).await;
    assert_eq!((gone.text("reason"), gone.text("current_job_id")), ("HeartbeatLost", job.as_str()));
    let events = http.log("").await;
    let at = |sequence: u64| {
        let event = events.iter().find(|event| event["sequence"] == sequence);
        event.unwrap()["timestamp"].as_str().unwrap().to_owned()
    };
    let heard = gone.text("last_heartbeat_at");
    assert!(
        (at(accepted.sequence).as_str()..=at(gone.sequence).as_str()).contains(&heard),
        "between its last report and its end: {}",
        gone.payload
    );

    cluster.spawn("anna");
    let back = cluster.online("anna", gone.sequence).await;
    assert_eq!(
        cache(&back.payload),
        [json!("127.0.0.1"), json!(0), json!([template.md5])],
        "{}",
        back.payload
    );
    cluster.succeeded(&job).await;
    disk::assert_frames(&output, "0-7", work::SIZE);

    // One that leaves in good order has nothing in hand.
    let before = cluster.sequence().await;
    cluster.signal("anna", nix::sys::signal::Signal::SIGTERM);
    let left = cluster.offline("anna", before).await;
    assert_eq!(left.text("reason"), "Shutdown");
    assert!(left.payload["current_job_id"].is_null(), "{}", left.payload);
    assert!(left.text("last_heartbeat_at") > heard, "{}", left.payload);
    assert!(cluster.ended("anna").await.success());
}
