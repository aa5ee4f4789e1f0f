//! A job of several steps as other services see it: told beside what happens to the job, and to nobody else's
//! decisions of any consequence.

use callsheet_model::{Event, JobId, StepIndex, WorkflowEvent};

use super::end_job::Ending;
use crate::state::JobRecord;
use crate::turn::Turn;

/// The job, if it is a workflow, and how many steps it has.
fn of<'a>(turn: &'a Turn<'_>, id: JobId) -> Option<(&'a JobRecord, u16)> {
    let job = turn.state().job(id).filter(|job| job.steps.len() > 1)?;
    Some((job, u16::try_from(job.steps.len()).unwrap_or(u16::MAX)))
}

/// It has begun, unless a person has to release it first.
pub(super) fn started(turn: &mut Turn<'_>, id: JobId) {
    let Some((job, total)) = of(turn, id) else { return };
    if job.end.is_none() && !job.is_awaiting() && job.started.is_none() {
        turn.emit(Event::Workflow(WorkflowEvent::Started { job: id, total }));
    }
}

pub(super) fn step_completed(turn: &mut Turn<'_>, id: JobId, index: StepIndex) {
    let Some((job, total)) = of(turn, id) else { return };
    let Some((spec, step)) = job.step(index) else { return };
    let (name, number) = (spec.name.clone(), index.0.saturating_add(1));
    let (frames, bytes, took) = (step.published.len(), step.bytes, step.took);
    let done = WorkflowEvent::StepCompleted { job: id, name, number, total, frames, bytes, took };
    turn.emit(Event::Workflow(done));
}

pub(super) fn completed(turn: &mut Turn<'_>, id: JobId) {
    let Some((job, _)) = of(turn, id) else { return };
    // In a journal from before there were workflows nothing says when it began.
    let duration = turn.now.since(job.started.unwrap_or(job.job.submitted_at));
    let frames = job.steps.iter().map(|step| step.published.len()).sum();
    turn.emit(Event::Workflow(WorkflowEvent::Completed { job: id, duration, frames }));
}

pub(super) fn failed(turn: &mut Turn<'_>, id: JobId, why: Ending) {
    if of(turn, id).is_some() {
        let Ending { reason: message, step, recoverable } = why;
        turn.emit(Event::Workflow(WorkflowEvent::Failed { job: id, message, step, recoverable }));
    }
}
