//! Signals between events: only for those who ask, and they never move a cursor.

use std::time::Duration;

use callsheet_leader::{FromNode, Hello, ToNode};
use callsheet_model::{Capabilities, NodeName, Report, Reported, Versions};

use crate::bench::Bench;
use crate::sse::Sse;

/// A node whose renderer does nothing, spoken by hand: it proves the first lease that it is offered.
async fn node_that_proves(
    bench: &Bench,
) -> (callsheet_leader::NodeDoor, tokio::sync::mpsc::Receiver<ToNode>) {
    let capabilities = Capabilities {
        renderers: [("null".to_owned(), Versions::default())].into(),
        slots: 1,
        ..Capabilities::default()
    };
    let hello = Hello {
        node: NodeName::new("anna").unwrap(),
        capabilities,
        arrival: Default::default(),
        held: [].into(),
    };
    let (door, mut told) = bench.leader.open_session(hello).await.unwrap();
    loop {
        let Some(ToNode::Offers(offers)) = told.recv().await else { continue };
        let Some((lease, _)) = offers.into_iter().next() else { continue };
        let what = Reported::Proven { frames: lease.frames.clone(), bytes: 70, took: Duration::ZERO };
        let reports = vec![Report { token: lease.token, what }];
        door.say(FromNode::Reports { reports, up_to: 1 }).await.unwrap();
        return (door, told);
    }
}

#[tokio::test]
async fn each_accepted_frame_is_a_signal_for_those_who_ask() {
    let bench = Bench::start().await;
    let begin = bench.leader.range().1;
    let job = bench.job("1-7").await;
    let path = "/api/events/stream?signals=true&types=frame_job.frames_accepted,node.frame.completed.v1";
    let mut asks = Sse::open(bench.address, path).await;
    let mut by_type = Sse::open(bench.address, "/api/events/stream?types=node.frame.*").await;
    let _node = node_that_proves(&bench).await;
    let accepted = asks.next().await.unwrap();
    assert_eq!(accepted.event, "frame_job.frames_accepted");
    assert!(accepted.id.is_some());
    let frames = asks.take(7).await;
    for (nth, frame) in frames.iter().enumerate() {
        assert_eq!((frame.id, frame.event.as_str()), (None, "node.frame.completed.v1"));
        let payload = &frame.json()["payload"];
        assert_eq!(payload["render_job_id"], job.to_string());
        assert_eq!(payload["frame_number"], nth + 1);
    }
    assert_eq!(by_type.take(7).await, frames, "asked for by their type, without the event itself");

    // They are not stored: who reads it again later has the event, and no signals.
    let mut again = Sse::open(bench.address, &format!("{path}&after={begin}")).await;
    assert_eq!(again.next().await.unwrap(), accepted);
    bench.post("/api/events", &serde_json::json!({ "event_type": "frame.of.no.interest" })).await;
    let mut plain = Sse::open(bench.address, &format!("/api/events/stream?after={begin}")).await;
    while let Some(message) = plain.next().await {
        assert!(message.id.is_some(), "{message:?}");
        if message.event == "frame.of.no.interest" {
            break;
        }
    }
}
