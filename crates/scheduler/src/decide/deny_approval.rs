//! Refuses to release a job that waits for a person: it fails. A retry asks anew.

use callsheet_model::JobId;
use uuid::Uuid;

use super::approval;
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn deny_approval(
    turn: &mut Turn<'_>,
    job: JobId,
    by: Uuid,
    reason: String,
) -> Result<(), Rejection> {
    approval::awaiting(turn, job)?;
    approval::answered_by(turn, by);
    approval::denied(turn, job, by, reason);
    Ok(())
}
