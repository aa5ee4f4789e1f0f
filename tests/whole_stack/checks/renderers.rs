//! What renderers did, held to what the leader thought of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use callsheet_model::Timestamp;

use crate::client::Frame;
use crate::leader::SILENCE;
use crate::trace::{End, Event, What};
use crate::world::EPOCH;

/// A frame counts only under a token under which a renderer finished it.
pub(super) fn who_counts_has_drawn_it(
    happened: &[(Duration, What)],
    accepted: &BTreeMap<Frame, String>,
) -> Result<(), String> {
    let drawn = |what: &What| match what {
        What::Ends { token, frame, end: End::Drew, .. } => Some((token.clone(), *frame)),
        _ => None,
    };
    let drawn: BTreeSet<(String, i32)> = happened.iter().filter_map(|(_, what)| drawn(what)).collect();
    match accepted.iter().find(|(frame, token)| !drawn.contains(&((*token).clone(), frame.2))) {
        None => Ok(()),
        Some((frame, token)) => Err(format!("{frame:?} was accepted under {token}, which never drew it")),
    }
}

/// Leases whose nodes were given up.
pub(super) struct GivenUp<'a> {
    /// By when their renderers must have stopped.
    by: BTreeMap<&'a str, Duration>,
    /// Since a stream broke for all to see, and its node did not come back within a grace that is shorter than its
    /// leases last: the leader takes such a node for dead, and cannot know it. It may live, and render for a while.
    excused: BTreeSet<&'a str>,
}

impl<'a> GivenUp<'a> {
    /// From what was told. `strict`: nobody is excused, since the grace is long enough.
    pub(super) fn of(told: &[&'a Event], strict: bool) -> Self {
        let mut held: BTreeMap<&str, &str> = BTreeMap::new();
        let mut given_up = Self { by: BTreeMap::new(), excused: BTreeSet::new() };
        for event in told {
            match event.kind.as_str() {
                "frame_job.leased" => drop(held.insert(event.text("token"), event.text("node"))),
                "frame_job.released" => drop(held.remove(event.text("token"))),
                "node.offline.v1" => {
                    let own = held.iter().filter(|(_, node)| **node == event.text("node"));
                    let own = own.map(|(token, _)| *token);
                    if strict || was_silent(event) {
                        let at = Duration::from_millis(event.at_ms) - EPOCH;
                        given_up.by.extend(own.map(|token| (token, at)));
                    } else {
                        given_up.excused.extend(own);
                    }
                }
                _ => {}
            }
        }
        given_up
    }
}

/// Whether a node was given up for its silence, and not for a stream that broke: it, or this leader, was not heard for
/// so long.
fn was_silent(offline: &Event) -> bool {
    let latest = Timestamp(offline.at_ms - SILENCE).to_string();
    // Both are in UTC and have as many digits: the earlier one is the smaller text.
    offline.payload["last_heartbeat_at"].as_str().is_none_or(|heard| *heard <= *latest)
}

/// Hosts take turns of a network's tick: by so much one may seem to be late.
const TURN: Duration = Duration::from_millis(5);

/// A node out of contact has stopped all that it rendered before its leases are given up.
pub(super) fn who_is_out_of_contact_has_stopped(
    happened: &[(Duration, What)],
    given_up: &GivenUp<'_>,
) -> Result<(), String> {
    for (at, what) in happened {
        let What::Ends { node, token, frame, .. } = what else { continue };
        if let Some(by) = given_up.by.get(token.as_str()).filter(|by| *at > **by + TURN) {
            return Err(format!(
                "{node} was given up at {by:?}, and renders {frame} under {token} until {at:?}"
            ));
        }
    }
    Ok(())
}

/// Of one frame there is one renderer at a time.
pub(super) fn of_one_frame_never_overlap(
    happened: &[(Duration, What)],
    told: &[&Event],
    given_up: &GivenUp<'_>,
) -> Result<(), String> {
    let leases = told.iter().filter(|event| event.kind == "frame_job.leased");
    let steps: BTreeMap<&str, (String, u64)> =
        leases.map(|event| (event.text("token"), event.step())).collect();
    let mut at_work: BTreeMap<Frame, BTreeSet<&str>> = BTreeMap::new();
    for (at, what) in happened {
        match what {
            What::Begins { token, frame, .. } => {
                let Some((job, step)) = steps.get(token.as_str()) else {
                    return Err(format!("{token} is rendered under, and was never handed out"));
                };
                let here = at_work.entry((job.clone(), *step, *frame)).or_default();
                if let Some(other) = here.iter().find(|other| !given_up.excused.contains(**other)) {
                    return Err(format!(
                        "at {at:?} {frame} of {job} is begun under {token} and still under {other}"
                    ));
                }
                here.insert(token);
            }
            What::Ends { token, frame, .. } => {
                if let Some((job, step)) = steps.get(token.as_str()) {
                    at_work.entry((job.clone(), *step, *frame)).or_default().remove(token.as_str());
                }
            }
            _ => {}
        }
    }
    Ok(())
}
