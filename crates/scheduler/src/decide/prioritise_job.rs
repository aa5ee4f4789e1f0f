//! Gives a job another priority than it was submitted with. Only what waits is moved: nothing is taken out of anyone's
//! hands for something more urgent.

use callsheet_model::{Event, JobId};

use super::end_job::open_job;
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn prioritise_job(turn: &mut Turn<'_>, job: JobId, priority: u32) -> Result<(), Rejection> {
    if open_job(turn.state(), job, "prioritised")?.priority != priority {
        turn.emit(Event::JobPrioritised { job, priority });
    }
    Ok(())
}
