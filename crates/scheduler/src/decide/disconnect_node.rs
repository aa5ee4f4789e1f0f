//! A node's stream broke, or it said goodbye. After a break it has the reconnect grace to come back with its
//! leases; a goodbye is meant.

use callsheet_model::{Event, NodeName, OfflineReason, ReleaseReason, SessionId, Token};

use super::{note_troupe, release};
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
                turn.presence.broken(node, turn.now);
                turn.stir_all();
            }
        }
    }
    Ok(())
}

/// The node is gone: its frames go elsewhere. One that only fell silent is told so, should it wake up again.
pub(super) fn take_offline(turn: &mut Turn<'_>, node: &NodeName, reason: OfflineReason) {
    let leases: Vec<Token> =
        turn.state().node(node).map(|node| node.leases.iter().copied().collect()).unwrap_or_default();
    turn.emit(Event::NodeOffline { node: node.clone(), reason });
    for token in leases {
        if reason == OfflineReason::HeartbeatLost {
            turn.revoke(node, token, "the node was taken for lost");
        }
        release::release(turn, token, ReleaseReason::NodeLost);
    }
    note_troupe::dismiss(turn, node, reason != OfflineReason::HeartbeatLost);
    turn.presence.gone(node);
    turn.stir_all();
}
