//! Ends a job on request. Frames in hands are called back.

use callsheet_model::{Event, JobId};

use super::end_job;
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn cancel_job(turn: &mut Turn<'_>, job: JobId, reason: String) -> Result<(), Rejection> {
    end_job::open_job(turn.state(), job, "cancelled")?;
    turn.emit(Event::JobCancelled { job, reason });
    end_job::call_back(turn, job, "the job was cancelled");
    end_job::sweep(turn, job);
    Ok(())
}
