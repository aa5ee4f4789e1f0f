//! A chunk: some consecutive events in one value of a few kilobytes, with a checksum of its own.
//!
//! ```text
//!   version u8 │ schema u8 │ count u32 │ length u32 │ first moment u64 │ event* │ crc32 u32
//!                                                                        │
//!                      bytes varint │ moment, as a difference, varint │ record
//! ```
//!
//! Numbers are little endian. The key, the first event's number, is in the checksum but not in the chunk. An
//! event that is larger than a chunk should be gets a chunk of its own; cutting that into pieces is the
//! store's affair.

use callsheet_model::{Envelope, Timestamp};

use crate::damage::Flaw;
use crate::error::AppendError;
use crate::records::{self, RecordError};

/// The chunk format that is written.
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 18;
const CHECKSUM_BYTES: usize = 4;

/// A chunk is closed when the next event would make it larger than this.
pub(crate) const TARGET_BYTES: usize = 4096;

/// Packs events, which follow each other, into chunks, and hands on each with its first event's number.
pub(crate) fn pack<'e>(
    events: impl IntoIterator<Item = &'e Envelope>,
    mut put: impl FnMut(u64, &[u8]) -> Result<(), AppendError>,
) -> Result<(), AppendError> {
    let mut chunk = Packer::default();
    let mut record = Vec::new();
    for event in events {
        record.clear();
        records::encode_event(&event.event, &mut record)
            .map_err(|source| AppendError::Unstorable { sequence: event.sequence, source })?;
        if !chunk.has_room_for(record.len()) {
            put(chunk.first, chunk.close())?;
            chunk.clear();
        }
        chunk.add(event, &record);
    }
    if chunk.count > 0 { put(chunk.first, chunk.close()) } else { Ok(()) }
}

#[derive(Default)]
struct Packer {
    first: u64,
    count: u32,
    base: u64,
    bytes: Vec<u8>,
}

impl Packer {
    fn has_room_for(&self, record: usize) -> bool {
        // Ten bytes for each of the two varints before a record, which is more than they take.
        self.count == 0 || self.bytes.len() + record + 20 + CHECKSUM_BYTES <= TARGET_BYTES
    }

    fn clear(&mut self) {
        self.count = 0;
        self.bytes.clear();
    }

    fn add(&mut self, event: &Envelope, record: &[u8]) {
        if self.count == 0 {
            self.first = event.sequence;
            self.base = event.at.0;
            self.bytes.resize(HEADER_BYTES, 0);
        }
        self.count += 1;
        put_varint(&mut self.bytes, record.len() as u64);
        // The difference as a signed number, so that time may go backwards.
        let difference = event.at.0.wrapping_sub(self.base) as i64;
        put_varint(&mut self.bytes, ((difference << 1) ^ (difference >> 63)) as u64);
        self.bytes.extend_from_slice(record);
    }

    fn close(&mut self) -> &[u8] {
        // A record is bounded, and so is what stands before it: the length fits.
        let length = (self.bytes.len() + CHECKSUM_BYTES) as u32;
        let header = [VERSION, records::SCHEMA]
            .into_iter()
            .chain(self.count.to_le_bytes())
            .chain(length.to_le_bytes())
            .chain(self.base.to_le_bytes());
        self.bytes.iter_mut().zip(header).for_each(|(byte, written)| *byte = written);
        let checksum = checksum(self.first, &self.bytes);
        self.bytes.extend_from_slice(&checksum.to_le_bytes());
        &self.bytes
    }
}

fn checksum(first: u64, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&first.to_be_bytes());
    hasher.update(bytes);
    hasher.finalize()
}

/// How long the whole chunk is, by its first bytes.
pub(crate) fn length(bytes: &[u8]) -> Result<usize, Flaw> {
    let too_short = Flaw::Length { found: bytes.len(), expected: HEADER_BYTES + CHECKSUM_BYTES };
    let &[version, _, _, _, _, _, a, b, c, d, ..] = bytes else { return Err(too_short) };
    if version != VERSION {
        return Err(Flaw::Version { found: version, known: VERSION });
    }
    Ok(u32::from_le_bytes([a, b, c, d]) as usize)
}

/// A whole chunk whose checksum is right.
#[derive(Clone, Copy)]
pub(crate) struct Chunk<'b> {
    first: u64,
    count: u32,
    schema: u8,
    base: u64,
    events: &'b [u8],
}

