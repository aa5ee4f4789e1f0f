//! What the scheduler wants done in the world. Effects leave only after the events they follow from are
//! durable. They are derived from events and state, so losing one (a crash) is healed by the next heartbeat.

use std::sync::Arc;

use callsheet_model::{FrameSet, Job, JobId, Lease, NodeName, SessionId, Token};
use uuid::Uuid;

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Hand a lease to its node.
    OfferLease {
        /// Over which session.
        session: SessionId,
        /// What.
        lease: Lease,
        /// The job it belongs to, for the step's spec.
        job: Arc<Job>,
    },
    /// Call a lease back: the node kills the attempt and drops what it made.
    RevokeLease {
        /// Who.
        node: NodeName,
        /// Over which session.
        session: SessionId,
        /// Which.
        token: Token,
        /// For the node's log and for people.
        why: &'static str,
    },
    /// Tell a node that frames were accepted under its token: it may publish exactly these, and no others.
    ConfirmAccepted {
        /// Who.
        node: NodeName,
        /// Over which session.
        session: SessionId,
        /// Under which token.
        token: Token,
        /// Which frames.
        frames: FrameSet,
    },
    /// Tell a node that nothing more is expected of a lease.
    CloseLease {
        /// Who.
        node: NodeName,
        /// Over which session.
        session: SessionId,
        /// Which.
        token: Token,
    },
    /// A job is over: what attempts left behind in its outputs' private places can be swept by this node.
    SweepJob {
        /// Who.
        node: NodeName,
        /// Over which session.
        session: SessionId,
        /// Which.
        job: Arc<Job>,
        /// The last token that was made when the job ended. Higher ones are of a later retry, which may have
        /// begun when the node gets to it: what those attempts make is not to be touched.
        up_to: Token,
    },
    /// Another session of the same node has taken this one's place: its stream is closed, if it is still open.
    EndSession {
        /// Who.
        node: NodeName,
        /// The session that is over.
        session: SessionId,
    },
    /// Tell a node whether it is drained.
    TellDrained {
        /// Who.
        node: NodeName,
        /// Over which session.
        session: SessionId,
        /// Drained, or not any more.
        drained: bool,
    },
}

impl Effect {
    /// Over which session it goes out.
    #[must_use]
    pub fn session(&self) -> SessionId {
        match self {
            Self::OfferLease { session, .. }
            | Self::RevokeLease { session, .. }
            | Self::ConfirmAccepted { session, .. }
            | Self::CloseLease { session, .. }
            | Self::SweepJob { session, .. }
            | Self::EndSession { session, .. }
            | Self::TellDrained { session, .. } => *session,
        }
    }
}

/// An event from outside that is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ingested {
    /// Its id.
    pub id: Uuid,
    /// Its number in the log.
    pub sequence: u64,
    /// It had been taken before, under the same id.
    pub already: bool,
}

/// What the one who gave a command is told, after its events are durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Done.
    Done,
    /// The job was taken.
    Submitted {
        /// Its id.
        job: JobId,
        /// Whether it had been taken before, under the same id.
        already: bool,
    },
    /// Events from outside were taken, in this order.
    Ingested(Vec<Ingested>),
    /// Frames that wait again.
    Retried {
        /// How many.
        frames: u64,
    },
}
