//! Every actor of the leader falls, is started again as the table says, and the work goes on.

use callsheet_journal::Mishap;
use callsheet_model::signal::{LogChunk, Signal};
use callsheet_model::{Event, NodeName, StepIndex};
use callsheet_scheduler::Command;

use crate::testing::{Bench, Hand, job, published};
use crate::{FromNode, LeaderError};

#[tokio::test]
async fn the_scheduler_falls_and_nothing_that_was_told_is_lost() {
    let bench = Bench::start().await;
    let job = bench.submit("1-3").await;
    let mut anna = Hand::connect(&bench.leader, "anna", &[]).await;
    let first = anna.offered().await.remove(0);
    anna.prove(&first).await;
    anna.settled().await;
    let second = anna.offered().await.remove(0);

    bench.fells("scheduler");
    // What the scheduler knew of sessions is not in the journal: the node dials again, with its lease.
    anna.over().await;
    let mut anna = connect_again(&bench, &[second.token]).await;
    assert_eq!(published(&bench.leader, job).await.to_string(), "1");

    anna.prove(&second).await;
    anna.settled().await;
    let third = anna.offered().await.remove(0);
    assert_eq!(third.frames.to_string(), "3");
    assert!(third.token > second.token);
    anna.prove(&third).await;
    bench.event("job.succeeded", 0).await;
}

/// The first tries may meet a scheduler that is not back yet; a node dials until it is let in.
async fn connect_again(bench: &Bench, held: &[callsheet_model::Token]) -> Hand {
    bench.event("leader.started", 1).await;
    Hand::connect(&bench.leader, "anna", held).await
}

#[tokio::test]
async fn a_failed_append_is_told_to_nobody() {
    let bench = Bench::start().await;
    bench.store.arrange(Mishap::Append);
    let (id, spec) = job("1-3");
    let told = bench.leader.command(Command::SubmitJob { id, spec: spec.clone() }).await;
    assert!(matches!(told, Err(LeaderError::Restarting)), "{told:?}");
    bench.event("leader.started", 1).await;
    assert!(bench.leader.read(move |scheduler| scheduler.job(id)).await.unwrap().is_none());
    bench.leader.command(Command::SubmitJob { id, spec }).await.unwrap();
}

#[tokio::test]
async fn nothing_leaves_before_it_is_durable() {
    let bench = Bench::start().await;
    let mut anna = Hand::connect(&bench.leader, "anna", &[]).await;
    bench.event("node.online.v1", 0).await;
    bench.store.hold(true);
    let (id, spec) = job("1");
    let submit = tokio::spawn({
        let leader = bench.leader.clone();
        async move { leader.command(Command::SubmitJob { id, spec }).await }
    });
    while bench.store.waiting() == 0 {
        tokio::task::yield_now().await;
    }
    // A read that would tell of the job waits with it, and so do the reply and the offer.
    let mut read = tokio_test::task::spawn(bench.leader.read(move |scheduler| scheduler.job(id).is_some()));
    tokio_test::assert_pending!(read.poll());
    tokio::task::yield_now().await;
    tokio_test::assert_pending!(read.poll());
    assert!(!submit.is_finished());
    assert!(anna.told.try_recv().is_err());

    bench.store.hold(false);
    submit.await.unwrap().unwrap();
    assert!(read.await.unwrap());
    assert_eq!(anna.offered().await.len(), 1);
}

#[tokio::test]
async fn the_event_hub_falls_and_no_reader_misses_anything() {
    let bench = Bench::start().await;
    let mut events =
        bench.leader.follow(crate::Wanted { after: Some(0), follow: true, ..Default::default() });
    bench.fells("event_hub");
    let job = bench.submit("1-3").await;
    let mut anna = Hand::connect(&bench.leader, "anna", &[]).await;
    for _ in 0..3 {
        let lease = anna.offered().await.remove(0);
        anna.prove(&lease).await;
    }
    let mut next = 1;
    'all: loop {
        for event in events.recv().await.unwrap().unwrap() {
            assert_eq!(event.envelope.sequence, next);
            next += 1;
            if event.envelope.event == (Event::JobSucceeded { job }) {
                break 'all;
            }
        }
    }
}

