//! What must hold after every run, whatever went wrong in it. Each check is one of the promises.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use callsheet_journal::{MemoryStore, PageLimit, Store};

use crate::client::{STEPS, Wish};
use crate::leader::OUT;
use crate::player;
use crate::trace::{Event, What};

/// A run that is over.
pub(crate) struct Run<'a> {
    pub(crate) home: &'a Path,
    pub(crate) wishes: &'a [Wish],
    pub(crate) store: &'a MemoryStore,
    pub(crate) happened: &'a [(Duration, What)],
    /// Frames never go out again before their renderer has stopped. (Otherwise they may, when a stream broke for all
    /// to see.)
    pub(crate) strict: bool,
}

/// A frame: its job, its step, its number.
type Frame = (String, u64, i32);

/// Checks everything.
pub(crate) fn all(run: &Run<'_>) -> Result<(), String> {
    let told: Vec<&Event> = run.happened.iter().filter_map(|(_, what)| as_event(what)).collect();
    told_is_what_the_disk_has(run.store, &told)?;
    what_was_taken_is_there_once(run, &told)?;
    no_frame_is_in_two_hands(&told)?;
    let accepted = each_frame_is_accepted_and_published_once(run, &told)?;
    files_are_those_of_the_accepted_attempt(run, &accepted)?;
    who_renders_has_drawn_what_counts(run, &accepted)?;
    if run.strict {
        renderers_of_one_frame_never_overlap(run, &told)?;
    }
    Ok(())
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

/// Every job that was acknowledged is in the log, once, and all succeeded.
fn what_was_taken_is_there_once(run: &Run<'_>, told: &[&Event]) -> Result<(), String> {
    for wish in run.wishes {
        let taken = |what: &What| matches!(what, What::Taken { job } if *job == wish.id);
        let taken = run.happened.iter().filter(|(_, what)| taken(what)).count();
        let times = |kind: &str| {
            told.iter().filter(|event| event.kind == kind && event.text("job_id") == wish.id).count()
        };
        let (submitted, succeeded) = (times("job.submitted"), times("job.succeeded"));
        if (taken, submitted, succeeded) != (1, 1, 1) {
            let id = &wish.id;
            return Err(format!(
                "job {id}: {taken} times taken, {submitted} submitted, {succeeded} succeeded"
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

/// Says under which token each frame was accepted.
fn each_frame_is_accepted_and_published_once(
    run: &Run<'_>,
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
                "frame_job.frames_published" => {
                    if !published.insert(frame.clone()) {
                        return Err(format!("{frame:?} is published a second time: {event:?}"));
                    }
                }
                "frame_job.frames_lost" => {
                    published.remove(&frame);
                    accepted.remove(&frame);
                }
                _ => {}
            }
        }
    }
    let wanted: BTreeSet<Frame> = run.wishes.iter().flat_map(of_wish).map(|(frame, _)| frame).collect();
    if published != wanted || accepted.keys().cloned().collect::<BTreeSet<_>>() != wanted {
        return Err(format!("{} frames are wanted, {} published", wanted.len(), published.len()));
    }
    Ok(accepted)
}

/// All frames of a job, each with the name of its file below where results go.
fn of_wish(wish: &Wish) -> Vec<(Frame, String)> {
    let steps = [(0, wish.frames.0), (1, wish.frames.1)];
    let of = |(step, last): (u64, i32)| {
        (1..=last).map(move |frame| {
            let file = format!("{}/{}_{frame:04}.png", wish.id, STEPS[step as usize]);
            ((wish.id.clone(), step, frame), file)
        })
    };
    steps.into_iter().flat_map(of).collect()
}

/// Every file is there and whole, and is the one that the accepted attempt drew.
fn files_are_those_of_the_accepted_attempt(
    run: &Run<'_>,
    accepted: &BTreeMap<Frame, String>,
) -> Result<(), String> {
    for (frame, file) in run.wishes.iter().flat_map(of_wish) {
        let read = player::read(&run.home.join(OUT).join(&file));
        let wanted = (accepted[&frame].clone(), frame.2);
        if read.as_ref() != Some(&wanted) {
            return Err(format!("{file} is {read:?}, and accepted was {wanted:?}"));
        }
    }
    Ok(())
}

/// A frame counts only under a token under which a renderer finished it.
fn who_renders_has_drawn_what_counts(
    run: &Run<'_>,
    accepted: &BTreeMap<Frame, String>,
) -> Result<(), String> {
    let drawn = |what: &What| match what {
        What::Ends { token, frame, drawn: true, .. } => Some((token.clone(), *frame)),
        _ => None,
    };
    let drawn: BTreeSet<(String, i32)> = run.happened.iter().filter_map(|(_, what)| drawn(what)).collect();
    match accepted.iter().find(|(frame, token)| !drawn.contains(&((*token).clone(), frame.2))) {
        None => Ok(()),
        Some((frame, token)) => Err(format!("{frame:?} was accepted under {token}, which never drew it")),
    }
}

/// A node out of contact has stopped before its frames go out again: of one frame there is one renderer at a time.
fn renderers_of_one_frame_never_overlap(run: &Run<'_>, told: &[&Event]) -> Result<(), String> {
    let leases = told.iter().filter(|event| event.kind == "frame_job.leased");
    let steps: BTreeMap<&str, (String, u64)> =
        leases.map(|event| (event.text("token"), event.step())).collect();
    let mut at_work: BTreeMap<Frame, &str> = BTreeMap::new();
    for (at, what) in run.happened {
        match what {
            What::Begins { token, frame, .. } => {
                let Some((job, step)) = steps.get(token.as_str()) else {
                    return Err(format!("{token} is rendered under, and was never handed out"));
                };
                if let Some(other) = at_work.insert((job.clone(), *step, *frame), token) {
                    return Err(format!(
                        "at {at:?} {frame} of {job} is begun under {token} and still under {other}"
                    ));
                }
            }
            What::Ends { token, frame, .. } => {
                if let Some((job, step)) = steps.get(token.as_str()) {
                    at_work.remove(&(job.clone(), *step, *frame));
                }
            }
            _ => {}
        }
    }
    Ok(())
}
