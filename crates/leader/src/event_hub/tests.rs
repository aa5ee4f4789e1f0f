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

#[test]
fn progress_that_is_never_ended_does_not_pile_up() {
    let mut latest = Latest::default();
    for number in 0..=MOST_PROGRESS as u64 {
        latest.signal(&Signal::Progress(Progress {
            node: NodeName::new("anna").unwrap(),
            token: Token(number),
            job: callsheet_model::JobId(uuid::Uuid::nil()),
            step: callsheet_model::StepIndex(0),
            frame: None,
            fraction: None,
            remaining: callsheet_model::FrameSet::one(1),
        }));
    }
    assert_eq!(latest.progress.len(), MOST_PROGRESS);
    assert!(!latest.progress.contains_key(&Token(0)), "the oldest goes first");
}
