//! A node's template cache changed: remembered for people and for contracts. Nothing is decided by it.

use callsheet_model::Event;
use callsheet_model::signal::CacheUpdate;

use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn note_cache(turn: &mut Turn<'_>, update: CacheUpdate) -> Result<(), Rejection> {
    if turn.state().node(&update.node).is_none() {
        return Err(Rejection::UnknownNode { node: update.node });
    }
    turn.emit(Event::CacheUpdated { update });
    Ok(())
}
