//! What falls too often takes the leader with it: with a reason, without anything left of the tree, and everyone who
//! asks is told so.

use std::time::Duration;

use callsheet_journal::MemoryStore;
use callsheet_scheduler::Command;
use callsheet_supervision::tables::leader as table;
use callsheet_supervision::{Fault, Faults, Moment, Point, Restart};
use ractor::ActorStatus;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

use super::stage::in_time;
use crate::testing::{Bench, Hand, posted, start};
use crate::{LeaderError, StartError};

/// A leader whose child falls whenever a message comes, until the failure goes up; the reason.
async fn falls_too_often(actor: &'static str, rule: Restart) {
    let bench = Bench::start().await;
    let anna = Hand::connect(&bench.leader, "anna", &[]).await;
    bench.event("node.online.v1", 0).await;
    let children = bench.leader.0.supervisor.get_children();
    let starts = Point { actor, moment: Moment::Start };
    let before = bench.faults.passed(starts);
    for _ in 0..=rule.most {
        let (earlier, waiting) = (bench.faults.passed(starts), bench.faults.waiting());
        bench.fells(actor);
        let back = async {
            while bench.faults.waiting() > waiting || bench.faults.passed(starts) == earlier {
                sleep(Duration::from_millis(1)).await;
            }
        };
        let _ = timeout(Duration::from_secs(4), back).await;
    }
    let reason = in_time("the leader ends", bench.leader.failed()).await;
    let (most, within) = (rule.most, rule.within);
    assert!(reason.starts_with(&format!("{actor} fell more than {most} times in {within:?}: ")), "{reason}");
    assert!(
        reason.ends_with(&format!("the test has tripped {actor} at Before({:?})", last_kind(&reason))),
        "{reason}"
    );
    assert_eq!(bench.faults.passed(starts) - before, rule.most, "and it is not started once more");

    // Whoever has a session or asks for something is told, and does not wait.
    in_time("the session is over", anna.over()).await;
    let leader = &bench.leader;
    let hello = super::node::Node::new("bruno").hello();
    assert!(matches!(in_time("a hello", leader.open_session(hello)).await, Err(LeaderError::Restarting)));
    assert!(matches!(
        in_time("a command", leader.command(Command::Tick)).await,
        Err(LeaderError::Restarting)
    ));
    assert!(matches!(in_time("a read", leader.read(|_| ())).await, Err(LeaderError::Restarting)));
    assert!(matches!(in_time("a post", leader.ingest(vec![posted(1)])).await, Err(LeaderError::Restarting)));
    in_time("the status", leader.office()).await;
    in_time("leaving", leader.stop()).await;
    assert!(children.iter().all(|child| child.get_status() == ActorStatus::Stopped));
}

/// What stands between the last quotation marks.
fn last_kind(reason: &str) -> &str {
    reason.rsplit('"').nth(1).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_scheduler_that_falls_too_often_ends_the_leader() {
    falls_too_often("scheduler", table::SCHEDULER).await;
}

#[tokio::test(start_paused = true)]
async fn an_event_hub_that_falls_too_often_ends_the_leader() {
    falls_too_often("event_hub", table::EVENT_HUB).await;
}

#[tokio::test(start_paused = true)]
async fn a_log_keeper_that_falls_too_often_ends_the_leader() {
    falls_too_often("log_keeper", table::LOG_KEEPER).await;
}

#[tokio::test(start_paused = true)]
async fn a_monitor_that_falls_too_often_ends_the_leader() {
    falls_too_often("monitor", table::MONITOR).await;
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_does_not_start_says_why_and_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let store = MemoryStore::new(1000);
    for actor in ["supervisor", "event_hub", "log_keeper", "scheduler", "monitor"] {
        for fault in [Fault::Panic, Fault::Error] {
            let faults = Faults::default();
            faults.arrange(Point { actor, moment: Moment::Start }, 0, fault);
            let started = in_time("it starts or not", start(directory.path(), &store, |_| (), &faults)).await;
            let Err(StartError::Tree(why)) = started else { panic!("it has started without {actor}") };
            assert!(why.contains(&format!("the test has tripped {actor} at Start")), "{why}");
            let gone = async {
                while Handle::current().metrics().num_alive_tasks() > 0 {
                    sleep(Duration::from_millis(10)).await;
                }
            };
            in_time("nothing is left of it", gone).await;
        }
    }
}