impl<'b> Chunk<'b> {
    /// Takes the bytes found under a key.
    pub(crate) fn read(first: u64, bytes: &'b [u8]) -> Result<Self, Flaw> {
        let expected = length(bytes)?;
        let wrong_length = Flaw::Length { found: bytes.len(), expected };
        if bytes.len() != expected {
            return Err(wrong_length);
        }
        let Some((body, stored)) = bytes.split_last_chunk::<CHECKSUM_BYTES>() else {
            return Err(wrong_length);
        };
        let (stored, computed) = (u32::from_le_bytes(*stored), checksum(first, body));
        if stored != computed {
            return Err(Flaw::Checksum { stored, computed });
        }
        let Some((&header, events)) = body.split_first_chunk::<HEADER_BYTES>() else {
            return Err(wrong_length);
        };
        let [_, schema, c0, c1, c2, c3, _, _, _, _, base @ ..] = header;
        let count = u32::from_le_bytes([c0, c1, c2, c3]);
        if count == 0 {
            return Err(Flaw::Contradiction("a chunk without events"));
        }
        if first == 0 || first.checked_add(u64::from(count)).is_none() {
            return Err(Flaw::Contradiction("a number that no event can have"));
        }
        Ok(Self { first, count, schema, base: u64::from_le_bytes(base), events })
    }

    /// The number of its last event.
    pub(crate) fn last(&self) -> u64 {
        self.first + u64::from(self.count) - 1
    }

    /// When its first event happened, in milliseconds.
    pub(crate) fn moment(&self) -> u64 {
        self.base
    }

    /// Its events from a number on, each with the bytes it takes. Ends after the first error.
    pub(crate) fn events_from(self, from: u64) -> Events<'b> {
        Events { chunk: self, next: self.first, from, rest: self.events, failed: false }
    }

    /// Reads every event, only to know that it can be.
    pub(crate) fn check(self) -> Result<(), Flaw> {
        self.events_from(self.first).try_for_each(|event| event.map(|_| ()))
    }
}

/// The events of a chunk.
pub(crate) struct Events<'b> {
    chunk: Chunk<'b>,
    next: u64,
    from: u64,
    rest: &'b [u8],
    failed: bool,
}

impl Events<'_> {
    fn step(&mut self) -> Result<Option<(Envelope, usize)>, Flaw> {
        const CUT: Flaw = Flaw::Contradiction("an event in it is cut off");
        loop {
            if self.next > self.chunk.last() {
                let clean = self.rest.is_empty();
                return if clean { Ok(None) } else { Err(Flaw::Contradiction("bytes behind its events")) };
            }
            let size = take_varint(&mut self.rest).ok_or(CUT)?;
            let difference = take_varint(&mut self.rest).ok_or(CUT)?;
            let size = usize::try_from(size).map_err(|_| CUT)?;
            let (record, rest) = self.rest.split_at_checked(size).ok_or(CUT)?;
            self.rest = rest;
            let sequence = self.next;
            self.next += 1;
            if sequence < self.from {
                continue;
            }
            let difference = (difference >> 1) as i64 ^ -((difference & 1) as i64);
            let event = records::decode_event(self.chunk.schema, record)
                .map_err(|source| Flaw::Record { number: sequence - self.chunk.first + 1, source })?;
            let at = Timestamp(self.chunk.base.wrapping_add(difference as u64));
            return Ok(Some((Envelope { sequence, at, event }, size)));
        }
    }
}

impl Iterator for Events<'_> {
    type Item = Result<(Envelope, usize), Flaw>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let step = self.step();
        self.failed = step.is_err();
        step.transpose()
    }
}

/// Appends a number, seven bits a byte, the lowest first.
pub(crate) fn put_varint(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

/// Takes a number from the front; nothing when there is none, or one that is larger than 64 bits.
pub(crate) fn take_varint(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = from.split_first()?;
        *from = rest;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// A record with its length before it, as snapshots hold them.
pub(crate) fn put_framed(
    into: &mut Vec<u8>,
    scratch: &mut Vec<u8>,
    encode: impl FnOnce(&mut Vec<u8>) -> Result<bool, RecordError>,
) -> Result<bool, RecordError> {
    scratch.clear();
    let more = encode(scratch)?;
    if more {
        put_varint(into, scratch.len() as u64);
        into.extend_from_slice(scratch);
    }
    Ok(more)
}
