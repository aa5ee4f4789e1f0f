//! What is written is not what is worked with: every stored type is one of this module's own, and a record
//! carries the number of the schema it was written in. The bytes are held fast by a golden file.
//!
//! Reading is total. Whatever the bytes are, the answer is a value or a [`RecordError`], never a panic and
//! never more memory than a small multiple of the bytes (frame sets are bounded before they are built).
//!
//! Durations are whole microseconds and points in time whole milliseconds; what lies below is cut off.

mod alert;
mod approval;
mod arrival;
mod event;
#[cfg(test)]
mod golden_tests;
mod image;
mod job;
mod lease;
mod outside;
mod pause;
mod scalar;
#[cfg(test)]
mod tests;
mod troupe;
mod trust;
mod workflow;

use bincode::Options;
use callsheet_model::Event;
use callsheet_model::image::Image;
use serde::{Deserialize, Serialize};

pub(crate) use event::StoredEvent;
pub(crate) use image::{ImageBuilder, ImagePart, part_of};

/// The schema that is written. Older ones stay readable; a new one comes with a reader for the old.
pub(crate) const SCHEMA: u8 = 1;

/// The largest record, in bytes: a job with every limit used to the full is below a third of it.
pub(crate) const MAX_RECORD_BYTES: usize = 64 << 20;

/// Why a value is no record, or a record no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Written by a later version of this program.
    #[error("its schema is {found}, and this version reads up to {SCHEMA}")]
    Schema {
        /// The schema found.
        found: u8,
    },
    /// The bytes say nothing that makes sense.
    #[error("it does not read as a record: {0}")]
    Unreadable(String),
    /// The value cannot be written so that it could be read again.
    #[error("it cannot be stored: {0}")]
    Unstorable(String),
    /// Larger than any record may be.
    #[error("it takes {found} bytes, and at most {MAX_RECORD_BYTES} are allowed")]
    TooLarge {
        /// Its size.
        found: usize,
    },
}

/// The one place where the encoding is chosen: small numbers are small, nothing may follow a record.
fn encoding() -> impl Options {
    bincode::DefaultOptions::new()
        .with_varint_encoding()
        .with_little_endian()
        .reject_trailing_bytes()
        .with_limit(MAX_RECORD_BYTES as u64)
}

fn encode(value: &impl Serialize, into: &mut Vec<u8>) -> Result<(), RecordError> {
    let before = into.len();
    // Without the limit, which would cost a second walk over the value to measure it first.
    let written = encoding().with_no_limit().serialize_into(&mut *into, value);
    let size = into.len() - before;
    match written {
        Ok(()) if size <= MAX_RECORD_BYTES => Ok(()),
        Ok(()) => {
            into.truncate(before);
            Err(RecordError::TooLarge { found: size })
        }
        Err(error) => {
            into.truncate(before);
            Err(RecordError::Unstorable(error.to_string()))
        }
    }
}

fn decode<'b, T: Deserialize<'b>>(schema: u8, bytes: &'b [u8]) -> Result<T, RecordError> {
    if schema != SCHEMA {
        return Err(RecordError::Schema { found: schema });
    }
    encoding().deserialize(bytes).map_err(|error| RecordError::Unreadable(error.to_string()))
}

/// Appends an event's bytes; on an error nothing was appended.
pub(crate) fn encode_event(event: &Event, into: &mut Vec<u8>) -> Result<(), RecordError> {
    encode(&StoredEvent::from(event), into)
}

/// Reads an event from its bytes.
pub(crate) fn decode_event(schema: u8, bytes: &[u8]) -> Result<Event, RecordError> {
    decode::<StoredEvent<'_>>(schema, bytes).map(Event::from)
}

/// Appends the bytes of an image's record at a place; false behind the last.
pub(crate) fn encode_image_part(image: &Image, at: usize, into: &mut Vec<u8>) -> Result<bool, RecordError> {
    part_of(image, at).map_or(Ok(false), |part| encode(&part, into).map(|()| true))
}

/// Reads one record of an image.
pub(crate) fn decode_image_part(schema: u8, bytes: &[u8]) -> Result<ImagePart<'_>, RecordError> {
    decode(schema, bytes)
}
