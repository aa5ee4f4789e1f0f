//! Pauses the cluster, a pool or a queue. Nothing is handed out there to be rendered; frames in hands go on, or are
//! called back, as the pause says. What is accepted is published all the same.
//!
//! A watcher says every few seconds that its pause goes on. Only once a minute is that worth an event; in between
//! the later end is kept in mind. A leader that starts gives every watcher that long to speak up again.

use callsheet_model::limits::MAX_PAUSES;
use callsheet_model::{Event, Pause, PauseEvent, PauseScope, PauseSource, ReleaseReason, Running};

use super::release;
use crate::presence::WATCHER_SLACK;
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn set_pause(turn: &mut Turn<'_>, pause: Pause) -> Result<(), Rejection> {
    if let Some(until) = pause.until.filter(|until| *until <= turn.now) {
        return Err(Rejection::PauseIsOver { until });
    }
    let known = turn.state().pauses().get(&pause.key);
    if known.is_none() && turn.state().pauses().len() >= MAX_PAUSES {
        return Err(Rejection::TooManyPauses { limit: MAX_PAUSES });
    }
    let is_news = known.is_none_or(|known| is_news(known, &pause));
    let calls_back =
        pause.running == Running::HandBack && known.is_none_or(|known| known.running != Running::HandBack);
    turn.presence.prolong(&pause);
    if is_news {
        let scope = pause.key.scope.clone();
        turn.emit(Event::Pause(PauseEvent::Paused(pause)));
        turn.stir_all();
        if calls_back {
            call_back(turn, &scope);
        }
    }
    Ok(())
}

/// Whether a pause says something that the one in force does not.
fn is_news(known: &Pause, new: &Pause) -> bool {
    if (&known.reason, known.running) != (&new.reason, new.running) {
        return true;
    }
    match (&new.key.source, known.until, new.until) {
        (PauseSource::Watcher(_), Some(known), Some(new)) => new < known || new >= known.plus(WATCHER_SLACK),
        (_, known, new) => known != new,
    }
}

/// Calls back every frame in the scope that is in someone's hands to be rendered. It is nobody's fault.
pub(super) fn call_back(turn: &mut Turn<'_>, scope: &PauseScope) {
    for token in turn.state().leases_in(scope) {
        if let Some(node) = turn.state().lease(token).map(|record| record.lease.node.clone()) {
            release::release(turn, token, ReleaseReason::Revoked);
            turn.revoke(&node, token, "rendering is paused");
        }
    }
}

/// What the last leader was calling back when it died.
pub(super) fn call_back_again(turn: &mut Turn<'_>) {
    let handing_back = turn.state().pauses().values().filter(|pause| pause.running == Running::HandBack);
    let scopes: Vec<PauseScope> = handing_back.map(|pause| pause.key.scope.clone()).collect();
    scopes.iter().for_each(|scope| call_back(turn, scope));
}
