//! Retries are spent only on evidence against the frame: a frame that is charged was in an attempt that really failed
//! on it, and not one that was killed, handed back, out of licences or storage, or lost with its node or actor. And a
//! frame is tried exactly as often as its job allows.

use std::collections::BTreeMap;

use callsheet_model::{Event, Failure, FrameSet, JobId, StepIndex, Token, Work};

use super::Invariant;
use super::books::{Books, Held};
use crate::Micros;
use crate::scenario::Scenario;
use crate::sight::{Guilt, Sight};

/// Failures of a frame.
#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    /// Those that were held against it.
    charged: u32,
    /// Those in a row that were not, and do not pass by themselves.
    uncharged: u32,
}

/// Knows how attempts really ended. Without a cluster it cannot know what was before, and does not count.
#[derive(Default)]
pub(super) struct RetriesOnEvidence {
    books: Books,
    ended: BTreeMap<Token, Guilt>,
    retries: BTreeMap<(JobId, StepIndex), u32>,
    failures: BTreeMap<(JobId, StepIndex), BTreeMap<i32, Failures>>,
    uncharged_max: Option<u32>,
}

/// Frames that failed.
struct Failed<'e> {
    token: Token,
    frames: &'e FrameSet,
    failure: &'e Failure,
    charged: bool,
    dead: bool,
}

impl RetriesOnEvidence {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Self {
            books: Books::default(),
            ended: BTreeMap::new(),
            retries: BTreeMap::new(),
            failures: BTreeMap::new(),
            uncharged_max: Some(scenario.policy.uncharged_max),
        }
    }

    /// Who pays is guilty.
    fn judge(&self, failed: &Failed<'_>) -> Result<(), String> {
        let Failed { token, frames, failure, .. } = failed;
        let guilty = match self.ended.get(token) {
            Some(Guilt::Frames(guilty)) => guilty.clone(),
            Some(Guilt::Renderer) => (*frames).clone(),
            // Never started: its template or place could not be had, which is for its class to say.
            None if failure.class.costs_a_retry() => (*frames).clone(),
            Some(Guilt::Nobody) | None => FrameSet::new(),
        };
        let innocent = frames.difference(&guilty);
        if !innocent.is_empty() && failure.class.costs_a_retry() {
            let ended = self.ended.get(token);
            return Err(format!("frames {innocent} of {token} pay for {failure}; its attempt: {ended:?}"));
        }
        Ok(())
    }

    /// What a failure costs each frame is what its class and its past say.
    fn count(&mut self, held: &Held, failed: &Failed<'_>) -> Result<(), String> {
        let Some(uncharged_max) = self.uncharged_max else { return Ok(()) };
        let Failed { token, frames, failure, charged, dead } = failed;
        let (place, class) = ((held.lease.job, held.lease.step), failure.class);
        let retries = self.retries.get(&place).copied().unwrap_or(0);
        // What a look costs has rules of its own.
        let looked = held.lease.work == Work::Preflight || class.is_fatal_to_job();
        let known = self.failures.entry(place).or_default();
        for frame in frames.iter() {
            let past = known.entry(frame).or_default();
            let pays_once = !class.is_waited_for() && past.uncharged >= uncharged_max;
            if *charged && !class.costs_a_retry() && !pays_once {
                return Err(format!("frame {frame} of {token} pays for {failure}"));
            }
            let wrong = match dead {
                true => past.charged < retries,
                false => *charged && past.charged >= retries,
            };
            if wrong && !looked {
                let tried = past.charged + 1;
                return Err(format!(
                    "frame {frame} of {token} failed {tried} times of {retries} and one: {dead}"
                ));
            }
            past.charged += u32::from(*charged);
            match (*charged, class.is_waited_for()) {
                (true, _) => past.uncharged = 0,
                (false, false) => past.uncharged += 1,
                (false, true) => {}
            }
        }
        Ok(())
    }

    fn failed(&mut self, failed: &Failed<'_>) -> Result<(), String> {
        if failed.charged {
            self.judge(failed)?;
        }
        let held = self.books.leases.get(&failed.token).cloned();
        match held.filter(|held| failed.frames.is_subset(&held.remaining)) {
            Some(held) => self.count(&held, failed),
            None => Err(format!("frames {} fail under {}, which has them not", failed.frames, failed.token)),
        }
    }

    fn forget(&mut self, job: JobId, step: StepIndex, frames: &FrameSet) {
        if let Some(known) = self.failures.get_mut(&(job, step)) {
            known.retain(|frame, _| !frames.contains(*frame));
        }
    }
}

impl Invariant for RetriesOnEvidence {
    fn name(&self) -> &'static str {
        "retries_on_evidence"
    }

    fn see(&mut self, _: Micros, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Stopped { token, guilt, .. } => drop(self.ended.insert(*token, guilt.clone())),
            Sight::Durable(event) => {
                match &event.envelope.event {
                    Event::JobSubmitted { job } => {
                        let steps = (0..).zip(&job.spec.steps);
                        let retries = steps.map(|(at, step)| ((job.id, StepIndex(at)), step.retries));
                        self.retries.extend(retries);
                    }
                    Event::FramesFailed { token, frames, failure, charged, .. } => {
                        let (token, charged, dead) = (*token, *charged, false);
                        self.failed(&Failed { token, frames, failure, charged, dead })?;
                    }
                    Event::FramesDeadLettered { token, frames, failure, .. } => {
                        let (token, charged, dead) = (*token, true, true);
                        self.failed(&Failed { token, frames, failure, charged, dead })?;
                    }
                    Event::FramesAccepted { job, step, frames, .. } => self.forget(*job, *step, frames),
                    Event::StepCleared { job, step, .. } => drop(self.failures.remove(&(*job, *step))),
                    Event::JobRetried { job, steps } => {
                        steps.iter().for_each(|(step, frames)| self.forget(*job, *step, frames));
                    }
                    _ => {}
                }
                self.books.take(&event.envelope);
            }
            _ => {}
        }
        Ok(())
    }
}
