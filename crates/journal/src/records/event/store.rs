//! What happened, as it is stored.

use callsheet_model::{Event, JobId, NodeName};

use super::super::arrival::StoredArrival;
use super::super::lease::LeaseNotes;
use super::super::scalar::{StoredJobId, StoredNode, micros};
use super::{StoredEvent, StoredStepKey};

// One arm for each kind, and nothing but names in it: longer than a screen, and read like a table.
impl<'a> From<&'a Event> for StoredEvent<'a> {
    fn from(live: &'a Event) -> Self {
        let id = |job: &JobId| StoredJobId(*job);
        let name = |node: &NodeName| StoredNode(node.clone());
        match live {
            Event::LeaderStarted { epoch } => Self::LeaderStarted { epoch: *epoch },
            Event::JobSubmitted { job } => match &job.spec.approval {
                None => Self::JobSubmitted { job: job.as_ref().into() },
                Some(approval) => {
                    Self::JobSubmittedWith { job: job.as_ref().into(), approval: approval.into() }
                }
            },
            Event::JobPaused { job } => Self::JobPaused { job: id(job) },
            Event::JobResumed { job } => Self::JobResumed { job: id(job) },
            Event::JobPrioritised { job, priority } => {
                Self::JobPrioritised { job: id(job), priority: *priority }
            }
            Event::JobCancelled { job, reason } => {
                Self::JobCancelled { job: id(job), reason: reason.clone() }
            }
            Event::JobSucceeded { job } => Self::JobSucceeded { job: id(job) },
            Event::JobFailed { job, reason } => Self::JobFailed { job: id(job), reason: reason.clone() },
            Event::JobRetried { job, steps } => Self::JobRetried {
                job: id(job),
                steps: steps.iter().map(|(step, frames)| (step.0, frames.into())).collect(),
            },
            Event::JobForgotten { job } => Self::JobForgotten { job: id(job) },
            Event::StepSucceeded { job, step } => Self::StepSucceeded { job: id(job), step: step.0 },
            Event::FramesLeased { lease } => match LeaseNotes::of(lease) {
                None => Self::FramesLeased { lease: lease.into() },
                Some(notes) => Self::FramesLeasedWith { lease: lease.into(), notes },
            },
            Event::FramesAccepted { token, job, step, frames, bytes, took } => Self::FramesAccepted {
                token: (*token).into(),
                of: StoredStepKey::of(job, step),
                frames: frames.into(),
                bytes: *bytes,
                took_us: micros(*took),
            },
            Event::FramesPublished { token, job, step, frames } => Self::FramesPublished {
                token: (*token).into(),
                of: StoredStepKey::of(job, step),
                frames: frames.into(),
            },
            Event::FramesFailed { token, job, step, frames, failure, not_before, charged } => {
                Self::FramesFailed {
                    token: (*token).into(),
                    of: StoredStepKey::of(job, step),
                    frames: frames.into(),
                    failure: failure.into(),
                    not_before_ms: not_before.0,
                    charged: *charged,
                }
            }
            Event::FramesDeadLettered { token, job, step, frames, failure } => Self::FramesDeadLettered {
                token: (*token).into(),
                of: StoredStepKey::of(job, step),
                frames: frames.into(),
                failure: failure.into(),
            },
            Event::LeaseReleased { token, job, step, reason } => Self::LeaseReleased {
                token: (*token).into(),
                of: StoredStepKey::of(job, step),
                reason: (*reason).into(),
            },
            Event::FramesLost { token, job, step, frames } => Self::FramesLost {
                token: (*token).into(),
                of: StoredStepKey::of(job, step),
                frames: frames.into(),
            },
            Event::FramesReturned { token, job, step, frames } => Self::FramesReturned {
                token: (*token).into(),
                of: StoredStepKey::of(job, step),
                frames: frames.into(),
            },
            Event::NodeOnline { node, capabilities, arrival } => {
                let (node, capabilities) = (name(node), capabilities.into());
                match StoredArrival::of(arrival) {
                    None => Self::NodeOnline { node, capabilities },
                    Some(arrival) => Self::NodeOnlineWith { node, capabilities, arrival },
                }
            }
            Event::NodeOffline { node, reason, last_heard: None, job: None } => {
                Self::NodeOffline { node: name(node), reason: (*reason).into() }
            }
            Event::NodeOffline { node, reason, last_heard, job } => Self::NodeOfflineWith {
                node: name(node),
                reason: (*reason).into(),
                last_heard_ms: last_heard.map(|at| at.0),
                job: job.map(StoredJobId),
            },
            Event::NodeDrained { node } => Self::NodeDrained { node: name(node) },
            Event::NodeUndrained { node } => Self::NodeUndrained { node: name(node) },
            Event::StepCleared { job, step, node } => {
                Self::StepCleared { of: StoredStepKey::of(job, step), node: name(node) }
            }
            Event::NodeCrashed { crash } => match crash.log_url.clone() {
                None => Self::NodeCrashed(crash.as_ref().into()),
                Some(log_url) => Self::NodeCrashedWith { crash: crash.as_ref().into(), log_url },
            },
            Event::NodeQuarantined { node, renderer, job, step, failure, strike, until } => {
                Self::NodeQuarantined {
                    node: name(node),
                    renderer: renderer.clone(),
                    of: StoredStepKey::of(job, step),
                    failure: failure.into(),
                    strike: *strike,
                    until_ms: until.0,
                }
            }
            Event::NodeCleared { node, renderer, by } => {
                Self::NodeCleared { node: name(node), renderer: renderer.clone(), by: (*by).into() }
            }
            Event::AttemptBegan { token, job, step, fetched, loaded } => Self::AttemptBegan {
                token: (*token).into(),
                of: StoredStepKey::of(job, step),
                fetched_us: micros(*fetched),
                loaded_us: micros(*loaded),
            },
            Event::CacheUpdated { update } => Self::CacheUpdated(update.into()),
            Event::Approval(event) => Self::Approval(event.into()),
            Event::Workflow(event) => Self::Workflow(event.into()),
            Event::Pause(event) => Self::Pause(event.into()),
            Event::Alert(event) => Self::Alert(event.into()),
            Event::Troupe(event) => Self::Troupe(event.into()),
            Event::Outside(event) => Self::Outside(event.as_ref().into()),
        }
    }
}
