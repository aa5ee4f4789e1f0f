//! A few seeds of each kind of weather, and that a seed is all there is to a run.

use crate::plan::Weather;
use crate::sweep::{again, survives};
use crate::world;

#[test]
fn nothing_goes_wrong_by_itself() {
    survives(1, Weather::Calm);
}

#[test]
fn nodes_that_are_cut_off_both_ways_lose_their_frames_only_when_they_have_stopped() {
    (1..=2).for_each(|seed| survives(seed, Weather::Cuts));
}

#[test]
fn nodes_that_are_cut_off_in_one_direction_do_no_harm_either() {
    (1..=2).for_each(|seed| survives(seed, Weather::OneWayCuts));
}

#[test]
fn what_comes_late_after_the_lease_has_moved_changes_nothing() {
    (1..=2).for_each(|seed| survives(seed, Weather::Holds));
}

#[test]
fn a_leader_that_crashes_at_any_instant_has_lost_nothing_that_anyone_was_told() {
    (1..=3).for_each(|seed| survives(seed, Weather::LeaderCrashes));
}

#[test]
fn nodes_that_crash_come_back_with_their_disks_or_without() {
    (1..=2).for_each(|seed| survives(seed, Weather::NodeCrashes));
}

#[test]
fn slow_and_lossy_ways_delay_and_no_more() {
    (1..=2).for_each(|seed| survives(seed, Weather::Loss));
}

#[test]
fn all_of_it_together_heals() {
    (1..=3).for_each(|seed| survives(seed, Weather::Mixed));
}

#[test]
fn nodes_that_are_cut_off_just_as_they_begin_have_stopped_when_their_time_is_up() {
    (1..=2).for_each(|seed| survives(seed, Weather::Deadlines));
}

#[test]
fn renderers_that_crash_hang_lie_and_leave_cost_their_own_frames_a_retry() {
    (1..=2).for_each(|seed| survives(seed, Weather::Renderers));
}

#[test]
fn frames_that_nobody_can_draw_are_put_aside_and_all_others_finish() {
    (1..=2).for_each(|seed| survives(seed, Weather::Poison));
}

#[test]
fn renderers_that_fail_while_the_network_does_too_cost_nothing_more() {
    (1..=3).for_each(|seed| survives(seed, Weather::Everything));
}

#[test]
fn a_seed_is_all_there_is_to_a_run() {
    let lines = |seed| world::run(seed, Weather::Everything).0.lines();
    let first = lines(1);
    again(&first, &lines(1));
    assert_ne!(lines(2), first);
}
