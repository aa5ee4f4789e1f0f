//! Alerts: what a person is told when a worker comes, goes, or leaves dead letters. The rules of when are the
//! scheduler's, since what was told is durable; the words and the sending are not here.
//!
//! ```text
//!   raised ──► for each channel:  sending ──► sent
//!                                   │  ▲
//!                                   ▼  │ after a back-off
//!                                  failed ──► given up
//!                                   (cut off in between: unconfirmed, and not sent again)
//! ```

use uuid::Uuid;

use crate::time::Timestamp;

/// What the monitor sees of a worker or a node at one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Its name.
    pub worker: String,
    /// Whether it gives signs of life; `None`: it is expected, and may still be about to show up for the first
    /// time, so nothing is said of it.
    pub alive: Option<bool>,
    /// How long its last sign of life is ago, in seconds, if there was one.
    pub last_beat_age_s: Option<u64>,
    /// Its dead letters.
    pub dead_letters: u64,
    /// It should be there: the config says so, or it is a node that this leader has had. The first look at any other
    /// tells nothing, whatever is seen.
    pub expected: bool,
}

/// Something that a person is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its id; channels that can tell repeats apart are given it.
    pub id: Uuid,
    /// The worker or node it is about.
    pub worker: String,
    /// What happened.
    pub what: AlertKind,
    /// The whole message, as it is sent.
    pub text: String,
}

/// What happened to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertKind {
    /// It gives no sign of life any more, or has not shown up.
    Down,
    /// It is back.
    Up,
    /// It has dead letters, and not as many as were told last.
    DeadLetters(u64),
}

impl AlertKind {
    /// The word for it, everywhere.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Up => "up",
            Self::DeadLetters(_) => "dead_letters",
        }
    }
}

/// The UUID of the alert of this kind, about this worker, that is raised as the log's event `sequence`.
#[must_use]
pub fn alert_uuid(worker: &str, what: AlertKind, sequence: u64) -> Uuid {
    let name = format!("callsheet/alert/{}/{sequence}/{worker}", what.word());
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

/// What happened to alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertEvent {
    /// A worker's situation was noted without telling anyone: the first look at it, or dead letters that went.
    Noted {
        /// Which.
        worker: String,
        /// As last seen or told.
        alive: Option<bool>,
        /// As last told.
        dead_letters: u64,
    },
    /// Someone is to be told, over these channels.
    Raised {
        /// What.
        alert: Alert,
        /// Names of channels in the config.
        channels: Vec<String>,
    },
    /// It is about to leave over a channel.
    Sending {
        /// Which.
        alert: Uuid,
        /// Over which.
        channel: String,
        /// The how manieth try, from 1.
        attempt: u32,
    },
    /// The channel has taken it.
    Sent {
        /// Which.
        alert: Uuid,
        /// Over which.
        channel: String,
    },
    /// The channel has not taken it.
    Failed {
        /// Which.
        alert: Uuid,
        /// Over which.
        channel: String,
        /// The how manieth try.
        attempt: u32,
        /// What went wrong.
        error: String,
        /// When it is tried again; never, when it is given up.
        retry_at: Option<Timestamp>,
    },
    /// The leader died while it was being sent. Nobody knows whether it arrived, and it is not sent again.
    Unconfirmed {
        /// Which.
        alert: Uuid,
        /// Over which.
        channel: String,
    },
}

impl AlertEvent {
    /// The event's type.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Noted { .. } => "alert.noted",
            Self::Raised { .. } => "alert.raised",
            Self::Sending { .. } => "alert.sending",
            Self::Sent { .. } => "alert.sent",
            Self::Failed { .. } => "alert.failed",
            Self::Unconfirmed { .. } => "alert.unconfirmed",
        }
    }
}
