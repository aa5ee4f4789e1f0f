//! Goes on with a paused job.

use callsheet_model::{Event, JobId};

use super::end_job::open_job;
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn resume_job(turn: &mut Turn<'_>, job: JobId) -> Result<(), Rejection> {
    if open_job(turn.state(), job, "resumed")?.paused {
        turn.emit(Event::JobResumed { job });
    }
    Ok(())
}
