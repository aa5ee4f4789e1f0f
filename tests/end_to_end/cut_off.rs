//! A node whose network is cut, without a word to anyone: it stops its renderers by its own clock, before the
//! leader gives their frames to somebody else.

use callsheet_protocol::v1;
use serde_json::json;

use crate::harness::strays::is_alive;
use crate::harness::{Cluster, Recipe, Way, Weather, Wire, disk, ledger, now_ms, work};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_cut_off_stops_before_its_frames_go_elsewhere() {
    let mut cluster = Cluster::lead(Recipe::new().node("anna", 1).node("bruno", 1)).await;
    // What is held up comes later: neither side hears of it.
    let wire = Wire::to(&cluster.url).await;
    cluster.spawn_through("anna", &wire);
    cluster.online("anna", 0).await;
    let output = cluster.output("frames");
    // Far longer than a lease is good without the leader.
    let job =
        cluster.submit(work::job("cut", vec![work::acted(&output, "1", 1, &json!({ "pace": 8000 }))])).await;
    let root = cluster.root().to_owned();
    cluster.until("anna renders", || ledger::entries(&root).len() == 1).await;
    let renderer = ledger::entries(&root)[0].pid;
    cluster.spawn("bruno");
    cluster.online("bruno", 0).await;

    wire.set(Weather::both(Way::Held));
    let cut_at = now_ms();
    cluster.until("anna's renderer is stopped", || !is_alive(renderer)).await;
    let stopped_at = now_ms();
    let gone = cluster.offline("anna", 0).await;
    let again =
        cluster.event("its frame goes to bruno", gone.sequence - 1, |event| event.is_render_lease()).await;
    println!(
        "cut wire: renderer stopped after {} ms, noticed by the leader after {} ms",
        stopped_at - cut_at,
        gone.at_ms.saturating_sub(cut_at)
    );
    assert!(gone.at_ms < cut_at + 6000, "{} ms", gone.at_ms - cut_at);
    assert!(stopped_at <= again.at_ms, "the renderer was stopped {} ms late", stopped_at - again.at_ms);
    assert_eq!((again.node(), again.text("frames")), ("bruno", "1"));

    wire.set(Weather::default());
    cluster.online("anna", gone.sequence).await;
    let requires = Some(v1::Requirements { labels: vec!["anna".into()], ..Default::default() });
    let own = v1::StepSpec { requires, ..work::acted(&cluster.output("own"), "1-2", 1, &json!({})) };
    let second = cluster.submit(work::job("own", vec![own])).await;
    cluster.succeeded(&second).await;
    cluster.succeeded(&job).await;
    disk::assert_frames(&output, "1", work::ACTED);
    disk::assert_frames(&cluster.output("own"), "1-2", work::ACTED);
}
