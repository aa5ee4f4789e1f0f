//! Crashes and quarantines, as they are told and kept by a whole leader.

use callsheet_model::signal::{LogChunk, Signal};
use callsheet_model::{Event, Failure, FailureClass, NodeName, StepIndex};
use callsheet_renderers::Registry;
use callsheet_scheduler::Command;

use crate::testing::{Bench, Hand};
use crate::{FromNode, LeaderError};

fn anna() -> NodeName {
    NodeName::new("anna").unwrap()
}

#[tokio::test]
async fn a_crash_is_told_with_the_way_to_its_log() {
    let bench = Bench::start().await;
    let job = bench.submit("7-9").await;
    let mut hand = Hand::connect(&bench.leader, "anna", &[]).await;
    let lease = hand.offered().await.remove(0);
    let text = "PROGRESS: 7\nit dies here\n";
    let chunk = LogChunk {
        node: anna(),
        token: lease.token,
        job,
        step: StepIndex(0),
        offset: 0,
        text: text.to_owned(),
    };
    hand.door.say(FromNode::Signal(Signal::Log(chunk))).await.unwrap();
    let failure = Failure {
        exit: Some("killed by SIGSEGV".to_owned()),
        evidence: vec!["it dies here".to_owned()],
        ..Failure::new(FailureClass::Crash, "the renderer died")
    };
    hand.fail(&lease, failure.clone()).await;
    let Event::NodeCrashed { crash } = bench.event("node.crashed.v1", 0).await.event else { unreachable!() };
    assert_eq!((&crash.node, crash.token, crash.last_frame), (&lease.node, lease.token, Some(7)));
    assert_eq!((&crash.failure, crash.recovering), (&failure, true));
    let way = format!("http://127.0.0.1:7420/api/v1/jobs/{job}/attempts/{}/log", lease.token);
    assert_eq!(crash.log_url, Some(way));
    // The keeper writes in its own time, into a file that is empty at first.
    let log = loop {
        match bench.leader.attempt_log(job, lease.token).await {
            Ok(log) if !log.text.is_empty() => break log,
            Ok(_) => {}
            Err(error) => assert!(matches!(error, LeaderError::NoAttempt { .. }), "{error}"),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(log.text, text);
}

#[tokio::test]
async fn a_quarantine_outlives_the_leader_until_someone_ends_it() {
    let mut bench = Bench::start().await;
    bench.submit("1-3").await;
    let mut hand = Hand::connect(&bench.leader, "anna", &[]).await;
    let lease = hand.offered().await.remove(0);
    hand.fail(&lease, Failure::new(FailureClass::NodeConfig, "no such template")).await;
    hand.settled().await;
    bench.crash().await;

    let mut hand = Hand::connect(&bench.leader, "anna", &[]).await;
    let held = bench.leader.read(|scheduler| scheduler.node(&anna()).unwrap().quarantines).await.unwrap();
    assert_eq!(held["null"].failure.message, "no such template");
    assert!(hand.told.try_recv().is_err(), "it is given work");
    bench.leader.command(Command::ClearNode { node: anna(), renderer: None }).await.unwrap();
    assert_eq!(hand.offered().await.len(), 1);
}

#[tokio::test]
async fn renderers_that_can_look_are_asked_to() {
    let bench = Bench::start().await;
    let registry = Registry::new(&[]);
    let looks = registry.names().filter(|name| registry.get(name).unwrap().has_preflight());
    let looks: Vec<String> = looks.map(str::to_owned).collect();
    let asked = bench.leader.read(|scheduler| scheduler.policy().preflight.clone()).await.unwrap();
    assert_eq!(asked.into_iter().collect::<Vec<_>>(), looks);
}
