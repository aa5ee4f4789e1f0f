//! Accepted frames are at their final path. With the last of them the lease is over.

use callsheet_model::{Event, FrameSet, Token};

use super::{progress, report};
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn published(turn: &mut Turn<'_>, token: Token, frames: &FrameSet) -> Result<(), Rejection> {
    let Some(node) = report::holder(turn, token, frames)? else { return Ok(()) };
    let Some(record) = turn.state().lease(token) else { return Ok(()) };
    let (job, step, files) = (record.lease.job, record.lease.step, record.files_of());
    let frames = record.unpublished.intersection(frames);
    if frames.is_empty() {
        return Ok(());
    }
    turn.emit(Event::FramesPublished { token, job, step, frames });
    after(turn, &node, token, files);
    progress::progress(turn, job, step);
    Ok(())
}

/// Closes the lease if that was all of it. While its attempt is still to end, its end closes it.
pub(super) fn after(turn: &mut Turn<'_>, node: &callsheet_model::NodeName, token: Token, files: Token) {
    if turn.state().lease(token).is_some() {
        return;
    }
    turn.presence.setbacks.remove(&files);
    if !turn.presence.get(node).is_some_and(|here| here.finishing.contains(&token)) {
        turn.close(node, token);
    }
}
