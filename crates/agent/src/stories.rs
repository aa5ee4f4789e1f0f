//! Stories: what happens to an agent, and what it wants done about it, in words.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use callsheet_model::job::{Chunk, Requirements, Template, Timeouts};
use callsheet_model::{
    Failure, FailureClass, FrameSet, JobId, Md5, NodeStatus, Outcome, OutputPattern, Reported, RunPhase,
    StepIndex, StepSpec, Token, Work,
};

use crate::{Action, Agent, Brief, Input, News, Offer, Welcome};

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn frames(text: &str) -> FrameSet {
    text.parse().unwrap()
}

pub(crate) fn brief(template: bool, output: bool) -> Arc<Brief> {
    let template =
        template.then(|| Template { md5: Md5([7; 16]), bytes: 1, name: "a.json".into(), path: None });
    let spec = StepSpec {
        name: "render".into(),
        renderer: "lottie".into(),
        template,
        frames: frames("1-100"),
        chunk: Chunk::Auto,
        output: output.then(|| OutputPattern::parse("/out/a_[####].png").unwrap()),
        retries: 3,
        timeouts: Timeouts { start: ms(10_000), frame: ms(5_000), exit: ms(2_000) },
        requires: Requirements::default(),
        after: Default::default(),
        settings: BTreeMap::new(),
        approximate: false,
    };
    let (job, inputs) = (JobId(Default::default()), BTreeMap::new());
    let project = callsheet_model::id::project_uuid("film");
    Arc::new(Brief { job, job_name: "job".into(), project, step: StepIndex(0), spec, inputs })
}

pub(crate) fn offer(token: u64, set: &str) -> Offer {
    Offer {
        token: Token(token),
        brief: brief(false, true),
        frames: frames(set),
        work: Work::Render,
        gentle: false,
    }
}

/// What an action comes to, in one line.
pub(crate) fn line(action: &Action) -> String {
    match action {
        Action::Hello(hello) => format!("hello {:?}", hello.held.iter().map(|t| t.0).collect::<Vec<_>>()),
        Action::Report(numbered) => {
            let report = &numbered.report;
            let what = match &report.what {
                Reported::Began { fetched, loaded } => format!("began after {fetched:?} and {loaded:?}"),
                Reported::Proven { frames, .. } => format!("proven {frames}"),
                Reported::Published { frames } => format!("published {frames}"),
                Reported::Lost { frames } => format!("lost {frames}"),
                Reported::Ended { outcome, blamed, last_frame } => {
                    let how = match outcome {
                        Outcome::Succeeded => "succeeded".into(),
                        Outcome::Stopped => "stopped".into(),
                        Outcome::Failed(failure) => format!("failed {}", failure.class),
                    };
                    let at = last_frame.map(|frame| format!("at {frame}")).unwrap_or_default();
                    format!("ended {how} {blamed} {at}").trim_end().replace("  ", " ")
                }
            };
            format!("report {} of {}: {what}", numbered.number, report.token.0)
        }
        Action::Pulse(pulse) => match &pulse.holding {
            None => format!("pulse {}", pulse.number),
            Some((held, _)) => {
                format!("pulse {} {:?}", pulse.number, held.iter().map(|t| t.0).collect::<Vec<_>>())
            }
        },
        Action::Goodbye => "goodbye".into(),
        Action::Redial => "redial".into(),
        Action::Fetch(offer) => format!("fetch for {}", offer.token.0),
        Action::Release(token) => format!("release {}", token.0),
        Action::Start { slot, offer } => format!("start {} in {slot}", offer.token.0),
        Action::Bite { slot, token } => format!("bite {} in {slot}", token.0),
        Action::Kill { slot, token } => format!("kill {} in {slot}", token.0),
        Action::Publish { offer, frames, .. } => {
            format!("publish {frames} of {} under {}", offer.attempt().0, offer.token.0)
        }
        Action::Clean { offer, keep } => format!("clean {} but {keep}", offer.token.0),
        Action::Left => "left".into(),
    }
}

