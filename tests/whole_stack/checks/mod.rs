//! What must hold after every run, whatever went wrong in it. Each check is one of the promises.

mod doubts;
mod failures;
mod renderers;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use callsheet_journal::{MemoryStore, PageLimit, Store};

use crate::client::{Frame, Wish};
use crate::leader::OUT;
use crate::player;
use crate::trace::{Event, What};
use crate::world::Left;
use renderers::GivenUp;

/// Checks everything.
pub(crate) fn all(left: &Left, happened: &[(Duration, What)]) -> Result<(), String> {
    let told: Vec<&Event> = happened.iter().filter_map(|(_, what)| as_event(what)).collect();
    told_is_what_the_disk_has(&left.store, &told)?;
    no_frame_is_in_two_hands(&told)?;
    let dead = failures::retries_are_spent_on_evidence(left, happened, &told)?;
    what_was_taken_is_there_once(left, happened, &told, &dead)?;
    let wanted = wanted(left, &dead);
    let accepted = each_frame_is_accepted_and_published_once(&wanted, &told)?;
    files_are_those_of_the_accepted_attempt(left, &accepted)?;
    renderers::who_counts_has_drawn_it(happened, &accepted)?;
    let given_up = GivenUp::of(&told, left.strict);
    renderers::who_is_out_of_contact_has_stopped(happened, &given_up)?;
    renderers::of_one_frame_never_overlap(happened, &told, &given_up)
}

fn as_event(what: &What) -> Option<&Event> {
    match what {
        What::Told(event) => Some(event),
        _ => None,
    }
}

/// Nothing that anyone was told is missing or different on the disk, and it is told without gaps.
fn told_is_what_the_disk_has(store: &MemoryStore, told: &[&Event]) -> Result<(), String> {
    let journal = store.open().map_err(|error| error.to_string())?.journal;
    let mut told = told.iter().zip(1..);
    let mut from = 1;
    loop {
        let page = journal.read(from, PageLimit::default()).map_err(|error| error.to_string())?;
        if page.events.is_empty() {
            break;
        }
        from = page.next;
        for event in page.events {
            // The last ones may not have been told yet when the world ended.
            let Some((heard, number)) = told.next() else { return Ok(()) };
            let sequence = event.envelope.sequence;
            if heard.sequence != number || sequence != number || heard.hash != event.hash.to_string() {
                return Err(format!(
                    "event {sequence} is {}, and {heard:?} was told as {number}",
                    event.json
                ));
            }
        }
    }
    match told.next() {
        None => Ok(()),
        Some((heard, _)) => Err(format!("{heard:?} was told, and is not on the disk")),
    }
}

/// Every job that was acknowledged is in the log, once, and has succeeded, or failed where frames are dead.
fn what_was_taken_is_there_once(
    left: &Left,
    happened: &[(Duration, What)],
    told: &[&Event],
    dead: &BTreeSet<Frame>,
) -> Result<(), String> {
    for wish in &left.wishes {
        let taken = |what: &What| matches!(what, What::Taken { job } if *job == wish.id);
        let taken = happened.iter().filter(|(_, what)| taken(what)).count();
        let times = |kind: &str| {
            told.iter().filter(|event| event.kind == kind && event.text("job_id") == wish.id).count()
        };
        let fails = usize::from(dead.iter().any(|(job, ..)| *job == wish.id));
        let found = [taken, times("job.submitted"), times("job.succeeded"), times("job.failed")];
        if found != [1, 1, 1 - fails, fails] {
            let ([taken, submitted, succeeded, failed], id) = (found, &wish.id);
            return Err(format!(
                "job {id}: {taken} times taken, {submitted} submitted, {succeeded} succeeded, {failed} failed"
            ));
        }
    }
    Ok(())
}

