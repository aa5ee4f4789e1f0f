//! Hands out nothing more of a job. Frames in hands are finished, and published.

use callsheet_model::{Event, JobId};

use super::end_job::open_job;
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn pause_job(turn: &mut Turn<'_>, job: JobId) -> Result<(), Rejection> {
    if !open_job(turn.state(), job, "paused")?.paused {
        turn.emit(Event::JobPaused { job });
    }
    Ok(())
}
