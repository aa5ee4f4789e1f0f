//! Alerts as they are stored: on their way, what people were told, and what happened.

use callsheet_model::image::{AlertImage, DeliveryImage, ToldImage};
use callsheet_model::{Alert, AlertEvent, AlertKind, Timestamp};
use serde::{Deserialize, Serialize};

use super::scalar::StoredUuid;

/// Something that a person is to be told.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredAlert {
    id: StoredUuid,
    worker: String,
    what: StoredWhat,
    text: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredWhat {
    Down,
    Up,
    DeadLetters(u64),
}

impl From<&Alert> for StoredAlert {
    fn from(live: &Alert) -> Self {
        let Alert { id, worker, what, text } = live.clone();
        let what = match what {
            AlertKind::Down => StoredWhat::Down,
            AlertKind::Up => StoredWhat::Up,
            AlertKind::DeadLetters(count) => StoredWhat::DeadLetters(count),
        };
        Self { id: StoredUuid(id), worker, what, text }
    }
}

impl From<StoredAlert> for Alert {
    fn from(stored: StoredAlert) -> Self {
        let StoredAlert { id, worker, what, text } = stored;
        let what = match what {
            StoredWhat::Down => AlertKind::Down,
            StoredWhat::Up => AlertKind::Up,
            StoredWhat::DeadLetters(count) => AlertKind::DeadLetters(count),
        };
        Self { id: id.0, worker, what, text }
    }
}

/// What happened to alerts.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredAlertEvent {
    Noted { worker: String, alive: Option<bool>, dead_letters: u64 },
    Raised { alert: StoredAlert, channels: Vec<String> },
    Sending { alert: StoredUuid, channel: String, attempt: u32 },
    Sent { alert: StoredUuid, channel: String },
    Failed { alert: StoredUuid, channel: String, attempt: u32, error: String, retry_ms: Option<u64> },
    Unconfirmed { alert: StoredUuid, channel: String },
}

impl From<&AlertEvent> for StoredAlertEvent {
    fn from(live: &AlertEvent) -> Self {
        use AlertEvent as Live;
        match live.clone() {
            Live::Noted { worker, alive, dead_letters } => Self::Noted { worker, alive, dead_letters },
            Live::Raised { alert, channels } => Self::Raised { alert: (&alert).into(), channels },
            Live::Sending { alert, channel, attempt } => {
                Self::Sending { alert: StoredUuid(alert), channel, attempt }
            }
            Live::Sent { alert, channel } => Self::Sent { alert: StoredUuid(alert), channel },
            Live::Failed { alert, channel, attempt, error, retry_at } => {
                let retry_ms = retry_at.map(|at| at.0);
                Self::Failed { alert: StoredUuid(alert), channel, attempt, error, retry_ms }
            }
            Live::Unconfirmed { alert, channel } => Self::Unconfirmed { alert: StoredUuid(alert), channel },
        }
    }
}

impl From<StoredAlertEvent> for AlertEvent {
    fn from(stored: StoredAlertEvent) -> Self {
        use StoredAlertEvent as Stored;
        match stored {
            Stored::Noted { worker, alive, dead_letters } => Self::Noted { worker, alive, dead_letters },
            Stored::Raised { alert, channels } => Self::Raised { alert: alert.into(), channels },
            Stored::Sending { alert, channel, attempt } => Self::Sending { alert: alert.0, channel, attempt },
            Stored::Sent { alert, channel } => Self::Sent { alert: alert.0, channel },
            Stored::Failed { alert, channel, attempt, error, retry_ms } => {
                Self::Failed { alert: alert.0, channel, attempt, error, retry_at: retry_ms.map(Timestamp) }
            }
            Stored::Unconfirmed { alert, channel } => Self::Unconfirmed { alert: alert.0, channel },
        }
    }
}

/// What people were last told of a worker.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredTold {
    worker: String,
    alive: Option<bool>,
    dead_letters: u64,
}

impl StoredTold {
    pub(crate) fn of(worker: &str, live: &ToldImage) -> Self {
        let ToldImage { alive, dead_letters } = *live;
        Self { worker: worker.to_owned(), alive, dead_letters }
    }

    pub(crate) fn live(self) -> (String, ToldImage) {
        let Self { worker, alive, dead_letters } = self;
        (worker, ToldImage { alive, dead_letters })
    }
}

/// An alert on its way.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredAlertImage {
    alert: StoredAlert,
    raised_ms: u64,
    waiting: Vec<StoredDelivery>,
}

#[derive(Serialize, Deserialize)]
struct StoredDelivery {
    channel: String,
    attempts: u32,
    sending: bool,
    not_before_ms: u64,
}

impl From<&AlertImage> for StoredAlertImage {
    fn from(live: &AlertImage) -> Self {
        let delivery = |(channel, live): (&String, &DeliveryImage)| StoredDelivery {
            channel: channel.clone(),
            attempts: live.attempts,
            sending: live.sending,
            not_before_ms: live.not_before.0,
        };
        let waiting = live.waiting.iter().map(delivery).collect();
        Self { alert: (&live.alert).into(), raised_ms: live.raised_at.0, waiting }
    }
}

impl From<StoredAlertImage> for AlertImage {
    fn from(stored: StoredAlertImage) -> Self {
        let delivery = |stored: StoredDelivery| {
            let StoredDelivery { channel, attempts, sending, not_before_ms } = stored;
            (channel, DeliveryImage { attempts, sending, not_before: Timestamp(not_before_ms) })
        };
        Self {
            alert: stored.alert.into(),
            raised_at: Timestamp(stored.raised_ms),
            waiting: stored.waiting.into_iter().map(delivery).collect(),
        }
    }
}
