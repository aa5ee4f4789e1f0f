//! What time alone brings about: silence turns into absence, back-offs and pauses end, questions go unanswered for
//! too long, old jobs are forgotten.

use callsheet_model::{Author, Event, OfflineReason};

use super::disconnect_node::take_offline;
use super::{approval, lift_pause};
use crate::turn::Turn;

/// Jobs forgotten in one go, so that no batch grows without bound.
const FORGET_AT_ONCE: usize = 256;

pub(crate) fn pass_time(turn: &mut Turn<'_>) {
    // Whoever happened to call: time is nobody's doing.
    turn.comes_from(Author::SYSTEM);
    for node in turn.presence.overdue(turn.now, turn.policy) {
        take_offline(turn, &node, OfflineReason::HeartbeatLost);
    }
    turn.advance();
    approval::overdue(turn);
    lift_pause::expire(turn);
    // A setback is remembered for a while after its wait, for the next try to be counted with it.
    let (now, keep) = (turn.now, turn.policy.backoff_max);
    turn.presence.setbacks.retain(|_, setback| setback.not_before.plus(keep) > now);
    for _ in 0..FORGET_AT_ONCE {
        match turn.state().first_ended() {
            Some((at, job)) if at.plus(turn.policy.keep_finished) <= turn.now => {
                turn.emit(Event::JobForgotten { job });
            }
            _ => break,
        }
    }
}
