//! Approvals: a job that a person has to release before anything of it is handed out.
//!
//! ```text
//!   submitted ──► awaiting ──── granted ────► queued
//!                  │   │ └───── denied ─────► failed        a retry asks anew
//!                  │   └── its time is up ──► failed        when the job says `deny`
//!                  └────── its time is up ──► escalated, and still awaiting
//! ```

use std::time::Duration;

use uuid::Uuid;

use crate::id::JobId;

/// What a job says of the release it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalSpec {
    /// What is asked for, in one word: `release`, `budget`, ...
    pub kind: String,
    /// What the person is asked.
    pub description: String,
    /// How long they have; for ever when there is no bound.
    pub timeout: Option<Duration>,
    /// What follows when they do not answer.
    pub overdue: Overdue,
}

/// What follows when nobody answers in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overdue {
    /// It is told once more, louder, and goes on waiting.
    #[default]
    Escalate,
    /// Silence is a no.
    Deny,
}

impl Overdue {
    /// The word for it, everywhere.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Escalate => "escalate",
            Self::Deny => "deny",
        }
    }
}

/// The UUID of a job's nth request for approval, from 1: asked again after a retry, it is another one.
#[must_use]
pub fn approval_uuid(job: JobId, nth: u32) -> Uuid {
    Uuid::new_v5(&job.0, format!("approval/{nth}").as_bytes())
}

/// Who says no when nobody answered in time: a well-known UUID that no person has. Contracts want one with every
/// denial.
#[must_use]
pub fn nobody_uuid() -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, b"callsheet/nobody")
}

/// What happened to a request for approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApprovalEvent {
    /// A job waits for a person.
    Requested {
        /// The request's id.
        approval: Uuid,
        /// Which job.
        job: JobId,
        /// What the job says of it.
        spec: ApprovalSpec,
        /// Who submitted the job, if they said.
        requested_by: Option<Uuid>,
    },
    /// Someone said yes.
    Granted {
        /// The request.
        approval: Uuid,
        /// The job.
        job: JobId,
        /// Who.
        by: Uuid,
        /// What they said.
        comments: Option<String>,
    },
    /// Someone said no, or nobody said anything for too long.
    Denied {
        /// The request.
        approval: Uuid,
        /// The job.
        job: JobId,
        /// Who.
        by: Uuid,
        /// Why.
        reason: String,
    },
    /// Nobody answered in time, and it is told again.
    Escalated {
        /// The request.
        approval: Uuid,
        /// The job.
        job: JobId,
    },
}

impl ApprovalEvent {
    /// The event's type.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Requested { .. } => "approval.requested",
            Self::Granted { .. } => "approval.granted",
            Self::Denied { .. } => "approval.denied",
            Self::Escalated { .. } => "approval.escalated",
        }
    }

    /// The job it is about.
    #[must_use]
    pub fn job(&self) -> JobId {
        match self {
            Self::Requested { job, .. }
            | Self::Granted { job, .. }
            | Self::Denied { job, .. }
            | Self::Escalated { job, .. } => *job,
        }
    }
}
