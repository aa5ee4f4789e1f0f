//! An export's lines: JSON, one event or one record of a snapshot on each, for people to read and for a new
//! journal to be made from. They hold the same stored types as the journal, with their readable faces.
//!
//! ```text
//!   {"journal":{"format":1,"kept_from":1,"head":3}}                        first
//!   {"image":{"head":{"sequence":2,...}}} {"image":{"job":{...}}} ...      whole snapshots, the oldest first
//!   {"sequence":1,"at":"2023-...Z","at_ms":1700000000123,"event":{...}}    every event
//! ```

use std::borrow::Cow;
use std::io::{self, Write};

use callsheet_model::image::Image;
use callsheet_model::{Envelope, Event, Timestamp};
use serde::{Deserialize, Serialize};

use crate::records::{ImagePart, StoredEvent, part_of};

/// The format of exports that is written.
pub(crate) const FORMAT: u32 = 1;

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
    event: Option<StoredEvent<'a>>,
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
    Event(Envelope),
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

pub(crate) fn write_event(out: &mut dyn Write, event: &Envelope) -> io::Result<()> {
    let line = Line {
        sequence: Some(event.sequence),
        at: Some(event.at.to_string().into()),
        at_ms: Some(event.at.0),
        event: Some(StoredEvent::from(&event.event)),
        ..Line::default()
    };
    write_line(out, &line)
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
            ..
        } => Ok(Said::Event(Envelope { sequence, at: Timestamp(at), event: Event::from(event) })),
        _ => {
            Err("a line holds \"journal\", or \"image\", or \"sequence\" with \"at_ms\" and \"event\"".into())
        }
    }
}
