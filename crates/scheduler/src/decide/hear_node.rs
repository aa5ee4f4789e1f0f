//! A sign of life. A heartbeat also says what the node holds, which heals every message that was lost on the
//! way in either direction.

use callsheet_model::{NodeName, SessionId};

use super::connect_node;
use crate::command::Holding;
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn hear_node(
    turn: &mut Turn<'_>,
    node: &NodeName,
    session: SessionId,
    holding: Option<&Holding>,
) -> Result<(), Rejection> {
    let now = turn.now;
    match turn.presence.get_mut(node) {
        Some(here) if here.session == Some(session) => here.hear(now),
        _ => return Err(Rejection::StaleSession { node: node.clone() }),
    }
    if let Some(holding) = holding {
        connect_node::reconcile(turn, node, &holding.tokens, Some(holding.last_offered));
    }
    Ok(())
}