/// A frame is handed out only while it is in nobody's hands and not accepted.
fn no_frame_is_in_two_hands(told: &[&Event]) -> Result<(), String> {
    let mut hands: BTreeMap<String, BTreeSet<Frame>> = BTreeMap::new();
    let mut accepted: BTreeSet<Frame> = BTreeSet::new();
    for event in told {
        let token = event.text("token").to_owned();
        let frames = frames(event);
        match event.kind.as_str() {
            "frame_job.leased" if event.payload["publish_of"].is_null() => {
                for frame in &frames {
                    if accepted.contains(frame) || hands.values().any(|held| held.contains(frame)) {
                        return Err(format!(
                            "{frame:?} is handed out under {token}, and is in hands or done"
                        ));
                    }
                }
                hands.insert(token, frames);
            }
            "frame_job.frames_accepted" => {
                let held = hands.entry(token.clone()).or_default();
                if let Some(frame) = frames.iter().find(|frame| !held.remove(*frame)) {
                    return Err(format!("{frame:?} is accepted under {token}, which does not hold it"));
                }
                accepted.extend(frames);
            }
            "frame_job.frames_lost" => accepted.retain(|frame| !frames.contains(frame)),
            "frame_job.frames_failed" | "frame_job.frames_returned" => {
                hands.entry(token).or_default().retain(|frame| !frames.contains(frame));
            }
            "frame_job.released" => drop(hands.remove(&token)),
            _ => {}
        }
    }
    Ok(())
}

fn frames(event: &Event) -> BTreeSet<Frame> {
    let (job, step) = event.step();
    event.frames().iter().map(|frame| (job.clone(), step, frame)).collect()
}

/// All frames but the dead, and those of steps that come after a step with dead frames.
fn wanted(left: &Left, dead: &BTreeSet<Frame>) -> BTreeSet<Frame> {
    let frames = left.wishes.iter().flat_map(Wish::files).map(|(frame, _)| frame);
    let goes_out = |(job, step, _): &Frame| !dead.iter().any(|(other, at, _)| other == job && at < step);
    frames.filter(|frame| goes_out(frame) && !dead.contains(frame)).collect()
}

/// Says under which token each frame was accepted.
fn each_frame_is_accepted_and_published_once(
    wanted: &BTreeSet<Frame>,
    told: &[&Event],
) -> Result<BTreeMap<Frame, String>, String> {
    let mut accepted: BTreeMap<Frame, String> = BTreeMap::new();
    let mut published: BTreeSet<Frame> = BTreeSet::new();
    for event in told {
        for frame in frames(event) {
            match event.kind.as_str() {
                "frame_job.frames_accepted" => {
                    if let Some(before) = accepted.insert(frame.clone(), event.text("token").to_owned()) {
                        return Err(format!(
                            "{frame:?} was accepted under {before}, and is again: {event:?}"
                        ));
                    }
                }
                "frame_job.frames_published" if !published.insert(frame.clone()) => {
                    return Err(format!("{frame:?} is published a second time: {event:?}"));
                }
                "frame_job.frames_lost" => {
                    published.remove(&frame);
                    accepted.remove(&frame);
                }
                _ => {}
            }
        }
    }
    if published != *wanted || !accepted.keys().eq(wanted) {
        return Err(format!("{} frames are wanted, {} published", wanted.len(), published.len()));
    }
    Ok(accepted)
}

/// Every file is there and whole, and is the one that the accepted attempt drew; of a frame that was not accepted
/// there is none.
fn files_are_those_of_the_accepted_attempt(
    left: &Left,
    accepted: &BTreeMap<Frame, String>,
) -> Result<(), String> {
    for (frame, file) in left.wishes.iter().flat_map(Wish::files) {
        let path = left.home.path().join(OUT).join(&file);
        let wanted = accepted.get(&frame).map(|token| (token.clone(), frame.2));
        let read = player::read(&path);
        if read != wanted || (wanted.is_none() && path.exists()) {
            return Err(format!("{file} is {read:?}, and accepted was {wanted:?}"));
        }
    }
    Ok(())
}
