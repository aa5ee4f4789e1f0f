//! What falls too often takes the node with it: with a reason, and without anything left of the tree or of what it
//! started.

use callsheet_node::restart::Child;
use callsheet_supervision::{Fault, Moment, Point};

use super::day::{day, long_day};

/// A day in which a child falls as often as its line of the table allows, and once more; what the node said.
fn falls_too_often(child: Child, kind: &'static str) {
    let point = Point { actor: child.actor(), moment: Moment::Before(kind) };
    let rule = child.rule().restart;
    let evening = long_day(rule.longest * 20, |record| {
        (0..=rule.most).for_each(|_| record.faults.arrange(point, 0, Fault::Panic))
    });
    assert_eq!(evening.record.faults.waiting(), 0, "it fell as often as was arranged");
    let [said] = evening.ended.as_slice() else { panic!("one node ended, and not {:?}", evening.ended) };
    let text = format!(
        "{child} failed {} times within {:?}, and is not started again; last: ",
        rule.most + 1,
        rule.within
    );
    assert!(said.starts_with(&text) && said.contains("the test has tripped"), "{said}");
}

#[test]
fn an_agent_that_falls_too_often_ends_the_node() {
    falls_too_often(Child::Agent, "cache");
}

#[test]
fn a_cache_that_falls_too_often_ends_the_node() {
    falls_too_often(Child::Cache, "listed");
}

#[test]
fn a_heartbeat_that_falls_too_often_ends_the_node() {
    falls_too_often(Child::Heartbeat, "every");
}

#[test]
fn a_node_that_does_not_start_is_started_again_by_whoever_watches_it() {
    for fault in [Fault::Panic, Fault::Error] {
        let start = Point { actor: "supervisor", moment: Moment::Start };
        let evening = day(|record| record.faults.arrange(start, 0, fault));
        let [said] = evening.ended.as_slice() else { panic!("one node ended, and not {:?}", evening.ended) };
        assert!(said.contains("the test has tripped supervisor at Start"), "{said}");
    }
}
