//! Couriers: how events get to each kind of target. A courier delivers once and says what came of it; when to try
//! again, and what to remember, is decided by whoever sends it ([`crate::target`]).

mod amqp;
mod nats;
pub(crate) mod webhook;

use std::sync::Arc;
use std::time::Duration;

use callsheet_events::Sealed;
use callsheet_leader::DeadLetter;
use callsheet_model::Timestamp;
use uuid::Uuid;

pub(crate) use amqp::Amqp;
pub(crate) use nats::Nats;
pub(crate) use webhook::Webhook;

use crate::backoff::Backoff;

/// An event on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parcel {
    pub(crate) sequence: u64,
    /// Its message id: who gets a parcel twice knows it by that.
    pub(crate) id: Uuid,
    pub(crate) kind: Arc<str>,
    /// When it happened, or was given up.
    pub(crate) at: Timestamp,
    pub(crate) json: Arc<str>,
}

impl From<&Sealed> for Parcel {
    fn from(event: &Sealed) -> Self {
        let envelope = &event.envelope;
        Self {
            sequence: envelope.sequence,
            id: event.id,
            kind: envelope.event.kind().into(),
            at: envelope.at,
            json: event.json.clone(),
        }
    }
}

impl From<&DeadLetter> for Parcel {
    fn from(letter: &DeadLetter) -> Self {
        let kind = letter.kind.as_str().into();
        Self { sequence: letter.sequence, id: letter.id, kind, at: letter.at, json: letter.json.clone() }
    }
}

/// What came of a delivery: the first so many parcels are confirmed, and what was wrong with the one after them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Delivered {
    pub(crate) taken: usize,
    pub(crate) trouble: Option<Trouble>,
}

/// Why a parcel was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It may be taken another time; not before `wait`, if the target says so.
    Failed { why: String, wait: Option<Duration> },
    /// It will never be taken.
    Refused { why: String },
}

impl Delivered {
    pub(crate) fn all(taken: usize) -> Self {
        Self { taken, trouble: None }
    }

    pub(crate) fn failed(taken: usize, why: impl Into<String>) -> Self {
        Self { taken, trouble: Some(Trouble::Failed { why: why.into(), wait: None }) }
    }

    pub(crate) fn refused(taken: usize, why: impl Into<String>) -> Self {
        Self { taken, trouble: Some(Trouble::Refused { why: why.into() }) }
    }
}

/// One of them, with its connection. Every call may be dropped half-way: what is not confirmed is sent again.
pub(crate) enum Courier {
    Webhook(Webhook),
    Nats(Nats),
    Amqp(Amqp),
}

impl Courier {
    /// Connects, if there is something to connect to and it is not connected.
    ///
    /// # Errors
    /// Why it cannot, for people.
    pub(crate) async fn connect(&mut self) -> Result<(), String> {
        match self {
            Self::Webhook(_) => Ok(()),
            Self::Nats(nats) => nats.connect().await,
            Self::Amqp(amqp) => amqp.connect().await,
        }
    }

    /// Delivers the first of these parcels, in order. `tries` is how often the very first of them has failed.
    pub(crate) async fn deliver(&mut self, parcels: &[Parcel], tries: u32) -> Delivered {
        match self {
            Self::Webhook(webhook) => webhook.deliver(parcels, tries).await,
            Self::Nats(nats) => nats.deliver(parcels).await,
            Self::Amqp(amqp) => amqp.deliver(parcels).await,
        }
    }
}

/// What is asked of a target's patience.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) backoff: Backoff,
    /// Tries of one event before it goes to the dead letters; none: until it is taken.
    pub(crate) attempts: Option<u32>,
}

impl Patience {
    /// A broker's: it takes everything sooner or later.
    pub(crate) const BROKER: Self = Self {
        backoff: Backoff { first: Duration::from_millis(200), longest: Duration::from_secs(15) },
        attempts: None,
    };
}
