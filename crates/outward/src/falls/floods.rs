//! A hundred thousand at once of everything that others can ask of these actors, while a receiver says nothing: people
//! who want dead letters delivered again, and events. Of what waits there is a bound, nobody else is held up, and what
//! has to be told is told.

use callsheet_leader::TargetView;
use tokio::task::JoinSet;

use super::post::{Answer, DESK, PEOPLE};
use super::stage::{Stage, in_time, until};

const MANY: usize = 100_000;
const HOOK: &str = "webhook-studio";
const LETTERS: usize = 10;

fn view(stage: &Stage) -> TargetView {
    let views = stage.leader.outward().unwrap().targets();
    views.into_iter().find(|view| view.name == HOOK).unwrap()
}

/// A target that gave up on some events, and whose receiver says nothing any more to the next.
async fn with_letters(stage: &Stage) -> Vec<(String, u64)> {
    stage.post.answers(Answer::Refused);
    let letters = stage.events("call.done", LETTERS).await;
    until("they are given up", || view(stage).dead_letters == LETTERS as u64).await;
    stage.post.answers(Answer::Nothing);
    letters
}

/// How often an event arrived.
fn arrivals(stage: &Stage, event: &(String, u64)) -> usize {
    stage.post.arrived(|arrived| arrived.events.iter().filter(|other| *other == event).count())
}

#[tokio::test(start_paused = true)]
async fn a_crowd_that_asks_for_dead_letters_is_answered_and_has_each_tried_once_or_twice() {
    let stage = Stage::set().await;
    let outward = stage.outward().await;
    let letters = with_letters(&stage).await;
    let before: Vec<usize> = letters.iter().map(|letter| arrivals(&stage, letter)).collect();
    let mut crowd = JoinSet::new();
    for _ in 0..MANY {
        let leader = stage.leader.clone();
        crowd.spawn(async move { leader.outward().unwrap().redeliver(HOOK, None).await.unwrap() });
    }
    let all = in_time("each is answered", crowd.join_all()).await;
    assert!(all.iter().all(|count| *count == LETTERS as u64));
    stage.post.answers(Answer::Taken);
    until("all are delivered", || view(&stage).dead_letters == 0).await;
    for (letter, before) in letters.iter().zip(before) {
        let tries = arrivals(&stage, letter) - before;
        assert!((1..=2).contains(&tries), "{tries} tries");
    }
    let last = stage.events("call.done", 1).await;
    until("the next event is told", || arrivals(&stage, &last[0]) == 1).await;
    outward.stop().await;
    drop(outward);
    stage.strike().await;
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_is_asked_for_is_tried_although_its_target_falls_meanwhile() {
    let stage = Stage::set().await;
    let outward = stage.outward().await;
    let letters = with_letters(&stage).await;
    let next = stage.post.arrived(|arrived| arrived.requests) + 1;
    let supervisor = outward.keeper.present();
    stage
        .post
        .at_request(next, false, move || supervisor.get_children().iter().for_each(|errand| errand.kill()));
    let asked = stage.leader.outward().unwrap().redeliver(HOOK, Some(letters[0].1)).await;
    assert_eq!(asked.unwrap(), 1);
    until("it is started again", || stage.record.starts("target") == 2).await;
    stage.post.answers(Answer::Taken);
    until("it is delivered", || view(&stage).dead_letters == LETTERS as u64 - 1).await;
    outward.stop().await;
    drop(outward);
    stage.strike().await;
}

#[tokio::test(start_paused = true)]
async fn events_wait_in_the_log_for_a_target_that_stands_still_and_nobody_else_waits() {
    let stage = Stage::set().await;
    let outward = stage.outward().await;
    stage.post.answers(Answer::Nothing);
    let first = stage.events("call.done", 1).await;
    until("it hangs", || arrivals(&stage, &first[0]) == 1).await;
    for _ in 0..MANY / 1000 {
        stage.events("noise.made", 1000).await;
    }
    let last = stage.events("call.done", 1).await;
    stage.see("clara", true, &[PEOPLE, DESK]).await;
    stage.see("clara", false, &[PEOPLE, DESK]).await;
    let told = || stage.post.arrived(|arrived| (arrived.texts.len(), arrived.alerts.len())) == (1, 1);
    until("people are told meanwhile", told).await;
    assert_eq!(arrivals(&stage, &last[0]), 0);
    stage.post.answers(Answer::Taken);
    until("it catches up", || arrivals(&stage, &last[0]) == 1).await;
    assert_eq!(arrivals(&stage, &first[0]), 1, "and nothing was told twice");
    let end = stage.events("noise.made", 1).await;
    until("its cursor goes on behind what it does not want", || view(&stage).cursor >= end[0].1).await;
    assert_eq!(view(&stage).missed, 0);
    outward.stop().await;
    drop(outward);
    stage.strike().await;
}
