//! Stories of renderers that hang, crash, or only look: what is done about it, and what is said of it.

use callsheet_model::{Failure, FailureClass, NodeStatus, RunPhase, Work};

use crate::stories::{Story, brief, ended, frames, ms, offer, proven};
use crate::{Action, Input, News, Offer, Welcome};

/// A node with a lease on these frames whose process was launched at time 0, and a leader that is not there:
/// so nothing but the watchdog has anything to do with time.
fn running(set: &str) -> Story {
    let mut story = Story::welcomed(1);
    story.when(Input::Offered(vec![offer(5, set)]), &["start 5 in 0"]);
    story.news(5, News::Launched { frames: frames(set) }, &[]);
    story
}

/// Lets time pass up to this moment, in small steps, with a leader that answers.
fn pass(story: &mut Story, to: u64, expected: &[&str]) {
    let mut said = Vec::new();
    while story.now < to {
        story.now = (story.now + 100).min(to);
        let actions = story.agent.handle(ms(story.now), Input::Tick);
        for action in &actions {
            match action {
                Action::Pulse(pulse) => {
                    story.agent.handle(ms(story.now), Input::PulseAcked(pulse.number));
                }
                other => said.push(format!("{}: {}", story.now, crate::stories::line(other))),
            }
        }
    }
    assert_eq!(said, expected);
}

fn finished(set: &str) -> News {
    News::FramesFinished(frames(set))
}

fn killed() -> Result<(), Failure> {
    Err(Failure {
        evidence: vec!["the last line".into()],
        ..Failure::new(FailureClass::Crash, "killed by SIGKILL")
    })
}

#[test]
fn whoever_hangs_at_its_exit_has_done_its_work() {
    let mut story = running("1-2");
    story.news(5, News::Phase(RunPhase::FirstFrame), &[]).news(5, finished("1-2"), &[]).news(
        5,
        News::Phase(RunPhase::Exit),
        &[],
    );
    pass(&mut story, 2000, &["2000: bite 5 in 0"]);
    story.news(5, News::Proving, &[]).news(5, proven("1-2"), &["report 1 of 5: proven 1-2"]).news(
        5,
        ended(killed()),
        &["report 2 of 5: ended succeeded at 2"],
    );
    assert_eq!(story.agent.status(), NodeStatus::Ready);
}

#[test]
fn whoever_hangs_at_its_exit_with_a_frame_missing_has_failed() {
    let mut story = running("1-2");
    story.news(5, finished("1-2"), &[]);
    pass(&mut story, 2000, &["2000: bite 5 in 0"]);
    story.news(5, News::Proving, &[]).news(5, proven("1"), &["report 1 of 5: proven 1"]).news(
        5,
        ended(killed()),
        &["report 2 of 5: ended failed hang_exit at 2"],
    );
    assert_eq!(story.agent.status(), NodeStatus::Crashed);
}

#[test]
fn what_a_hanging_process_left_is_proven_before_its_end_however_long_it_takes() {
    let mut story = running("1-9");
    story.news(5, finished("1-8"), &[]);
    pass(&mut story, 5000, &["5000: bite 5 in 0"]);
    pass(&mut story, 60_000, &[]);
    for frame in 1..=8 {
        let at = story.now;
        story.news(5, News::Proving, &[]);
        // Just short of the longest of its three bounds.
        pass(&mut story, at + 9_900, &[]);
        let report = format!("report {frame} of 5: proven {frame}");
        story.news(5, proven(&frame.to_string()), &[&report]);
    }
    story.news(5, ended(killed()), &["report 9 of 5: ended failed hang_frame 9 at 8"]);
}

#[test]
fn proofs_that_hang_are_given_up_and_the_first_bite_is_the_reason() {
    let mut story = running("1-3");
    story.news(5, finished("1-2"), &[]);
    pass(&mut story, 5000, &["5000: bite 5 in 0"]);
    story.news(5, News::Proving, &[]);
    pass(&mut story, 30_000, &["15000: kill 5 in 0"]);
    story.news(5, ended(killed()), &["report 1 of 5: ended failed hang_frame at 2"]);
}

#[test]
fn proofs_that_hang_on_a_storage_that_is_out_are_the_storages_fault() {
    let mut story = running("1-3");
    story.news(5, finished("1-3"), &[]).news(5, News::Proving, &[]);
    pass(&mut story, 20_000, &["10000: kill 5 in 0"]);
    let out = Failure::new(FailureClass::StorageOut, "the storage does not answer");
    story.news(5, ended(Err(out)), &["report 1 of 5: ended failed storage_out at 3"]);
    assert_eq!(story.agent.status(), NodeStatus::Ready);
}