#[tokio::test]
async fn the_log_keeper_falls_and_keeps_again() {
    let bench = Bench::start().await;
    let job = bench.submit("1").await;
    let mut anna = Hand::connect(&bench.leader, "anna", &[]).await;
    let lease = anna.offered().await.remove(0);
    let say = |offset: u64, text: &str| {
        FromNode::Signal(Signal::Log(LogChunk {
            node: NodeName::new("anna").unwrap(),
            token: lease.token,
            job,
            step: StepIndex(0),
            offset,
            text: text.to_owned(),
        }))
    };
    bench.fells("log_keeper");
    // Pieces on their way are lost while it is away; a later one is kept, and the gap shows.
    let mut offset = 0;
    let log = loop {
        anna.door.say(say(offset, "line\n")).await.unwrap();
        offset += 5;
        tokio::task::yield_now().await;
        // A file is there before its first piece is.
        if let [log] = bench.leader.logs(job).await.unwrap().as_slice()
            && !log.text.is_empty()
        {
            break log.clone();
        }
    };
    assert!(log.text.ends_with("line\n"));
    assert_eq!((log.token, log.node.as_str()), (lease.token, "anna"));
}

#[tokio::test]
async fn a_node_session_falls_and_its_frames_go_out_again() {
    let bench = Bench::start().await;
    bench.submit("1").await;
    let mut anna = Hand::connect(&bench.leader, "anna", &[]).await;
    let lease = anna.offered().await.remove(0);
    let mut bruno = Hand::connect(&bench.leader, "bruno", &[]).await;
    bench.fells("node_session");
    anna.door.say(FromNode::Pulse { number: 1, holding: None }).await.unwrap();
    anna.over().await;
    // After the reconnect grace, and long before the silence limit.
    let again = bruno.offered().await.remove(0);
    assert_eq!(again.frames, lease.frames);
    assert!(again.token > lease.token);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_falls_too_often_ends_the_leader_with_a_reason() {
    let bench = Bench::start().await;
    let mut started = 1;
    let reason = loop {
        bench.fells("scheduler");
        tokio::select! {
            reason = bench.leader.failed() => break reason,
            event = bench.event("leader.started", started) => started = event.sequence,
        }
    };
    assert!(reason.starts_with("scheduler fell more than 5 times in 60s"), "{reason}");
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_crash_and_what_was_not_is_not_half_there() {
    let mut bench = Bench::start().await;
    let job_id = bench.submit("1-2").await;
    let mut anna = Hand::connect(&bench.leader, "anna", &[]).await;
    let lease = anna.offered().await.remove(0);
    anna.prove(&lease).await;
    anna.settled().await;
    bench.store.hold(true);
    let (lost, spec) = job("1");
    let leader = bench.leader.clone();
    tokio::spawn(async move { leader.command(Command::SubmitJob { id: lost, spec }).await });
    while bench.store.waiting() == 0 {
        tokio::task::yield_now().await;
    }
    bench.crash().await;
    bench.store.hold(false);
    assert_eq!(published(&bench.leader, job_id).await.to_string(), "1");
    assert!(bench.leader.read(move |scheduler| scheduler.job(lost)).await.unwrap().is_none());
}

#[tokio::test]
async fn output_of_a_lease_that_the_node_never_held_is_not_kept() {
    let bench = Bench::start().await;
    let job = bench.submit("1").await;
    let mut anna = Hand::connect(&bench.leader, "anna", &[]).await;
    let lease = anna.offered().await.remove(0);
    let say = |token, job| {
        FromNode::Signal(Signal::Log(LogChunk {
            node: NodeName::new("anna").unwrap(),
            token,
            job,
            step: StepIndex(0),
            offset: 0,
            text: "line\n".to_owned(),
        }))
    };
    let stranger = callsheet_model::JobId(uuid::Uuid::nil());
    anna.door.say(say(lease.token.next(), job)).await.unwrap();
    anna.door.say(say(lease.token, stranger)).await.unwrap();
    anna.door.say(say(lease.token, job)).await.unwrap();
    // Pieces are kept in the order they come: when the last is there, the others would be.
    let kept = loop {
        let kept = bench.leader.logs(job).await.unwrap();
        if !kept.is_empty() {
            break kept;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(kept.iter().map(|log| log.token).collect::<Vec<_>>(), [lease.token]);
    assert!(bench.leader.logs(stranger).await.unwrap().is_empty());
}
