//! The figures that `callsheet simulate --figures` prints, with few samples: what was promised holds.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use std::time::{Duration, Instant};

use callsheet_simulation::figures::{self, Effort, SILENCE};

const SMALL: Effort =
    Effort { seeds: 1, struck: 10, deaths: 30, stalled_nodes: 100, logs: [1_000, 2_000, 4_000], hours: 1 };

#[test]
fn whoever_is_gone_is_noticed_in_time() {
    for detection in figures::detections(SMALL) {
        let text = detection.text();
        // While it was struck the leader was not, and every fault outlasts the silence.
        assert_eq!(detection.noticed, detection.struck, "{text}");
        let longest = if detection.what.contains("crash") { Duration::from_secs(1) } else { SILENCE * 3 / 2 };
        assert!(Duration::from_micros(detection.worst) < longest, "{text}");
        assert!(detection.median > 0 && detection.median <= detection.worst, "{text}");
    }
}

#[test]
fn a_leader_that_stands_still_declares_nobody_dead() {
    let stall = figures::stall(SMALL);
    assert_eq!(stall.dead, 0, "{}", stall.text());
    assert!(stall.attempts > 100, "{}", stall.text());
}

#[test]
fn a_death_costs_no_more_than_what_was_in_flight() {
    let again = figures::again(SMALL);
    let text = again.text();
    assert!(again.crashes > 20 && again.begun > 0 && again.begun_again > 0, "{text}");
    assert_eq!(again.needlessly, 0, "{text}");
    assert!(again.begun_again + again.drawn_again <= again.begun + again.unaccepted, "{text}");
}

#[test]
fn a_start_replays_what_no_snapshot_has() {
    let began = Instant::now();
    let clock = || began.elapsed();
    for events in SMALL.logs {
        let all = figures::recoveries(events, &clock);
        let [whole, tail] = all[..] else { panic!("a start did not come to the same state: {all:?}") };
        assert!(whole.events >= events && whole.replayed == whole.events && !whole.snapshot, "{whole:?}");
        assert!(tail.snapshot && tail.events == whole.events && tail.replayed < whole.replayed, "{tail:?}");
    }
}