#[test]
fn whoever_hangs_in_any_phase_on_a_storage_that_is_out_is_not_to_blame() {
    let out = || ended(Err(Failure::new(FailureClass::StorageOut, "the storage does not answer")));
    let mut story = running("1-3");
    story.news(5, finished("1-2"), &[]);
    // Its writes stand still, and so does reading what it wrote.
    pass(&mut story, 5000, &["5000: bite 5 in 0"]);
    story.news(5, News::Proving, &[]);
    pass(&mut story, 15_000, &["15000: kill 5 in 0"]);
    story.news(5, out(), &["report 1 of 5: ended failed storage_out at 2"]);
    // Not even its place could be made.
    let mut story = Story::welcomed(1);
    story.when(Input::Offered(vec![offer(5, "1-3")]), &["start 5 in 0"]);
    pass(&mut story, 10_000, &["10000: bite 5 in 0"]);
    story.news(5, out(), &["report 1 of 5: ended failed storage_out"]);
    assert_eq!(story.agent.status(), NodeStatus::Ready);
}

#[test]
fn a_sign_of_life_that_waited_beside_the_end_of_its_time_counts() {
    let mut story = running("1-3");
    story.at(100).news(5, News::Grew, &[]);
    pass(&mut story, 5000, &[]);
    // Both are in the queue when the time has come: what came is taken first.
    story.at(5100).news(5, News::Grew, &[]).when(Input::Tick, &[]);
    pass(&mut story, 30_000, &["25100: bite 5 in 0"]);
}

#[test]
fn what_one_attempt_needed_the_next_is_given() {
    let mut story = running("1-9");
    // 4 seconds of loading, and 3 between two frames: too little to raise anything but the bound on frames.
    story.at(1000).news(5, News::Phase(RunPhase::Load), &["pulse 2"]);
    story.when(Input::PulseAcked(2), &[]);
    pass(&mut story, 5000, &[]);
    let began = "report 1 of 5: began after 0ns and 5s";
    story.news(5, News::Phase(RunPhase::Frames), &[began]).news(5, finished("1"), &[]);
    pass(&mut story, 8000, &[]);
    story
        .news(5, finished("2"), &[])
        .news(5, ended(Ok(())), &["report 2 of 5: ended failed broken_output 1-9 at 2"])
        .when(Input::Offered(vec![offer(6, "1-9")]), &["start 6 in 0"])
        .news(6, News::Launched { frames: frames("1-9") }, &[])
        .news(6, News::Phase(RunPhase::Load), &[]);
    pass(&mut story, 23_900, &[]);
    story.news(6, News::Phase(RunPhase::Frames), &["report 3 of 6: began after 0ns and 15.9s"]);
    pass(&mut story, 36_000, &["35900: bite 6 in 0"]);
}

#[test]
fn frames_that_finish_in_any_order_leave_the_highest_and_blame_nobody() {
    let mut story = running("1-9");
    story.news(5, News::Phase(RunPhase::FirstFrame), &[]).news(5, finished("4,7"), &[]).news(
        5,
        finished("2-3"),
        &[],
    );
    assert_eq!(story.agent.running().next().unwrap().frame, Some(7));
    let failure = Failure::new(FailureClass::OutOfMemory, "no memory");
    story.news(5, ended(Err(failure)), &["report 1 of 5: ended failed oom at 7"]);
}

#[test]
fn a_crashed_node_says_so_until_a_frame_is_proven_again() {
    let mut story = running("1-2");
    assert_eq!(story.agent.status(), NodeStatus::Busy);
    assert!(story.agent.is_rendering());
    story.news(5, News::Proving, &[]);
    assert!(!story.agent.is_rendering());
    let crash = || Err(Failure::new(FailureClass::Crash, "gone"));
    story.news(5, ended(crash()), &["report 1 of 5: ended failed crash"]);
    assert_eq!(story.agent.status(), NodeStatus::Crashed);
    story.when(Input::Offered(vec![offer(6, "1-2")]), &["start 6 in 0"]);
    assert_eq!(story.agent.status(), NodeStatus::Crashed, "also while the next attempt runs");
    let fatal = Failure::new(FailureClass::JobFatal, "no such composition");
    story.news(6, ended(Err(fatal)), &["report 2 of 6: ended failed job_fatal"]);
    assert_eq!(story.agent.status(), NodeStatus::Crashed, "and after another kind of failure");
    story.when(Input::Offered(vec![offer(7, "1")]), &["start 7 in 0"]).news(
        7,
        proven("1"),
        &["report 3 of 7: proven 1"],
    );
    assert_eq!(story.agent.status(), NodeStatus::Busy);
    story.news(7, ended(Ok(())), &["report 4 of 7: ended succeeded at 1"]);
    assert_eq!(story.agent.status(), NodeStatus::Ready);
}

