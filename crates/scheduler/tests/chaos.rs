//! Random commands, hostile ones among them. After each the whole state validates itself; replay and image
//! give the same state; no promise to a node or about a frame is broken; and once the trouble is over,
//! everything comes to its end.

// Whatever is wrong here ends the test, and is meant to.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod world;

use callsheet_model::{FailureClass, FrameSet};
use proptest::prelude::*;
use world::{Aside, Deed, World};

fn frames() -> impl Strategy<Value = FrameSet> {
    let run = (-3..40_i32, 0..8_i32).prop_map(|(first, more)| first..=first + more);
    prop::collection::vec(run, 0..3).prop_map(|runs| runs.into_iter().collect())
}

fn deed() -> impl Strategy<Value = Deed> {
    let pick = any::<prop::sample::Index>;
    prop_oneof![
        2 => (0..4_u8, 0..8_u8).prop_map(|(job, kind)| Deed::Submit { job, kind }),
        1 => (0..5_u8).prop_map(|job| Deed::Cancel { job }),
        1 => (0..5_u8).prop_map(|job| Deed::Pause { job }),
        1 => (0..5_u8, 0..=100_u32).prop_map(|(job, priority)| Deed::Prioritise { job, priority }),
        2 => (0..5_u8).prop_map(|job| Deed::Resume { job }),
        1 => (0..5_u8, prop::option::of(frames())).prop_map(|(job, only)| Deed::Retry { job, only }),
        3 => (0..4_u8, 0..4_u32, any::<bool>()).prop_map(|(node, slots, honest)| Deed::Connect { node, slots, honest }),
        1 => (0..4_u8, any::<bool>()).prop_map(|(node, goodbye)| Deed::Disconnect { node, goodbye }),
        2 => (0..4_u8, 0..3_u8).prop_map(|(node, holding)| Deed::Hear { node, holding }),
        1 => (0..4_u8, any::<bool>()).prop_map(|(node, drained)| Deed::Drain { node, drained }),
        1 => (0..4_u8, any::<bool>()).prop_map(|(node, all)| Deed::Clear { node, all }),
        6 => (pick(), frames(), any::<bool>()).prop_map(|(lease, frames, own)| Deed::Prove { lease, frames, own }),
        4 => (pick(), frames(), any::<bool>()).prop_map(|(lease, frames, own)| Deed::Publish { lease, frames, own }),
        1 => (pick(), frames()).prop_map(|(lease, frames)| Deed::Lose { lease, frames }),
        6 => (pick(), 0..17_usize, frames()).prop_map(|(lease, how, blamed)| Deed::End { lease, how, blamed }),
        4 => (pick(), 0..14_usize).prop_map(|(lease, how)| Deed::Fail { lease, how }),
        1 => (0..4_u8, any::<u64>(), frames()).prop_map(|(node, token, frames)| Deed::Lie { node, token, frames }),
        4 => (1..8_000_u64).prop_map(|ms| Deed::Wait { ms }),
        1 => (1..60_000_u64).prop_map(|ms| Deed::Sleep { ms }),
        1 => any::<bool>().prop_map(|from_image| Deed::Restart { from_image }),
        2 => (pick(), 0..3_u64).prop_map(|(lease, ms)| Deed::Begin { lease, ms }),
        7 => aside().prop_map(Deed::Aside),
    ]
}

fn aside() -> impl Strategy<Value = Aside> {
    let pick = any::<prop::sample::Index>;
    let some = || prop::collection::vec(0..6_u8, 0..4);
    prop_oneof![
        2 => (0..5_u8).prop_map(|job| Aside::Grant { job }),
        1 => (0..5_u8).prop_map(|job| Aside::Deny { job }),
        2 => (0..4_u8, 0..3_u8, prop::option::of(0..90_000_u64), any::<bool>())
            .prop_map(|(what, source, ms, hand_back)| Aside::Hold { what, source, ms, hand_back }),
        2 => (0..4_u8, 0..3_u8).prop_map(|(what, source)| Aside::LetGo { what, source }),
        2 => some().prop_map(|ids| Aside::Post { ids }),
        3 => (0..3_u8, 0..6_u8, 0..3_u64).prop_map(|(worker, how, dead)| Aside::Watch { worker, how, dead }),
        3 => (pick(), 0..10_u8).prop_map(|(nth, how)| Aside::Send { nth, how }),
        1 => (0..4_u8, some(), any::<bool>())
            .prop_map(|(node, players, whole)| Aside::Actors { node, players, whole }),
        1 => (0..4_u8, 0..6_u8, 0..3_u8)
            .prop_map(|(node, player, status)| Aside::Status { node, player, status }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_breaks_it_and_everything_ends(deeds in prop::collection::vec(deed(), 1..120)) {
        let mut world = World::new();
        for deed in deeds {
            world.play(deed);
        }
        world.compare();
        world.heal();
    }
}

/// A job that fails like this whatever is tried: whether it is over after a long time.
fn is_over_with(how: usize, kind: u8) -> bool {
    let mut world = World::new();
    world.play(Deed::Connect { node: 0, slots: 2, honest: true });
    world.play(Deed::Submit { job: 0, kind });
    for _ in 0..2000 {
        if world.is_over(0) {
            break;
        }
        world.fail_everything(how);
        world.play(Deed::Wait { ms: 300_000 });
        world.play(Deed::Connect { node: 0, slots: 2, honest: true });
    }
    let over = world.is_over(0);
    world.heal();
    over
}

#[test]
fn every_class_of_failure_comes_to_an_end_but_those_that_are_waited_for() {
    for (how, class) in FailureClass::ALL.iter().enumerate() {
        for kind in [1, 4] {
            assert_eq!(is_over_with(how, kind), !class.is_waited_for(), "{class} of a job of kind {kind}");
        }
    }
}
