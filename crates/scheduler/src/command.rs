//! What the scheduler can be asked or told. Commands are imperative; each has a file of its own in `decide/`.

use std::collections::BTreeSet;

use callsheet_model::{Capabilities, FrameSet, JobId, JobSpec, NodeName, OfflineReason, SessionId, Token};
pub use callsheet_model::{Report, Reported};

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

    /// Nothing but the time. Also every other command moves the time.
    Tick,
}

/// What a node holds, as its heartbeat says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// All leases it holds.
    pub tokens: BTreeSet<Token>,
    /// The highest token it had been offered when it wrote this: leases above it may still be on their way.
    pub last_offered: Token,
}
