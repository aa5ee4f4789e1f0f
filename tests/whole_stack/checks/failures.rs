//! Who pays when renderers fail, held to what they did.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::frames;
use crate::client::{Frame, RETRIES};
use crate::moods::Misdeed;
use crate::trace::{End, Event, What};
use crate::world::Left;

/// How work on frames ended, by token and frame.
type Ends<'a> = BTreeMap<(&'a str, i32), End>;

/// A retry is spent on a frame only when its renderer misbehaved at it (or left before it), and as the class that this
/// is; each frame has its retries and no more; and whoever misbehaved was found out. Returns the frames that are dead:
/// all that are poison, and no other but by a last try that was spoiled, too.
pub(super) fn retries_are_spent_on_evidence(
    left: &Left,
    happened: &[(Duration, What)],
    told: &[&Event],
) -> Result<BTreeSet<Frame>, String> {
    let ends = ends(happened);
    let mut spent: BTreeMap<Frame, u32> = BTreeMap::new();
    let (mut found_out, mut dead) = (BTreeSet::new(), BTreeSet::new());
    for event in told {
        let (token, class) = (event.text("token"), event.payload["failure"]["class"].as_str());
        let dies = match event.kind.as_str() {
            "frame_job.frames_dead_lettered" => true,
            "frame_job.frames_failed" => false,
            "frame_job.frames_accepted" => {
                spent.retain(|frame, _| !frames(event).contains(frame));
                continue;
            }
            _ => continue,
        };
        found_out.insert(token);
        if !dies && event.payload["charged"] == false {
            continue;
        }
        for frame in frames(event) {
            let own = ends.get(&(token, frame.2));
            let is_guilty = matches!(own, Some(End::Did(deed)) if class == Some(deed.class()));
            let was_left =
                class == Some("broken_output") && has_left(&ends, token) && own != Some(&End::Drew);
            // On its last try a frame is alone.
            if !is_guilty && (dies || !was_left) {
                return Err(format!("{frame:?} pays for {class:?} under {token}, and it is {own:?}"));
            }
            let spent = spent.entry(frame.clone()).or_default();
            if dies != (*spent == RETRIES) {
                return Err(format!("{frame:?} had {spent} of {RETRIES} retries at {}", event.kind));
            }
            *spent += 1;
            if dies {
                dead.insert(frame);
            }
        }
    }
    everyone_is_found_out(left, &ends, &found_out)?;
    poison_kills(left, told, &dead)?;
    Ok(dead)
}

fn ends(happened: &[(Duration, What)]) -> Ends<'_> {
    let end = |what| match what {
        &What::Ends { ref token, frame, end, .. } => Some(((token.as_str(), frame), end)),
        _ => None,
    };
    happened.iter().filter_map(|(_, what)| end(what)).collect()
}

fn has_left(ends: &Ends<'_>, token: &str) -> bool {
    let own = ends.range((token, i32::MIN)..=(token, i32::MAX));
    own.into_iter().any(|(_, end)| *end == End::Did(Misdeed::Leave))
}

/// Unless something else ended its lease before.
fn everyone_is_found_out(left: &Left, ends: &Ends<'_>, found_out: &BTreeSet<&str>) -> Result<(), String> {
    let bad = ends.iter().filter(|(_, end)| matches!(end, End::Did(_)));
    let unseen =
        bad.map(|((token, frame), end)| (token, frame, end)).find(|(token, ..)| !found_out.contains(*token));
    match unseen.filter(|_| left.calm) {
        Some((token, frame, end)) => Err(format!("{end:?} at {frame} under {token} cost nobody anything")),
        None => Ok(()),
    }
}

/// A frame that nobody can draw is dead in the end, if it ever went out.
pub(super) fn poison_kills(left: &Left, told: &[&Event], dead: &BTreeSet<Frame>) -> Result<(), String> {
    let leases = told.iter().filter(|event| event.kind == "frame_job.leased");
    let out: BTreeSet<Frame> = leases.flat_map(|event| frames(event)).collect();
    match out.iter().find(|frame| left.moods.is_poison(frame) && !dead.contains(*frame)) {
        Some(frame) => Err(format!("{frame:?} cannot be drawn, and is not dead")),
        None => Ok(()),
    }
}
