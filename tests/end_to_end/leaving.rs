//! SIGTERM: whoever leaves finishes or hands back, says so, and ends well.

use callsheet_model::FrameSet;
use nix::sys::signal::Signal;
use serde_json::json;

use crate::harness::{Cluster, Event, LEADER, Recipe, disk, invariants, ledger, work};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_told_to_leave_finishes_and_says_goodbye() {
    let mut cluster = Cluster::start(Recipe::new().node("anna", 1).node("bruno", 1)).await;
    let output = cluster.output("frames");
    let job = cluster
        .submit(work::job("leaving", vec![work::acted(&output, "1-36", 6, &json!({ "pace": 120 }))]))
        .await;
    let accepted = |event: &Event| event.is("frame_job.frames_accepted");
    let first = cluster.event("a frame is accepted", 0, accepted).await;
    let events = cluster.events();
    let lease =
        events.iter().find(|event| event.is_render_lease() && event.token() == first.token()).unwrap();
    let leaver = lease.node().to_owned();

    cluster.signal(&leaver, Signal::SIGTERM);
    let gone = cluster.offline(&leaver, 0).await;
    assert_eq!(gone.text("reason"), "Shutdown");
    assert_eq!(cluster.ended(&leaver).await.code(), Some(0));
    let events = cluster.events();
    let before = events.iter().filter(|event| event.sequence < gone.sequence);
    let finished =
        before.filter(|event| event.is("frame_job.frames_accepted") && event.token() == lease.token());
    let finished: FrameSet = finished.flat_map(|event| event.frames().iter().collect::<Vec<_>>()).collect();
    assert_eq!(finished, lease.frames(), "what ran was finished");
    cluster.succeeded(&job).await;
    assert!(
        ledger::times_begun(cluster.root()).values().all(|times| *times == 1),
        "nothing was rendered twice"
    );
    disk::assert_frames(&output, "1-36", work::ACTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_told_twice_leaves_at_once() {
    let mut cluster = Cluster::start(Recipe::new().node("anna", 1).node("bruno", 1)).await;
    let output = cluster.output("frames");
    let job = cluster
        .submit(work::job("hurry", vec![work::acted(&output, "1-2", 1, &json!({ "pace": 3000 }))]))
        .await;
    cluster.event("anna has a frame", 0, |event| event.is_render_lease() && event.node() == "anna").await;
    let root = cluster.root().to_owned();
    cluster.until("both render", || ledger::entries(&root).len() == 2).await;
    let before = cluster.log("anna").count();
    cluster.signal("anna", Signal::SIGTERM);
    cluster.signal("anna", Signal::SIGINT);
    let _ = before;
    assert_eq!(cluster.ended("anna").await.code(), Some(130), "it was interrupted");
    let gone = cluster.offline("anna", 0).await;
    println!("told twice: the leader took it for {}", gone.text("reason"));
    cluster.succeeded(&job).await;
    disk::assert_frames(&output, "1-2", work::ACTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_told_to_leave_disturbs_no_render() {
    let mut cluster = Cluster::start(Recipe::new().three(1)).await;
    let output = cluster.output("frames");
    let job = cluster
        .submit(work::job("leaving", vec![work::acted(&output, "1-24", 8, &json!({ "pace": 250 }))]))
        .await;
    cluster.event("a frame is accepted", 0, |event| event.is("frame_job.frames_accepted")).await;
    cluster.signal(LEADER, Signal::SIGTERM);
    assert_eq!(cluster.ended(LEADER).await.code(), Some(0));
    let begun = ledger::entries(cluster.root()).len();
    let root = cluster.root().to_owned();
    cluster.until("nodes go on without a leader", || ledger::entries(&root).len() > begun + 3).await;
    cluster.start_leader().await;
    cluster.succeeded(&job).await;
    assert_eq!(invariants::handed_out_again(&cluster.events(), &job), 0, "every lease was taken back");
    assert!(ledger::times_begun(cluster.root()).values().all(|times| *times == 1));
    disk::assert_frames(&output, "1-24", work::ACTED);
}
