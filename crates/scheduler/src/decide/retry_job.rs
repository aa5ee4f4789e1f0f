//! Lets dead-lettered frames wait again, with all their retries. A job that failed or was cancelled is open
//! again after it, with everything that was left over, unless nothing of that could go on. One that nobody released
//! is asked for anew.

use callsheet_model::image::JobEnd;
use callsheet_model::{Event, FrameSet, JobId, StepIndex};

use super::{approval, progress, workflow};
use crate::effect::Reply;
use crate::rejection::Rejection;
use crate::state::{JobRecord, StepRecord};
use crate::turn::Turn;

pub(super) fn retry_job(turn: &mut Turn<'_>, id: JobId, only: Option<&FrameSet>) -> Result<Reply, Rejection> {
    let job = turn.state().job(id).ok_or(Rejection::UnknownJob { job: id })?;
    let over = match &job.end {
        Some((JobEnd::Succeeded, _)) => return Err(Rejection::NothingToRetry { job: id }),
        Some(_) => true,
        None => false,
    };
    let steps: Vec<(StepIndex, FrameSet)> = job
        .all_steps()
        .map(|(index, _, step)| (index, again(step, over, only)))
        .filter(|(_, frames)| !frames.is_empty())
        .collect();
    if !concerns(&steps, only) || !would_go_on(job, &steps) {
        return Err(Rejection::NothingToRetry { job: id });
    }
    let (count, frames) = (job.steps.len(), steps.iter().map(|(_, frames)| frames.len()).sum());
    if over {
        // Before it is open again: there is no moment at which it would wait for an answer to no question.
        approval::request(turn, id);
    }
    turn.emit(Event::JobRetried { job: id, steps });
    workflow::started(turn, id);
    // What ended while the job was over was not looked at then.
    for step in 0..count {
        progress::progress(turn, id, StepIndex(step as u16));
    }
    Ok(Reply::Retried { frames })
}

/// Dead frames, of these only those asked for; in a job that is over also everything else that is not at its
/// end, since all of it goes on when the job does.
fn again(step: &StepRecord, over: bool, only: Option<&FrameSet>) -> FrameSet {
    let mut frames = step.dead_frames();
    if let Some(only) = only {
        frames = frames.intersection(only);
    }
    if over {
        frames.add(&step.waiting);
        frames.add(&step.retrying);
        step.unpublished.values().for_each(|orphans| frames.add(orphans));
    }
    frames
}

/// Whether any of the frames is among those asked for.
fn concerns(steps: &[(StepIndex, FrameSet)], only: Option<&FrameSet>) -> bool {
    steps.iter().any(|(_, frames)| only.is_none_or(|only| !frames.is_disjoint(only)))
}

/// Whether the job could come to an end with these frames waiting again: what waits only behind dead frames
/// would wait for ever.
fn would_go_on(job: &JobRecord, steps: &[(StepIndex, FrameSet)]) -> bool {
    let revived = |index| steps.iter().any(|(step, _)| *step == index);
    job.all_steps()
        .any(|(index, _, step)| !step.succeeded && step.blockers == 0 && (!step.is_stuck() || revived(index)))
}
