//! Agents that speak only HTTP, and workers: what they say is checked, and passed on.

use serde_json::{Value, json};

use crate::bench::{Bench, PATIENCE};
use crate::sse::Sse;

const NODE: &str = "6b1f1c4e-0f0e-4b57-9a43-6f1f8a5c2d11";

fn heartbeat() -> Value {
    json!({
        "node_id": NODE, "status": "Busy", "recorded_at": "2026-11-21T16:00:00Z", "cpu_pct": 97,
        "ram_available_mb": 2048, "ae_running": true, "current_frame": 17, "cache_used_gb": 3,
    })
}

fn beat() -> Value {
    json!({
        "name": "image-render", "kind": "render", "state": "idle", "ts": "2026-11-21T16:00:00Z",
        "last_job_at": null, "jobs_done": 42, "jobs_failed": 1,
    })
}

fn with(mut value: Value, field: &str, new: Value) -> Value {
    value[field] = new;
    value
}

fn fields(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_nodes_heartbeat_is_passed_on_and_not_kept() {
    let bench = Bench::start().await;
    let head = bench.leader.range().1;
    let mut stream = Sse::open(bench.address, "/api/events/stream?signals=true").await;
    stream.block().await.unwrap();
    let (status, _) = bench.post(&format!("/v1/internal/nodes/{NODE}/heartbeat"), &heartbeat()).await;
    assert_eq!(status, 202);
    let signal = stream.next().await.unwrap();
    assert_eq!((signal.id, signal.event.as_str()), (None, "node.heartbeat.v1"));
    let told = &signal.json()["payload"];
    for (field, value) in heartbeat().as_object().unwrap() {
        assert_eq!(&told[field], value, "{field}");
    }
    assert_eq!(bench.leader.range().1, head);
}

#[tokio::test]
async fn a_heartbeat_that_breaks_the_contract_is_refused_by_its_field() {
    let bench = Bench::start().await;
    let path = format!("/v1/internal/nodes/{NODE}/heartbeat");
    for (field, value) in [
        ("node_id", json!("6b1f1c4e-0f0e-4b57-9a43-6f1f8a5c2d12")),
        ("node_id", json!(7)),
        ("status", json!("ready")),
        ("recorded_at", json!("yesterday")),
        ("recorded_at", Value::Null),
        ("cpu_pct", json!(101)),
        ("ae_running", json!("yes")),
        ("current_job_id", json!("x")),
        ("current_frame", json!(1.5)),
    ] {
        let (status, problem) = bench.post(&path, &with(heartbeat(), field, value.clone())).await;
        assert_eq!((status, fields(&problem)), (422, vec![field]), "{value}: {problem}");
    }
    let (status, problem) = bench.post("/v1/internal/nodes/seven/heartbeat", &heartbeat()).await;
    assert_eq!((status, fields(&problem)), (400, vec!["node_id"]), "{problem}");
    // What stands around the payload cannot be changed from within it.
    let body = r#"{},"event_type":"job.failed""#;
    let request = bench.http.post(bench.url(&path)).header("content-type", "application/json").body(body);
    assert_eq!(request.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn a_frame_that_an_agent_says_is_done_is_passed_on_and_counts_for_nothing() {
    let bench = Bench::start().await;
    let job = bench.job("1-20").await;
    let done = json!({
        "render_job_id": job.to_string(), "frame_job_id": NODE, "frame_number": 17, "file_size_bytes": 1000,
    });
    let mut stream = Sse::open(bench.address, &format!("/api/events/stream?signals=true&job={job}")).await;
    stream.block().await.unwrap();
    let path = format!("/v1/internal/render/jobs/{job}/frames");
    assert_eq!(bench.post(&path, &done).await.0, 202);
    let signal = stream.next().await.unwrap();
    assert_eq!((signal.id, signal.event.as_str()), (None, "node.frame.completed.v1"));
    assert_eq!(signal.json()["payload"]["frame_number"], 17);
    let state = bench.get("/api/v1/snapshot").await.1;
    assert_eq!(state["jobs"][0]["frames"]["accepted"], 0, "{state}");

    let unknown = with(done.clone(), "render_job_id", json!(NODE));
    let (status, problem) = bench.post(&format!("/v1/internal/render/jobs/{NODE}/frames"), &unknown).await;
    assert_eq!((status, &problem["code"]), (404, &json!("unknown_job")));
    let (status, problem) = bench.post(&path, &unknown).await;
    assert_eq!((status, fields(&problem)), (422, vec!["render_job_id"]), "{problem}");
    for field in ["frame_job_id", "frame_number"] {
        let (status, problem) = bench.post(&path, &with(done.clone(), field, Value::Null)).await;
        assert_eq!((status, fields(&problem)), (422, vec![field]), "{problem}");
    }
}

/// Waits until the workers look like this.
async fn workers_are(bench: &Bench, is_right: impl Fn(&Value) -> bool) {
    let look = async {
        loop {
            let (status, workers) = bench.get("/api/v1/workers").await;
            assert_eq!(status, 200, "{workers}");
            if is_right(&workers["workers"]) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.expect("the workers never looked right");
}

#[tokio::test]
async fn a_workers_heartbeat_makes_it_alive_until_one_cannot_be_read() {
    let bench = Bench::start().await;
    let path = "/v1/internal/workers/image-render/heartbeat";
    let alive = |workers: &Value, wanted: bool| {
        let all = workers.as_array().unwrap();
        all.iter().any(|worker| worker["name"] == "image-render" && worker["alive"] == wanted)
    };
    assert_eq!(bench.post(path, &beat()).await.0, 202);
    workers_are(&bench, |workers| alive(workers, true)).await;
    let (status, problem) = bench.post(path, &with(beat(), "state", json!("trading"))).await;
    assert_eq!((status, fields(&problem)), (400, vec!["state"]), "{problem}");
    workers_are(&bench, |workers| alive(workers, false)).await;
    assert_eq!(bench.post(path, &beat()).await.0, 202);
    workers_are(&bench, |workers| alive(workers, true)).await;

    let (status, problem) = bench.post(path, &with(beat(), "name", json!("other"))).await;
    assert_eq!((status, fields(&problem)), (400, vec!["name"]), "{problem}");
}
