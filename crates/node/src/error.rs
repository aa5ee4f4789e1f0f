//! Why a node could not start, or could not go on.

use std::io;
use std::path::PathBuf;

/// Why a node is over.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// A directory of its own cannot be used.
    #[error("{key} {} cannot be used", path.display())]
    Directory {
        /// The key in the config.
        key: &'static str,
        /// Where it points.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another agent works there.
    #[error("work {} is in use by another agent: each node has a directory of its own", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// A file that the connection needs cannot be read.
    #[error("{key} {} cannot be read", path.display())]
    Secret {
        /// The key in the config.
        key: &'static str,
        /// Where it points.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The leader's address or certificates cannot be used.
    #[error("leader.advertise {url:?} cannot be dialled")]
    Door {
        /// The address.
        url: String,
        /// Why.
        source: tonic::transport::Error,
    },
    /// The nodes' secret has characters that no header can carry.
    #[error(
        "the nodes' secret has characters that cannot be sent: letters, digits and punctuation are allowed"
    )]
    Token,
    /// The leader does not take what this node says of itself; dialling again would change nothing.
    #[error("the leader {leader} refuses this node: {said}")]
    Unwelcome {
        /// Its address.
        leader: String,
        /// What it says.
        said: String,
    },
    /// An actor could not be started.
    #[error("{actor} could not be started: {reason}")]
    Start {
        /// Which.
        actor: String,
        /// What it says.
        reason: String,
    },
    /// An actor failed more often than the restart table allows.
    #[error("{actor} failed {times} times within {within:?}, and is not started again; last: {reason}")]
    Escalated {
        /// Which.
        actor: String,
        /// How often.
        times: usize,
        /// Within how long.
        within: std::time::Duration,
        /// What it said last.
        reason: String,
    },
    /// The whole tree ended without a word.
    #[error("the node's supervisor failed: {reason}")]
    Supervisor {
        /// What it said.
        reason: String,
    },
}
