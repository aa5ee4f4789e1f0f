//! Workflow events as they are stored.

use std::time::Duration;

use callsheet_model::WorkflowEvent;
use serde::{Deserialize, Serialize};

use super::scalar::{StoredJobId, micros};

/// How a job of several steps goes on.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredWorkflow {
    Started {
        job: StoredJobId,
        total: u16,
    },
    StepCompleted {
        job: StoredJobId,
        name: String,
        number: u16,
        total: u16,
        frames: u64,
        bytes: u64,
        took_us: u64,
    },
    Completed {
        job: StoredJobId,
        duration_us: u64,
        frames: u64,
    },
    Failed {
        job: StoredJobId,
        message: String,
        step: Option<String>,
        recoverable: bool,
    },
}

impl From<&WorkflowEvent> for StoredWorkflow {
    fn from(live: &WorkflowEvent) -> Self {
        use WorkflowEvent as Live;
        match live {
            Live::Started { job, total } => Self::Started { job: StoredJobId(*job), total: *total },
            Live::StepCompleted { job, name, number, total, frames, bytes, took } => Self::StepCompleted {
                job: StoredJobId(*job),
                name: name.clone(),
                number: *number,
                total: *total,
                frames: *frames,
                bytes: *bytes,
                took_us: micros(*took),
            },
            Live::Completed { job, duration, frames } => {
                Self::Completed { job: StoredJobId(*job), duration_us: micros(*duration), frames: *frames }
            }
            Live::Failed { job, message, step, recoverable } => Self::Failed {
                job: StoredJobId(*job),
                message: message.clone(),
                step: step.clone(),
                recoverable: *recoverable,
            },
        }
    }
}

impl From<StoredWorkflow> for WorkflowEvent {
    fn from(stored: StoredWorkflow) -> Self {
        use StoredWorkflow as Stored;
        match stored {
            Stored::Started { job, total } => Self::Started { job: job.0, total },
            Stored::StepCompleted { job, name, number, total, frames, bytes, took_us } => {
                let took = Duration::from_micros(took_us);
                Self::StepCompleted { job: job.0, name, number, total, frames, bytes, took }
            }
            Stored::Completed { job, duration_us, frames } => {
                Self::Completed { job: job.0, duration: Duration::from_micros(duration_us), frames }
            }
            Stored::Failed { job, message, step, recoverable } => {
                Self::Failed { job: job.0, message, step, recoverable }
            }
        }
    }
}
