//! What other services post: every generation's form of an event becomes an [`Outside`], or a refusal that names
//! the field.
//!
//! | canonical | also accepted as | |
//! |---|---|---|
//! | `event_type` | `type`, `name` | required |
//! | `payload` | `context` | an object; `{}` when absent |
//! | `step` | `node_name` | |
//! | `timestamp` | `created_at` | RFC 3339; the leader's clock when absent |
//! | `id` | | a UUID. Else `event_id` if it is one, else a UUID made of `event_id`, else a new one |
//! | `execution_id`, `event_ids` | | 64 bits, integers or strings; written back as strings |
//! | `status` | | worked out from the type's last word when absent (`.enter` STARTED, `.exit` COMPLETED, ...) |
//! | `result_kind` `data`, `actionable` true, `informative` false | | as here when absent |
//! | `actor_type` | | `agent` when absent: what posts is a program |
//! | `event_id`, `worker_id`, `result_uri`, `meta`, `project_id`, `actor_id`, `correlation_id` | | |
//!
//! A name and its alias may stand together when they say the same. Null is the same as absent. What a leader adds
//! (`sequence`, `hash`, `chain`, `received_at`) is accepted and dropped, so that an event read from one log can be
//! posted to another. Every other member is kept as it is. The payload of a known type is checked field by field;
//! types that are this cluster's own history are refused.

mod event;
mod known;
mod status;

use std::fmt;

use callsheet_model::limits::{MAX_EVENT_BYTES, MAX_EVENT_MISTAKES, MAX_EVENTS};
use callsheet_model::{Context, Outside, Timestamp};
use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::json::{Flaw, shown};

/// An event as it was posted, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The event.
    pub event: Outside,
    /// Whom it says it comes from, and its project.
    pub context: Context,
}

/// What is wrong with what was posted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: found {found}, and {allowed}")]
pub struct Refused {
    /// Where: `payload.approval_id`, or `[3].payload.approval_id` in an array; `body` for the whole.
    pub field: String,
    /// What stood there, cut to a printable length.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
}

/// Reads a body: one event or an array of them. `fresh` makes an id for an event that brings none, `now` is its
/// time if it says none.
///
/// # Errors
/// Every mistake, up to [`MAX_EVENT_MISTAKES`]; then nothing is taken.
pub fn read(
    body: &[u8],
    now: Timestamp,
    fresh: &mut dyn FnMut() -> Uuid,
) -> Result<Vec<Posted>, Vec<Refused>> {
    let refused = |found: String, allowed: String| vec![Refused { field: "body".into(), found, allowed }];
    let text = std::str::from_utf8(body)
        .map_err(|error| refused(format!("bytes that are no UTF-8 ({error})"), "UTF-8 is wanted".into()))?;
    let raw: &RawValue = serde_json::from_str(text)
        .map_err(|error| refused(shown(text), format!("JSON is wanted ({error})")))?;
    match raw.get().as_bytes().first() {
        Some(b'{') => one(raw, String::new(), now, fresh).map(|posted| vec![posted]),
        Some(b'[') => {
            let Items { first, count } = serde_json::from_str(raw.get())
                .map_err(|error| refused(shown(text), format!("a list of events is wanted ({error})")))?;
            if count > MAX_EVENTS {
                return Err(refused(format!("{count} events"), format!("{MAX_EVENTS} are the most at once")));
            }
            batch(&first, now, fresh)
        }
        _ => Err(refused(shown(raw.get()), "an event or a list of events is wanted".into())),
    }
}

fn batch(
    items: &[&RawValue],
    now: Timestamp,
    fresh: &mut dyn FnMut() -> Uuid,
) -> Result<Vec<Posted>, Vec<Refused>> {
    let mut taken = Vec::with_capacity(items.len());
    let mut mistakes = Vec::new();
    for (nth, raw) in items.iter().enumerate() {
        match one(raw, format!("[{nth}]"), now, fresh) {
            Ok(posted) => taken.push(posted),
            Err(more) => mistakes.extend(more),
        }
        if mistakes.len() >= MAX_EVENT_MISTAKES {
            break;
        }
    }
    if mistakes.is_empty() {
        return Ok(taken);
    }
    mistakes.truncate(MAX_EVENT_MISTAKES);
    Err(mistakes)
}

fn one(
    raw: &RawValue,
    place: String,
    now: Timestamp,
    fresh: &mut dyn FnMut() -> Uuid,
) -> Result<Posted, Vec<Refused>> {
    let bytes = raw.get().len();
    let flaws = if bytes > MAX_EVENT_BYTES {
        let allowed = format!("an event has at most {MAX_EVENT_BYTES}");
        vec![Flaw { path: place, found: format!("{bytes} bytes"), allowed }]
    } else {
        match event::read(raw, place, now, fresh) {
            Ok(posted) => return Ok(posted),
            Err(flaws) => flaws,
        }
    };
    Err(flaws.into_iter().map(Refused::from).collect())
}

impl From<Flaw> for Refused {
    fn from(flaw: Flaw) -> Self {
        let field = if flaw.path.is_empty() { "body".into() } else { flaw.path };
        Self { field, found: flaw.found, allowed: flaw.allowed }
    }
}

/// Items of a list: no more of them than are allowed, and how many there are.
struct Items<'a> {
    first: Vec<&'a RawValue>,
    count: usize,
}

impl<'de: 'a, 'a> Deserialize<'de> for Items<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Items<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut first = Vec::new();
                while first.len() < MAX_EVENTS
                    && let Some(raw) = seq.next_element()?
                {
                    first.push(raw);
                }
                let mut count = first.len();
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Items { first, count })
            }
        }
        deserializer.deserialize_seq(All)
    }
}
