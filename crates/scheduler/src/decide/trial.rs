//! A node in quarantine is tried with one frame, once its time is up. A frame that nobody has failed on yet is the
//! better witness, best of a step that nobody has anything against; a step is looked at by such a node only when
//! nobody else can.

use callsheet_model::NodeName;

use super::dispatch::{self, LOOK_AT_MOST, Portion};
use super::preflight;
use crate::state::{ClassId, Place, StepRecord};
use crate::turn::Turn;

/// What a node with a free slot is to be tried with, if it is to be.
pub(super) fn canary(turn: &mut Turn<'_>, name: &NodeName) -> Option<Portion> {
    let due: Vec<String> = turn.state().node(name)?.due_for_trial(turn.now).map(str::to_owned).collect();
    due.into_iter().find_map(|renderer| {
        let node = turn.state().node(name)?;
        let mut places: Vec<(Place, ClassId)> = dispatch::classes_for(turn.state(), node)
            .filter(|(_, class)| class.renderer == renderer)
            .flat_map(|(id, class)| class.ready.iter().take(LOOK_AT_MOST).map(move |place| (*place, id)))
            .collect();
        places.sort_unstable();
        let is_accused = |place: &Place| {
            let job = turn.state().job(place.job);
            job.and_then(|job| job.steps.get(place.step.at())).is_none_or(StepRecord::is_accused)
        };
        let (poor, good): (Vec<Place>, Vec<Place>) =
            places.iter().map(|(place, _)| *place).partition(is_accused);
        let fresh = good.into_iter().chain(poor).find_map(|place| unsuspected(turn, place));
        fresh.or_else(|| places.iter().find_map(|(place, class)| whatever(turn, name, *place, *class)))
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
fn whatever(turn: &mut Turn<'_>, name: &NodeName, place: Place, class: ClassId) -> Option<Portion> {
    // It does not count itself: it is not trusted.
    let is_alone = turn.crew(class).slots == 0;
    let (spec, step) = turn.state().job(place.job)?.step(place.step)?;
    if preflight::is_wanted(turn.policy, spec, step) {
        return is_alone.then(|| dispatch::look(turn, name, place))?;
    }
    dispatch::troubled(turn, name, place, 1)
}
