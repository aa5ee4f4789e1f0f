//! SIGKILL to a node, and to a renderer: what was in flight goes out again at once, and nothing stays behind.

use callsheet_model::FrameSet;
use serde_json::json;

use crate::harness::strays::{is_alive, renderers_of};
use crate::harness::{Cluster, Event, Recipe, disk, invariants, ledger, now_ms, work};

/// What the machine may make of the promised 250 ms when it is busy with other tests.
const AT_ONCE_MS: u64 = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_a_killed_node_go_out_again_at_once() {
    let mut cluster = Cluster::start(Recipe::new().three(1)).await;
    let template = cluster.template().await;
    let output = cluster.output("frames");
    // Two nodes get everything there is; the third has a free slot.
    let frames = work::drawn(&template, &output, "0-19", 10, 150);
    let job = cluster.submit(work::job("killed", vec![frames])).await;

    let accepted = cluster
        .event("the first frame is accepted", 0, |event| {
            event.is("frame_job.frames_accepted") && event.job() == job
        })
        .await;
    let lease = lease_of(&cluster.events(), accepted.token());
    let victim = lease.node().to_owned();
    let killed_at = cluster.kill(&victim).await;
    let gone = cluster.offline(&victim, 0).await;
    assert_eq!(gone.text("reason"), "HeartbeatLost");
    let again = cluster
        .event("its frames are handed out again", gone.sequence - 1, |event| event.is_render_lease())
        .await;
    println!(
        "killed node: noticed after {} ms, frames out again after {} ms",
        gone.at_ms.saturating_sub(killed_at),
        again.at_ms.saturating_sub(killed_at)
    );
    assert!(again.at_ms < killed_at + AT_ONCE_MS, "{} ms", again.at_ms - killed_at);

    // It comes back, and gets work that only it can have.
    cluster.spawn(&victim);
    cluster.online(&victim, gone.sequence).await;
    let mut own = work::drawn(&template, &cluster.output("own"), "0-3", 2, 0);
    own.requires =
        Some(callsheet_protocol::v1::Requirements { labels: vec![victim.clone()], ..Default::default() });
    let second = cluster.submit(work::job("own", vec![own])).await;
    cluster.succeeded(&job).await;
    cluster.succeeded(&second).await;

    let events = cluster.events();
    let done: FrameSet = accepted_under(&events, lease.token());
    let in_flight = lease.frames().difference(&done);
    assert_eq!(invariants::handed_out_again(&events, &job), in_flight.len(), "only what was in flight");
    println!("killed node: {} of 20 frames were in flight", in_flight.len());
    disk::assert_frames(&output, "0-19", work::SIZE);
    disk::assert_frames(&cluster.output("own"), "0-3", work::SIZE);
}

fn lease_of(events: &[Event], token: &str) -> Event {
    events.iter().find(|event| event.is_render_lease() && event.token() == token).unwrap().clone()
}

fn accepted_under(events: &[Event], token: &str) -> FrameSet {
    let of_token =
        events.iter().filter(|event| event.is("frame_job.frames_accepted") && event.token() == token);
    of_token.fold(FrameSet::new(), |mut sum, event| {
        sum.add(&event.frames());
        sum
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_agent_leaves_no_renderer_behind() {
    let mut cluster = Cluster::start(Recipe::new().node("anna", 2)).await;
    let moods = json!({ "moods": "2=orphan", "pace": 20 });
    let orphaning = work::acted(&cluster.output("orphan"), "1-3", 3, &moods);
    let mut hanging = work::acted(&cluster.output("hang"), "1-3", 3, &json!({ "moods": "1=hang" }));
    hanging.name = "hanging".into();
    cluster.submit(work::job("orphans", vec![orphaning, hanging])).await;
    let root = cluster.root().to_owned();
    let all_run = || {
        let entries = ledger::entries(&root);
        entries.iter().any(|entry| entry.what == "orphan")
            && entries.iter().filter(|entry| entry.what == "began" && entry.frame == 1).count() == 2
    };
    cluster.until("both renderers run, and what one of them left behind", all_run).await;
    let pids: Vec<i32> = ledger::entries(&root).iter().map(|entry| entry.pid).collect();
    let living = pids.iter().filter(|pid| is_alive(**pid)).count();
    assert!(living >= 3, "two renderers and a process of theirs: {pids:?}");

    let killed_at = cluster.kill("anna").await;
    cluster.until("all of them are gone", || !pids.iter().any(|pid| is_alive(*pid))).await;
    let took = now_ms() - killed_at;
    println!("killed agent: its renderers were gone after {took} ms");
    assert!(took < 2000, "{took} ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_renderer_is_a_failed_attempt_and_no_more() {
    let cluster = Cluster::start(Recipe::new().node("anna", 1).node("bruno", 1)).await;
    let template = cluster.template().await;
    let output = cluster.output("frames");
    let job = cluster.submit(work::job("killed", vec![work::drawn(&template, &output, "0-7", 8, 100)])).await;
    let accepted = |event: &Event| event.is("frame_job.frames_accepted");
    let first = cluster.event("a frame is accepted", 0, accepted).await;
    let renderers = renderers_of(cluster.root());
    let [renderer] = renderers[..] else { panic!("one renderer draws: {renderers:?}") };
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(renderer), nix::sys::signal::Signal::SIGKILL).unwrap();

    let failed = cluster.event("the attempt fails", 0, |event| event.is("frame_job.frames_failed")).await;
    assert_eq!(failed.payload["failure"]["class"], "crash", "{}", failed.payload);
    assert_eq!(failed.payload["failure"]["exit"], "killed by SIGKILL", "{}", failed.payload);
    cluster.succeeded(&job).await;
    let events = cluster.events();
    let node = |token: &str| lease_of(&events, token).node().to_owned();
    let again = events.iter().find(|event| {
        event.is_render_lease()
            && event.sequence > failed.sequence
            && !event.frames().is_disjoint(&failed.frames())
    });
    assert_ne!(again.unwrap().node(), node(first.token()), "another node is tried first");
    disk::assert_frames(&output, "0-7", work::SIZE);
}
