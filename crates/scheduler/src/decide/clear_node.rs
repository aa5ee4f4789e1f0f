//! Trusts a node again because a person says so. One that is trusted already stays so.

use callsheet_model::{ClearedBy, NodeName};

use super::quarantine;
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn clear_node(
    turn: &mut Turn<'_>,
    node: &NodeName,
    renderer: Option<&str>,
) -> Result<(), Rejection> {
    let known = turn.state().node(node).ok_or_else(|| Rejection::UnknownNode { node: node.clone() })?;
    let wanted = |name: &&String| renderer.is_none_or(|renderer| renderer == name.as_str());
    let renderers: Vec<String> = known.quarantines.keys().filter(wanted).cloned().collect();
    for renderer in renderers {
        quarantine::clear(turn, node, renderer, ClearedBy::Person);
    }
    Ok(())
}
