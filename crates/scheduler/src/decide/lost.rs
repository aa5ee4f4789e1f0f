//! The files of accepted frames are nowhere to be found: they have to be rendered again.

use callsheet_model::{Event, FrameSet, Token};

use super::{published, report};
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn lost(turn: &mut Turn<'_>, token: Token, frames: &FrameSet) -> Result<(), Rejection> {
    let Some(node) = report::holder(turn, token, frames)? else { return Ok(()) };
    let Some(record) = turn.state().lease(token) else { return Ok(()) };
    let (job, step, files) = (record.lease.job, record.lease.step, record.files_of());
    let frames = record.unpublished.intersection(frames);
    if !frames.is_empty() {
        turn.emit(Event::FramesLost { token, job, step, frames });
        published::after(turn, &node, token, files);
    }
    Ok(())
}
