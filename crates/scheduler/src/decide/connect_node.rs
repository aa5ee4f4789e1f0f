//! A node said hello. Leases that are still its own are taken back with all their work; the others are called
//! back, so that nobody renders what is in other hands.

use std::collections::BTreeSet;

use callsheet_model::limits::MAX_SLOTS;
use callsheet_model::trust::Quarantine;
use callsheet_model::{Arrival, Capabilities, ClearedBy, Event, NodeName, ReleaseReason, SessionId, Token};

use super::{end_job, quarantine, release};
use crate::turn::Turn;

pub(super) fn connect_node(
    turn: &mut Turn<'_>,
    node: &NodeName,
    session: SessionId,
    (mut capabilities, arrival): (Capabilities, Box<Arrival>),
    held: &BTreeSet<Token>,
) {
    capabilities.slots = capabilities.slots.min(MAX_SLOTS);
    if let Some(older) = turn.presence.session(node).filter(|older| *older != session) {
        turn.end_session(node, older);
    }
    end_job::doubt_sweeps_of(turn, node);
    turn.presence.connected(node, session, turn.now);
    let known = turn.state().node(node);
    let same = known.is_some_and(|known| known.offline.is_none() && known.capabilities == capabilities);
    let drained = known.is_some_and(|known| known.drained);
    let renewed = renewed(turn, node, &capabilities);
    if !same {
        turn.emit(Event::NodeOnline { node: node.clone(), capabilities, arrival });
    }
    for renderer in renewed {
        quarantine::clear(turn, node, renderer, ClearedBy::Renewal);
    }
    turn.stir_all();
    if drained {
        turn.tell_drained(node, true);
    }
    reconcile(turn, node, held, None);
    end_job::sweep_unswept(turn);
}

/// Renderers that the node was in quarantine for, in other versions than it has now.
fn renewed(turn: &Turn<'_>, node: &NodeName, capabilities: &Capabilities) -> Vec<String> {
    let Some(known) = turn.state().node(node) else { return Vec::new() };
    let other = |(renderer, held): (&String, &Quarantine)| {
        let now = capabilities.renderers.get(renderer)?;
        (*now != held.versions).then(|| renderer.clone())
    };
    known.quarantines.iter().filter_map(other).collect()
}

/// Makes what a node holds and what it is believed to hold the same. Leases above `seen` may still be on their
/// way to it.
pub(super) fn reconcile(turn: &mut Turn<'_>, node: &NodeName, held: &BTreeSet<Token>, seen: Option<Token>) {
    let on_its_way = |token: Token| seen.is_some_and(|seen| token > seen);
    if let Some(here) = turn.presence.get_mut(node) {
        let before = here.finishing.len();
        here.finishing.retain(|token| held.contains(token) || on_its_way(*token));
        if here.finishing.len() < before {
            turn.stir(node);
        }
    }
    let own: Vec<Token> =
        turn.state().node(node).map(|node| node.leases.iter().copied().collect()).unwrap_or_default();
    for token in own {
        if held.contains(&token) {
            take_back(turn, node, token);
        } else if !on_its_way(token) {
            release::release(turn, token, ReleaseReason::Unknown);
        }
    }
    for token in held {
        let finishing = turn.presence.get(node).is_some_and(|here| here.finishing.contains(token));
        let own = turn.state().lease(*token).is_some_and(|record| record.lease.node == *node);
        if !own && !finishing {
            turn.revoke(node, *token, "the lease is not in force any more");
        }
    }
}

/// The node still holds the lease. A lost confirmation is said again.
fn take_back(turn: &mut Turn<'_>, node: &NodeName, token: Token) {
    let Some(record) = turn.state().lease(token) else { return };
    if record.remaining.is_empty() && record.unpublished.is_empty() {
        release::release(turn, token, ReleaseReason::Completed);
        turn.close(node, token);
        return;
    }
    if record.files_of() == token {
        let frames = record.unpublished.clone();
        turn.confirm(node, token, frames);
    }
}
