//! The same seed gives the same trace, byte for byte, on every run and on every thread; another seed gives another.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use std::collections::BTreeSet;
use std::thread;

use callsheet_simulation::faults::{Kind, draw};
use callsheet_simulation::run::{Outcome, run};
use callsheet_simulation::scenario::{Scenario, Size};

/// Enough that every part of the world takes part.
const SIZE: Size = Size { nodes: 4, jobs: 4, storm: 15 * 60 * 1_000_000, silence: None };

fn traced(seed: u64, kind: Kind) -> Outcome {
    let scenario = Scenario::draw(seed, SIZE);
    let plan = draw(kind, seed, scenario.storm);
    run(scenario, plan, true)
}

#[track_caller]
fn same(one: &Outcome, other: &Outcome) {
    let (left, right) = (one.trace.as_deref().unwrap(), other.trace.as_deref().unwrap());
    let differs = left.lines().zip(right.lines()).find(|(left, right)| left != right);
    assert_eq!(differs, None, "the first line that differs");
    assert_eq!(left.len(), right.len());
    assert_eq!((one.digest, one.tally), (other.digest, other.tally));
    assert_eq!(one.violation, other.violation);
}

#[test]
fn twice_the_same_seed_is_twice_the_same_trace() {
    for kind in Kind::ALL {
        let one = traced(11, kind);
        assert!(one.trace.as_deref().unwrap().lines().count() > 100, "nearly nothing happened");
        same(&one, &traced(11, kind));
    }
}

#[test]
fn two_threads_at_once_do_not_disturb_each_other() {
    for kind in [Kind::Random, Kind::Targeted] {
        let both = [5, 5].map(|seed| thread::spawn(move || traced(seed, kind)));
        let [one, other] = both.map(|thread| thread.join().unwrap());
        same(&one, &other);
        same(&one, &traced(5, kind));
    }
}

#[test]
fn another_seed_and_another_kind_are_another_trace() {
    let mut digests = BTreeSet::new();
    let mut traces = BTreeSet::new();
    for kind in [Kind::None, Kind::Random] {
        for seed in 1..=4 {
            let outcome = traced(seed, kind);
            digests.insert(outcome.digest);
            traces.insert(outcome.trace.unwrap());
        }
    }
    assert_eq!((digests.len(), traces.len()), (8, 8));
}

#[test]
fn to_be_read_along_changes_nothing() {
    let scenario = Scenario::draw(3, SIZE);
    let plan = draw(Kind::Random, 3, scenario.storm);
    let (silent, told) = (run(scenario.clone(), plan.clone(), false), run(scenario, plan, true));
    assert_eq!((silent.digest, silent.tally), (told.digest, told.tally));
    assert!(silent.trace.is_none() && told.trace.is_some());
}
