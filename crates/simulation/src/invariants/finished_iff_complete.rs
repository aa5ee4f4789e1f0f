//! A job is finished if and only if each frame is accepted, and published where there is something to publish; or
//! skipped on request: cancelled, or failed with frames put aside.

use std::collections::BTreeMap;
use std::sync::Arc;

use callsheet_model::{Event, FrameSet, Job, JobId, StepIndex};

use super::Invariant;
use super::books::{Accepted, Books};
use crate::Micros;
use crate::sight::Sight;

/// Counts frames.
#[derive(Default)]
pub(super) struct FinishedIffComplete {
    jobs: BTreeMap<JobId, (Arc<Job>, Option<&'static str>)>,
    accepted: Accepted,
    books: Books,
    published: BTreeMap<(JobId, StepIndex), FrameSet>,
}

impl FinishedIffComplete {
    /// What a job lacks, if anything.
    fn lacks(&self, job: &Job) -> Option<(StepIndex, FrameSet)> {
        let steps = (0..).zip(&job.spec.steps).map(|(at, step)| (StepIndex(at), step));
        for (at, step) in steps {
            let done = if self.books.has_output(job.id, at) {
                self.published.get(&(job.id, at)).cloned().unwrap_or_default()
            } else {
                self.accepted.all(job.id, at)
            };
            let missing = step.work().difference(&done);
            if !missing.is_empty() {
                return Some((at, missing));
            }
        }
        None
    }
}

impl Invariant for FinishedIffComplete {
    fn name(&self) -> &'static str {
        "finished_iff_complete"
    }

    fn see(&mut self, _: Micros, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Durable(event) => {
                self.accepted.take(&event.envelope);
                self.books.take(&event.envelope);
                let mut end = |job: &JobId, how| {
                    if let Some((_, end)) = self.jobs.get_mut(job) {
                        *end = how;
                    }
                };
                match &event.envelope.event {
                    Event::JobSubmitted { job } => drop(self.jobs.insert(job.id, (job.clone(), None))),
                    Event::FramesPublished { job, step, frames, .. } => {
                        self.published.entry((*job, *step)).or_default().add(frames);
                    }
                    Event::FramesLost { job, step, frames, .. } => {
                        self.published.entry((*job, *step)).or_default().subtract(frames);
                    }
                    Event::JobCancelled { job, .. } => end(job, Some("cancelled")),
                    Event::JobFailed { job, .. } => end(job, Some("failed")),
                    Event::JobRetried { job, .. } => end(job, None),
                    Event::JobSucceeded { job } => {
                        end(job, Some("succeeded"));
                        let known = self.jobs.get(job).map(|(job, _)| job.clone());
                        if let Some((step, missing)) = known.and_then(|job| self.lacks(&job)) {
                            return Err(format!(
                                "{} succeeded without frames {missing} of step {}",
                                job.short(),
                                step.0
                            ));
                        }
                    }
                    _ => {}
                }
            }
            Sight::End { scheduler: Some(_), .. } => {
                for (job, end) in self.jobs.values() {
                    if end.is_none() && self.lacks(job).is_none() {
                        return Err(format!("{} has every frame and is not finished", job.id.short()));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}
