//! An event's place in the log: its number, its moment, and whom it comes from.

use uuid::Uuid;

use crate::author::Author;
use crate::event::Event;
use crate::time::Timestamp;

/// An event in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// Its number in the log, from 1, without gaps. A stream's cursor is this number.
    pub sequence: u64,
    /// When it happened, by the leader's clock; of an event from outside, when it was taken in.
    pub at: Timestamp,
    /// Whom it comes from and what it belongs to.
    pub context: Context,
    /// What happened.
    pub event: Event,
}

/// What an event belongs to, beside what it says itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Context {
    /// The project.
    pub project: Option<Uuid>,
    /// Who triggered it.
    pub author: Author,
}
