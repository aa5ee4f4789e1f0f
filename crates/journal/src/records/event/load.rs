//! What is stored, as what happened.

use std::sync::Arc;
use std::time::Duration;

use callsheet_model::{Crash, Event, Job, StepIndex, Timestamp};

use super::StoredEvent;

// One arm for each kind, and nothing but names in it: longer than a screen, and read like a table.
impl From<StoredEvent<'_>> for Event {
    fn from(stored: StoredEvent<'_>) -> Self {
        use StoredEvent as Stored;
        match stored {
            Stored::LeaderStarted { epoch } => Self::LeaderStarted { epoch },
            Stored::JobSubmitted { job } => Self::JobSubmitted { job: Arc::new(Job::from(job)) },
            Stored::JobPaused { job } => Self::JobPaused { job: job.0 },
            Stored::JobResumed { job } => Self::JobResumed { job: job.0 },
            Stored::JobPrioritised { job, priority } => Self::JobPrioritised { job: job.0, priority },
            Stored::JobCancelled { job, reason } => Self::JobCancelled { job: job.0, reason },
            Stored::JobSucceeded { job } => Self::JobSucceeded { job: job.0 },
            Stored::JobFailed { job, reason } => Self::JobFailed { job: job.0, reason },
            Stored::JobRetried { job, steps } => Self::JobRetried {
                job: job.0,
                steps: steps.into_iter().map(|(step, frames)| (StepIndex(step), frames.live())).collect(),
            },
            Stored::JobForgotten { job } => Self::JobForgotten { job: job.0 },
            Stored::StepSucceeded { job, step } => Self::StepSucceeded { job: job.0, step: StepIndex(step) },
            Stored::FramesLeased { lease } => Self::FramesLeased { lease: lease.into() },
            Stored::FramesAccepted { token, of, frames, bytes, took_us } => Self::FramesAccepted {
                token: token.into(),
                job: of.job.0,
                step: StepIndex(of.step),
                frames: frames.live(),
                bytes,
                took: Duration::from_micros(took_us),
            },
            Stored::FramesPublished { token, of, frames } => Self::FramesPublished {
                token: token.into(),
                job: of.job.0,
                step: StepIndex(of.step),
                frames: frames.live(),
            },
            Stored::FramesFailed { token, of, frames, failure, not_before_ms, charged } => {
                Self::FramesFailed {
                    token: token.into(),
                    job: of.job.0,
                    step: StepIndex(of.step),
                    frames: frames.live(),
                    failure: failure.into(),
                    not_before: Timestamp(not_before_ms),
                    charged,
                }
            }
            Stored::FramesDeadLettered { token, of, frames, failure } => Self::FramesDeadLettered {
                token: token.into(),
                job: of.job.0,
                step: StepIndex(of.step),
                frames: frames.live(),
                failure: failure.into(),
            },
            Stored::LeaseReleased { token, of, reason } => Self::LeaseReleased {
                token: token.into(),
                job: of.job.0,
                step: StepIndex(of.step),
                reason: reason.into(),
            },
            Stored::FramesLost { token, of, frames } => Self::FramesLost {
                token: token.into(),
                job: of.job.0,
                step: StepIndex(of.step),
                frames: frames.live(),
            },
            Stored::FramesReturned { token, of, frames } => Self::FramesReturned {
                token: token.into(),
                job: of.job.0,
                step: StepIndex(of.step),
                frames: frames.live(),
            },
            Stored::NodeOnline { node, capabilities } => {
                Self::NodeOnline { node: node.0, capabilities: capabilities.into(), arrival: Box::default() }
            }
            Stored::NodeOffline { node, reason } => {
                Self::NodeOffline { node: node.0, reason: reason.into(), last_heard: None, job: None }
            }
            Stored::NodeDrained { node } => Self::NodeDrained { node: node.0 },
            Stored::NodeUndrained { node } => Self::NodeUndrained { node: node.0 },
            Stored::StepCleared { of, node } => {
                Self::StepCleared { job: of.job.0, step: StepIndex(of.step), node: node.0 }
            }
            Stored::NodeCrashed(crash) => Self::NodeCrashed { crash: Box::new(crash.into()) },
            Stored::NodeQuarantined { node, renderer, of, failure, strike, until_ms } => {
                Self::NodeQuarantined {
                    node: node.0,
                    renderer,
                    job: of.job.0,
                    step: StepIndex(of.step),
                    failure: failure.into(),
                    strike,
                    until: Timestamp(until_ms),
                }
            }
            Stored::NodeCleared { node, renderer, by } => {
                Self::NodeCleared { node: node.0, renderer, by: by.into() }
            }
            Stored::FramesLeasedWith { lease, notes } => {
                Self::FramesLeased { lease: notes.join(lease.into()) }
            }
            Stored::NodeCrashedWith { crash, log_url } => {
                Self::NodeCrashed { crash: Box::new(Crash { log_url: Some(log_url), ..crash.into() }) }
            }
            Stored::JobSubmittedWith { job, approval } => {
                let mut job = Job::from(job);
                job.spec.approval = Some(approval.into());
                Self::JobSubmitted { job: Arc::new(job) }
            }
            Stored::AttemptBegan { token, of, fetched_us, loaded_us } => Self::AttemptBegan {
                token: token.into(),
                job: of.job.0,
                step: StepIndex(of.step),
                fetched: Duration::from_micros(fetched_us),
                loaded: Duration::from_micros(loaded_us),
            },
            Stored::CacheUpdated(update) => Self::CacheUpdated { update: update.into() },
            Stored::Approval(event) => Self::Approval(event.into()),
            Stored::Workflow(event) => Self::Workflow(event.into()),
            Stored::Pause(event) => Self::Pause(event.into()),
            Stored::Alert(event) => Self::Alert(event.into()),
            Stored::Troupe(event) => Self::Troupe(event.into()),
            Stored::Outside(event) => Self::Outside(Arc::new(event.into())),
            Stored::NodeOnlineWith { node, capabilities, arrival } => Self::NodeOnline {
                node: node.0,
                capabilities: capabilities.into(),
                arrival: Box::new(arrival.into()),
            },
            Stored::NodeOfflineWith { node, reason, last_heard_ms, job } => Self::NodeOffline {
                node: node.0,
                reason: reason.into(),
                last_heard: last_heard_ms.map(Timestamp),
                job: job.map(|job| job.0),
            },
        }
    }
}
