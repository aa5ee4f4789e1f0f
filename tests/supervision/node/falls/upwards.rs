//! What falls too often takes the node with it, and so does a supervisor that falls: with a reason, and without
//! anything left of the tree or of what it started.

use callsheet_node::NodeError;
use callsheet_node::restart::Child;
use callsheet_supervision::{CHILD_ENDED, Fault, Moment, Point};

use super::day::{Evening, Record, day, long_day};

/// A day in which a child falls as often as its line of the table allows, and once more; what the node said.
fn falls_too_often(child: Child, arrange: impl FnOnce(&Record, Point, usize)) {
    let rule = child.rule().restart;
    let start = Point { actor: child.actor(), moment: Moment::Start };
    let evening = long_day(rule.longest * 20, |record| arrange(record, start, rule.most));
    assert_eq!(evening.record.faults.waiting(), 0, "it fell as often as was arranged");
    let [NodeError::Escalated { actor, times, within, reason }] = &evening.ended[..] else {
        panic!("one node ended, and not {:?}", evening.ended)
    };
    assert_eq!((actor, *times, *within), (&child.to_string(), rule.most + 1, rule.within));
    assert!(reason.contains("the test has tripped"), "{reason}");
}

/// It falls at each message of a kind.
fn at_each(kind: &'static str) -> impl FnOnce(&Record, Point, usize) {
    move |record, start, most| {
        let point = Point { moment: Moment::Before(kind), ..start };
        (0..=most).for_each(|_| record.faults.arrange(point, 0, Fault::Panic));
    }
}

/// It falls at a message, and then whenever it is started again.
fn at_one_and_each_start(kind: &'static str, lives: usize) -> impl FnOnce(&Record, Point, usize) {
    move |record, start, most| {
        record.faults.arrange(Point { moment: Moment::Before(kind), ..start }, 0, Fault::Panic);
        record.faults.arrange(start, lives, Fault::Panic);
        (1..most).for_each(|_| record.faults.arrange(start, 0, Fault::Panic));
    }
}

#[test]
fn an_agent_that_falls_too_often_ends_the_node() {
    falls_too_often(Child::Agent, at_each("cache"));
}

#[test]
fn a_cache_that_falls_too_often_ends_the_node() {
    falls_too_often(Child::Cache, at_each("listed"));
}

#[test]
fn a_heartbeat_that_falls_too_often_ends_the_node() {
    falls_too_often(Child::Heartbeat, at_each("every"));
}

#[test]
fn a_link_that_falls_too_often_ends_the_node() {
    falls_too_often(Child::LeaderLink, at_one_and_each_start("redial", 1));
}

#[test]
fn a_renderer_process_actor_that_falls_too_often_ends_the_node() {
    // The other slot's actor lives and works meanwhile.
    falls_too_often(Child::AeProcess(0), at_one_and_each_start("start", 2));
}

#[test]
fn a_node_that_does_not_start_is_started_again_by_whoever_watches_it() {
    for fault in [Fault::Panic, Fault::Error] {
        let start = Point { actor: "supervisor", moment: Moment::Start };
        let evening = day(|record| record.faults.arrange(start, 0, fault));
        let [NodeError::Supervisor { reason }] = &evening.ended[..] else {
            panic!("one node ended, and not {:?}", evening.ended)
        };
        assert!(reason.contains("the test has tripped supervisor at Start"), "{reason}");
    }
}

/// A day in which the agent falls while a renderer works, and its supervisor is tripped when it hears of it.
fn when_a_child_has_ended(fault: Fault, also: impl FnOnce(&Record)) -> Evening {
    let evening = day(|record| {
        // An attempt's first word is that its renderer runs.
        record.faults.arrange(Point { actor: "agent", moment: Moment::Before("attempt") }, 0, Fault::Panic);
        record.faults.arrange(Point { actor: "supervisor", moment: Moment::Before(CHILD_ENDED) }, 0, fault);
        also(record);
    });
    assert_eq!(evening.record.faults.waiting(), 0, "all faults came");
    assert!(evening.record.rendering("supervisor")[0] > 0, "a renderer works when it falls");
    assert!(matches!(evening.ended[..], [NodeError::Supervisor { .. }]), "{:?}", evening.ended);
    for (actor, of_each) in [("agent", 1), ("cache", 1), ("heartbeat", 1), ("ae_process", 2)] {
        let starts = evening.record.starts(actor);
        assert_eq!(starts, 2 * of_each, "{actor} went with it, and came with the next node");
    }
    evening
}

#[test]
fn a_supervisor_that_falls_takes_its_children_and_their_renderers_with_it() {
    for fault in [Fault::Panic, Fault::Error, Fault::Stop, Fault::Kill] {
        when_a_child_has_ended(fault, |_| ());
    }
}

#[test]
fn a_supervisor_that_falls_while_it_stops_takes_its_children_with_it_too() {
    let stop = Point { actor: "supervisor", moment: Moment::Stop };
    for fault in [Fault::Panic, Fault::Error, Fault::Kill] {
        when_a_child_has_ended(Fault::Stop, |record| record.faults.arrange(stop, 0, fault));
        // A node that has left in good order has left.
        let evening = day(|record| record.faults.arrange(stop, 0, fault));
        assert_eq!((evening.record.faults.waiting(), evening.ended.len()), (0, 0), "{:?}", evening.ended);
    }
}
