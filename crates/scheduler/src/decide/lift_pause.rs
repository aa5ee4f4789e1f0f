//! Ends a pause, because someone says so or its time is up. One that is not there is no mistake: whoever lifts it has
//! what they want.

use callsheet_model::{Event, Pause, PauseEvent, PauseKey};

use crate::turn::Turn;

pub(super) fn lift_pause(turn: &mut Turn<'_>, key: PauseKey, expired: bool) {
    if turn.state().pauses().contains_key(&key) {
        turn.presence.prolonged.remove(&key);
        turn.emit(Event::Pause(PauseEvent::Resumed { key, expired }));
        turn.stir_all();
    }
}

/// Ends the pauses whose time is up.
pub(super) fn expire(turn: &mut Turn<'_>) {
    let now = turn.now;
    let is_over = |pause: &&Pause| turn.presence.pause_end(pause).is_some_and(|end| end <= now);
    let over: Vec<PauseKey> =
        turn.state().pauses().values().filter(is_over).map(|pause| pause.key.clone()).collect();
    over.into_iter().for_each(|key| lift_pause(turn, key, true));
}
