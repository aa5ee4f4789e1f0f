//! Each bound by itself, at the moment it is passed and a moment before.

use super::*;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const FLOORS: Timeouts =
    Timeouts { start: Duration::from_secs(10), frame: Duration::from_secs(5), exit: Duration::from_secs(2) };

fn dog() -> Watchdog {
    Watchdog::new(FLOORS, Silences::default(), secs(0))
}

/// Its class when it bites at this second and not a second before.
#[track_caller]
fn bites_at(dog: &mut Watchdog, second: u64) -> FailureClass {
    assert_eq!(dog.bites(secs(second - 1)), None);
    dog.bites(secs(second)).expect("its time has come").class
}

#[test]
fn each_phase_has_its_own_bound() {
    let mut dog = dog();
    assert_eq!(bites_at(&mut dog, 10), FailureClass::HangStart);
    dog.launched(secs(1), FrameSet::range(1, 3));
    assert_eq!(bites_at(&mut dog, 11), FailureClass::HangStart);
    dog.told(secs(2), RunPhase::Load);
    assert_eq!(bites_at(&mut dog, 12), FailureClass::HangStart);
    dog.told(secs(3), RunPhase::FirstFrame);
    assert_eq!(bites_at(&mut dog, 13), FailureClass::HangStart);
    dog.finished(secs(4), &FrameSet::one(1));
    assert_eq!(bites_at(&mut dog, 9), FailureClass::HangFrame);
    dog.finished(secs(5), &FrameSet::range(2, 3));
    assert_eq!(bites_at(&mut dog, 10), FailureClass::HangFrame);
    dog.told(secs(6), RunPhase::Exit);
    assert_eq!(bites_at(&mut dog, 8), FailureClass::HangExit);
    assert_eq!(dog.bites(secs(8)).unwrap().message, "in phase exit it stood still for 2s, its bound");
    dog.launched(secs(30), FrameSet::one(4));
    assert_eq!(dog.deadline(), secs(40), "the next process starts anew");
}

#[test]
fn the_first_frame_has_a_frames_time_too() {
    let floors = Timeouts { frame: secs(60), ..FLOORS };
    let mut dog = Watchdog::new(floors, Silences::default(), secs(0));
    dog.launched(secs(0), FrameSet::one(1));
    dog.told(secs(0), RunPhase::FirstFrame);
    assert_eq!(bites_at(&mut dog, 60), FailureClass::HangStart);
}

#[test]
fn a_file_that_grows_while_it_starts_shortens_no_bound() {
    let mut dog = dog();
    dog.launched(secs(1), FrameSet::range(1, 2));
    dog.grew(secs(2));
    // It has not told its first phase yet, and goes on starting.
    assert_eq!(bites_at(&mut dog, 12), FailureClass::HangStart);
    dog.told(secs(3), RunPhase::Load);
    dog.grew(secs(4));
    assert_eq!(bites_at(&mut dog, 14), FailureClass::HangStart);
    dog.finished(secs(5), &FrameSet::one(1));
    dog.grew(secs(6));
    assert_eq!(bites_at(&mut dog, 6 + 8), FailureClass::HangFrame);
}

#[test]
fn growth_is_life_of_one_that_tells_nothing_too() {
    let floors = Timeouts { frame: secs(60), ..FLOORS };
    let mut dog = Watchdog::new(floors, Silences::default(), secs(0));
    dog.launched(secs(0), FrameSet::one(1));
    dog.grew(secs(9));
    assert_eq!(bites_at(&mut dog, 69), FailureClass::HangStart);
}

#[test]
fn one_that_tells_no_phases_starts_draws_and_exits() {
    let mut dog = dog();
    dog.launched(secs(1), FrameSet::range(1, 2));
    dog.sign(secs(9));
    assert_eq!(bites_at(&mut dog, 14), FailureClass::HangFrame);
    dog.finished(secs(13), &FrameSet::one(1));
    assert_eq!(bites_at(&mut dog, 13 + 16), FailureClass::HangFrame);
    dog.finished(secs(17), &FrameSet::one(2));
    dog.sign(secs(18));
    assert_eq!(bites_at(&mut dog, 19), FailureClass::HangExit);
}

#[test]
fn a_phase_is_no_sign_when_it_is_said_again_or_too_late() {
    let mut dog = dog();
    dog.launched(secs(0), FrameSet::range(1, 9));
    dog.told(secs(1), RunPhase::Load);
    dog.told(secs(5), RunPhase::Load);
    dog.told(secs(6), RunPhase::Launch);
    assert_eq!(dog.deadline(), secs(11));
    dog.told(secs(7), RunPhase::Frames);
    dog.told(secs(9), RunPhase::FirstFrame);
    assert_eq!(bites_at(&mut dog, 12), FailureClass::HangFrame);
}

#[test]
fn growing_files_are_a_sign_where_frames_are_drawn_and_not_at_the_exit() {
    let mut dog = dog();
    dog.launched(secs(0), FrameSet::one(1));
    dog.told(secs(1), RunPhase::Load);
    dog.sign(secs(8));
    assert_eq!(bites_at(&mut dog, 18), FailureClass::HangStart);
    for (second, deadline) in [(15, 15 + 28), (24, 24 + 36), (26, 26 + 36)] {
        dog.sign(secs(second));
        assert_eq!(dog.deadline(), secs(deadline));
    }
    dog.told(secs(34), RunPhase::Finalise);
    dog.sign(secs(38));
    assert_eq!(bites_at(&mut dog, 38 + 16), FailureClass::HangFrame);
    dog.told(secs(39), RunPhase::Exit);
    dog.sign(secs(40));
    assert_eq!(bites_at(&mut dog, 41), FailureClass::HangExit);
}

