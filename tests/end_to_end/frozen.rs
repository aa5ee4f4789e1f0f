//! A node that falls silent and wakes up later: its frames go elsewhere in time, and it publishes nothing that
//! it no longer holds.

use std::path::PathBuf;

use callsheet_protocol::v1;
use nix::sys::signal::Signal;

use crate::harness::{Cluster, Event, Recipe, disk, now_ms, work};

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_node_is_noticed_and_publishes_nothing_when_it_wakes_up() {
    let cluster = Cluster::start(Recipe::new().three(1)).await;
    let template = cluster.template().await;
    let output = cluster.output("frames");
    let frames = work::drawn(&template, &output, "0-39", 10, 150);
    let job = cluster.submit(work::job("frozen", vec![frames])).await;
    let accepted = |event: &Event| event.is("frame_job.frames_accepted") && event.job() == job;
    let first = cluster.event("a frame is accepted", 0, accepted).await;
    let events = cluster.events();
    let is_lease = |event: &&Event| event.is_render_lease() && event.token() == first.token();
    let victim = events.iter().find(is_lease).unwrap().node().to_owned();

    // The agent alone: its renderer goes on and finishes all its frames, behind the back of everyone.
    cluster.signal(&victim, Signal::SIGSTOP);
    let frozen_at = now_ms();
    let gone = cluster.offline(&victim, 0).await;
    let noticed = gone.at_ms.saturating_sub(frozen_at);
    println!("frozen node: noticed after {noticed} ms");
    assert_eq!(gone.text("reason"), "HeartbeatLost");
    assert!(noticed < 6000, "{noticed} ms");
    let end = cluster.over(&job, 0).await;
    assert!(end.is("job.succeeded"), "{}", end.payload);
    let directory = PathBuf::from(&output).parent().unwrap().to_owned();
    let before = disk::traces(&directory);
    let lost: Vec<String> = released_with(&cluster.events(), "node_lost");
    assert!(!lost.is_empty(), "it held a lease");

    cluster.signal(&victim, Signal::SIGCONT);
    cluster.online(&victim, gone.sequence).await;
    let mut own = work::drawn(&template, &cluster.output("own"), "0-5", 3, 0);
    own.requires = Some(v1::Requirements { labels: vec![victim.clone()], ..Default::default() });
    let second = cluster.submit(work::job("own", vec![own])).await;
    cluster.succeeded(&second).await;

    cluster.succeeded(&job).await;
    assert_eq!(disk::traces(&directory), before, "no published file was touched");
    let late = |event: &&Event| {
        event.sequence > gone.sequence
            && lost.contains(&event.token().to_owned())
            && (event.is("frame_job.frames_accepted") || event.is("frame_job.frames_published"))
    };
    let events = cluster.events();
    assert!(events.iter().find(late).is_none(), "nothing counts under a token that was lost");
    disk::assert_frames(&output, "0-39", work::SIZE);
    disk::assert_frames(&cluster.output("own"), "0-5", work::SIZE);
}

fn released_with(events: &[Event], reason: &str) -> Vec<String> {
    let released =
        events.iter().filter(|event| event.is("frame_job.released") && event.text("reason") == reason);
    released.map(|event| event.token().to_owned()).collect()
}
