//! Payloads of `workflow.*`: a render job as other services follow it.

use callsheet_model::{JobId, WorkflowEvent};
use serde::Serialize;

use super::{Large, Seconds, ms};

/// What kind of workflow a render job is.
const RENDER: &str = "render";

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Payload<'a> {
    Started {
        total_steps: u16,
        workflow_id: JobId,
        workflow_type: &'static str,
    },
    StepCompleted {
        result: StepResult,
        step_name: &'a str,
        step_number: u16,
        total_steps: u16,
        workflow_id: JobId,
    },
    Completed {
        duration_seconds: Seconds,
        result: JobResult,
        workflow_id: JobId,
    },
    Failed {
        error_message: &'a str,
        failed_step: Option<&'a str>,
        recoverable: bool,
        workflow_id: JobId,
    },
}

/// What a step has come to.
#[derive(Serialize)]
pub(crate) struct StepResult {
    bytes: Large,
    frames: Large,
    took_ms: Large,
}

/// What a job has come to.
#[derive(Serialize)]
pub(crate) struct JobResult {
    frames: Large,
}

pub(super) fn payload(event: &WorkflowEvent) -> Payload<'_> {
    match event {
        WorkflowEvent::Started { job, total } => {
            Payload::Started { total_steps: *total, workflow_id: *job, workflow_type: RENDER }
        }
        WorkflowEvent::StepCompleted { job, name, number, total, frames, bytes, took } => {
            Payload::StepCompleted {
                result: StepResult { bytes: Large(*bytes), frames: Large(*frames), took_ms: ms(*took) },
                step_name: name,
                step_number: *number,
                total_steps: *total,
                workflow_id: *job,
            }
        }
        WorkflowEvent::Completed { job, duration, frames } => Payload::Completed {
            duration_seconds: Seconds(*duration),
            result: JobResult { frames: Large(*frames) },
            workflow_id: *job,
        },
        WorkflowEvent::Failed { job, message, step, recoverable } => Payload::Failed {
            error_message: message,
            failed_step: step.as_deref(),
            recoverable: *recoverable,
            workflow_id: *job,
        },
    }
}
