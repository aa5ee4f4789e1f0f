//! The hub tells late readers where live events begin.

use callsheet_model::Timestamp;

use super::*;

#[tokio::test]
async fn a_late_reader_knows_where_live_begins() {
    let hub = EventHubHandle::new();
    let logs = LogKeeperHandle::new("unused".into(), 1);
    let (actor, join) = Actor::spawn(None, EventHub, hub.start(logs)).await.unwrap();
    hub.attach(actor.clone());
    let (mut events, before) = hub.events();
    assert_eq!(before, 0);
    let event = Event::LeaderStarted { epoch: 1 };
    hub.publish(vec![Envelope { sequence: 7, at: Timestamp(1), event }]);
    assert_eq!(events.recv().await.unwrap()[0].sequence, 7);
    assert_eq!(hub.events().1, 7);
    actor.stop(None);
    join.await.unwrap();
}