#[test]
fn a_movies_frames_are_no_results_and_its_last_result_is_not_its_last_frame() {
    let mut dog = dog();
    dog.launched(secs(0), FrameSet::one(0));
    dog.told(secs(0), RunPhase::FirstFrame);
    for frame in 0..50 {
        dog.finished(secs(u64::try_from(frame).unwrap()), &FrameSet::one(frame));
    }
    assert_eq!(bites_at(&mut dog, 54), FailureClass::HangFrame);
    assert!(dog.bites(secs(54)).unwrap().message.starts_with("in phase frames "));
}

#[test]
fn whoever_computes_has_more_time_but_not_for_ever() {
    let mut dog = dog();
    dog.launched(secs(0), FrameSet::one(1));
    dog.computed(secs(9));
    assert_eq!(dog.deadline(), secs(19), "it stands still since then");
    for second in 10..40 {
        dog.computed(secs(second));
        assert_eq!(dog.bites(secs(second)), None);
    }
    let bite = dog.bites(secs(40)).unwrap();
    assert_eq!(
        (bite.class, bite.message.as_str()),
        (FailureClass::HangStart, "in phase launch it computed without a sign for 40s, its bound")
    );
    // What it computed in one phase is no credit in the next.
    dog.sign(secs(40));
    assert_eq!(dog.deadline(), secs(45));
}

#[test]
fn what_is_usual_raises_a_budget_and_never_lowers_it() {
    let mut usual = Silences::default();
    usual.note(RunPhase::Load, secs(30));
    usual.note(RunPhase::Frames, secs(1));
    let mut dog = Watchdog::new(FLOORS, usual, secs(0));
    dog.launched(secs(0), FrameSet::range(1, 9));
    assert_eq!(dog.deadline(), secs(10));
    dog.told(secs(0), RunPhase::Load);
    assert_eq!(bites_at(&mut dog, 120), FailureClass::HangStart);
    dog.told(secs(100), RunPhase::Frames);
    assert_eq!(dog.deadline(), secs(105));
}

#[test]
fn an_attempt_learns_from_its_own_frames_and_the_first_is_one_of_them() {
    let mut dog = dog();
    dog.launched(secs(0), FrameSet::range(1, 9));
    dog.told(secs(0), RunPhase::FirstFrame);
    dog.finished(secs(8), &FrameSet::one(1));
    assert_eq!(dog.deadline(), secs(8 + 32));
    dog.finished(secs(28), &FrameSet::one(2));
    assert_eq!(dog.deadline(), secs(28 + 80));
    dog.finished(secs(29), &FrameSet::one(3));
    assert_eq!(dog.deadline(), secs(29 + 80));
}

#[test]
fn only_what_ended_well_is_learned() {
    let seen = |dog: &Watchdog, phase| dog.seen().of(phase).as_secs();
    let mut dog = dog();
    dog.launched(secs(2), FrameSet::range(1, 2));
    dog.told(secs(5), RunPhase::Load);
    dog.told(secs(9), RunPhase::FirstFrame);
    assert_eq!((seen(&dog, RunPhase::Launch), seen(&dog, RunPhase::Load)), (3, 4));
    dog.finished(secs(13), &FrameSet::range(1, 2));
    dog.told(secs(14), RunPhase::Exit);
    dog.proving(secs(29), false);
    assert_eq!(seen(&dog, RunPhase::Exit), 0, "it was killed there");
    dog.launched(secs(30), FrameSet::one(3));
    dog.told(secs(31), RunPhase::Exit);
    dog.proving(secs(32), true);
    assert_eq!(seen(&dog, RunPhase::Exit), 1);
}

#[test]
fn what_is_learned_has_an_end() {
    let mut usual = Silences::default();
    usual.note(RunPhase::Launch, secs(1_000_000));
    let mut dog = Watchdog::new(FLOORS, usual, secs(0));
    dog.launched(secs(0), FrameSet::one(1));
    assert_eq!(dog.deadline(), LONGEST_LEARNED);
}

#[test]
fn proofs_that_come_forward_are_not_bitten() {
    let mut dog = dog();
    dog.launched(secs(0), FrameSet::range(1, 2));
    dog.finished(secs(1), &FrameSet::range(1, 2));
    dog.proven(secs(2));
    assert_eq!(dog.deadline(), secs(4), "still exiting");
    dog.proving(secs(3), true);
    dog.finished(secs(3), &FrameSet::one(3));
    for second in [10, 19, 28] {
        assert_eq!(dog.bites(secs(second)), None);
        dog.proving(secs(second), true);
    }
    assert_eq!(bites_at(&mut dog, 38), FailureClass::OutputIo);
    dog.launched(secs(38), FrameSet::one(3));
    dog.sign(secs(39));
    dog.proven(secs(42));
    assert_eq!(bites_at(&mut dog, 44), FailureClass::HangFrame);
}

#[test]
fn whoever_looks_late_looks_twice() {
    let mut dog = dog();
    dog.launched(secs(0), FrameSet::range(1, 2));
    dog.sign(secs(1));
    assert_eq!(dog.bites(secs(3600)), None, "signs may be waiting to be heard");
    assert_eq!(dog.deadline(), secs(3601));
    assert_eq!(dog.bites(secs(3601)).unwrap().class, FailureClass::HangFrame);
    dog.sign(secs(3601));
    assert_eq!(dog.deadline(), secs(3601 + 80), "and learns no more than what it would have borne");
}
