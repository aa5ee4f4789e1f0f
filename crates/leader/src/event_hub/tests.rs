//! The hub wakes readers, passes signals on, and cannot be flooded.

use callsheet_model::{NodeName, Timestamp};

use super::*;

async fn hub() -> (EventHubHandle, ActorRef<Message>, tokio::task::JoinHandle<()>) {
    let hub = EventHubHandle::new();
    let logs = LogKeeperHandle::new("unused".into(), 1);
    let (actor, join) = Actor::spawn(None, EventHub, hub.start(logs)).await.unwrap();
    hub.attach(actor.clone());
    (hub, actor, join)
}

fn heartbeat() -> Signal {
    Signal::Heartbeat(callsheet_model::signal::Heartbeat {
        node: NodeName::new("anna").unwrap(),
        status: callsheet_model::NodeStatus::Ready,
        recorded_at: Timestamp(1),
        cpu_pct: None,
        ram_available_mb: None,
        cache_used_bytes: None,
        renderer_running: false,
        current: None,
        cached_templates: Vec::new(),
    })
}

fn output() -> Signal {
    Signal::Log(callsheet_model::signal::LogChunk {
        node: NodeName::new("anna").unwrap(),
        token: callsheet_model::Token(1),
        job: callsheet_model::JobId(uuid::Uuid::nil()),
        step: callsheet_model::StepIndex(0),
        offset: 0,
        text: "line\n".to_owned(),
    })
}

#[tokio::test]
async fn readers_are_woken_when_something_happened() {
    let (hub, actor, join) = hub().await;
    let mut more = hub.more();
    hub.publish(Vec::new());
    more.changed().await.unwrap();
    actor.stop(None);
    join.await.unwrap();
}

#[tokio::test]
async fn what_passes_is_passed_on_and_the_latest_is_remembered() {
    let (hub, actor, join) = hub().await;
    let mut signals = hub.signals();
    hub.signal(heartbeat());
    assert_eq!(*signals.recv().await.unwrap(), heartbeat());
    assert_eq!(hub.latest(|latest| latest.heartbeats.len()), 1);
    actor.stop(None);
    join.await.unwrap();
}

#[tokio::test]
async fn signals_that_nobody_handles_do_not_pile_up() {
    let (hub, actor, join) = hub().await;
    // The actor does not run before this task waits for something.
    for _ in 0..2 * SIGNAL_RING {
        hub.signal(output());
    }
    assert_eq!(hub.shared.room.available_permits(), SIGNAL_RING / 2 - 1, "half is kept for signs of life");
    for _ in 0..2 * SIGNAL_RING {
        hub.signal(heartbeat());
    }
    assert_eq!(hub.shared.room.available_permits(), 0);
    // A hub that falls gives the places of what it never handled back.
    actor.stop(None);
    join.await.unwrap();
    drop(actor);
    hub.attach(
        Actor::spawn(None, EventHub, hub.start(LogKeeperHandle::new("unused".into(), 1))).await.unwrap().0,
    );
    while hub.shared.room.available_permits() < SIGNAL_RING {
        tokio::task::yield_now().await;
    }
}
