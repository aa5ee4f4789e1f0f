//! The supervisor: starts the node's actors, starts them again as [`restart`] says, and ends the node.
//!
//! Supervised by: nobody; [`crate::run`] waits for its word. With it dies: everything. What survives: files in
//! the cache and in attempts' places, and whatever the leader knows.
//!
//! It refuses to know what its children do. When one fails more often than the table allows, it says which and
//! why, and the process ends.

mod actor;
pub mod restart;

use std::time::Duration;

use callsheet_supervision::kinds;
use ractor::{Actor, ActorRef};
use tokio::sync::oneshot;

use crate::error::NodeError;
use crate::settings::Shutdown;

pub(crate) use actor::Parts;
use restart::Child;

/// What the supervisor can be told.
#[derive(Debug)]
pub(crate) enum SupervisorMessage {
    /// Start a child, unless everything was started anew since.
    Start { child: Child, generation: u64 },
    /// What a person wants.
    Wish(Shutdown),
    /// The agent has handed everything over.
    AgentLeft,
    /// The leader does not take this node, and said why.
    Unwelcome(String),
}

kinds!(SupervisorMessage {
    "start": SupervisorMessage::Start { .. },
    "wish": SupervisorMessage::Wish(_),
    "agent_left": SupervisorMessage::AgentLeft,
    "unwelcome": SupervisorMessage::Unwelcome(_),
});

/// The supervisor, from outside.
#[derive(Clone, Debug)]
pub(crate) struct SupervisorHandle(ActorRef<SupervisorMessage>);

impl SupervisorHandle {
    /// Starts the whole tree. The node is over when the receiver hears of it.
    pub(crate) async fn start(
        parts: Parts,
    ) -> Result<(Self, oneshot::Receiver<Result<(), NodeError>>), NodeError> {
        let (over, node_over) = oneshot::channel();
        let supervisor = parts.settings.tripwire.wire("supervisor", actor::Supervisor);
        let (actor, _) = Actor::spawn(None, supervisor, (parts, over))
            .await
            .map_err(|error| NodeError::Supervisor { reason: error.to_string() })?;
        Ok((Self(actor), node_over))
    }

    pub(crate) fn wish(&self, wish: Shutdown) {
        // One that is gone has said so already.
        let _ = self.0.cast(SupervisorMessage::Wish(wish));
    }

    pub(crate) fn agent_left(&self) {
        let _ = self.0.cast(SupervisorMessage::AgentLeft);
    }

    pub(crate) fn unwelcome(&self, said: String) {
        let _ = self.0.cast(SupervisorMessage::Unwelcome(said));
    }
}

/// How long children may take to die when everything is started anew, or over.
const DYING: Duration = Duration::from_secs(5);
