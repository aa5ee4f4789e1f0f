//! Ends a job on request. Frames in hands are called back.

use callsheet_model::{Event, JobId};

use super::end_job::{self, Ending};
use super::workflow;
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn cancel_job(turn: &mut Turn<'_>, job: JobId, reason: String) -> Result<(), Rejection> {
    end_job::open_job(turn.state(), job, "cancelled")?;
    let message = if reason.is_empty() { "cancelled".to_owned() } else { format!("cancelled: {reason}") };
    turn.emit(Event::JobCancelled { job, reason });
    // Whoever ended it can have it go on.
    workflow::failed(turn, job, Ending { reason: message, step: None, recoverable: true });
    end_job::call_back(turn, job, "the job was cancelled");
    end_job::sweep(turn, job);
    Ok(())
}
