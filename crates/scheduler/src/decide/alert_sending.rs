//! An alert is about to leave over a channel. That is durable before it does: should the leader die in between,
//! nobody sends it again without a thought.

use callsheet_model::{AlertEvent, Event};
use uuid::Uuid;

use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn alert_sending(turn: &mut Turn<'_>, alert: Uuid, channel: String) -> Result<(), Rejection> {
    let delivery = turn.state().book().delivery(alert, &channel);
    let Some(delivery) = delivery else { return Err(Rejection::UnknownAlert { alert, channel }) };
    if delivery.sending {
        return Err(Rejection::AlertBeingSent { alert, channel });
    }
    let attempt = delivery.attempts.saturating_add(1);
    turn.emit(Event::Alert(AlertEvent::Sending { alert, channel, attempt }));
    Ok(())
}
