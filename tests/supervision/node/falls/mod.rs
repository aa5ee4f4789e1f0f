//! Every actor of the node falls at every message, in every way in which actors end, under tokio's paused time: the
//! real tree with a day's work going through it, and the same to be true in the evening whatever fell (`day`). And every
//! mailbox that a stranger can fill is flooded, and so is all that waits behind one (`floods`, `orders`).

mod day;
mod flooded;
mod floods;
mod orders;
mod player;
mod upwards;
mod wire;

use std::time::Duration;

use callsheet_node::restart::Child;
use callsheet_node::{ACTORS, NodeError};
use callsheet_supervision::{CHILD_ENDED, CHILD_STARTED, Fault, Moment, Point};

use day::{Evening, Record, day};

/// A leader that takes no hello ends the node, and so the day: `upwards` has these.
const ENDS_THE_DAY: &str = "unwelcome";

/// A dialling task that is over is a failure itself.
const NEVER_DONE: Moment = Moment::After("over");

/// Whether a message comes, or is dealt with.
type When = fn(&'static str) -> Moment;

/// How an actor ends when a message comes, and when it is dealt with: for the first time, or (true) in the midst.
const FALLS: [(When, Fault, bool); 5] = [
    (Moment::Before, Fault::Panic, false),
    (Moment::Before, Fault::Error, true),
    (Moment::Before, Fault::Stop, false),
    (Moment::Before, Fault::Kill, true),
    (Moment::After, Fault::Panic, true),
];

fn kinds_of(actor: &str) -> Vec<&'static str> {
    let all = ACTORS.iter().filter(|(name, _)| *name == actor).flat_map(|(_, kinds)| kinds.iter().copied());
    all.filter(|kind| *kind != ENDS_THE_DAY).collect()
}

/// Each fall at each message of an actor. `and_so` looks at what the table says.
fn at_every_message(actor: &'static str, kinds: &[&'static str], and_so: impl Fn(&Evening)) {
    // In every day of it the heartbeat falls once: the others are told that it is gone.
    let always = |record: &Record| {
        record.faults.arrange(Point { actor: "heartbeat", moment: Moment::Before("beat") }, 0, Fault::Panic);
    };
    let calm = day(always);
    assert!(calm.ended.is_empty(), "{:?}", calm.ended);
    for kind in kinds {
        for (moment, fault, amid) in FALLS {
            let point = Point { actor, moment: moment(kind) };
            if actor == "leader_link" && point.moment == NEVER_DONE {
                continue;
            }
            let often = calm.record.faults.passed(point);
            assert!(often > 0, "a day without {point:?}");
            let spared = if amid { often / 2 } else { 0 };
            println!("{point:?} after {spared}: {fault:?}");
            let evening = day(|record| {
                always(record);
                record.faults.arrange(point, spared, fault);
            });
            assert_eq!(evening.record.faults.waiting(), 0, "the fault came");
            and_so(&evening);
        }
    }
}

/// The actor falls, and then once more: when it is started again, or while it stops in good order.
fn at_start_and_stop(actor: &'static str, kind: &'static str, and_so: impl Fn(&Evening)) {
    let at = |moment| Point { actor, moment };
    for fault in [Fault::Panic, Fault::Error, Fault::Kill] {
        for (first, moment) in [(Fault::Panic, Moment::Start), (Fault::Stop, Moment::Stop)] {
            println!("{:?}: {fault:?}", at(moment));
            let evening = day(|record| {
                // Each slot has an actor of its own, and each is started once before.
                let before = if actor == "ae_process" { 2 } else { 1 };
                record.faults.arrange(at(Moment::Before(kind)), 0, first);
                record.faults.arrange(at(moment), if moment == Moment::Start { before } else { 0 }, fault);
            });
            assert_eq!(evening.record.faults.waiting(), 0, "both faults came");
            and_so(&evening);
        }
    }
}

/// It was started again when its line of the table says so, and the node lives.
fn comes_back(child: Child) -> impl Fn(&Evening) {
    move |evening| {
        assert!(evening.ended.is_empty(), "{:?}", evening.ended);
        let (rule, waits) = (child.rule().restart, evening.record.waits(child.actor()));
        assert!(!waits.is_empty());
        for wait in waits.iter().flatten() {
            // Twice as long for the second fall; everyone is stopped first when all begin anew.
            let longest = rule.first * 2 + Duration::from_millis(5);
            assert!(*wait >= rule.first && *wait <= longest, "{waits:?}");
        }
    }
}

/// It alone was started again, beside the heartbeat that falls in every day.
fn alone(child: Child) -> impl Fn(&Evening) {
    let back = comes_back(child);
    move |evening| {
        back(evening);
        let fell = |actor| if actor == child.actor() { evening.record.waits(actor).len() } else { 0 };
        for (actor, first) in [("agent", 1), ("cache", 1), ("ae_process", 2)] {
            assert!(evening.record.starts(actor) <= first + fell(actor), "{actor} is started again with it");
        }
    }
}

#[test]
fn the_agent_falls_at_every_message_and_everything_begins_anew() {
    let back = comes_back(Child::Agent);
    let so = |evening: &Evening| {
        back(evening);
        assert_eq!(evening.record.starts("cache"), evening.record.starts("agent"), "they go with it");
    };
    at_every_message("agent", &kinds_of("agent"), so);
    at_start_and_stop("agent", "attempt", comes_back(Child::Agent));
}

#[test]
fn the_cache_falls_at_every_message_and_alone() {
    at_every_message("cache", &kinds_of("cache"), alone(Child::Cache));
    at_start_and_stop("cache", "asked", alone(Child::Cache));
}

#[test]
fn the_heartbeat_falls_at_every_message_and_alone() {
    at_every_message("heartbeat", &kinds_of("heartbeat"), alone(Child::Heartbeat));
    at_start_and_stop("heartbeat", "measured", alone(Child::Heartbeat));
}

#[test]
fn the_link_falls_at_every_message_and_alone() {
    at_every_message("leader_link", &kinds_of("leader_link"), alone(Child::LeaderLink));
    at_start_and_stop("leader_link", "redial", alone(Child::LeaderLink));
}

#[test]
fn a_renderer_process_actor_falls_at_every_message_and_alone() {
    at_every_message("ae_process", &kinds_of("ae_process"), alone(Child::AeProcess(0)));
    at_start_and_stop("ae_process", "start", alone(Child::AeProcess(0)));
}

/// There is nobody above it: the node ends, and whoever watches the process starts another one.
#[test]
fn the_supervisor_falls_at_every_message_and_another_node_goes_on() {
    let kinds = [kinds_of("supervisor").as_slice(), &[CHILD_STARTED, CHILD_ENDED]].concat();
    let so = |evening: &Evening| {
        assert!(matches!(evening.ended[..], [] | [NodeError::Supervisor { .. }]), "{:?}", evening.ended);
    };
    at_every_message("supervisor", &kinds, so);
}
