//! Who fails waits: each failure of a frame is followed by a wait, which is the longer the more often it was the
//! frame's fault, and before its end nobody is handed the frame.

use std::collections::BTreeMap;
use std::time::Duration;

use callsheet_model::{Event, FrameSet, JobId, StepIndex, Timestamp, Work};
use callsheet_scheduler::Policy;

use super::Invariant;
use crate::Micros;
use crate::scenario::Scenario;
use crate::sight::Sight;

/// What a frame waits for.
#[derive(Clone, Copy, Debug, Default)]
struct Wait {
    until: Timestamp,
    /// Failures that were its own.
    charged: i32,
}

/// Knows how long each frame has to wait.
pub(super) struct BacksOff {
    policy: Policy,
    waits: BTreeMap<(JobId, StepIndex), BTreeMap<i32, Wait>>,
}

impl BacksOff {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Self { policy: scenario.policy.clone(), waits: BTreeMap::new() }
    }

    fn least(&self, charged: i32) -> Duration {
        let wait = self.policy.backoff_first.mul_f64(self.policy.backoff_factor.powi(charged));
        wait.min(self.policy.backoff_max)
    }

    fn forget(&mut self, job: JobId, step: StepIndex, frames: &FrameSet) {
        if let Some(waits) = self.waits.get_mut(&(job, step)) {
            waits.retain(|frame, _| !frames.contains(*frame));
        }
    }
}

impl Invariant for BacksOff {
    fn name(&self) -> &'static str {
        "backs_off"
    }

    fn see(&mut self, _: Micros, sight: &Sight<'_>) -> Result<(), String> {
        let Sight::Durable(event) = sight else { return Ok(()) };
        let at = event.envelope.at;
        match &event.envelope.event {
            Event::FramesFailed { job, step, frames, not_before, charged, token, .. } => {
                for frame in frames.iter() {
                    let known = self.waits.get(&(*job, *step)).and_then(|waits| waits.get(&frame).copied());
                    let known = known.unwrap_or_default();
                    let (wait, least) = (not_before.since(at), self.least(known.charged));
                    if wait < least {
                        return Err(format!(
                            "frame {frame} of {token} failed and waits for {wait:?}, not for {least:?}"
                        ));
                    }
                    let now = Wait { until: *not_before, charged: known.charged + i32::from(*charged) };
                    self.waits.entry((*job, *step)).or_default().insert(frame, now);
                }
            }
            Event::FramesLeased { lease } if !matches!(lease.work, Work::Publish { .. }) => {
                let waits = self.waits.get(&(lease.job, lease.step)).into_iter().flatten();
                let mut early =
                    waits.filter(|(frame, wait)| wait.until > at && lease.frames.contains(**frame));
                if let Some((frame, wait)) = early.next() {
                    let early = wait.until.since(at);
                    return Err(format!(
                        "frame {frame} goes out in {} while it waits for {early:?}",
                        lease.token
                    ));
                }
            }
            Event::FramesAccepted { job, step, frames, .. }
            | Event::FramesDeadLettered { job, step, frames, .. } => self.forget(*job, *step, frames),
            Event::StepCleared { job, step, .. } => drop(self.waits.remove(&(*job, *step))),
            Event::JobRetried { job, steps } => {
                steps.iter().for_each(|(step, frames)| self.forget(*job, *step, frames));
            }
            _ => {}
        }
        Ok(())
    }
}
