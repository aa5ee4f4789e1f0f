//! What the scheduler can be asked or told. Commands are imperative; each has a file of its own in `decide/`.

use std::collections::BTreeSet;
use std::sync::Arc;

use callsheet_model::signal::CacheUpdate;
use callsheet_model::{
    Arrival, Capabilities, Context, FrameSet, JobId, JobSpec, NodeName, Observation, OfflineReason, Outside,
    Pause, PauseKey, PlayerChange, SessionId, Timestamp, Token,
};
pub use callsheet_model::{Report, Reported};
use uuid::Uuid;

/// Everything that can be asked of the scheduler.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// This leader begins to serve, after replay.
    StartLeader,
    /// Take a job. Its spec was checked by `callsheet-config`; the same id with the same spec is one job.
    SubmitJob {
        /// Chosen by the client, or made at the door.
        id: JobId,
        /// What is to be done.
        spec: JobSpec,
    },
    /// End a job. Frames in hands are called back.
    CancelJob {
        /// Which.
        job: JobId,
        /// What the person says.
        reason: String,
    },
    /// Hand out nothing more of a job; frames in hands are finished.
    PauseJob {
        /// Which.
        job: JobId,
    },
    /// Go on with a paused job.
    ResumeJob {
        /// Which.
        job: JobId,
    },
    /// Hand out what waits of a job earlier or later than until now; frames in hands stay where they are.
    PrioritiseJob {
        /// Which.
        job: JobId,
        /// 0 to 100; higher goes first.
        priority: u32,
    },
    /// Let dead-lettered frames (and, in a cancelled or failed job, everything unfinished) wait again.
    RetryJob {
        /// Which.
        job: JobId,
        /// Of the dead-lettered frames only these; all of them when `None`.
        frames: Option<FrameSet>,
    },

    /// A node's stream is open and it said hello.
    ConnectNode {
        /// Who.
        node: NodeName,
        /// The new session; an older one of the same node is over.
        session: SessionId,
        /// What it can do.
        capabilities: Capabilities,
        /// What else is known of it at this moment: only told on.
        arrival: Box<Arrival>,
        /// The leases it still holds. Those the leader still counts as its own are taken back, others revoked.
        held: BTreeSet<Token>,
    },
    /// A node's stream broke, or it said goodbye.
    DisconnectNode {
        /// Who.
        node: NodeName,
        /// Which session; ignored when the node already has a newer one.
        session: SessionId,
        /// `None`: the stream broke, and the node has the reconnect grace to come back.
        goodbye: Option<OfflineReason>,
    },
    /// A sign of life: a pulse, a heartbeat or any other message.
    HearNode {
        /// Who.
        node: NodeName,
        /// Which session.
        session: SessionId,
        /// With a heartbeat: all leases that the node holds, and the last offer it had seen by then.
        holding: Option<Holding>,
    },
    /// Give a node no more work.
    DrainNode {
        /// Who.
        node: NodeName,
    },
    /// Give a drained node work again.
    UndrainNode {
        /// Who.
        node: NodeName,
    },

    /// Trust a node again that is in quarantine.
    ClearNode {
        /// Who.
        node: NodeName,
        /// With which renderer; with all of them when `None`.
        renderer: Option<String>,
    },

    /// What has come of leases, in the order it happened on the node.
    Report {
        /// Who.
        node: NodeName,
        /// What.
        report: Report,
    },

    /// Keep and pass on events of other services. One whose id is known already is not kept again.
    Ingest {
        /// The events, each with whom it says it comes from.
        events: Vec<(Arc<Outside>, Context)>,
    },
    /// Release a job that waits for a person.
    GrantApproval {
        /// Which job.
        job: JobId,
        /// Who.
        by: Uuid,
        /// What they say.
        comments: Option<String>,
    },
    /// Refuse to release a job: it fails.
    DenyApproval {
        /// Which job.
        job: JobId,
        /// Who.
        by: Uuid,
        /// Why.
        reason: String,
    },
    /// Pause the cluster, a pool or a queue, or change or prolong such a pause.
    SetPause {
        /// How.
        pause: Pause,
    },
    /// End a pause; one that is not there is no mistake.
    LiftPause {
        /// Which.
        key: PauseKey,
    },
    /// What the monitor sees of workers and nodes: people are told of what is new in it.
    ObserveWorkers {
        /// All that are watched.
        seen: Vec<Observation>,
        /// From so many dead letters on people are told.
        threshold: u64,
        /// Names of the channels they are told over.
        channels: Vec<String>,
    },
    /// An alert is about to leave over a channel.
    AlertSending {
        /// Which.
        alert: Uuid,
        /// Over which.
        channel: String,
    },
    /// What came of it.
    AlertTried {
        /// Which.
        alert: Uuid,
        /// Over which.
        channel: String,
        /// How it ended.
        outcome: AlertOutcome,
    },
    /// A node's template cache changed.
    NoteCache {
        /// How.
        update: CacheUpdate,
    },
    /// A node's actors changed.
    NoteTroupe {
        /// Whose.
        node: NodeName,
        /// Which session.
        session: SessionId,
        /// How. After a hello: every actor there is, as spawned; others that were known of the node are gone.
        changes: Vec<PlayerChange>,
        /// These are all there are.
        whole: bool,
    },

    /// Nothing but the time. Also every other command moves the time.
    Tick,
}

/// How an attempt to send an alert ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertOutcome {
    /// The channel took it.
    Sent,
    /// The channel did not.
    Failed {
        /// What went wrong.
        error: String,
        /// When it is tried again; never, when it is given up.
        retry_at: Option<Timestamp>,
    },
    /// The leader died while it was being sent: nobody knows.
    Unconfirmed,
}

impl Command {
    /// The node that says it, if a node does.
    #[must_use]
    pub(crate) fn node(&self) -> Option<&NodeName> {
        match self {
            Self::ConnectNode { node, .. }
            | Self::DisconnectNode { node, .. }
            | Self::HearNode { node, .. }
            | Self::Report { node, .. }
            | Self::NoteTroupe { node, .. } => Some(node),
            Self::NoteCache { update } => Some(&update.node),
            _ => None,
        }
    }
}

/// What a node holds, as its heartbeat says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// All leases it holds.
    pub tokens: BTreeSet<Token>,
    /// The highest token it had been offered when it wrote this: leases above it may still be on their way.
    pub last_offered: Token,
}
