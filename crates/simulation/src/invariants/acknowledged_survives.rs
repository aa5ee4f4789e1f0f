//! What was acknowledged survives any crash and power loss: nobody is told, asked or offered anything that is not on
//! the platter, and what once was there is there at every start. Files of accepted frames stay until they are published.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::{Event, FrameSet, JobId, Lease, StepIndex, Token, Work};
use callsheet_scheduler::{Command, Effect, Reply};

use super::Invariant;
use super::books::Accepted;
use crate::Micros;
use crate::sight::Sight;

/// Knows what is on the platter.
#[derive(Default)]
pub(super) struct AcknowledgedSurvives {
    head: u64,
    jobs: BTreeSet<JobId>,
    cancelled: BTreeSet<JobId>,
    leased: BTreeSet<Token>,
    accepted: Accepted,
    places: BTreeMap<Token, Place>,
    /// The storage is away, or was until then.
    away: bool,
    away_until: Micros,
    /// When each job was last over: what lies beside its outputs is swept away then.
    over: BTreeMap<JobId, Micros>,
}

/// Where the frames of a lease belong.
#[derive(Clone, Copy)]
struct Place {
    job: JobId,
    step: StepIndex,
    /// The attempt whose files they are, and since when there is one.
    files: Token,
    since: Micros,
}

impl AcknowledgedSurvives {
    fn leased(&mut self, now: Micros, lease: &Lease) {
        let files = match lease.work {
            Work::Publish { of } => of,
            Work::Render | Work::Preflight => lease.token,
        };
        let since = self.places.get(&files).map_or(now, |place| place.since);
        self.leased.insert(lease.token);
        self.places.insert(lease.token, Place { job: lease.job, step: lease.step, files, since });
    }

    /// Files of accepted frames are nowhere to be found. They were written to storage that outlives everyone.
    fn lost(&self, token: Token, frames: &FrameSet) -> Result<(), String> {
        let Some(place) = self.places.get(&token) else { return Ok(()) };
        let swept = self.over.get(&place.job).is_some_and(|over| *over >= place.since);
        if self.away || self.away_until >= place.since || swept {
            return Ok(());
        }
        Err(format!("frames {frames} were accepted, and their files of {} are lost", place.files))
    }

    fn effect(&self, effect: &Effect) -> Result<(), String> {
        match effect {
            Effect::OfferLease { lease, .. } if !self.leased.contains(&lease.token) => {
                Err(format!("{} is offered, and not on the platter", lease.token))
            }
            Effect::ConfirmAccepted { token, frames, .. } => {
                let Some(Place { job, step, .. }) = self.places.get(token) else {
                    return Err(format!("frames of {token} are confirmed, which nobody knows"));
                };
                let missing = frames.difference(&self.accepted.all(*job, *step));
                if missing.is_empty() {
                    return Ok(());
                }
                Err(format!("frames {missing} of {token} are confirmed, and not on the platter"))
            }
            _ => Ok(()),
        }
    }
}

impl Invariant for AcknowledgedSurvives {
    fn name(&self) -> &'static str {
        "acknowledged_survives"
    }

    fn see(&mut self, now: Micros, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Durable(event) => {
                self.head = event.envelope.sequence;
                self.accepted.take(&event.envelope);
                match &event.envelope.event {
                    Event::JobSubmitted { job } => drop(self.jobs.insert(job.id)),
                    Event::JobCancelled { job, .. } => {
                        self.cancelled.insert(*job);
                        self.over.insert(*job, now);
                    }
                    Event::JobFailed { job, .. } => drop(self.over.insert(*job, now)),
                    Event::FramesLeased { lease } => self.leased(now, lease),
                    Event::FramesLost { token, frames, .. } => self.lost(*token, frames)?,
                    _ => {}
                }
                Ok(())
            }
            Sight::Storage { there } => {
                (self.away, self.away_until) = (!there, now);
                Ok(())
            }
            Sight::Replayed { head, .. } if *head < self.head => {
                Err(format!("event {} was on the platter; now the log ends with {head}", self.head))
            }
            Sight::Effect(effect) => self.effect(effect),
            Sight::Answered { command, answer: Ok(reply) } => match (command, reply) {
                (_, Reply::Submitted { job, .. }) if !self.jobs.contains(job) => {
                    Err(format!("{} was acknowledged, and is not on the platter", job.short()))
                }
                (Command::CancelJob { job, .. }, _) if !self.cancelled.contains(job) => {
                    Err(format!("the cancellation of {} was acknowledged, and is not there", job.short()))
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}
