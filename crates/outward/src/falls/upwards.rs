//! What falls too often waits on the bench, and then begins anew: nobody else falls with it, the leader lives, and
//! everything is told in the end.

use std::time::Duration;

use callsheet_supervision::{CHILD_STARTED, Fault, Moment, Point};

use super::ERRANDS;
use super::day::{Evening, day};
use super::stage::Stage;
use crate::supervisor::table;
use crate::{Outward, StartError};

/// Waits of whoever falls as often as its line of the table allows, and once more.
fn waits_and_then_the_bench() -> Vec<Duration> {
    let doubled = (0..table::ERRAND.most).map(|nth| table::ERRAND.first * (1 << nth));
    doubled.map(|wait| wait.min(table::ERRAND.longest)).chain([table::BENCH]).collect()
}

/// Of so many actors of the same name that fall together.
fn check(actor: &'static str, together: usize, evening: &Evening) {
    assert_eq!(evening.record.faults.waiting(), 0, "it fell as often as was arranged");
    let found = evening.record.waits(actor);
    let wanted = waits_and_then_the_bench();
    assert_eq!(found.len(), together * wanted.len());
    for (nth, wait) in found.iter().enumerate() {
        let (wait, wanted) = (wait.expect("it is started again"), wanted[nth / together]);
        assert!(wait >= wanted && wait <= wanted + Duration::from_millis(20), "{found:?}");
    }
}

fn falls_too_often(actor: &'static str) {
    let together = ERRANDS.iter().find(|(name, _)| *name == actor).unwrap().1;
    let evening = day(|record| {
        let go = Point { actor, moment: Moment::Before("go") };
        (0..together * (table::ERRAND.most + 1)).for_each(|_| record.faults.arrange(go, 0, Fault::Panic));
    });
    check(actor, together, &evening);
    for (other, instances) in ERRANDS.into_iter().filter(|(other, _)| *other != actor) {
        assert_eq!(evening.record.starts(other), instances, "{other} does not fall with it");
    }
    assert_eq!(evening.record.starts("supervisor"), 1);
}

#[test]
fn a_target_that_falls_too_often_waits_on_the_bench() {
    falls_too_often("target");
}

#[test]
fn channels_of_alerts_that_fall_too_often_wait_on_the_bench() {
    falls_too_often("channel");
}

#[test]
fn whoever_gives_up_alerts_waits_on_the_bench_when_it_falls_too_often() {
    falls_too_often("orphans");
}

#[test]
fn traces_that_fall_too_often_wait_on_the_bench() {
    falls_too_often("traces");
}

#[test]
fn a_supervisor_that_falls_too_often_waits_on_the_bench_with_all_its_children() {
    let evening = day(|record| {
        let at = |moment| Point { actor: "supervisor", moment };
        record.faults.arrange(at(Moment::Before(CHILD_STARTED)), 0, Fault::Panic);
        record.faults.arrange(at(Moment::Start), 1, Fault::Error);
        (1..table::ERRAND.most).for_each(|_| record.faults.arrange(at(Moment::Start), 0, Fault::Error));
    });
    check("supervisor", 1, &evening);
    for (errand, instances) in ERRANDS {
        assert_eq!(
            evening.record.starts(errand),
            2 * instances,
            "{errand} went with the first, and came with the last"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_start_says_why_and_leaves_nothing_behind() {
    for fault in [Fault::Panic, Fault::Error] {
        let stage = Stage::set().await;
        stage.record.faults.arrange(Point { actor: "supervisor", moment: Moment::Start }, 0, fault);
        let started = Outward::begin(stage.leader.clone(), stage.record.tripwire()).await;
        let Err(StartError::Tree(why)) = started else { panic!("it has started without a supervisor") };
        assert!(why.contains("the test has tripped supervisor at Start"), "{why}");
        stage.strike().await;
    }
}
