//! Payloads of `job.*` and `step.*`.

use callsheet_model::approval::ApprovalSpec;
use callsheet_model::{Event, FrameSet, Job, JobId, NodeName, OutputPattern, StepIndex, StepSpec};
use serde::Serialize;
use uuid::Uuid;

use super::{Large, Text, minutes};

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Payload<'a> {
    Submitted(Box<Submitted<'a>>),
    Plain { job_id: JobId },
    Prioritised { job_id: JobId, priority: u32 },
    Ended { job_id: JobId, reason: &'a str },
    Retried { job_id: JobId, steps: Vec<Again<'a>> },
    StepSucceeded { job_id: JobId, step: StepIndex },
    StepCleared { job_id: JobId, node: &'a NodeName, node_id: Uuid, step: StepIndex },
}

#[derive(Serialize)]
pub(crate) struct Submitted<'a> {
    approval: Option<Approval<'a>>,
    job_id: JobId,
    name: &'a str,
    priority: u32,
    project: &'a str,
    project_id: Uuid,
    steps: Vec<Step<'a>>,
}

#[derive(Serialize)]
struct Approval<'a> {
    approval_type: &'a str,
    description: &'a str,
    overdue: &'static str,
    timeout_minutes: Option<Large>,
}

#[derive(Serialize)]
struct Step<'a> {
    after: Vec<StepIndex>,
    frames: &'a FrameSet,
    name: &'a str,
    output: Option<Text<&'a OutputPattern>>,
    renderer: &'a str,
    template: Option<File<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    bytes: Large,
    md5: Text<callsheet_model::Md5>,
    name: &'a str,
}

/// Frames that wait again.
#[derive(Serialize)]
pub(crate) struct Again<'a> {
    frames: &'a FrameSet,
    step: StepIndex,
}

/// The payload of an event about a job or a step; none for all others.
pub(super) fn payload(event: &Event) -> Option<Payload<'_>> {
    Some(match event {
        Event::JobSubmitted { job } => Payload::Submitted(Box::new(submitted(job))),
        Event::JobPaused { job }
        | Event::JobResumed { job }
        | Event::JobSucceeded { job }
        | Event::JobForgotten { job } => Payload::Plain { job_id: *job },
        Event::JobPrioritised { job, priority } => Payload::Prioritised { job_id: *job, priority: *priority },
        Event::JobCancelled { job, reason } | Event::JobFailed { job, reason } => {
            Payload::Ended { job_id: *job, reason }
        }
        Event::JobRetried { job, steps } => Payload::Retried {
            job_id: *job,
            steps: steps.iter().map(|(step, frames)| Again { frames, step: *step }).collect(),
        },
        Event::StepSucceeded { job, step } => Payload::StepSucceeded { job_id: *job, step: *step },
        Event::StepCleared { job, step, node } => {
            Payload::StepCleared { job_id: *job, node, node_id: node.uuid(), step: *step }
        }
        _ => return None,
    })
}

fn submitted(job: &Job) -> Submitted<'_> {
    let spec = &job.spec;
    Submitted {
        approval: spec.approval.as_ref().map(approval),
        job_id: job.id,
        name: &spec.name,
        priority: spec.priority,
        project: &spec.project,
        project_id: spec.project_id(),
        steps: spec.steps.iter().map(step).collect(),
    }
}

fn approval(spec: &ApprovalSpec) -> Approval<'_> {
    Approval {
        approval_type: &spec.kind,
        description: &spec.description,
        overdue: spec.overdue.word(),
        timeout_minutes: spec.timeout.map(minutes),
    }
}

fn step(step: &StepSpec) -> Step<'_> {
    Step {
        after: step.after.iter().copied().collect(),
        frames: &step.frames,
        name: &step.name,
        output: step.output.as_ref().map(Text),
        renderer: &step.renderer,
        template: step.template.as_ref().map(|template| File {
            bytes: Large(template.bytes),
            md5: Text(template.md5),
            name: &template.name,
        }),
    }
}