pub(crate) struct Story {
    pub(crate) agent: Agent,
    pub(crate) now: u64,
}

impl Story {
    /// A node with its slots up, welcomed at time 0: silent after 5 s, pulses each second.
    pub(crate) fn welcomed(slots: usize) -> Self {
        let mut story = Self { agent: Agent::new(slots), now: 0 };
        for slot in 0..slots {
            story.when(Input::SlotUp(slot), &[]);
        }
        story.when(Input::LinkUp, &["hello []"]);
        story.when(Input::Welcomed(Welcome { silence: ms(5000), pulse: ms(1000) }), &["pulse 1 []"]);
        story
    }

    pub(crate) fn at(&mut self, now: u64) -> &mut Self {
        self.now = now;
        self
    }

    #[track_caller]
    pub(crate) fn when(&mut self, input: Input, expected: &[&str]) -> &mut Self {
        let said: Vec<String> = self.agent.handle(ms(self.now), input).iter().map(line).collect();
        assert_eq!(said, expected);
        self
    }

    #[track_caller]
    pub(crate) fn news(&mut self, token: u64, news: News, expected: &[&str]) -> &mut Self {
        self.when(Input::Attempt { slot: 0, token: Token(token), news }, expected)
    }
}

pub(crate) fn proven(set: &str) -> News {
    News::Proven { frames: frames(set), bytes: 10, took: ms(1) }
}

pub(crate) fn ended(verdict: Result<(), Failure>) -> News {
    News::Ended { verdict, broken: vec!["frame 2: truncated".into()] }
}

fn settled(up_to: u64, token: u64, set: &str) -> Input {
    let accepted = if set.is_empty() { vec![] } else { vec![(Token(token), frames(set))] };
    Input::Settled { up_to, accepted }
}

fn published(token: u64, set: &str) -> Input {
    let none = FrameSet::new;
    let (lost, failed, unbegun) = (none(), none(), none());
    Input::Published { token: Token(token), done: frames(set), lost, failed, unbegun }
}

#[test]
fn a_lease_from_offer_to_close() {
    let mut story = Story::welcomed(1);
    story
        .when(Input::Offered(vec![offer(5, "1-2")]), &["start 5 in 0"])
        .news(5, News::Launched { frames: frames("1-2") }, &[])
        .news(5, proven("1"), &["report 1 of 5: proven 1"])
        .when(settled(1, 5, "1"), &["publish 1 of 5 under 5"])
        .news(5, proven("1-2"), &["report 2 of 5: proven 2"])
        .when(published(5, "1"), &["report 3 of 5: published 1"])
        .news(5, ended(Ok(())), &["report 4 of 5: ended succeeded at 2"])
        .when(settled(4, 5, "2"), &["publish 2 of 5 under 5"])
        .when(published(5, "2"), &["report 5 of 5: published 2"])
        .when(settled(5, 5, "1-2"), &[])
        .when(Input::Closed(vec![Token(5)]), &["clean 5 but "]);
}

#[test]
fn a_free_slot_gets_the_lease_that_waits() {
    let mut story = Story::welcomed(1);
    story
        .when(Input::Offered(vec![offer(5, "1"), offer(6, "2"), offer(7, "3")]), &["start 5 in 0"])
        .news(5, proven("1"), &["report 1 of 5: proven 1"])
        .news(5, ended(Ok(())), &["report 2 of 5: ended succeeded at 1", "start 6 in 0"])
        .when(Input::Revoked(Token(7)), &["clean 7 but "])
        .news(6, ended(Ok(())), &["report 3 of 6: ended failed broken_output 2"]);
}

#[test]
fn nothing_is_published_that_was_not_proven_here_and_accepted() {
    let mut story = Story::welcomed(1);
    story
        .when(Input::Offered(vec![offer(5, "1-3")]), &["start 5 in 0"])
        .news(5, proven("1"), &["report 1 of 5: proven 1"])
        .when(settled(1, 5, "2"), &[])
        .when(settled(1, 4, "1"), &[]);
}

