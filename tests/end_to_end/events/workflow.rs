//! A job of two steps, really rendered, as other services follow it: its progress in order, and what became of each
//! frame job, for people and for programs, over every door.

use callsheet_protocol::v1;
use serde_json::{Value, json};

use crate::harness::said::code;
use crate::harness::{Cluster, Http, Recipe, disk, work};

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// Frames of the animation, and one picture of all of them.
fn two_steps(cluster: &Cluster, template: &v1::Template) -> v1::JobSpec {
    let picture = v1::StepSpec {
        name: "picture".into(),
        renderer: "flipbook".into(),
        after: vec!["frames".into()],
        output: format!("{}/out/picture/all.png", cluster.root().display()),
        settings_json: json!({ "input": "frames", "rate": 25 }).to_string(),
        ..Default::default()
    };
    work::job("two steps", vec![work::drawn(template, &cluster.output("two"), "0-7", 4, 0), picture])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_two_steps_tells_its_progress_in_order_and_has_a_timeline() {
    let cluster = Cluster::start(Recipe::new().node("anna", 1).node("bruno", 1)).await;
    let http = Http::of(&cluster);
    let template = cluster.template().await;
    let job = cluster.submit(two_steps(&cluster, &template)).await;
    cluster.succeeded(&job).await;
    disk::assert_frames(&cluster.output("two"), "0-7", work::SIZE);

    let mut stream = http
        .stream(&format!("/api/events/stream?workflow={job}&types=workflow.*&after=0"), None)
        .await
        .unwrap();
    let mut told = Vec::new();
    while told.last().is_none_or(|last: &Value| last["type"] != "workflow.completed") {
        let message = stream.next().await.unwrap();
        // Progress on its way is a signal, and carries no number.
        if message.id.is_some() {
            told.push(message.data);
        }
    }
    let wanted =
        ["workflow.started", "workflow.step_completed", "workflow.step_completed", "workflow.completed"];
    assert_eq!(kinds(&told), wanted);
    assert_eq!(kinds(&http.log(&format!("&workflow={job}&types=workflow.*")).await), wanted);
    assert!(told.iter().all(|event| event["payload"]["workflow_id"] == job.as_str()), "{told:?}");
    assert_eq!(told[0]["payload"]["total_steps"], 2);
    let steps: Vec<_> = told[1..3].iter().map(|event| &event["payload"]).collect();
    let place =
        |nth: usize| (&steps[nth]["step_name"], &steps[nth]["step_number"], &steps[nth]["total_steps"]);
    assert_eq!(place(0), (&json!("frames"), &json!(1), &json!(2)));
    assert_eq!(place(1), (&json!("picture"), &json!(2), &json!(2)));
    assert!(told[3]["payload"]["duration_seconds"].as_f64().unwrap() > 0.0, "{told:?}");

    let path = format!("/api/v1/jobs/{job}/timeline");
    let text = http.text(&path).await;
    println!("{text}");
    let turns = ["queued", "leased", "fetched in", "loading", "rendering", "proven", "published"];
    for word in turns.iter().chain(&["step frames", "step picture", "anna", "bruno"]) {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }
    assert_eq!(code(&cluster.run(&["timeline", &job]).await, 0).trim(), text.trim(), "the CLI says the same");
    let (status, timeline) = http.get(&path).await;
    assert_eq!((status, &timeline["job_id"]), (200, &json!(job)), "{timeline}");
    assert_in_order(&timeline);
}

/// Of each frame job that was rendered: queued, leased, fetched, rendering, proven, published, one after the other.
#[track_caller]
fn assert_in_order(timeline: &Value) {
    let mut rendered = 0;
    for step in timeline["steps"].as_array().unwrap() {
        for one in step["frame_jobs"].as_array().unwrap() {
            let began = &one["began"];
            if began.is_null() {
                continue;
            }
            let moments = [
                &one["queued_at"],
                &one["leased_at"],
                &began["fetched_at"],
                &began["rendering_at"],
                &one["proven"]["last_at"],
                &one["published"]["last_at"],
            ];
            let moments =
                moments.map(|at| at.as_str().unwrap_or_else(|| panic!("a moment is missing: {one}")));
            assert!(moments.is_sorted(), "{one}");
            rendered += 1;
        }
    }
    assert!(rendered >= 3, "two frame jobs and the picture: {timeline}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_frame_shows_why_and_a_failed_workflow_whether_a_retry_could_help() {
    let cluster = Cluster::start(Recipe::new().node("anna", 1)).await;
    let http = Http::of(&cluster);
    let cure = cluster.root().join("cure");
    let settings = json!({ "moods": "2=crash", "cure": cure });
    let first = v1::StepSpec { retries: Some(0), ..work::acted(&cluster.output("ill"), "1-4", 2, &settings) };
    let second = v1::StepSpec {
        name: "then".into(),
        after: vec!["frames".into()],
        ..work::acted(&cluster.output("then"), "1", 1, &json!({}))
    };
    let job = cluster.submit(work::job("ill", vec![first, second])).await;
    assert!(cluster.over(&job, 0).await.is("job.failed"));
    let path = format!("/api/v1/jobs/{job}/timeline");
    let text = http.text(&path).await;
    assert!(text.contains("crash") && text.contains("dead-lettered"), "{text}");
    let failed = http.log(&format!("&workflow={job}&types=workflow.failed")).await;
    assert_eq!(failed.len(), 1);
    let payload = &failed[0]["payload"];
    assert_eq!(
        (&payload["failed_step"], &payload["recoverable"]),
        (&json!("frames"), &json!(true)),
        "{payload}"
    );
    assert!(payload["error_message"].as_str().unwrap().contains("crash"), "{payload}");

    std::fs::write(&cure, "").unwrap();
    let before = cluster.sequence().await;
    let (status, answer) = http.post(&format!("/api/v1/jobs/{job}/retry"), &json!({})).await;
    assert_eq!(status, 200, "{answer}");
    assert!(cluster.over(&job, before).await.is("job.succeeded"));
    let all = http.log(&format!("&workflow={job}&types=workflow.*")).await;
    let wanted = [
        "workflow.started",
        "workflow.failed",
        "workflow.started",
        "workflow.step_completed",
        "workflow.step_completed",
        "workflow.completed",
    ];
    assert_eq!(kinds(&all), wanted);
    let text = http.text(&path).await;
    assert!(text.contains("failed at frames 2") && text.contains("published"), "{text}");

    // A frame that is tried again by itself says from when on.
    let settings = json!({ "moods": "1=crash" });
    let again = v1::StepSpec { retries: Some(1), ..work::acted(&cluster.output("again"), "1", 1, &settings) };
    let again = cluster.submit(work::job("again", vec![again])).await;
    cluster.over(&again, 0).await;
    let text = http.text(&format!("/api/v1/jobs/{again}/timeline")).await;
    println!("{text}");
    assert!(text.contains("retried from") && text.contains("dead-lettered"), "{text}");
    assert!(text.matches("crash").count() >= 2, "each attempt says why: {text}");
}
