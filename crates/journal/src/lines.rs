//! An export's lines: JSON, one event or one record of a snapshot on each, for people to read and for a new
//! journal to be made from. They hold the same stored types as the journal, with their readable faces.
//!
//! ```text
//!   {"journal":{"format":2,"kept_from":1,"head":3}}                        first
//!   {"image":{"head":{"sequence":2,...}}} {"image":{"job":{...}}} ...      whole snapshots, the oldest first
//!   {"sequence":1,"at":"2023-...Z","at_ms":1700000000123,"context":{...},  every event
//!    "event":{...},"before":"5feceb...","hash":"6b86b2...","chain":"d4735e..."}
//! ```
//!
//! `before` is the chain before an event. It is written where one cannot take it from the line above: at the first
//! event, and where a chunk begins, since of a damaged journal the line above may be missing. A journal from before
//! events were sealed has lines without `before`, `hash` and `chain`; so do exports of the first format, which
//! have no `context` either.

use std::borrow::Cow;
use std::io::{self, Write};

use callsheet_events::{Digest, Sealed};
use callsheet_model::image::Image;
use callsheet_model::{Author, AuthorKind, Context, Envelope, Event, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::records::{ImagePart, StoredEvent, part_of};

/// The format of exports that is written. The first is read too.
pub(crate) const FORMAT: u32 = 2;

/// Any line.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    journal: Option<Heading>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<ImagePart<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    /// For people: reading takes `at_ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    context: Option<StoredContext>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<StoredEvent<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chain: Option<String>,
}

/// What an event belongs to; not written when it says nothing.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredContext {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project: Option<Uuid>,
    actor_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor_id: Option<Uuid>,
}

impl StoredContext {
    fn of(live: &Context) -> Option<Self> {
        let Context { project, author: Author { kind, id } } = live.clone();
        let stored = Self { project, actor_type: kind.word().to_owned(), actor_id: id };
        (*live != Context::default()).then_some(stored)
    }

    fn live(self) -> Result<Context, String> {
        let Self { project, actor_type, actor_id: id } = self;
        let kind = AuthorKind::of(&actor_type);
        let kind = kind.ok_or_else(|| format!("actor_type {actor_type:?}: agent, user or system"))?;
        Ok(Context { project, author: Author { kind, id } })
    }
}

/// What a line says of its event's place in the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The chain before it.
    pub(crate) before: Option<Digest>,
    pub(crate) hash: Option<Digest>,
    /// The chain behind it.
    pub(crate) chain: Option<Digest>,
}

/// What an export begins with.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Heading {
    pub(crate) format: u32,
    /// The first event that had to be in the journal.
    pub(crate) kept_from: u64,
    /// The last event that was promised.
    pub(crate) head: u64,
}

/// What a line says.
pub(crate) enum Said {
    Heading(Heading),
    // Boxed: a record of a snapshot is far larger than anything else.
    Image(Box<ImagePart<'static>>),
    Event(Box<Envelope>, Place),
}

pub(crate) fn write_heading(out: &mut dyn Write, heading: Heading) -> io::Result<()> {
    write_line(out, &Line { journal: Some(heading), ..Line::default() })
}

pub(crate) fn write_image(out: &mut dyn Write, image: &Image) -> io::Result<()> {
    let mut at = 0;
    while let Some(part) = part_of(image, at) {
        write_line(out, &Line { image: Some(part), ..Line::default() })?;
        at += 1;
    }
    Ok(())
}

/// Writes an event, with the chain before it where that does not show from the line above.
pub(crate) fn write_event(out: &mut dyn Write, event: &Sealed, before: Option<Digest>) -> io::Result<()> {
    let line = Line {
        before: before.map(|before| before.to_string()),
        hash: Some(event.hash.to_string()),
        chain: Some(event.chain.to_string()),
        ..line_of(&event.envelope)
    };
    write_line(out, &line)
}

/// Writes an event that was never sealed.
pub(crate) fn write_unsealed(out: &mut dyn Write, event: &Envelope) -> io::Result<()> {
    write_line(out, &line_of(event))
}

fn line_of(event: &Envelope) -> Line<'_> {
    Line {
        sequence: Some(event.sequence),
        at: Some(event.at.to_string().into()),
        at_ms: Some(event.at.0),
        context: StoredContext::of(&event.context),
        event: Some(StoredEvent::from(&event.event)),
        ..Line::default()
    }
}

fn write_line(out: &mut dyn Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// Reads a line.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(crate) fn read(text: &str) -> Result<Said, String> {
    let line: Line<'static> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match line {
        Line { journal: Some(heading), image: None, sequence: None, event: None, .. } => {
            Ok(Said::Heading(heading))
        }
        Line { journal: None, image: Some(part), sequence: None, event: None, .. } => {
            Ok(Said::Image(Box::new(part)))
        }
        Line {
            journal: None,
            image: None,
            sequence: Some(sequence),
            at_ms: Some(at),
            event: Some(event),
            context,
            before,
            hash,
            chain,
            ..
        } => {
            let context = context.map_or(Ok(Context::default()), StoredContext::live)?;
            let envelope = Envelope { sequence, at: Timestamp(at), context, event: Event::from(event) };
            let place = Place {
                before: digest("before", before)?,
                hash: digest("hash", hash)?,
                chain: digest("chain", chain)?,
            };
            Ok(Said::Event(Box::new(envelope), place))
        }
        _ => {
            Err("a line holds \"journal\", or \"image\", or \"sequence\" with \"at_ms\" and \"event\"".into())
        }
    }
}

fn digest(field: &str, text: Option<String>) -> Result<Option<Digest>, String> {
    text.map(|text| text.parse().map_err(|error| format!("{field}: {error}"))).transpose()
}
