//! The troupe: the supervised actors of a node, as other services see them: agents that are spawned, change and
//! end.

use uuid::Uuid;

use crate::id::NodeName;

/// An actor of a node, in one of its lives: a restarted one is another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Player {
    /// This life's id, chosen by the node.
    pub instance: Uuid,
    /// What it is, in one word: `supervisor`, `agent`, `ae_process`, `cache`, `heartbeat`, `leader_link`.
    pub role: String,
    /// Its name on its node, such as `ae_process/2`.
    pub name: String,
}

/// The UUID of a role, the same on every machine.
#[must_use]
pub fn role_uuid(role: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("callsheet/role/{role}").as_bytes())
}

/// What a node says of its actors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayerChange {
    /// It began to work.
    Spawned(Player),
    /// It changed.
    Status {
        /// Which.
        instance: Uuid,
        /// What it is now: `running`, `busy`, `idle`, `restarting`.
        status: String,
        /// Why.
        reason: Option<String>,
    },
    /// It ended.
    Ended {
        /// Which.
        instance: Uuid,
        /// Why.
        reason: String,
        /// What it was when it ended: `stopped` or `failed`.
        status: String,
    },
}

/// What happened to a node's actors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TroupeEvent {
    /// One began to work.
    Spawned {
        /// Where.
        node: NodeName,
        /// Which.
        player: Player,
    },
    /// One changed.
    StatusChanged {
        /// Where.
        node: NodeName,
        /// Which.
        instance: Uuid,
        /// What it was.
        previous: String,
        /// What it is now.
        status: String,
        /// Why.
        reason: Option<String>,
    },
    /// One ended.
    Terminated {
        /// Where.
        node: NodeName,
        /// Which.
        instance: Uuid,
        /// Why.
        reason: String,
        /// What it was when it ended.
        status: String,
    },
}

impl TroupeEvent {
    /// The event's type.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Spawned { .. } => "agent.spawned",
            Self::StatusChanged { .. } => "agent.status_changed",
            Self::Terminated { .. } => "agent.terminated",
        }
    }

    /// The node it is about.
    #[must_use]
    pub fn node(&self) -> &NodeName {
        match self {
            Self::Spawned { node, .. } | Self::StatusChanged { node, .. } | Self::Terminated { node, .. } => {
                node
            }
        }
    }

    /// The actor's life it is about.
    #[must_use]
    pub fn instance(&self) -> Uuid {
        match self {
            Self::Spawned { player, .. } => player.instance,
            Self::StatusChanged { instance, .. } | Self::Terminated { instance, .. } => *instance,
        }
    }
}