#[test]
fn a_template_comes_first_and_its_failure_ends_the_lease() {
    let with = |token| Offer { brief: brief(true, true), ..offer(token, "1") };
    let mut story = Story::welcomed(1);
    let fetched = |token, result| Input::Fetched { token: Token(token), result };
    story
        .when(Input::Offered(vec![with(5), with(6)]), &["fetch for 5", "fetch for 6"])
        .when(
            fetched(5, Err(Failure::new(FailureClass::InputMissing, "gone"))),
            &["release 5", "report 1 of 5: ended failed input_missing"],
        )
        .when(Input::CacheLost, &["fetch for 6"])
        .when(fetched(6, Ok(())), &["start 6 in 0"])
        .when(Input::Revoked(Token(6)), &["kill 6 in 0"])
        .news(6, ended(Ok(())), &["release 6", "clean 6 but "]);
}

#[test]
fn a_template_that_does_not_come_ends_the_lease() {
    let lease = Offer { brief: brief(true, true), ..offer(5, "1") };
    let mut story = Story::welcomed(1);
    story.when(Input::Offered(vec![lease]), &["fetch for 5"]).when(Input::LinkDown, &[]);
    // Asking again does not prolong it.
    story.at(4000).when(refused_at(4000), &[]).when(Input::CacheLost, &["fetch for 5"]);
    story.at(8000).when(refused_at(8000), &[]);
    assert_eq!(story.agent.next_wake(), Some(ms(10_000)));
    story.at(9999).when(Input::Tick, &[]);
    story
        .at(10_000)
        .when(Input::LinkUp, &["release 5", "hello [5]"])
        .when(
            Input::Welcomed(Welcome { silence: ms(5000), pulse: ms(1000) }),
            &["report 1 of 5: ended failed input_missing", "pulse 2 [5]"],
        )
        .when(Input::Fetched { token: Token(5), result: Ok(()) }, &[]);
}

#[test]
fn an_offer_that_cannot_be_read_is_handed_back() {
    let mut story = Story::welcomed(1);
    let failure = Failure::new(FailureClass::Agent, "frames: there is none");
    story
        .when(Input::Unreadable { token: Token(9), failure }, &["report 1 of 9: ended failed agent"])
        .when(Input::Beat, &["pulse 2 []"]);
}

#[test]
fn reports_are_repeated_until_they_are_settled() {
    let mut story = Story::welcomed(1);
    story
        .when(Input::Offered(vec![offer(5, "1-3")]), &["start 5 in 0"])
        .news(5, proven("1"), &["report 1 of 5: proven 1"])
        .when(settled(1, 5, ""), &[])
        .news(5, proven("2"), &["report 2 of 5: proven 2"])
        .when(Input::LinkDown, &[])
        .news(5, proven("3"), &[])
        .at(50)
        .when(Input::LinkUp, &["hello [5]"])
        .when(
            Input::Welcomed(Welcome { silence: ms(5000), pulse: ms(1000) }),
            &["report 2 of 5: proven 2", "report 3 of 5: proven 3", "pulse 2 [5]"],
        );
}

#[test]
fn a_silent_leader_costs_the_leases_before_it_can_hand_them_out() {
    let mut story = Story::welcomed(1);
    story.when(Input::Offered(vec![offer(5, "1-3")]), &["start 5 in 0"]).news(
        5,
        proven("1"),
        &["report 1 of 5: proven 1"],
    );
    // The pulse of time 0 is answered late: what counts is when it was sent.
    story.at(900).when(Input::PulseAcked(1), &[]).at(1000).when(Input::Tick, &["pulse 2"]);
    story.at(4499).when(Input::Tick, &["pulse 3"]);
    story.at(4500).when(Input::Tick, &["kill 5 in 0", "redial"]);
    // Frame 1 may have been accepted, so its file stays for whoever publishes it.
    story.news(5, ended(Ok(())), &["clean 5 but 1"]);
}

