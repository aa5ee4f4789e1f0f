//! Payloads of `approval.*`.

use callsheet_model::JobId;
use callsheet_model::approval::ApprovalEvent;
use serde::Serialize;
use uuid::Uuid;

use super::{Large, minutes};

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Payload<'a> {
    Requested {
        approval_id: Uuid,
        approval_type: &'a str,
        description: &'a str,
        job_id: JobId,
        overdue: &'static str,
        requested_by: Option<Uuid>,
        timeout_minutes: Option<Large>,
    },
    Granted {
        approval_id: Uuid,
        approved_by: Uuid,
        comments: Option<&'a str>,
        job_id: JobId,
    },
    Denied {
        approval_id: Uuid,
        denied_by: Uuid,
        job_id: JobId,
        reason: &'a str,
    },
    Escalated {
        approval_id: Uuid,
        job_id: JobId,
    },
}

pub(super) fn payload(event: &ApprovalEvent) -> Payload<'_> {
    match event {
        ApprovalEvent::Requested { approval, job, spec, requested_by } => Payload::Requested {
            approval_id: *approval,
            approval_type: &spec.kind,
            description: &spec.description,
            job_id: *job,
            overdue: spec.overdue.word(),
            requested_by: *requested_by,
            timeout_minutes: spec.timeout.map(minutes),
        },
        ApprovalEvent::Granted { approval, job, by, comments } => Payload::Granted {
            approval_id: *approval,
            approved_by: *by,
            comments: comments.as_deref(),
            job_id: *job,
        },
        ApprovalEvent::Denied { approval, job, by, reason } => {
            Payload::Denied { approval_id: *approval, denied_by: *by, job_id: *job, reason }
        }
        ApprovalEvent::Escalated { approval, job } => {
            Payload::Escalated { approval_id: *approval, job_id: *job }
        }
    }
}
