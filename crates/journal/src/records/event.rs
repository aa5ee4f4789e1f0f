//! Events as they are stored. The order of the variants is their number on disk: new ones go to the end, and
//! one that needs other fields becomes a new variant beside the old one.

use std::sync::Arc;
use std::time::Duration;

use callsheet_model::{Event, Job, JobId, NodeName, ReleaseReason, StepIndex, Timestamp};
use serde::{Deserialize, Serialize};

use super::job::{StoredCapabilities, StoredFailure, StoredJob, StoredOffline, mirror};
use super::lease::{LeaseNotes, StoredLease};
use super::scalar::{StoredFrames, StoredJobId, StoredNode, StoredToken, micros};
use super::trust::{StoredClearedBy, StoredCrash};

mirror! {
    /// Why a lease ended.
    StoredRelease = ReleaseReason { Completed, Failed, HandedBack, NodeLost, Unknown, Revoked }
}

/// Which step of which job.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct StoredStepKey {
    job: StoredJobId,
    step: u16,
}

impl StoredStepKey {
    pub(crate) fn of(job: &JobId, step: &StepIndex) -> Self {
        Self { job: StoredJobId(*job), step: step.0 }
    }

    pub(crate) fn live(self) -> (JobId, StepIndex) {
        (self.job.0, StepIndex(self.step))
    }
}

/// Everything that can happen.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredEvent<'a> {
    LeaderStarted {
        epoch: u32,
    },
    JobSubmitted {
        job: StoredJob<'a>,
    },
    JobPaused {
        job: StoredJobId,
    },
    JobResumed {
        job: StoredJobId,
    },
    JobCancelled {
        job: StoredJobId,
        reason: String,
    },
    JobSucceeded {
        job: StoredJobId,
    },
    JobFailed {
        job: StoredJobId,
        reason: String,
    },
    JobRetried {
        job: StoredJobId,
        steps: Vec<(u16, StoredFrames<'a>)>,
    },
    JobForgotten {
        job: StoredJobId,
    },
    StepSucceeded {
        job: StoredJobId,
        step: u16,
    },
    FramesLeased {
        lease: StoredLease<'a>,
    },
    FramesAccepted {
        token: StoredToken,
        of: StoredStepKey,
        frames: StoredFrames<'a>,
        bytes: u64,
        took_us: u64,
    },
    FramesPublished {
        token: StoredToken,
        of: StoredStepKey,
        frames: StoredFrames<'a>,
    },
    FramesFailed {
        token: StoredToken,
        of: StoredStepKey,
        frames: StoredFrames<'a>,
        failure: StoredFailure,
        not_before_ms: u64,
        charged: bool,
    },
    FramesDeadLettered {
        token: StoredToken,
        of: StoredStepKey,
        frames: StoredFrames<'a>,
        failure: StoredFailure,
    },
    LeaseReleased {
        token: StoredToken,
        of: StoredStepKey,
        reason: StoredRelease,
    },
    FramesLost {
        token: StoredToken,
        of: StoredStepKey,
        frames: StoredFrames<'a>,
    },
    NodeOnline {
        node: StoredNode,
        capabilities: StoredCapabilities,
    },
    NodeOffline {
        node: StoredNode,
        reason: StoredOffline,
    },
    NodeDrained {
        node: StoredNode,
    },
    NodeUndrained {
        node: StoredNode,
    },
    FramesReturned {
        token: StoredToken,
        of: StoredStepKey,
        frames: StoredFrames<'a>,
    },
    StepCleared {
        of: StoredStepKey,
        node: StoredNode,
    },
    NodeCrashed(StoredCrash),
    NodeQuarantined {
        node: StoredNode,
        renderer: String,
        of: StoredStepKey,
        failure: StoredFailure,
        strike: u32,
        until_ms: u64,
    },
    NodeCleared {
        node: StoredNode,
        renderer: String,
        by: StoredClearedBy,
    },
    /// Frames were leased with more to say than `FramesLeased` has a place for.
    FramesLeasedWith {
        lease: StoredLease<'a>,
        notes: LeaseNotes,
    },
}

// One arm for each kind, and nothing but names in it: longer than a screen, and read like a table.
impl<'a> From<&'a Event> for StoredEvent<'a> {
    fn from(live: &'a Event) -> Self {
        let id = |job: &JobId| StoredJobId(*job);
        let name = |node: &NodeName| StoredNode(node.clone());
        match live {
            Event::LeaderStarted { epoch } => Self::LeaderStarted { epoch: *epoch },
            Event::JobSubmitted { job } => Self::JobSubmitted { job: job.as_ref().into() },
            Event::JobPaused { job } => Self::JobPaused { job: id(job) },
            Event::JobResumed { job } => Self::JobResumed { job: id(job) },
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
            Event::NodeOnline { node, capabilities } => {
                Self::NodeOnline { node: name(node), capabilities: capabilities.into() }
            }
            Event::NodeOffline { node, reason } => {
                Self::NodeOffline { node: name(node), reason: (*reason).into() }
            }
            Event::NodeDrained { node } => Self::NodeDrained { node: name(node) },
            Event::NodeUndrained { node } => Self::NodeUndrained { node: name(node) },
            Event::StepCleared { job, step, node } => {
                Self::StepCleared { of: StoredStepKey::of(job, step), node: name(node) }
            }
            Event::NodeCrashed { crash } => Self::NodeCrashed(crash.as_ref().into()),
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
        }
    }
}

impl From<StoredEvent<'_>> for Event {
    fn from(stored: StoredEvent<'_>) -> Self {
        use StoredEvent as Stored;
        match stored {
            Stored::LeaderStarted { epoch } => Self::LeaderStarted { epoch },
            Stored::JobSubmitted { job } => Self::JobSubmitted { job: Arc::new(Job::from(job)) },
            Stored::JobPaused { job } => Self::JobPaused { job: job.0 },
            Stored::JobResumed { job } => Self::JobResumed { job: job.0 },
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
                Self::NodeOnline { node: node.0, capabilities: capabilities.into() }
            }
            Stored::NodeOffline { node, reason } => Self::NodeOffline { node: node.0, reason: reason.into() },
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
        }
    }
}
