//! Events of other services, taken in through the ingest door. They are kept and streamed as they are; nothing
//! here or in the scheduler acts on what they say. Only `callsheet-events` makes one from what was posted.

use uuid::Uuid;

/// An event from outside. Who it comes from and which project it belongs to are the envelope's context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// Its id: the poster's own, or a UUID derived from what the poster calls it, or one that the door made. A
    /// second event with the same id is the same event.
    pub id: Uuid,
    /// `{domain}.{action}`, free text.
    pub kind: String,
    /// When it happened, by whoever emitted it: RFC 3339 in UTC with a trailing `Z`, with the fraction of a
    /// second as precise as it was given.
    pub timestamp: String,
    /// What ties it to other events.
    pub correlation: Option<String>,
    /// The payload: the text of a JSON object.
    pub payload: String,
    /// What else came with it under the contract's canonical names (`step`, `status`, `execution_id`, ...): the
    /// text of a JSON object.
    pub fields: String,
}
