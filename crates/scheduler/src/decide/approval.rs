//! What answers to a job's request for release have in common: the request itself, and what follows when nobody
//! answers.
//!
//! When a leader dies between an answer and what follows from it, nothing was acknowledged, and the job waits as
//! before.

use callsheet_model::approval::{approval_uuid, nobody_uuid};
use callsheet_model::{ApprovalEvent, Author, Event, JobId, Overdue, time::millis};
use uuid::Uuid;

use super::end_job::{self, Ending};
use crate::rejection::Rejection;
use crate::state::JobRecord;
use crate::turn::Turn;

/// Asks for a job's release, if it needs one that nobody has given.
pub(super) fn request(turn: &mut Turn<'_>, id: JobId) {
    let Some(record) = turn.state().job(id) else { return };
    let Some(spec) = record.job.spec.approval.clone() else { return };
    if record.release.as_ref().is_some_and(|release| release.granted) {
        return;
    }
    let approval = approval_uuid(id, record.next_request());
    let requested_by = turn.author().id;
    turn.emit(Event::Approval(ApprovalEvent::Requested { approval, job: id, spec, requested_by }));
}

/// What is due because nobody answered in time.
pub(super) fn overdue(turn: &mut Turn<'_>) {
    while let Some(id) = turn.state().first_overdue(turn.now) {
        let Some(record) = turn.state().job(id) else { return };
        let Some(spec) = &record.job.spec.approval else { return };
        match spec.overdue {
            Overdue::Escalate => {
                let approval = pending(record);
                turn.emit(Event::Approval(ApprovalEvent::Escalated { approval, job: id }));
            }
            Overdue::Deny => {
                let minutes = spec.timeout.map_or(0, millis).div_ceil(60_000);
                let noun = if minutes == 1 { "minute" } else { "minutes" };
                denied(turn, id, nobody_uuid(), format!("nobody answered within {minutes} {noun}"));
            }
        }
    }
}

/// The answer is no, and the job fails with it.
pub(super) fn denied(turn: &mut Turn<'_>, id: JobId, by: Uuid, reason: String) {
    let Some(record) = turn.state().job(id) else { return };
    let (approval, said) = (pending(record), format!("denied: {reason}"));
    turn.emit(Event::Approval(ApprovalEvent::Denied { approval, job: id, by, reason }));
    end_job::fail(turn, id, Ending { reason: said, step: None, recoverable: false });
    end_job::sweep(turn, id);
}

/// The job, if it waits for an answer.
pub(super) fn awaiting<'a>(turn: &'a Turn<'_>, id: JobId) -> Result<&'a JobRecord, Rejection> {
    let record = turn.state().job(id).ok_or(Rejection::UnknownJob { job: id })?;
    let asked = record.is_awaiting() && record.release.is_some();
    if asked { Ok(record) } else { Err(Rejection::NotAwaiting { job: id, state: record.state().word() }) }
}

/// The request that the job waits for an answer to.
pub(super) fn pending(record: &JobRecord) -> Uuid {
    approval_uuid(record.job.id, record.release.as_ref().map_or(1, |release| release.nth))
}

/// Whoever answers is who it comes from, unless the door knows better.
pub(super) fn answered_by(turn: &mut Turn<'_>, by: Uuid) {
    if turn.author().id.is_none() {
        turn.comes_from(Author::user(Some(by)));
    }
}
