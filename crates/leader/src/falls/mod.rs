//! Every actor of the leader falls at every message, in every way in which actors end, under tokio's paused time:
//! real trees, a day's work going through them, and the same to be true in the evening whatever fell (`day`).

mod day;
mod floods;
mod node;
mod stage;
mod upwards;

use std::time::Duration;

use callsheet_supervision::tables::leader as table;
use callsheet_supervision::{
    CHILD_ENDED, CHILD_STARTED, Fall, Fault, Kinds, Moment, Point, Record, Restart, at_every_message,
};

use crate::{event_hub, log_keeper, monitor, node_session, scheduler, supervisor};
use day::{Evening, day};

/// What a sweep is about.
struct Sweep {
    actor: &'static str,
    kinds: Vec<&'static str>,
    /// What falls in every day of it, calm ones too.
    always: fn(&Record),
}

/// An actor whose days are calm but for its own falls.
fn of(actor: &'static str, kinds: &[&'static str]) -> Sweep {
    Sweep { actor, kinds: kinds.to_vec(), always: |_| () }
}

impl Sweep {
    /// Each fault at each message: when it comes, and when it is dealt with; for the first time, and in the midst.
    /// `and_so` looks at what the table says.
    fn at_every_message(&self, and_so: impl Fn(Fall, &Evening)) {
        let calm = day(self.always);
        assert_eq!((calm.ended, calm.schedulers, calm.sessions), (0, 1, 2));
        let falls = at_every_message(&calm.record.faults, self.actor, &self.kinds);
        for fall in falls.unwrap_or_else(|point| panic!("a day without {point:?}")) {
            println!("{fall:?}");
            let evening = day(|record| {
                (self.always)(record);
                record.faults.arrange(fall.point, fall.spared, fall.fault);
            });
            assert_eq!(evening.record.faults.waiting(), 0, "the fault came");
            and_so(fall, &evening);
        }
    }

    /// It falls at a message of this kind, and then once more: when it is started again, or while it stops in good
    /// order.
    fn at_start_and_stop(&self, kind: &'static str, and_so: impl Fn(Fall, &Evening)) {
        let at = |moment| Point { actor: self.actor, moment };
        for (first, moment) in [(Fault::Panic, Moment::Start), (Fault::Stop, Moment::Stop)] {
            for fault in [Fault::Panic, Fault::Error, Fault::Kill] {
                println!("{:?}: {fault:?}", at(moment));
                let evening = day(|record| {
                    record.faults.arrange(at(Moment::Before(kind)), 1, first);
                    record.faults.arrange(at(moment), 0, fault);
                });
                assert_eq!(evening.record.faults.waiting(), 0, "both faults came");
                and_so(Fall { point: at(moment), spared: 0, fault }, &evening);
            }
        }
    }
}

/// It is started again when its line of the table says so; twice as late if it falls then.
fn comes_back(rule: Restart) -> impl Fn(Fall, &Evening) {
    move |Fall { point, .. }, evening| {
        assert_eq!(evening.ended, 0, "the leader lives");
        let at_the_end = [Moment::Before("flush"), Moment::After("flush")].contains(&point.moment);
        let waits = evening.record.waits(point.actor);
        for (nth, wait) in waits.iter().enumerate().filter(|_| !at_the_end) {
            let wait = wait.expect("it is started again");
            // A start that fails comes before the second wait, and a stop that fails is one fall.
            let longest = rule.first * (1 << nth) + Duration::from_millis(2);
            assert!(wait >= rule.first && wait <= longest, "{waits:?}");
        }
    }
}

fn alone(rule: Restart) -> impl Fn(Fall, &Evening) {
    let back = comes_back(rule);
    move |fall, evening| {
        back(fall, evening);
        assert_eq!((evening.schedulers, evening.sessions), (1, 2), "nobody falls with it");
    }
}

#[test]
fn the_event_hub_falls_at_every_message_and_alone() {
    let hub = of("event_hub", event_hub::Message::KINDS);
    hub.at_every_message(alone(table::EVENT_HUB));
    hub.at_start_and_stop("publish", alone(table::EVENT_HUB));
}

#[test]
fn the_log_keeper_falls_at_every_message_and_alone() {
    let keeper = of("log_keeper", log_keeper::Message::KINDS);
    keeper.at_every_message(alone(table::LOG_KEEPER));
    keeper.at_start_and_stop("keep", alone(table::LOG_KEEPER));
}

#[test]
fn the_monitor_falls_at_every_message_and_alone() {
    let monitor = of("monitor", monitor::Message::KINDS);
    monitor.at_every_message(alone(table::MONITOR));
    monitor.at_start_and_stop("second", alone(table::MONITOR));
}

#[test]
fn the_scheduler_falls_at_every_message_and_the_sessions_with_it() {
    let scheduler = of("scheduler", scheduler::Message::KINDS);
    let back = comes_back(table::SCHEDULER);
    let so = |fall, evening: &Evening| {
        back(fall, evening);
        let falls = evening.schedulers - 1;
        assert!(evening.sessions <= 2 + 2 * falls, "each node dials once more: {}", evening.sessions);
    };
    scheduler.at_every_message(so);
    scheduler.at_start_and_stop("command", so);
}

#[test]
fn a_node_session_falls_at_every_message_and_its_node_dials_again() {
    let session = of("node_session", node_session::Message::KINDS);
    let so = |Fall { point, .. }: Fall, evening: &Evening| {
        assert_eq!((evening.ended, evening.schedulers), (0, 1), "nobody falls with it");
        let last_words = ["goodbye", "stream_ended", "abandoned"];
        let (Moment::Before(kind) | Moment::After(kind)) = point.moment else { return };
        let dials = usize::from(!last_words.contains(&kind));
        assert_eq!(evening.sessions, 2 + dials, "{point:?}");
    };
    session.at_every_message(so);
    session.at_start_and_stop("pulse", so);
}

/// There is nobody above it: the leader ends, and whoever watches the process starts another one.
#[test]
fn the_supervisor_falls_at_every_message_and_another_leader_goes_on() {
    let kinds = [supervisor::Message::KINDS, &[CHILD_STARTED, CHILD_ENDED]].concat();
    let keeper_falls = |record: &Record| {
        let keep = Point { actor: "log_keeper", moment: Moment::Before("keep") };
        record.faults.arrange(keep, 0, Fault::Panic);
    };
    let supervisor = Sweep { actor: "supervisor", kinds, always: keeper_falls };
    let so = |_, evening: &Evening| assert_eq!((evening.ended, evening.schedulers), (1, 2));
    supervisor.at_every_message(so);
    let so = |Fall { point, fault, .. }: Fall, evening: &Evening| {
        let found @ (ended, schedulers) = (evening.ended, evening.schedulers);
        // A kill is noticed where the start waits next, and ractor lets chance say whether it looks at the kill or at
        // the start first: so it may have started a scheduler, or have been a leader for a moment.
        if fault == Fault::Kill && point.moment == Moment::Start {
            assert!((1..=2).contains(&ended) && (ended + 1..=3).contains(&schedulers), "{found:?}");
        } else {
            assert_eq!(found, (1, 2), "{point:?}: {fault:?}");
        }
    };
    supervisor.at_start_and_stop("open_session", so);
}
