//! A renderer that crashes, hangs, says that all is well when nothing is, or leaves broken files: never an
//! accepted frame that is not one; another node is tried; then the frame is put aside with its evidence.

use std::collections::BTreeSet;

use callsheet_model::FrameSet;
use callsheet_protocol::v1;
use serde_json::json;

use crate::harness::{Cluster, Event, Recipe, disk, work};

/// What goes wrong on frame 3, the class of the failure, and words that its evidence must have.
const MOODS: [(&str, &str, &str); 7] = [
    ("missing", "broken_output", "f_0003.png"),
    ("truncated", "broken_output", "f_0003.png"),
    ("empty", "broken_output", "empty"),
    ("size", "broken_output", "49x27"),
    ("leave", "broken_output", "f_0003.png"),
    ("crash", "crash", "SIGABRT"),
    ("hang", "hang_frame", "in phase frames it stood still"),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_broken_frame_counts_and_a_retry_heals_what_was_cured() {
    let cluster = Cluster::start(Recipe::new().three(2)).await;
    let cure = cluster.root().join("cure");
    let step = |(mood, ..): &(&str, &str, &str)| {
        let settings = json!({ "moods": format!("3={mood}"), "cure": cure, "pace": 10 });
        let output = cluster.output(mood);
        v1::StepSpec {
            name: (*mood).into(),
            retries: Some(1),
            timeouts: Some(v1::Timeouts { frame_ms: Some(1500), ..Default::default() }),
            ..work::acted(&output, "1-4", 4, &settings)
        }
    };
    let job = cluster.submit(work::job("moods", MOODS.iter().map(step).collect())).await;
    let end = cluster.over(&job, 0).await;
    assert!(end.is("job.failed"), "{}", end.kind);
    let reason = end.text("reason");
    for (mood, class, _) in MOODS {
        assert!(reason.contains(mood) && reason.contains(class), "{mood}: {reason}");
        disk::assert_frames(&cluster.output(mood), "1-2,4", work::ACTED);
    }
    cluster.swept().await;
    assert_dead_with_evidence(&cluster, &job).await;
    let events = cluster.events();
    for (step, (mood, ..)) in MOODS.iter().enumerate() {
        assert_tried_elsewhere(&events, step as u64, mood);
    }

    std::fs::write(&cure, "").unwrap();
    let retried =
        cluster.api.clone().jobs.retry(v1::RetryRequest { id: job.clone(), frames: String::new() }).await;
    assert_eq!(retried.unwrap().into_inner().frames, MOODS.len() as u64);
    let healed = cluster.over(&job, end.sequence).await;
    assert!(healed.is("job.succeeded"), "{}: {}", healed.kind, healed.payload);
    cluster.swept().await;
    crate::harness::invariants::assert_history(&cluster.events());
    for (mood, ..) in MOODS {
        disk::assert_frames(&cluster.output(mood), "1-4", work::ACTED);
    }
}

async fn assert_dead_with_evidence(cluster: &Cluster, job: &str) {
    let request = v1::FramesRequest { id: job.to_owned(), step: String::new() };
    let frames = cluster.api.clone().jobs.frames(request).await.unwrap().into_inner();
    for ((mood, class, words), step) in MOODS.iter().zip(&frames.steps) {
        assert_eq!((step.step.as_str(), step.published.as_str()), (*mood, "1-2,4"));
        let [dead] = &step.dead[..] else { panic!("{mood}: {:?}", step.dead) };
        let failure = dead.failure.clone().unwrap();
        assert_eq!(dead.frames, "3", "{mood}");
        let told = format!("{} {} {}", failure.message, failure.exit, failure.evidence.join("\n"));
        assert!(told.contains(words), "{mood}: {told}");
        let wire = format!("FAILURE_CLASS_{}", class.to_uppercase());
        assert_eq!(failure.class().as_str_name(), wire, "{mood}: {told}");
    }
}

/// Each new try of the frame is on a node that it had not failed on.
fn assert_tried_elsewhere(events: &[Event], step: u64, mood: &str) {
    let tries: Vec<&str> = events
        .iter()
        .filter(|event| event.is_render_lease() && event.step() == step && event.frames().contains(3))
        .map(Event::node)
        .collect();
    let distinct: BTreeSet<&&str> = tries.iter().collect();
    assert!(tries.len() >= 2 && distinct.len() == tries.len(), "{mood} was tried on {tries:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_frame_takes_no_other_frame_with_it() {
    let cluster = Cluster::start(Recipe::new().three(1)).await;
    let output = cluster.output("frames");
    let step = v1::StepSpec {
        retries: Some(2),
        ..work::acted(&output, "1-30", 10, &json!({ "moods": "17=crash", "pace": 5 }))
    };
    let job = cluster.submit(work::job("poison", vec![step])).await;
    let end = cluster.over(&job, 0).await;
    assert!(end.is("job.failed") && end.text("reason").contains("17"), "{}", end.payload);
    cluster.swept().await;
    let events = cluster.events();
    crate::harness::invariants::assert_history(&events);
    let dead = events.iter().filter(|event| event.is("frame_job.frames_dead_lettered"));
    let dead: FrameSet = dead.flat_map(|event| event.frames().iter().collect::<Vec<_>>()).collect();
    assert_eq!(dead, FrameSet::one(17));
    disk::assert_frames(&output, "1-16,18-30", work::ACTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_renderer_leaves_behind_ends_with_it() {
    let cluster = Cluster::start(Recipe::new().node("anna", 1)).await;
    let step = v1::StepSpec {
        retries: Some(0),
        timeouts: Some(v1::Timeouts { frame_ms: Some(700), ..Default::default() }),
        ..work::acted(&cluster.output("frames"), "1-2", 2, &json!({ "moods": "2=orphan" }))
    };
    let job = cluster.submit(work::job("orphans", vec![step])).await;
    let end = cluster.over(&job, 0).await;
    assert!(end.is("job.failed"), "{}", end.kind);
    let renderers = || crate::harness::strays::renderers_of(cluster.root());
    cluster.until("neither the renderer nor its child lives", || renderers().is_empty()).await;
}
