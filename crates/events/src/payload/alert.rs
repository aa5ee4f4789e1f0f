//! Payloads of `alert.*`: what people are told, and whether it reached them.

use callsheet_model::{AlertEvent, AlertKind, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::{Large, Text};

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Payload<'a> {
    Noted {
        alive: Option<bool>,
        dead_letters: Large,
        worker: &'a str,
    },
    Raised {
        alert_id: Uuid,
        channels: &'a [String],
        count: Option<Large>,
        text: &'a str,
        what: &'static str,
        worker: &'a str,
    },
    Sending {
        alert_id: Uuid,
        attempt: u32,
        channel: &'a str,
    },
    Plain {
        alert_id: Uuid,
        channel: &'a str,
    },
    Failed {
        alert_id: Uuid,
        attempt: u32,
        channel: &'a str,
        error: &'a str,
        retry_at: Option<Text<Timestamp>>,
    },
}

pub(super) fn payload(event: &AlertEvent) -> Payload<'_> {
    match event {
        AlertEvent::Noted { worker, alive, dead_letters } => {
            Payload::Noted { alive: *alive, dead_letters: Large(*dead_letters), worker }
        }
        AlertEvent::Raised { alert, channels } => Payload::Raised {
            alert_id: alert.id,
            channels,
            count: match alert.what {
                AlertKind::DeadLetters(count) => Some(Large(count)),
                AlertKind::Down | AlertKind::Up => None,
            },
            text: &alert.text,
            what: alert.what.word(),
            worker: &alert.worker,
        },
        AlertEvent::Sending { alert, channel, attempt } => {
            Payload::Sending { alert_id: *alert, attempt: *attempt, channel }
        }
        AlertEvent::Sent { alert, channel } | AlertEvent::Unconfirmed { alert, channel } => {
            Payload::Plain { alert_id: *alert, channel }
        }
        AlertEvent::Failed { alert, channel, attempt, error, retry_at } => Payload::Failed {
            alert_id: *alert,
            attempt: *attempt,
            channel,
            error,
            retry_at: retry_at.map(Text),
        },
    }
}
