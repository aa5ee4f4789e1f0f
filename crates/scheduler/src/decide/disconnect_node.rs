//! A node's stream broke, or it said goodbye. After a break it has the reconnect grace to come back with its
//! leases; a goodbye is meant.

use callsheet_model::{Event, JobId, NodeName, OfflineReason, ReleaseReason, SessionId, Token};

use super::{end_job, note_troupe, release};
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn disconnect_node(
    turn: &mut Turn<'_>,
    node: &NodeName,
    session: SessionId,
    goodbye: Option<OfflineReason>,
) -> Result<(), Rejection> {
    if turn.state().node(node).is_none() {
        return Err(Rejection::UnknownNode { node: node.clone() });
    }
    // A break of a session that a newer one has replaced is no news.
    if turn.presence.session(node) == Some(session) {
        match goodbye {
            Some(reason) => take_offline(turn, node, reason),
            None => {
                end_job::doubt_sweeps_of(turn, node);
                turn.presence.broken(node, turn.now);
                turn.stir_all();
                end_job::sweep_unswept(turn);
            }
        }
    }
    Ok(())
}

/// The node is gone: its frames go elsewhere. One that only fell silent is told so, should it wake up again.
pub(super) fn take_offline(turn: &mut Turn<'_>, node: &NodeName, reason: OfflineReason) {
    let leases: Vec<Token> =
        turn.state().node(node).map(|node| node.leases.iter().copied().collect()).unwrap_or_default();
    let last_heard = turn.presence.get(node).and_then(|here| here.heard);
    let job = work_in_hand(turn, &leases);
    turn.emit(Event::NodeOffline { node: node.clone(), reason, last_heard, job });
    for token in leases {
        if reason == OfflineReason::HeartbeatLost {
            turn.revoke(node, token, "the node was taken for lost");
        }
        // Upholds every_lease_ends: none outlives its owner.
        release::release(turn, token, ReleaseReason::NodeLost);
    }
    note_troupe::dismiss(turn, node, reason != OfflineReason::HeartbeatLost);
    end_job::doubt_sweeps_of(turn, node);
    turn.presence.gone(node);
    turn.stir_all();
    end_job::sweep_unswept(turn);
}

/// The job whose frames a node has in hand: of its oldest lease, and one with nothing left but to publish counts
/// only when there is no other.
fn work_in_hand(turn: &Turn<'_>, leases: &[Token]) -> Option<JobId> {
    let records = leases.iter().filter_map(|token| turn.state().lease(*token));
    let first = records.min_by_key(|record| (record.remaining.is_empty(), record.lease.token))?;
    Some(first.lease.job)
}
