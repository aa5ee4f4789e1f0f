//! Lets dead-lettered frames wait again, with all their retries. A job that failed or was cancelled is open
//! again after it, with everything that was left over.

use callsheet_model::image::JobEnd;
use callsheet_model::{Event, FrameSet, JobId, StepIndex};

use crate::effect::Reply;
use crate::rejection::Rejection;
use crate::state::StepRecord;
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
    if steps.is_empty() {
        return Err(Rejection::NothingToRetry { job: id });
    }
    let frames = steps.iter().map(|(_, frames)| frames.len()).sum();
    turn.emit(Event::JobRetried { job: id, steps });
    Ok(Reply::Retried { frames })
}

/// Dead frames; in a job that is over also everything else that is not at its end.
fn again(step: &StepRecord, over: bool, only: Option<&FrameSet>) -> FrameSet {
    let mut frames = step.dead_frames();
    if over {
        frames.add(&step.waiting);
        frames.add(&step.retrying);
        step.unpublished.values().for_each(|orphans| frames.add(orphans));
    }
    match only {
        Some(only) => frames.intersection(only),
        None => frames,
    }
}
