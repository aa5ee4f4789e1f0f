//! Frames are proven: they count from now on. Confirmed to the node only when that is durable, and only for
//! frames that are still its own, since a confirmed frame may be published.

use std::time::Duration;

use callsheet_model::{ClearedBy, Event, FrameSet, Token, Work};

use super::{progress, quarantine, report};
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn proven(
    turn: &mut Turn<'_>,
    token: Token,
    frames: &FrameSet,
    bytes: u64,
    took: Duration,
) -> Result<(), Rejection> {
    let Some(node) = report::holder(turn, token, frames)? else { return Ok(()) };
    let Some(record) = turn.state().lease(token) else { return Ok(()) };
    let (job, step) = (record.lease.job, record.lease.step);
    if record.lease.work == Work::Preflight {
        return Err(Rejection::NothingToProve { token });
    }
    let passed = turn.state().node(&node).and_then(|node| node.trial(token)).map(str::to_owned);
    // Upholds one_accepted_attempt: what the lease holds no more is not accepted again, however often it is said.
    let new = record.remaining.intersection(frames);
    let last = !new.is_empty() && new.len() == record.remaining.len();
    if !new.is_empty() {
        turn.emit(Event::FramesAccepted { token, job, step, frames: new, bytes, took });
        if let Some(here) = turn.presence.get_mut(&node) {
            here.has_history = true;
            if last {
                here.finishing.push(token);
            }
        }
        if let Some(renderer) = passed {
            quarantine::clear(turn, &node, renderer, ClearedBy::Canary);
        }
    }
    if turn.state().lease(token).is_some() {
        let confirmed = confirmable(turn, token, frames);
        turn.confirm(&node, token, confirmed);
    } else {
        // The lease ended with these frames. Most often its attempt's end is in the same batch, and closing the
        // lease says it all.
        turn.presence.unsettled.push((node, token, frames.clone()));
    }
    if last {
        progress::progress(turn, job, step);
    }
    Ok(())
}

/// At the end of a batch: whoever was not told by the end of the attempt is told now.
pub(super) fn settle(turn: &mut Turn<'_>) {
    let mut unsettled = std::mem::take(&mut turn.presence.unsettled);
    for (node, token, frames) in unsettled.drain(..) {
        if turn.presence.get(&node).is_some_and(|here| here.finishing.contains(&token)) {
            turn.confirm(&node, token, frames);
        }
    }
    // Its memory is kept for the next batch.
    turn.presence.unsettled = unsettled;
}

/// What may be confirmed of a report: frames accepted under this token and not yet published. Without output
/// there is nothing to publish, and the confirmation only settles the report. Under a lease to publish there is
/// nothing to prove.
fn confirmable(turn: &Turn<'_>, token: Token, frames: &FrameSet) -> FrameSet {
    let Some(record) = turn.state().lease(token) else { return FrameSet::new() };
    if record.lease.work != Work::Render {
        return FrameSet::new();
    }
    let step = turn.state().job(record.lease.job).and_then(|job| job.steps.get(record.lease.step.at()));
    match step {
        Some(step) if !step.has_output => step.accepted.intersection(frames),
        _ => record.unpublished.intersection(frames),
    }
}
