//! Events: what happened, for ever. The scheduler's state is the fold of these and nothing else, and streams
//! are served from the same log.

use std::sync::Arc;
use std::time::Duration;

use crate::alert::AlertEvent;
use crate::approval::ApprovalEvent;
use crate::frames::FrameSet;
use crate::id::{JobId, NodeName, StepIndex, Token};
use crate::job::Job;
use crate::lease::Lease;
pub use crate::lease::ReleaseReason;
use crate::node::{Arrival, Capabilities, OfflineReason};
use crate::outcome::Failure;
use crate::outside::Outside;
use crate::pause::PauseEvent;
use crate::signal::CacheUpdate;
use crate::time::Timestamp;
use crate::troupe::TroupeEvent;
use crate::trust::{ClearedBy, Crash};
use crate::workflow::WorkflowEvent;

/// Everything that can happen to the cluster and has to be remembered.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A leader began to serve; tokens of its epoch are higher than all before.
    LeaderStarted {
        /// Its epoch.
        epoch: u32,
    },

    /// A job was accepted.
    JobSubmitted {
        /// The whole job.
        job: Arc<Job>,
    },
    /// Nothing more of it is handed out.
    JobPaused {
        /// The job.
        job: JobId,
    },
    /// It goes on.
    JobResumed {
        /// The job.
        job: JobId,
    },
    /// What it waits for goes out earlier or later from now on.
    JobPrioritised {
        /// The job.
        job: JobId,
        /// 0 to 100; higher goes first.
        priority: u32,
    },
    /// Someone ended it.
    JobCancelled {
        /// The job.
        job: JobId,
        /// What they said.
        reason: String,
    },
    /// Every frame of every step is published.
    JobSucceeded {
        /// The job.
        job: JobId,
    },
    /// It cannot be finished as it is.
    JobFailed {
        /// The job.
        job: JobId,
        /// Why, for people.
        reason: String,
    },
    /// Frames that were dead-lettered or left over wait again, with all their retries.
    JobRetried {
        /// The job.
        job: JobId,
        /// Which frames of which steps.
        steps: Vec<(StepIndex, FrameSet)>,
    },
    /// A finished job was dropped from memory, after its time.
    JobForgotten {
        /// The job.
        job: JobId,
    },
    /// Every frame of a step is published.
    StepSucceeded {
        /// The job.
        job: JobId,
        /// The step.
        step: StepIndex,
    },

    /// Frames were put into a node's hands.
    FramesLeased {
        /// The lease.
        lease: Lease,
    },
    /// Frames of a lease are proven, and count from now on. For a step without output this is their end, and
    /// when nothing of the lease is left it ends with them, completed, without an event of its own.
    FramesAccepted {
        /// Under which token.
        token: Token,
        /// The job.
        job: JobId,
        /// The step.
        step: StepIndex,
        /// Which.
        frames: FrameSet,
        /// Bytes on disk, all together.
        bytes: u64,
        /// Time that rendering them took, all together.
        took: Duration,
    },
    /// Accepted frames are at their final path. When nothing of the lease is left it ends with them, completed,
    /// without an event of its own.
    FramesPublished {
        /// Under which token: the lease of the node that did it.
        token: Token,
        /// The job.
        job: JobId,
        /// The step.
        step: StepIndex,
        /// Which.
        frames: FrameSet,
    },
    /// Frames failed, and wait for another try.
    FramesFailed {
        /// Under which token.
        token: Token,
        /// The job.
        job: JobId,
        /// The step.
        step: StepIndex,
        /// Which.
        frames: FrameSet,
        /// Why.
        failure: Failure,
        /// Not handed out again before this.
        not_before: Timestamp,
        /// Whether it counts against their retries.
        charged: bool,
    },
    /// Frames failed too often, and are put aside until someone retries them.
    FramesDeadLettered {
        /// Under which token the last attempt was.
        token: Token,
        /// The job.
        job: JobId,
        /// The step.
        step: StepIndex,
        /// Which.
        frames: FrameSet,
        /// Why.
        failure: Failure,
    },
    /// A lease ended. Frames of it that are neither accepted nor failed wait again; frames that are accepted
    /// but not known to be published wait for someone to publish them.
    LeaseReleased {
        /// Which.
        token: Token,
        /// The job.
        job: JobId,
        /// The step.
        step: StepIndex,
        /// Why.
        reason: ReleaseReason,
    },
    /// The attempt at a lease ended without these frames, and nothing speaks against them: they wait again. The
    /// lease itself goes on until its accepted frames are published.
    FramesReturned {
        /// Under which token.
        token: Token,
        /// The job.
        job: JobId,
        /// The step.
        step: StepIndex,
        /// Which.
        frames: FrameSet,
    },
    /// The bytes of accepted frames cannot be found any more, so they have to be rendered again.
    FramesLost {
        /// The publishing lease that found out.
        token: Token,
        /// The job.
        job: JobId,
        /// The step.
        step: StepIndex,
        /// Which.
        frames: FrameSet,
    },

    /// A node came, or came back.
    NodeOnline {
        /// Its name.
        node: NodeName,
        /// What it can do.
        capabilities: Capabilities,
        /// What else is known of it at this moment; nothing in what was remembered before this was.
        arrival: Box<Arrival>,
    },
    /// A node is gone.
    NodeOffline {
        /// Its name.
        node: NodeName,
        /// Why.
        reason: OfflineReason,
        /// When this leader last heard it, if it ever did.
        last_heard: Option<Timestamp>,
        /// The job it had work of, the one it was given first if there were several.
        job: Option<JobId>,
    },
    /// A node gets no more work.
    NodeDrained {
        /// Its name.
        node: NodeName,
    },
    /// A drained node gets work again.
    NodeUndrained {
        /// Its name.
        node: NodeName,
    },
    /// A node looked at a step before anything of it is rendered, and found nothing wrong. Its frames go out.
    StepCleared {
        /// The job.
        job: JobId,
        /// The step.
        step: StepIndex,
        /// Who looked.
        node: NodeName,
    },
    /// A renderer's process died while it rendered.
    NodeCrashed {
        /// What is known of it.
        crash: Box<Crash>,
    },
    /// A node is not trusted with a renderer any more: it gets one frame now and then, until one succeeds.
    NodeQuarantined {
        /// Its name.
        node: NodeName,
        /// Which renderer.
        renderer: String,
        /// The job at which it was found out.
        job: JobId,
        /// The step of the job.
        step: StepIndex,
        /// What made it suspect.
        failure: Failure,
        /// How many quarantines in a row this is, from 1.
        strike: u32,
        /// It is tried with a frame from this moment.
        until: Timestamp,
    },
    /// A node is trusted with a renderer again.
    NodeCleared {
        /// Its name.
        node: NodeName,
        /// Which renderer.
        renderer: String,
        /// Why.
        by: ClearedBy,
    },

    /// The renderer of a lease began its first frame. What came before it took this long.
    AttemptBegan {
        /// Under which token.
        token: Token,
        /// The job.
        job: JobId,
        /// The step.
        step: StepIndex,
        /// Fetching the template and whatever else it needs, before the renderer was started.
        fetched: Duration,
        /// From the renderer's start to its first frame: launching and loading.
        loaded: Duration,
    },
    /// A node's template cache changed.
    CacheUpdated {
        /// How.
        update: CacheUpdate,
    },
    /// About a person's release of a job.
    Approval(ApprovalEvent),
    /// About a job of several steps.
    Workflow(WorkflowEvent),
    /// About pauses of the cluster, a pool or a queue.
    Pause(PauseEvent),
    /// About what people are told.
    Alert(AlertEvent),
    /// About a node's actors.
    Troupe(TroupeEvent),
    /// Another service's event.
    Outside(Arc<Outside>),
}

