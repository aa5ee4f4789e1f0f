//! A job of several steps, as other services see it: a workflow.

use std::time::Duration;

use crate::id::JobId;

/// How a job of several steps goes on. The workflow's id is the job's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkflowEvent {
    /// The job was taken (and released, if it had to be).
    Started {
        /// The job.
        job: JobId,
        /// How many steps it has.
        total: u16,
    },
    /// A step is done.
    StepCompleted {
        /// The job.
        job: JobId,
        /// The step's name.
        name: String,
        /// Its place in the job, from 1.
        number: u16,
        /// How many steps the job has.
        total: u16,
        /// How many frames it has published; 1 for a step without frames.
        frames: u64,
        /// Their bytes.
        bytes: u64,
        /// The time that rendering them took, all together.
        took: Duration,
    },
    /// Every step is done.
    Completed {
        /// The job.
        job: JobId,
        /// Since it started.
        duration: Duration,
        /// How many frames all steps have published.
        frames: u64,
    },
    /// It cannot be finished as it is, or someone ended it.
    Failed {
        /// The job.
        job: JobId,
        /// Why, for people.
        message: String,
        /// The step that failed, if one did.
        step: Option<String>,
        /// Whether a retry could help: by the class of the failure.
        recoverable: bool,
    },
}

impl WorkflowEvent {
    /// The event's type.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Started { .. } => "workflow.started",
            Self::StepCompleted { .. } => "workflow.step_completed",
            Self::Completed { .. } => "workflow.completed",
            Self::Failed { .. } => "workflow.failed",
        }
    }

    /// The job it is about.
    #[must_use]
    pub fn job(&self) -> JobId {
        match self {
            Self::Started { job, .. }
            | Self::StepCompleted { job, .. }
            | Self::Completed { job, .. }
            | Self::Failed { job, .. } => *job,
        }
    }
}
