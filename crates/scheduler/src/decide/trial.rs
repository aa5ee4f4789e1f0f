//! A node in quarantine is tried with one frame, once its time is up. A frame that nobody has failed on yet is the
//! better witness; a step is looked at by such a node only when nobody else can.

use callsheet_model::NodeName;

use super::dispatch::{self, LOOK_AT_MOST, Portion};
use super::preflight;
use crate::state::Place;
use crate::turn::Turn;

/// What a node with a free slot is to be tried with, if it is to be.
pub(super) fn canary(turn: &Turn<'_>, name: &NodeName) -> Option<Portion> {
    let node = turn.state().node(name)?;
    node.due_for_trial(turn.now).find_map(|renderer| {
        let mut places: Vec<Place> = dispatch::classes_for(turn.state(), node)
            .filter(|(_, class)| class.renderer == renderer)
            .flat_map(|(_, class)| class.ready.iter().take(LOOK_AT_MOST).copied())
            .collect();
        places.sort_unstable();
        let fresh = places.iter().find_map(|place| unsuspected(turn, *place));
        fresh.or_else(|| places.iter().find_map(|place| whatever(turn, name, *place)))
    })
}

/// A frame that nobody has failed on.
fn unsuspected(turn: &Turn<'_>, place: Place) -> Option<Portion> {
    let (spec, step) = turn.state().job(place.job)?.step(place.step)?;
    if preflight::is_wanted(turn.policy, spec, step) || step.waiting.is_empty() {
        return None;
    }
    Some(Portion::plain(place, step.waiting.peek_first(1)))
}

/// A frame that failed before, or a look at a step that nobody else can look at.
fn whatever(turn: &Turn<'_>, name: &NodeName, place: Place) -> Option<Portion> {
    let (spec, step) = turn.state().job(place.job)?.step(place.step)?;
    if preflight::is_wanted(turn.policy, spec, step) {
        let alone =
            !dispatch::is_someone_else_there(turn, step.class, &spec.renderer, &[name.clone()].into());
        return alone.then(|| dispatch::look(turn, name, place))?;
    }
    dispatch::troubled(turn, name, place, 1)
}