impl Event {
    /// The event's type, `{domain}.{action}`.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::LeaderStarted { .. } => "leader.started",
            Self::JobSubmitted { .. } => "job.submitted",
            Self::JobPaused { .. } => "job.paused",
            Self::JobResumed { .. } => "job.resumed",
            Self::JobPrioritised { .. } => "job.prioritised",
            Self::JobCancelled { .. } => "job.cancelled",
            Self::JobSucceeded { .. } => "job.succeeded",
            Self::JobFailed { .. } => "job.failed",
            Self::JobRetried { .. } => "job.retried",
            Self::JobForgotten { .. } => "job.forgotten",
            Self::StepSucceeded { .. } => "step.succeeded",
            Self::FramesLeased { .. } => "frame_job.leased",
            Self::FramesAccepted { .. } => "frame_job.frames_accepted",
            Self::FramesPublished { .. } => "frame_job.frames_published",
            Self::FramesFailed { .. } => "frame_job.frames_failed",
            Self::FramesDeadLettered { .. } => "frame_job.frames_dead_lettered",
            Self::LeaseReleased { .. } => "frame_job.released",
            Self::FramesReturned { .. } => "frame_job.frames_returned",
            Self::FramesLost { .. } => "frame_job.frames_lost",
            Self::NodeOnline { .. } => "node.online.v1",
            Self::NodeOffline { .. } => "node.offline.v1",
            Self::NodeDrained { .. } => "node.drained",
            Self::NodeUndrained { .. } => "node.undrained",
            Self::StepCleared { .. } => "step.cleared",
            Self::NodeCrashed { .. } => "node.crashed.v1",
            Self::NodeQuarantined { .. } => "node.quarantined",
            Self::NodeCleared { .. } => "node.cleared",
            Self::AttemptBegan { .. } => "frame_job.began",
            Self::CacheUpdated { .. } => "node.cache.updated.v1",
            Self::Approval(event) => event.kind(),
            Self::Workflow(event) => event.kind(),
            Self::Pause(event) => event.kind(),
            Self::Alert(event) => event.kind(),
            Self::Troupe(event) => event.kind(),
            Self::Outside(event) => &event.kind,
        }
    }

    /// The job it is about, if it is about one.
    #[must_use]
    pub fn job(&self) -> Option<JobId> {
        match self {
            Self::JobSubmitted { job } => Some(job.id),
            Self::JobPaused { job }
            | Self::JobResumed { job }
            | Self::JobPrioritised { job, .. }
            | Self::JobCancelled { job, .. }
            | Self::JobSucceeded { job }
            | Self::JobFailed { job, .. }
            | Self::JobRetried { job, .. }
            | Self::JobForgotten { job }
            | Self::StepSucceeded { job, .. }
            | Self::FramesAccepted { job, .. }
            | Self::FramesPublished { job, .. }
            | Self::FramesFailed { job, .. }
            | Self::FramesDeadLettered { job, .. }
            | Self::FramesReturned { job, .. }
            | Self::LeaseReleased { job, .. }
            | Self::FramesLost { job, .. }
            | Self::StepCleared { job, .. }
            | Self::NodeQuarantined { job, .. } => Some(*job),
            Self::FramesLeased { lease } => Some(lease.job),
            Self::NodeCrashed { crash } => Some(crash.job),
            Self::AttemptBegan { job, .. } => Some(*job),
            Self::Approval(event) => Some(event.job()),
            Self::Workflow(event) => Some(event.job()),
            Self::LeaderStarted { .. }
            | Self::NodeOnline { .. }
            | Self::NodeOffline { .. }
            | Self::NodeDrained { .. }
            | Self::NodeUndrained { .. }
            | Self::NodeCleared { .. }
            | Self::CacheUpdated { .. }
            | Self::Pause(_)
            | Self::Alert(_)
            | Self::Troupe(_)
            | Self::Outside(_) => None,
        }
    }
}
