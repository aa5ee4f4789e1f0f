//! Actors of nodes as they are stored, and what happened to them.

use callsheet_model::{Player, TroupeEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::scalar::{StoredNode, StoredUuid};

/// An actor in one of its lives.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredPlayer {
    instance: StoredUuid,
    role: String,
    name: String,
}

impl From<&Player> for StoredPlayer {
    fn from(live: &Player) -> Self {
        let Player { instance, role, name } = live.clone();
        Self { instance: StoredUuid(instance), role, name }
    }
}

impl From<StoredPlayer> for Player {
    fn from(stored: StoredPlayer) -> Self {
        let StoredPlayer { instance, role, name } = stored;
        Self { instance: instance.0, role, name }
    }
}

/// What happened to a node's actors.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredTroupe {
    Spawned {
        node: StoredNode,
        player: StoredPlayer,
    },
    StatusChanged {
        node: StoredNode,
        instance: StoredUuid,
        previous: String,
        status: String,
        reason: Option<String>,
    },
    Terminated {
        node: StoredNode,
        instance: StoredUuid,
        reason: String,
        status: String,
    },
}

impl From<&TroupeEvent> for StoredTroupe {
    fn from(live: &TroupeEvent) -> Self {
        use TroupeEvent as Live;
        match live.clone() {
            Live::Spawned { node, player } => {
                Self::Spawned { node: StoredNode(node), player: (&player).into() }
            }
            Live::StatusChanged { node, instance, previous, status, reason } => {
                let instance = StoredUuid(instance);
                Self::StatusChanged { node: StoredNode(node), instance, previous, status, reason }
            }
            Live::Terminated { node, instance, reason, status } => {
                Self::Terminated { node: StoredNode(node), instance: StoredUuid(instance), reason, status }
            }
        }
    }
}

impl From<StoredTroupe> for TroupeEvent {
    fn from(stored: StoredTroupe) -> Self {
        use StoredTroupe as Stored;
        match stored {
            Stored::Spawned { node, player } => Self::Spawned { node: node.0, player: player.into() },
            Stored::StatusChanged { node, instance, previous, status, reason } => {
                Self::StatusChanged { node: node.0, instance: instance.0, previous, status, reason }
            }
            Stored::Terminated { node, instance, reason, status } => {
                Self::Terminated { node: node.0, instance: instance.0, reason, status }
            }
        }
    }
}

/// An actor in an image, with how it is.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredPlayerImage {
    player: StoredPlayer,
    status: String,
}

impl StoredPlayerImage {
    pub(crate) fn of((player, status): &(Player, String)) -> Self {
        Self { player: player.into(), status: status.clone() }
    }

    /// With the key it stands under: the id of its life.
    pub(crate) fn live(self) -> (Uuid, (Player, String)) {
        let player = Player::from(self.player);
        (player.instance, (player, self.status))
    }
}
