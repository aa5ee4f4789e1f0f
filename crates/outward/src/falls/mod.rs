//! Every actor of what goes outward falls at every message, in every way in which actors end, under tokio's paused
//! time: the real tree, with everyone who is told at the other end of real sockets, and the same to be true in the
//! evening whatever fell (`day`).

mod day;
mod floods;
mod post;
mod stage;
mod upwards;

use std::time::Duration;

use callsheet_supervision::{
    CHILD_ENDED, CHILD_STARTED, Fault, Kinds, Moment, Point, Record, at_every_message,
};

use crate::supervisor::errand::Go;
use crate::supervisor::{Message, table};
use day::{Evening, Struck, Who, day, day_on_which};

/// Errands, and how many of each there are.
const ERRANDS: [(&str, usize); 4] = [("target", 1), ("channel", 2), ("orphans", 1), ("traces", 1)];

fn at(actor: &'static str, moment: Moment) -> Point {
    Point { actor, moment }
}

/// In every day of the supervisor something else falls once: it is started again, and its supervisor hears of it.
fn traces_fall(record: &Record) {
    record.faults.arrange(at("traces", Moment::Before("go")), 0, Fault::Panic);
}

/// It was started again when the table says, each time it fell before the evening, and nobody else was.
fn comes_back_alone(actor: &'static str, evening: &Evening) {
    let waits = evening.record.waits(actor);
    for (nth, wait) in waits.iter().enumerate().filter_map(|(nth, wait)| Some((nth, (*wait)?))) {
        let longest = table::ERRAND.first * (1 << nth) + Duration::from_millis(10);
        assert!(wait >= table::ERRAND.first && wait <= longest, "{waits:?}");
    }
    let again = waits.iter().flatten().count();
    for (other, instances) in ERRANDS {
        let more = if other == actor { again } else { 0 };
        assert_eq!(evening.record.starts(other), instances + more, "{other}, when {actor} fell {waits:?}");
    }
    assert_eq!(evening.record.starts("supervisor"), 1);
}

/// Each fall at each message; then one more when it is started again, or when it stops in good order.
fn sweep(actor: &'static str) {
    let calm = day(|_| ());
    assert_eq!((calm.repeated, calm.unconfirmed), (0, 0), "nothing is told twice when nothing falls");
    for fall in at_every_message(&calm.record.faults, actor, Go::KINDS).unwrap() {
        println!("{fall:?}");
        let evening = day(|record| record.faults.arrange(fall.point, fall.spared, fall.fault));
        assert_eq!(evening.record.faults.waiting(), 0, "the fault came");
        // What is stopped ends its work first, and that is over in the evening.
        let falls_by_day = fall.point.moment == Moment::Before("go") && fall.fault != Fault::Stop;
        assert_eq!(evening.record.waits(actor)[0].is_some(), falls_by_day);
        comes_back_alone(actor, &evening);
    }
    let instances = ERRANDS.iter().find(|(name, _)| *name == actor).unwrap().1;
    for fault in [Fault::Panic, Fault::Error, Fault::Kill] {
        println!("{actor} at its start: {fault:?}");
        let evening = day(|record| {
            record.faults.arrange(at(actor, Moment::Before("go")), 0, Fault::Panic);
            record.faults.arrange(at(actor, Moment::Start), instances, fault);
        });
        assert_eq!(evening.record.faults.waiting(), 0, "both faults came");
        let waits = evening.record.waits(actor);
        assert!(waits.len() == 2 && waits.iter().all(Option::is_some), "by day: {waits:?}");
        comes_back_alone(actor, &evening);
        println!("{actor} at its stop: {fault:?}");
        let evening = day(|record| record.faults.arrange(at(actor, Moment::Stop), 0, fault));
        assert_eq!(evening.record.faults.waiting(), 0, "the fault came");
        comes_back_alone(actor, &evening);
    }
}

#[test]
fn a_target_falls_at_every_message_and_alone() {
    sweep("target");
}

#[test]
fn a_channel_of_alerts_falls_at_every_message_and_alone() {
    sweep("channel");
}

#[test]
fn whoever_gives_up_alerts_without_a_channel_falls_at_every_message_and_alone() {
    sweep("orphans");
}

#[test]
fn traces_fall_at_every_message_and_alone() {
    sweep("traces");
}

#[test]
fn the_supervisor_falls_at_every_message_and_another_one_goes_on() {
    let kinds = [Message::KINDS, &[CHILD_STARTED, CHILD_ENDED]].concat();
    let calm = day(traces_fall);
    for fall in at_every_message(&calm.record.faults, "supervisor", &kinds).unwrap() {
        println!("{fall:?}");
        let evening = day(|record| {
            traces_fall(record);
            record.faults.arrange(fall.point, fall.spared, fall.fault);
        });
        assert_eq!(evening.record.faults.waiting(), 0, "all faults came");
        // Nobody tells it to leave before the evening, and only traces end before it.
        let falls_by_day = match fall.point.moment {
            Moment::Before(kind) | Moment::After(kind) => {
                kind != "leave" && (kind != CHILD_ENDED || fall.spared == 0)
            }
            Moment::Start | Moment::Stop => false,
        };
        let waits = evening.record.waits("supervisor");
        assert_eq!(waits.len(), 1, "{waits:?}");
        assert_eq!(waits[0].is_some(), falls_by_day, "{waits:?}");
        for wait in waits.into_iter().flatten() {
            let rule = table::ERRAND;
            assert!(wait >= rule.first && wait <= rule.first + Duration::from_millis(10), "{wait:?}");
        }
        assert!(evening.leaving < crate::LEAVE, "it leaves by itself");
    }
    for fault in [Fault::Panic, Fault::Error, Fault::Kill] {
        println!("at its start, and at its stop: {fault:?}");
        let evening = day(|record| {
            traces_fall(record);
            record.faults.arrange(at("supervisor", Moment::Before("start_again")), 0, Fault::Panic);
            record.faults.arrange(at("supervisor", Moment::Start), 1, fault);
            record.faults.arrange(at("supervisor", Moment::Stop), 0, fault);
        });
        assert_eq!(evening.record.faults.waiting(), 0, "all faults came");
        assert_eq!(evening.record.starts("supervisor"), 3, "one of them did not start");
    }
}

/// The moment in which a receiver has it, or it is lost on the way, and its sender does not know.
#[test]
fn whatever_falls_while_something_is_being_told_it_is_told_to_the_end() {
    let calm = day(|_| ());
    assert!(calm.requests > 8, "{}", calm.requests);
    let moments = (1..=calm.requests).flat_map(|at| [(at, false), (at, true)]);
    for (at, is_lost) in moments {
        for who in [Who::Errands, Who::Supervisor] {
            let struck = Struck { who, at, is_lost };
            println!("{struck:?}");
            let evening = day_on_which(Some(struck), |_| ());
            let cut_off = evening.repeated + evening.unconfirmed;
            assert!(
                cut_off > 0 || is_lost || who == Who::Supervisor,
                "nobody was cut off while it was telling"
            );
        }
    }
}
