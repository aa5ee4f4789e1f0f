//! Approvals as they are stored: what a job asks for, how far that is, and what happened to it.

use std::time::Duration;

use callsheet_model::image::ReleaseImage;
use callsheet_model::{ApprovalEvent, ApprovalSpec, Overdue, Timestamp};
use serde::{Deserialize, Serialize};

use super::job::mirror;
use super::scalar::{StoredJobId, StoredUuid, micros};

mirror! {
    /// What follows when nobody answers in time.
    StoredOverdue = Overdue { Escalate, Deny }
}

/// What a job says of the release it needs.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredApproval {
    kind: String,
    description: String,
    timeout_us: Option<u64>,
    overdue: StoredOverdue,
}

impl From<&ApprovalSpec> for StoredApproval {
    fn from(live: &ApprovalSpec) -> Self {
        let ApprovalSpec { kind, description, timeout, overdue } = live.clone();
        Self { kind, description, timeout_us: timeout.map(micros), overdue: overdue.into() }
    }
}

impl From<StoredApproval> for ApprovalSpec {
    fn from(stored: StoredApproval) -> Self {
        let StoredApproval { kind, description, timeout_us, overdue } = stored;
        let timeout = timeout_us.map(Duration::from_micros);
        Self { kind, description, timeout, overdue: overdue.into() }
    }
}

/// How far a job's release is.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredRelease {
    nth: u32,
    asked_ms: u64,
    escalated: bool,
    granted: bool,
}

impl From<&ReleaseImage> for StoredRelease {
    fn from(live: &ReleaseImage) -> Self {
        let ReleaseImage { nth, asked_at, escalated, granted } = live.clone();
        Self { nth, asked_ms: asked_at.0, escalated, granted }
    }
}

impl From<StoredRelease> for ReleaseImage {
    fn from(stored: StoredRelease) -> Self {
        let StoredRelease { nth, asked_ms, escalated, granted } = stored;
        Self { nth, asked_at: Timestamp(asked_ms), escalated, granted }
    }
}

/// What happened to a request for approval.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredApprovalEvent {
    Requested {
        approval: StoredUuid,
        job: StoredJobId,
        spec: StoredApproval,
        requested_by: Option<StoredUuid>,
    },
    Granted {
        approval: StoredUuid,
        job: StoredJobId,
        by: StoredUuid,
        comments: Option<String>,
    },
    Denied {
        approval: StoredUuid,
        job: StoredJobId,
        by: StoredUuid,
        reason: String,
    },
    Escalated {
        approval: StoredUuid,
        job: StoredJobId,
    },
}

impl From<&ApprovalEvent> for StoredApprovalEvent {
    fn from(live: &ApprovalEvent) -> Self {
        use ApprovalEvent as Live;
        match live {
            Live::Requested { approval, job, spec, requested_by } => Self::Requested {
                approval: StoredUuid(*approval),
                job: StoredJobId(*job),
                spec: spec.into(),
                requested_by: requested_by.map(StoredUuid),
            },
            Live::Granted { approval, job, by, comments } => Self::Granted {
                approval: StoredUuid(*approval),
                job: StoredJobId(*job),
                by: StoredUuid(*by),
                comments: comments.clone(),
            },
            Live::Denied { approval, job, by, reason } => Self::Denied {
                approval: StoredUuid(*approval),
                job: StoredJobId(*job),
                by: StoredUuid(*by),
                reason: reason.clone(),
            },
            Live::Escalated { approval, job } => {
                Self::Escalated { approval: StoredUuid(*approval), job: StoredJobId(*job) }
            }
        }
    }
}

impl From<StoredApprovalEvent> for ApprovalEvent {
    fn from(stored: StoredApprovalEvent) -> Self {
        use StoredApprovalEvent as Stored;
        match stored {
            Stored::Requested { approval, job, spec, requested_by } => Self::Requested {
                approval: approval.0,
                job: job.0,
                spec: spec.into(),
                requested_by: requested_by.map(|id| id.0),
            },
            Stored::Granted { approval, job, by, comments } => {
                Self::Granted { approval: approval.0, job: job.0, by: by.0, comments }
            }
            Stored::Denied { approval, job, by, reason } => {
                Self::Denied { approval: approval.0, job: job.0, by: by.0, reason }
            }
            Stored::Escalated { approval, job } => Self::Escalated { approval: approval.0, job: job.0 },
        }
    }
}
