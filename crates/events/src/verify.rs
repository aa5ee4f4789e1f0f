//! Checks a run of events, as they stand in a file or come from a stream, for the first that is not as it was sealed.
//!
//! Each event's hash is worked out anew from its JSON, and tied to the chain of the event before. Whoever alters an
//! event and its hash alters its chain, and with it every event after; so the last chain stands for the whole log.

use crate::digest::{Digest, canonical_of};
use crate::json::{self, Json, Object};
use crate::sealed::ADDED;

/// Checks events one after the other.
#[derive(Clone, Debug)]
pub struct Verifier {
    /// The chain so far, if it is known.
    chain: Option<Digest>,
    /// The last event's number.
    last: Option<u64>,
    checked: u64,
}

/// The first event that is not as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It is no envelope.
    #[error("event {sequence} cannot be read: {why}")]
    Unreadable {
        /// Its number, as far as that is known: the one that was expected; 0 at the very beginning.
        sequence: u64,
        /// What is wrong.
        why: String,
    },
    /// Its hash is not that of what it says.
    #[error("event {sequence} was altered: its hash is {told}, and what it says has the hash {found}")]
    Altered {
        /// Its number.
        sequence: u64,
        /// The hash that it carries.
        told: Digest,
        /// The hash of what it says.
        found: Digest,
    },
    /// A later one stands in its place.
    #[error("event {sequence} is missing: {found} stands in its place")]
    Missing {
        /// The first number that is not there.
        sequence: u64,
        /// The number found instead.
        found: u64,
    },
    /// It stands after one that comes after it, or twice.
    #[error("event {sequence} is out of order: it stands after event {after}")]
    Reordered {
        /// Its number.
        sequence: u64,
        /// The number before it.
        after: u64,
    },
    /// It is whole, and its number is right, but its chain is not that of what stands before it.
    #[error(
        "event {sequence} does not continue the chain: it, or one before it, was put in, taken out, moved or altered together with its hash"
    )]
    Unchained {
        /// Its number.
        sequence: u64,
    },
}

impl Broken {
    /// The number of the first event that is not as it was sealed.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        match self {
            Self::Unreadable { sequence, .. }
            | Self::Altered { sequence, .. }
            | Self::Missing { sequence, .. }
            | Self::Reordered { sequence, .. }
            | Self::Unchained { sequence } => *sequence,
        }
    }
}

/// What an envelope says of its own place.
struct Place {
    sequence: u64,
    hash: Digest,
    chain: Digest,
}

impl Verifier {
    /// Begins. `start` is the chain before the first event, if it is known; zero stands before the first event of a
    /// log that began so (one in memory does), which then has to have the number 1. A log on a disk begins with a
    /// value of its own. Without a start the first event's own chain is believed.
    #[must_use]
    pub fn new(start: Option<Digest>) -> Self {
        let last = start.filter(|start| *start == Digest::default()).map(|_| 0);
        Self { chain: start, last, checked: 0 }
    }

    /// Takes the next event's JSON. After an error nothing that follows can be trusted.
    ///
    /// # Errors
    /// `Broken` names the first event that is not as it was sealed.
    pub fn next(&mut self, line: &str) -> Result<(), Broken> {
        let expected = self.last.map_or(0, |last| last.saturating_add(1));
        let unreadable = |why: String| Broken::Unreadable { sequence: expected, why };
        let mut envelope = match json::read(line) {
            Ok(Json::Object(envelope)) => envelope,
            Ok(other) => return Err(unreadable(format!("found {}, and an object is wanted", other.shown()))),
            Err(flaw) => {
                return Err(unreadable(format!("{}: found {}, and {}", flaw.path, flaw.found, flaw.allowed)));
            }
        };
        let place = place(&envelope).map_err(unreadable)?;
        let sequence = place.sequence;
        if let Some(last) = self.last {
            if sequence <= last {
                return Err(Broken::Reordered { sequence, after: last });
            }
            if sequence > expected {
                return Err(Broken::Missing { sequence: expected, found: sequence });
            }
        }
        for name in ADDED {
            envelope.take(name);
        }
        let body = canonical_of(&Json::Object(envelope))
            .map_err(|error| Broken::Unreadable { sequence, why: error.to_string() })?;
        let found = Digest::of(body.as_bytes());
        if found != place.hash {
            return Err(Broken::Altered { sequence, told: place.hash, found });
        }
        if self.chain.is_some_and(|before| before.then(&found) != place.chain) {
            return Err(Broken::Unchained { sequence });
        }
        self.chain = Some(place.chain);
        self.last = Some(sequence);
        self.checked += 1;
        Ok(())
    }

    /// How many events were as they were sealed.
    #[must_use]
    pub fn checked(&self) -> u64 {
        self.checked
    }

    /// The chain up to the last of them, which stands for all of them.
    #[must_use]
    pub fn chain(&self) -> Option<Digest> {
        self.chain
    }

    /// The number of the last of them; 0 before the log's first.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.last
    }
}

fn place(envelope: &Object) -> Result<Place, String> {
    let digest = |name: &str| {
        let text = envelope.get(name).and_then(Json::as_text).unwrap_or_default();
        text.parse().map_err(|error| format!("{name}: found {:?}, and {error}", json::shown(text)))
    };
    let sequence = envelope.get("sequence").and_then(Json::as_integer);
    let sequence = sequence
        .and_then(|number| u64::try_from(number).ok())
        .ok_or("it has no sequence, and a number from 1 is wanted")?;
    Ok(Place { sequence, hash: digest("hash")?, chain: digest("chain")? })
}
