//! Gives a node no more work, or work again. What it has in hands it finishes.

use callsheet_model::{Event, NodeName};

use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn drain_node(turn: &mut Turn<'_>, node: &NodeName, drained: bool) -> Result<(), Rejection> {
    let known = turn.state().node(node).ok_or_else(|| Rejection::UnknownNode { node: node.clone() })?;
    if known.drained == drained {
        return Ok(());
    }
    let node = node.clone();
    turn.emit(if drained {
        Event::NodeDrained { node: node.clone() }
    } else {
        Event::NodeUndrained { node: node.clone() }
    });
    turn.stir_all();
    turn.tell_drained(&node, drained);
    Ok(())
}
