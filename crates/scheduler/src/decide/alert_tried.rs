//! What came of sending an alert over a channel. One that the channel has taken, that is given up, or of which nobody
//! knows, is settled there.

use callsheet_model::{AlertEvent, Event};
use uuid::Uuid;

use crate::command::AlertOutcome;
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn alert_tried(
    turn: &mut Turn<'_>,
    alert: Uuid,
    channel: String,
    outcome: AlertOutcome,
) -> Result<(), Rejection> {
    let delivery = turn.state().book().delivery(alert, &channel);
    let Some(delivery) = delivery else { return Err(Rejection::UnknownAlert { alert, channel }) };
    // One that was never begun can still be given up: its channel may be gone from the config.
    let gives_up = matches!(outcome, AlertOutcome::Failed { retry_at: None, .. });
    if !delivery.sending && !gives_up {
        return Err(Rejection::AlertNotSending { alert, channel });
    }
    let attempt = delivery.attempts;
    turn.emit(Event::Alert(match outcome {
        AlertOutcome::Sent => AlertEvent::Sent { alert, channel },
        AlertOutcome::Failed { error, retry_at } => {
            AlertEvent::Failed { alert, channel, attempt, error, retry_at }
        }
        AlertOutcome::Unconfirmed => AlertEvent::Unconfirmed { alert, channel },
    }));
    Ok(())
}
