//! Typed noes. A rejection changes nothing; it is told to whoever asked, and says what to do next.

use callsheet_model::{JobId, NodeName, Timestamp, Token};
use uuid::Uuid;

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No such job.
    #[error("there is no job {job}")]
    UnknownJob {
        /// As asked for.
        job: JobId,
    },
    /// The id is taken by a different job.
    #[error("job {job} was submitted before, with another content: choose another id")]
    JobIdTaken {
        /// The id.
        job: JobId,
    },
    /// The job is over.
    #[error("job {job} is {state}: only a running, queued or paused job can be {verb}")]
    JobIsOver {
        /// Which.
        job: JobId,
        /// Its state.
        state: &'static str,
        /// What was wanted, as a participle.
        verb: &'static str,
    },
    /// There is nothing to retry.
    #[error(
        "job {job} has nothing to retry among the frames asked for: none is dead-lettered, and none that is left over could go on"
    )]
    NothingToRetry {
        /// Which.
        job: JobId,
    },
    /// The job could never come to an end.
    #[error("job {job} cannot be scheduled: {why}")]
    UnusableSpec {
        /// Its id.
        job: JobId,
        /// What is wrong with it.
        why: String,
    },
    /// Too many jobs are remembered.
    #[error(
        "the cluster remembers {limit} jobs already: wait for old ones to be forgotten, or keep finished ones for a shorter time"
    )]
    TooManyJobs {
        /// The limit.
        limit: usize,
    },
    /// No such node.
    #[error("there is no node {node}")]
    UnknownNode {
        /// As asked for.
        node: NodeName,
    },
    /// The session is over: the node has a newer one, or was never connected.
    #[error("node {node} speaks over a session that is over")]
    StaleSession {
        /// Who.
        node: NodeName,
    },
    /// The lease is not in force: its frames may be in other hands.
    #[error("lease {token} is not held by {node}")]
    StaleLease {
        /// Which.
        token: Token,
        /// Who claimed it.
        node: NodeName,
    },
    /// The lease is there to look at a step, and renders nothing.
    #[error("lease {token} is there to look at its step: nothing is proven under it")]
    NothingToProve {
        /// Which.
        token: Token,
    },
    /// The report names frames that the lease does not hold.
    #[error("lease {token} does not hold frames {frames}")]
    FramesNotLeased {
        /// Which.
        token: Token,
        /// The frames in question.
        frames: String,
    },
    /// Nobody has to release the job, or someone has answered already.
    #[error("job {job} is {state}: it does not wait for a person's release")]
    NotAwaiting {
        /// Which.
        job: JobId,
        /// Its state.
        state: &'static str,
    },
    /// The pause would be over before it begins.
    #[error("a pause until {until} would be over already: name a later end, or none")]
    PauseIsOver {
        /// The end asked for.
        until: Timestamp,
    },
    /// Too many pauses are in force.
    #[error("{limit} pauses are in force already: lift one first")]
    TooManyPauses {
        /// The limit.
        limit: usize,
    },
    /// The alert was never raised for the channel, or is settled there.
    #[error(
        "alert {alert} does not wait for channel {channel}: it was never raised for it, or it is settled"
    )]
    UnknownAlert {
        /// Which alert.
        alert: Uuid,
        /// Over which channel.
        channel: String,
    },
    /// It is on its way already. Sent again, it might arrive twice.
    #[error("alert {alert} is being sent over channel {channel} already: say first what came of it")]
    AlertBeingSent {
        /// Which alert.
        alert: Uuid,
        /// Over which channel.
        channel: String,
    },
    /// Nobody said that it was about to leave.
    #[error("alert {alert} is not being sent over channel {channel}: say first that it is about to be")]
    AlertNotSending {
        /// Which alert.
        alert: Uuid,
        /// Over which channel.
        channel: String,
    },
    /// A node says it has more actors than a node can have.
    #[error("node {node} says it has more than {limit} actors")]
    TooManyPlayers {
        /// Who.
        node: NodeName,
        /// The limit.
        limit: usize,
    },
}
