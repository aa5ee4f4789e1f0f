//! Sealed events into chunks.

use callsheet_events::{Digest, Sealed};
use callsheet_model::Context;

use crate::error::AppendError;
use crate::records;

use super::{CHECKSUM_BYTES, DIGEST_BYTES, HEADER_BYTES, MARK_BYTES, TARGET_BYTES, VERSION};
use super::{checksum, contexts, mark, put_varint};

/// Bytes around a record at most: three varints and the mark.
const AROUND_RECORD: usize = 5 + 10 + 2 + MARK_BYTES;

/// Packs events, which follow each other and the chain `before`, into chunks, and hands on each with its first
/// event's number and the moment of that event.
pub(crate) fn pack<'e>(
    before: Digest,
    events: impl IntoIterator<Item = &'e Sealed>,
    mut put: impl FnMut(Packed<'_>) -> Result<(), AppendError>,
) -> Result<(), AppendError> {
    let mut chunk = Packer::after(before);
    let mut record = Vec::new();
    for event in events {
        encode(event, &mut record)?;
        if !chunk.has_room_for(record.len(), &event.envelope.context) {
            put(chunk.close())?;
            chunk.clear();
        }
        chunk.add(event, &record);
    }
    if chunk.count > 0 { put(chunk.close()) } else { Ok(()) }
}

/// Packs events into one chunk, however many there are.
pub(crate) fn pack_whole(before: Digest, events: &[Sealed]) -> Result<Vec<u8>, AppendError> {
    let mut chunk = Packer::after(before);
    let mut record = Vec::new();
    for event in events {
        encode(event, &mut record)?;
        chunk.add(event, &record);
    }
    Ok(chunk.close().bytes.to_vec())
}

fn encode(event: &Sealed, record: &mut Vec<u8>) -> Result<(), AppendError> {
    record.clear();
    let sequence = event.envelope.sequence;
    records::encode_event(&event.envelope.event, record)
        .map_err(|source| AppendError::Unstorable { sequence, source })
}

/// A chunk, ready to be written.
#[derive(Clone, Copy)]
pub(crate) struct Packed<'c> {
    /// The number of its first event.
    pub(crate) first: u64,
    /// When that happened, in milliseconds.
    pub(crate) moment: u64,
    pub(crate) bytes: &'c [u8],
}

struct Packer {
    first: u64,
    count: u32,
    base: u64,
    before: Digest,
    after: Digest,
    contexts: Vec<Context>,
    events: Vec<u8>,
    /// The whole, once it is closed.
    whole: Vec<u8>,
}

impl Packer {
    fn after(before: Digest) -> Self {
        let (contexts, events, whole) = (Vec::new(), Vec::new(), Vec::new());
        Self { first: 0, count: 0, base: 0, before, after: before, contexts, events, whole }
    }

    fn has_room_for(&self, record: usize, context: &Context) -> bool {
        const EMPTY: usize = HEADER_BYTES + 2 * DIGEST_BYTES + 2 + CHECKSUM_BYTES;
        let contexts = self.contexts.len() + usize::from(!self.contexts.contains(context));
        let size = EMPTY + contexts * contexts::MOST_BYTES + self.events.len() + AROUND_RECORD + record;
        self.count == 0 || size <= TARGET_BYTES
    }

    fn clear(&mut self) {
        self.count = 0;
        self.before = self.after;
        self.contexts.clear();
        self.events.clear();
    }

    fn add(&mut self, event: &Sealed, record: &[u8]) {
        let envelope = &event.envelope;
        if self.count == 0 {
            self.first = envelope.sequence;
            self.base = envelope.at.0;
        }
        self.count += 1;
        let known = self.contexts.iter().position(|known| *known == envelope.context);
        let context = known.unwrap_or_else(|| {
            self.contexts.push(envelope.context.clone());
            self.contexts.len() - 1
        });
        put_varint(&mut self.events, record.len() as u64);
        // The difference as a signed number, so that time may go backwards.
        let difference = envelope.at.0.wrapping_sub(self.base) as i64;
        put_varint(&mut self.events, ((difference << 1) ^ (difference >> 63)) as u64);
        put_varint(&mut self.events, context as u64);
        self.events.extend_from_slice(&mark(event));
        self.events.extend_from_slice(record);
        self.after = event.chain;
    }

    fn close(&mut self) -> Packed<'_> {
        let whole = &mut self.whole;
        whole.clear();
        whole.extend([VERSION, records::SCHEMA]);
        whole.extend(self.count.to_le_bytes());
        // The length, when it is known.
        whole.extend([0; 4]);
        whole.extend(self.base.to_le_bytes());
        whole.extend(self.before.0);
        whole.extend(self.after.0);
        contexts::put(whole, &self.contexts);
        whole.extend_from_slice(&self.events);
        // A record is bounded, and so is what stands before it: the length fits.
        let length = (whole.len() + CHECKSUM_BYTES) as u32;
        whole.iter_mut().skip(6).zip(length.to_le_bytes()).for_each(|(byte, written)| *byte = written);
        let checksum = checksum(self.first, whole);
        whole.extend(checksum.to_le_bytes());
        Packed { first: self.first, moment: self.base, bytes: whole }
    }
}
