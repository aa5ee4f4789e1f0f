//! One accepted attempt per frame, which really drew it, and the published bytes are that attempt's, whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use callsheet_model::{Event, FrameSet, Job, JobId, Token};

use super::Invariant;
use super::books::Accepted;
use crate::Micros;
use crate::sight::Sight;
use crate::world::storage::Storage;

/// Knows whose frames count.
#[derive(Default)]
pub(super) struct OneAcceptedAttempt {
    accepted: Accepted,
    jobs: BTreeMap<JobId, Arc<Job>>,
    succeeded: Vec<JobId>,
    /// What each attempt really drew, where that can be seen.
    drawn: Option<BTreeMap<Token, FrameSet>>,
}

impl OneAcceptedAttempt {
    /// One that can see what is drawn, too.
    pub(super) fn beside_the_drawing() -> Self {
        Self { drawn: Some(BTreeMap::new()), ..Self::default() }
    }

    fn look(&self, storage: &Storage) -> Result<(), String> {
        for job in self.succeeded.iter().filter_map(|id| self.jobs.get(id)) {
            let with_output = (0..).zip(&job.spec.steps).filter(|(_, step)| step.has_output());
            for (at, step) in with_output {
                let step_index = callsheet_model::StepIndex(at);
                for frame in step.work().iter() {
                    let there = storage.at(&(job.id, step_index, frame));
                    let accepted = self.accepted.of(job.id, step_index, frame);
                    let fits = there.is_some_and(|there| there.whole && Some(there.attempt) == accepted);
                    if !fits {
                        let job = job.id.short();
                        return Err(format!(
                            "{job} succeeded; of frame {frame} there is {there:?}, accepted was {accepted:?}"
                        ));
                    }
                }
            }
        }
        Ok(())
    }
}

impl Invariant for OneAcceptedAttempt {
    fn name(&self) -> &'static str {
        "one_accepted_attempt"
    }

    fn see(&mut self, _: Micros, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Durable(event) => {
                match &event.envelope.event {
                    Event::JobSubmitted { job } => drop(self.jobs.insert(job.id, job.clone())),
                    Event::JobSucceeded { job } => self.succeeded.push(*job),
                    // What was retried may be on its way again.
                    Event::JobRetried { job, .. } => self.succeeded.retain(|of| of != job),
                    _ => {}
                }
                if let (Event::FramesAccepted { token, frames, .. }, Some(drawn)) =
                    (&event.envelope.event, &self.drawn)
                {
                    let drawn = drawn.get(token).cloned().unwrap_or_default();
                    let unseen = frames.difference(&drawn);
                    if !unseen.is_empty() {
                        return Err(format!(
                            "frames {unseen} are accepted of {token}, which never drew them"
                        ));
                    }
                }
                let twice = self.accepted.take(&event.envelope);
                if !twice.is_empty() {
                    return Err(format!("frames {twice} are accepted a second time: {:?}", event.envelope));
                }
            }
            Sight::Rendered { token, frame, .. } => {
                if let Some(drawn) = &mut self.drawn {
                    drawn.entry(*token).or_default().insert(*frame);
                }
            }
            Sight::Published { node, token, path, content } => {
                let (job, step, frame) = *path;
                let accepted = self.accepted.of(job, step, frame);
                if accepted != Some(content.attempt) || !content.whole {
                    return Err(format!(
                        "node {node} published frame {frame} under {token}: {content:?}, accepted was {accepted:?}"
                    ));
                }
            }
            Sight::End { storage, .. } => self.look(storage)?,
            _ => {}
        }
        Ok(())
    }
}
