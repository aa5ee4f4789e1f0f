//! Releases a job that waits for a person: its frames go out.

use callsheet_model::{ApprovalEvent, Event, JobId};
use uuid::Uuid;

use super::{approval, workflow};
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn grant_approval(
    turn: &mut Turn<'_>,
    job: JobId,
    by: Uuid,
    comments: Option<String>,
) -> Result<(), Rejection> {
    let approval = approval::pending(approval::awaiting(turn, job)?);
    approval::answered_by(turn, by);
    turn.emit(Event::Approval(ApprovalEvent::Granted { approval, job, by, comments }));
    workflow::started(turn, job);
    Ok(())
}
