//! Events as they are stored. The order of the variants is their number on disk: new ones go to the end, and
//! one that needs other fields becomes a new variant beside the old one.

mod load;
mod store;

use callsheet_model::{JobId, ReleaseReason, StepIndex};
use serde::{Deserialize, Serialize};

use super::alert::StoredAlertEvent;
use super::approval::{StoredApproval, StoredApprovalEvent};
use super::arrival::StoredArrival;
use super::job::{StoredCapabilities, StoredFailure, StoredJob, StoredOffline, mirror};
use super::lease::{LeaseNotes, StoredLease};
use super::outside::{StoredCacheUpdate, StoredOutside};
use super::pause::StoredPauseEvent;
use super::scalar::{StoredFrames, StoredJobId, StoredNode, StoredToken};
use super::troupe::StoredTroupe;
use super::trust::{StoredClearedBy, StoredCrash};
use super::workflow::StoredWorkflow;

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
    /// A crash whose output can be read somewhere.
    NodeCrashedWith {
        crash: StoredCrash,
        log_url: String,
    },
    /// A job that a person has to release first.
    JobSubmittedWith {
        job: StoredJob<'a>,
        approval: StoredApproval,
    },
    AttemptBegan {
        token: StoredToken,
        of: StoredStepKey,
        fetched_us: u64,
        loaded_us: u64,
    },
    CacheUpdated(StoredCacheUpdate),
    Approval(StoredApprovalEvent),
    Workflow(StoredWorkflow),
    Pause(StoredPauseEvent),
    Alert(StoredAlertEvent),
    Troupe(StoredTroupe),
    Outside(StoredOutside),
    /// A node came, and there is more to say of it than `NodeOnline` has a place for.
    NodeOnlineWith {
        node: StoredNode,
        capabilities: StoredCapabilities,
        arrival: StoredArrival,
    },
    /// The same of one that is gone.
    NodeOfflineWith {
        node: StoredNode,
        reason: StoredOffline,
        last_heard_ms: Option<u64>,
        job: Option<StoredJobId>,
    },
    JobPrioritised {
        job: StoredJobId,
        priority: u32,
    },
}
