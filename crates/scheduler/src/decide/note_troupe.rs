//! A node says how its actors are. What is known already is not told again; an actor that was never said to be
//! spawned is not believed in.

use std::collections::BTreeSet;

use callsheet_model::limits::MAX_PLAYERS;
use callsheet_model::{Event, NodeName, PlayerChange, SessionId, TroupeEvent};
use uuid::Uuid;

use crate::rejection::Rejection;
use crate::turn::Turn;

/// What an actor was when it ended, when nobody has said: in peace, or not.
const STOPPED: &str = "stopped";
const FAILED: &str = "failed";

pub(super) fn note_troupe(
    turn: &mut Turn<'_>,
    node: &NodeName,
    session: SessionId,
    changes: Vec<PlayerChange>,
    whole: bool,
) -> Result<(), Rejection> {
    if turn.presence.session(node) != Some(session) {
        return Err(Rejection::StaleSession { node: node.clone() });
    }
    let Some(known) = turn.state().node(node) else {
        return Err(Rejection::UnknownNode { node: node.clone() });
    };
    let spawned: BTreeSet<Uuid> = changes.iter().filter_map(spawned).collect();
    let new = spawned.iter().filter(|instance| !known.players.contains_key(instance)).count();
    let kept = if whole { spawned.len() - new } else { known.players.len() };
    if kept + new > MAX_PLAYERS {
        return Err(Rejection::TooManyPlayers { node: node.clone(), limit: MAX_PLAYERS });
    }
    if whole {
        let gone = known.players.keys().filter(|instance| !spawned.contains(instance));
        let gone: Vec<Uuid> = gone.copied().collect();
        gone.into_iter().for_each(|instance| ended(turn, node, instance, "replaced", STOPPED));
    }
    changes.into_iter().for_each(|change| note(turn, node, change));
    Ok(())
}

fn spawned(change: &PlayerChange) -> Option<Uuid> {
    match change {
        PlayerChange::Spawned(player) => Some(player.instance),
        PlayerChange::Status { .. } | PlayerChange::Ended { .. } => None,
    }
}

fn note(turn: &mut Turn<'_>, node: &NodeName, change: PlayerChange) {
    let known = |turn: &Turn<'_>, instance| Some(turn.state().node(node)?.players.get(&instance)?.1.clone());
    match change {
        PlayerChange::Spawned(player) => {
            if known(turn, player.instance).is_none() {
                turn.emit(Event::Troupe(TroupeEvent::Spawned { node: node.clone(), player }));
            }
        }
        PlayerChange::Status { instance, status, reason } => {
            let Some(previous) = known(turn, instance).filter(|previous| *previous != status) else { return };
            let node = node.clone();
            let change = TroupeEvent::StatusChanged { node, instance, previous, status, reason };
            turn.emit(Event::Troupe(change));
        }
        PlayerChange::Ended { instance, reason, status } => {
            if known(turn, instance).is_some() {
                ended(turn, node, instance, &reason, &status);
            }
        }
    }
}

fn ended(turn: &mut Turn<'_>, node: &NodeName, instance: Uuid, reason: &str, status: &str) {
    turn.emit(Event::Troupe(TroupeEvent::Terminated {
        node: node.clone(),
        instance,
        reason: reason.to_owned(),
        status: status.to_owned(),
    }));
}

/// The node is gone, and its actors with it.
pub(super) fn dismiss(turn: &mut Turn<'_>, node: &NodeName, in_peace: bool) {
    let Some(known) = turn.state().node(node) else { return };
    let all: Vec<Uuid> = known.players.keys().copied().collect();
    let status = if in_peace { STOPPED } else { FAILED };
    all.into_iter().for_each(|instance| ended(turn, node, instance, "the node is gone", status));
}