#[test]
fn a_frozen_node_publishes_nothing_it_no_longer_holds() {
    let mut story = Story::welcomed(1);
    story.when(Input::Offered(vec![offer(5, "1-3")]), &["start 5 in 0"]).news(
        5,
        proven("1"),
        &["report 1 of 5: proven 1"],
    );
    story.at(60_000).when(settled(1, 5, "1"), &["kill 5 in 0", "redial"]);
}

fn refused_at(dialled: u64) -> Input {
    Input::Refused { dialled: ms(dialled) }
}

#[test]
fn a_refusal_that_was_long_on_its_way_prolongs_nothing() {
    // A leader that begins just after the dial hands everything out again after its silence of five seconds.
    let mut story = Story::welcomed(1);
    story.when(Input::Offered(vec![offer(5, "1-3")]), &["start 5 in 0"]).when(Input::LinkDown, &[]);
    story.at(4000).when(refused_at(600), &[]);
    assert_eq!(story.agent.next_wake(), Some(ms(600 + 4500)));
    story.at(5099).when(Input::Tick, &[]);
    story.at(5100).when(Input::Tick, &["kill 5 in 0"]);
}

#[test]
fn a_leader_that_is_not_there_costs_nothing() {
    let mut story = Story::welcomed(1);
    story.when(Input::Offered(vec![offer(5, "1-3")]), &["start 5 in 0"]).when(Input::LinkDown, &[]);
    for second in 1..3600 {
        story.at(second * 1000).when(refused_at(second * 1000), &[]);
        story.when(Input::Attempt { slot: 0, token: Token(5), news: News::Progress }, &[]);
    }
    story.when(Input::LinkUp, &["hello [5]"]).when(
        Input::Welcomed(Welcome { silence: ms(5000), pulse: ms(1000) }),
        &["report 1 of 5: began after 1s and 0ns", "pulse 2 [5]"],
    );
}

#[test]
fn how_long_getting_ready_took_is_told_once_and_without_the_wait_for_a_slot() {
    let lease = |token| Offer { brief: brief(true, true), ..offer(token, "1-2") };
    let mut story = Story::welcomed(1);
    let fetched = |token| Input::Fetched { token: Token(token), result: Ok(()) };
    story.when(Input::Offered(vec![lease(5), lease(6)]), &["fetch for 5", "fetch for 6"]);
    story.at(300).when(fetched(5), &["start 5 in 0"]);
    story.at(500).when(fetched(6), &[]).news(5, News::Launched { frames: frames("1-2") }, &[]);
    story
        .at(900)
        .news(5, News::Phase(RunPhase::Load), &[])
        .news(5, News::FrameStarted(1), &["report 1 of 5: began after 500ms and 400ms"])
        .news(5, News::Launched { frames: frames("2") }, &[])
        .news(5, proven("1-2"), &["report 2 of 5: proven 1-2"])
        .news(5, ended(Ok(())), &["release 5", "report 3 of 5: ended succeeded at 2", "start 6 in 0"]);
    // Its template was there after half a second; the rest of the time it waited for the slot.
    story.at(950).news(6, News::Launched { frames: frames("1-2") }, &[]);
    story.news(6, proven("1"), &["report 4 of 6: began after 550ms and 0ns", "report 5 of 6: proven 1"]);
}

#[test]
fn one_that_only_looks_begins_nothing() {
    let mut story = Story::welcomed(1);
    let look = Offer { work: Work::Preflight, ..offer(5, "1") };
    story.when(Input::Offered(vec![look]), &["start 5 in 0"]);
    story.at(100).news(5, News::Launched { frames: frames("1") }, &[]);
    story.at(900).news(5, News::Rendering, &[]).news(5, ended(Ok(())), &["report 1 of 5: ended succeeded"]);
}

