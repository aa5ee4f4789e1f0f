//! A node says what has come of a lease. Only the node that holds the lease in force is believed, and only
//! about frames of that lease.

use callsheet_model::{FrameSet, NodeName, Outcome, Report, Reported, Token};

use super::{began, ended, lost, proven, published};
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn report(turn: &mut Turn<'_>, node: &NodeName, report: Report) -> Result<(), Rejection> {
    let Report { token, what } = report;
    let now = turn.now;
    if let Some(here) = turn.presence.get_mut(node).filter(|here| here.session.is_some()) {
        here.hear(now);
    }
    // Upholds one_valid_lease: the fence. Who holds the token in force is believed, and nobody else.
    let in_force = turn.state().lease(token).is_some_and(|record| record.lease.node == *node);
    if let Reported::Ended { outcome, .. } = &what {
        let was_finishing = finished(turn, node, token);
        if !in_force && (was_finishing || !matches!(outcome, Outcome::Failed(_))) {
            // Nothing was left to say but this; at worst it was said before.
            turn.close(node, token);
            return Ok(());
        }
    }
    if !in_force {
        turn.revoke(node, token, "the lease is not in force any more");
        return Err(Rejection::StaleLease { token, node: node.clone() });
    }
    match what {
        Reported::Began { fetched, loaded } => {
            began::began(turn, token, fetched, loaded);
            Ok(())
        }
        Reported::Proven { frames, bytes, took } => proven::proven(turn, token, &frames, bytes, took),
        Reported::Published { frames } => published::published(turn, token, &frames),
        Reported::Lost { frames } => lost::lost(turn, token, &frames),
        Reported::Ended { outcome, blamed, last_frame } => {
            ended::ended(turn, token, outcome, &blamed, last_frame);
            Ok(())
        }
    }
}

/// The attempt is over, and so its slot is free. True when it had been waited for.
fn finished(turn: &mut Turn<'_>, node: &NodeName, token: Token) -> bool {
    let Some(here) = turn.presence.get_mut(node) else { return false };
    let before = here.finishing.len();
    here.finishing.retain(|other| *other != token);
    let was_finishing = here.finishing.len() < before;
    if was_finishing {
        turn.stir(node);
    }
    was_finishing
}

/// The lease's node, and an error when frames are named that the lease was not given.
pub(super) fn holder(
    turn: &Turn<'_>,
    token: Token,
    frames: &FrameSet,
) -> Result<Option<NodeName>, Rejection> {
    let Some(record) = turn.state().lease(token) else { return Ok(None) };
    if frames.is_subset(&record.lease.frames) {
        return Ok(Some(record.lease.node.clone()));
    }
    let foreign = frames.difference(&record.lease.frames).to_string();
    Err(Rejection::FramesNotLeased { token, frames: super::progress::shortened(&foreign) })
}
