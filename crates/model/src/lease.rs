//! A lease: frames of a step in one node's hands, under a fencing token.

use crate::frames::FrameSet;
use crate::id::{JobId, NodeName, StepIndex, Token};

/// Frames of a step in one node's hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The fencing token, and the lease's identity. A later lease on the same frames has a higher one.
    pub token: Token,
    /// The job.
    pub job: JobId,
    /// The step of the job.
    pub step: StepIndex,
    /// Who holds it.
    pub node: NodeName,
    /// What the node is to do with the frames.
    pub work: Work,
    /// The frames, as handed out.
    pub frames: FrameSet,
    /// An earlier attempt at these frames ran out of memory: render with as little of it as the renderer can.
    pub gentle: bool,
}

/// What a node does under a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Render, prove, and publish what is accepted.
    Render,
    /// Publish what an earlier attempt left behind: its frames were accepted, but the node that held them
    /// was lost before it could say that they are in place.
    Publish {
        /// The attempt whose files are to be published.
        of: Token,
    },
    /// Look whether the step can be rendered at all, and render nothing. The frames stand for their step.
    Preflight,
}

/// Why a lease ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseReason {
    /// Every frame of it is done.
    Completed,
    /// The attempt failed.
    Failed,
    /// The node handed it back.
    HandedBack,
    /// The node is gone.
    NodeLost,
    /// The node does not know of it.
    Unknown,
    /// The job was cancelled, paused with its frames called back, or failed.
    Revoked,
}

impl ReleaseReason {
    /// The word for it, everywhere.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::HandedBack => "handed_back",
            Self::NodeLost => "node_lost",
            Self::Unknown => "unknown_to_node",
            Self::Revoked => "revoked",
        }
    }
}
