//! Notices when a step or a job has come to its end, well or not.

use callsheet_model::{Event, JobId, StepIndex};

use super::end_job::{self, Ending};
use super::workflow;
use crate::state::JobRecord;
use crate::turn::Turn;

/// To be called after frames of this step reached an end of whatever kind.
pub(super) fn progress(turn: &mut Turn<'_>, id: JobId, index: StepIndex) {
    let Some(job) = turn.state().job(id) else { return };
    let Some(step) = job.steps.get(index.at()) else { return };
    if job.end.is_some() {
        return;
    }
    if !step.succeeded && step.is_complete() {
        turn.emit(Event::StepSucceeded { job: id, step: index });
        workflow::step_completed(turn, id, index);
    } else if !step.succeeded && !step.is_stuck() {
        return;
    }
    let Some(job) = turn.state().job(id) else { return };
    // Upholds finished_iff_complete: here alone a job succeeds.
    if job.is_complete() {
        turn.emit(Event::JobSucceeded { job: id });
        workflow::completed(turn, id);
    } else if !job.can_go_on() {
        let why = verdict(job);
        end_job::fail(turn, id, why);
    } else {
        return;
    }
    end_job::sweep(turn, id);
}

/// One sentence: which frames of which steps are dead, and of what.
fn verdict(job: &JobRecord) -> Ending {
    let dead = || job.all_steps().filter(|(_, _, step)| !step.dead.is_empty());
    let parts: Vec<String> = dead()
        .map(|(_, spec, step)| {
            let class = step.worst_class().map_or("failed", |class| class.word());
            if spec.is_task() {
                format!("step {} is dead-lettered ({class})", spec.name)
            } else {
                let frames = step.dead_frames();
                let noun = if frames.len() == 1 { "frame" } else { "frames" };
                format!(
                    "{noun} {} of step {} dead-lettered ({class})",
                    shortened(&frames.to_string()),
                    spec.name
                )
            }
        })
        .collect();
    let mut failures = dead().flat_map(|(_, _, step)| &step.dead).map(|dead| &dead.failure);
    Ending {
        reason: parts.join("; "),
        step: dead().next().map(|(_, spec, _)| spec.name.clone()),
        recoverable: failures.all(|failure| failure.class.is_recoverable()),
    }
}

/// Text of frames for people: a long scatter is cut at a comma.
pub(crate) fn shortened(frames: &str) -> String {
    const MAX: usize = 100;
    if frames.len() <= MAX {
        return frames.to_owned();
    }
    let cut = frames.get(..MAX).and_then(|head| head.rfind(',')).unwrap_or(MAX);
    format!("{},...", frames.get(..cut).unwrap_or_default())
}