#[test]
fn a_node_that_starts_is_not_a_node_that_crashed() {
    let mut story = Story::welcomed(0);
    assert_eq!(story.agent.status(), NodeStatus::Ready);
    let mut agent = crate::Agent::new(1);
    assert_eq!(agent.status(), NodeStatus::Ready);
    agent.handle(ms(0), Input::SlotUp(0));
    agent.handle(ms(0), Input::SlotDown(0));
    assert_eq!(agent.status(), NodeStatus::Crashed);
    agent.handle(ms(0), Input::SlotUp(0));
    assert_eq!(agent.status(), NodeStatus::Ready);
    story.when(Input::Tick, &[]);
}

#[test]
fn whoever_only_looks_proves_and_publishes_nothing() {
    let look = |token| Offer { work: Work::Preflight, brief: brief(true, true), ..offer(token, "1") };
    let mut story = Story::welcomed(1);
    story
        .when(Input::Offered(vec![look(5)]), &["fetch for 5"])
        .when(Input::Fetched { token: token(5), result: Ok(()) }, &["start 5 in 0"])
        .news(5, News::Launched { frames: frames("1") }, &[])
        .news(5, proven("1"), &[])
        .news(5, ended(Ok(())), &["release 5", "report 1 of 5: ended succeeded at 1"])
        .when(Input::Settled { up_to: 1, accepted: vec![(token(5), frames("1"))] }, &[])
        .when(Input::Closed(vec![token(5)]), &[]);
}

#[test]
fn whoever_only_looks_and_crashes_blames_no_frame() {
    let look = Offer { work: Work::Preflight, ..offer(5, "1") };
    let mut story = Story::welcomed(1);
    let crash = Failure::new(FailureClass::Crash, "gone");
    story.when(Input::Offered(vec![look]), &["start 5 in 0"]).news(
        5,
        ended(Err(crash)),
        &["report 1 of 5: ended failed crash"],
    );
    assert_eq!(story.agent.status(), NodeStatus::Crashed);
    // What is called back is killed, and leaves nothing to clean.
    let look = Offer { work: Work::Preflight, ..offer(6, "1") };
    story
        .when(Input::Offered(vec![look]), &["start 6 in 0"])
        .when(Input::Revoked(token(6)), &["kill 6 in 0"])
        .news(6, ended(Ok(())), &[]);
}

#[test]
fn a_lease_that_is_called_back_while_its_process_is_bitten_is_hurried() {
    let mut story = running("1-9");
    pass(&mut story, 10_000, &["10000: bite 5 in 0"]);
    story.when(Input::Revoked(token(5)), &["kill 5 in 0"]).news(5, ended(killed()), &["clean 5 but "]);
}

#[test]
fn a_node_that_leaves_hurries_what_was_bitten_and_its_end_is_still_a_hang() {
    let mut story = running("1-9");
    pass(&mut story, 10_000, &["10000: bite 5 in 0"]);
    story.when(Input::Leave { grace: ms(0) }, &["kill 5 in 0"]).news(
        5,
        ended(killed()),
        &["report 1 of 5: ended failed hang_start"],
    );
}

#[test]
fn a_gentle_lease_is_started_gently() {
    let mut story = Story::welcomed(1);
    let gentle = Offer { gentle: true, ..offer(5, "1-2") };
    let actions = story.agent.handle(ms(0), Input::Offered(vec![gentle]));
    assert!(matches!(&actions[..], [Action::Start { offer, .. }] if offer.gentle), "{actions:?}");
    let terms = Welcome { silence: ms(5000), pulse: ms(1000) };
    // A welcome nobody asked for changes nothing of it.
    story.when(Input::Welcomed(terms), &[]);
}

fn token(number: u64) -> callsheet_model::Token {
    callsheet_model::Token(number)
}