#[test]
fn a_hanging_renderer_is_killed_and_its_frame_blamed() {
    let mut story = Story::welcomed(1);
    story
        .when(Input::Offered(vec![offer(5, "1-3")]), &["start 5 in 0"])
        .news(5, News::Launched { frames: frames("1-3") }, &[])
        .news(5, News::FrameStarted(2), &[]);
    for second in 1..=4 {
        story.when(Input::PulseAcked(second), &[]).at(second * 1000);
        let pulse = format!("pulse {}", second + 1);
        story.when(Input::Tick, &[&pulse]);
    }
    story.when(Input::PulseAcked(5), &[]).at(5000).when(Input::Tick, &["pulse 6", "bite 5 in 0"]);
    let killed = Failure::new(FailureClass::Crash, "killed by SIGKILL");
    story.news(5, ended(Err(killed)), &["report 1 of 5: ended failed hang_frame 2 at 2"]);
    assert_eq!(story.agent.status(), NodeStatus::Crashed);
}

#[test]
fn a_slot_that_dies_hands_its_lease_back_and_rests() {
    let mut story = Story::welcomed(1);
    story
        .when(Input::Offered(vec![offer(5, "1-3"), offer(6, "4")]), &["start 5 in 0"])
        .when(Input::SlotDown(0), &["report 1 of 5: ended failed agent"])
        .news(5, proven("1"), &[])
        .when(Input::SlotUp(0), &["start 6 in 0"]);
}

#[test]
fn another_attempts_files_are_published_without_a_slot() {
    let mut story = Story::welcomed(0);
    let lease = Offer { work: Work::Publish { of: Token(3) }, ..offer(8, "1-4") };
    let set = frames;
    let unbegun = FrameSet::new();
    let result =
        Input::Published { token: Token(8), done: set("1-2"), lost: set("3"), failed: set("4"), unbegun };
    story
        .when(Input::Offered(vec![lease]), &["publish 1-4 of 3 under 8"])
        .when(result, &["report 1 of 8: published 1-2", "report 2 of 8: lost 3"])
        .at(500)
        .when(Input::Tick, &["publish 4 of 3 under 8"])
        .when(published(8, "4"), &["report 3 of 8: published 4", "report 4 of 8: ended succeeded"]);
}

#[test]
fn leaving_finishes_what_runs_and_hands_back_the_rest() {
    let mut story = Story::welcomed(1);
    story
        .when(Input::Offered(vec![offer(5, "1"), offer(6, "2")]), &["start 5 in 0"])
        .when(Input::Leave { grace: ms(3000) }, &[])
        .when(Input::Offered(vec![offer(7, "3")]), &[])
        .news(5, proven("1"), &["report 1 of 5: proven 1"])
        .news(
            5,
            ended(Ok(())),
            &[
                "report 2 of 5: ended succeeded at 1",
                "report 3 of 6: ended stopped",
                "report 4 of 7: ended stopped",
            ],
        )
        .when(settled(4, 5, "1"), &["publish 1 of 5 under 5"])
        .when(published(5, "1"), &["report 5 of 5: published 1"])
        .when(settled(5, 5, ""), &["goodbye", "left"])
        .when(Input::Tick, &[]);
}

#[test]
fn a_grace_that_is_over_kills_and_a_leader_that_is_gone_is_not_waited_for() {
    let mut story = Story::welcomed(1);
    story
        .when(Input::Offered(vec![offer(5, "1")]), &["start 5 in 0"])
        .when(Input::Leave { grace: ms(500) }, &[])
        .at(500)
        .when(Input::Tick, &["kill 5 in 0"])
        .news(5, ended(Ok(())), &["report 1 of 5: ended stopped"])
        .when(Input::LinkDown, &[])
        .at(5500)
        .when(refused_at(5500), &["clean 5 but ", "left"]);
}
