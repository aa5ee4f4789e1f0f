//! A chunk: some consecutive events in one value of a few kilobytes, with a checksum of its own.
//!
//! ```text
//!   version u8 │ schema u8 │ count u32 │ length u32 │ first moment u64 │ before [32] │ after [32]
//!      │ contexts │ event* │ crc32 u32
//!
//!   contexts   how many varint │ context*                        see `contexts`
//!   event      bytes varint │ moment, as a difference, varint │ context varint │ mark [4] │ record
//! ```
//!
//! Numbers are little endian. The key, the first event's number, is in the checksum but not in the chunk. An
//! event that is larger than a chunk should be gets a chunk of its own; cutting that into pieces is the
//! store's affair.
//!
//! `before` is the chain before its first event and `after` the chain behind its last, so that chunks can be
//! compared with their neighbours without a hash, and a page hashes no more than the chunk it begins in. An
//! event's mark is the beginning of the chain behind it: the first that does not fit names the first event that
//! was altered, or that stands in the place of another (of which its hash alone would say nothing).
//!
//! Version 1, from before events were sealed, has no `before`, `after`, contexts or marks. It is read, and
//! sealed when the journal is opened (see `disk::upgrade`); nothing is served from it.

mod contexts;
#[cfg(test)]
pub(crate) mod forge;
#[cfg(test)]
mod old;
mod pack;
mod varint;

use std::sync::Arc;

use callsheet_events::{Digest, Sealed};
use callsheet_model::{Context, Envelope, Timestamp};

use crate::damage::Flaw;
use crate::records;

#[cfg(test)]
pub(crate) use old::pack_unsealed;
pub(crate) use pack::{pack, pack_whole};
pub(crate) use varint::{put_framed, put_varint, take_varint};

/// The chunk format that is written.
const VERSION: u8 = 2;
/// The one before events were sealed.
const UNSEALED: u8 = 1;
const HEADER_BYTES: usize = 18;
const DIGEST_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 4;
const MARK_BYTES: usize = 4;

/// A chunk is closed when the next event would make it larger than this.
pub(crate) const TARGET_BYTES: usize = 4096;

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
    if !(UNSEALED..=VERSION).contains(&version) {
        return Err(Flaw::Version { found: version, known: VERSION });
    }
    Ok(u32::from_le_bytes([a, b, c, d]) as usize)
}

/// Where the chain stands around a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Links {
    /// Before its first event.
    pub(crate) before: Digest,
    /// Behind its last.
    pub(crate) after: Digest,
}

/// The first bytes of the chain behind an event.
pub(crate) type Mark = [u8; MARK_BYTES];

pub(crate) fn mark(event: &Sealed) -> Mark {
    let [a, b, c, d, ..] = event.chain.0;
    [a, b, c, d]
}

/// A whole chunk whose checksum is right.
#[derive(Clone, Copy)]
pub(crate) struct Chunk<'b> {
    first: u64,
    count: u32,
    schema: u8,
    base: u64,
    links: Option<Links>,
    /// Contexts, if it is sealed, and events.
    rest: &'b [u8],
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
        let Some((&header, mut rest)) = body.split_first_chunk::<HEADER_BYTES>() else {
            return Err(wrong_length);
        };
        let [version, schema, c0, c1, c2, c3, _, _, _, _, base @ ..] = header;
        let mut links = None;
        if version != UNSEALED {
            let digest = |rest: &mut &'b [u8]| {
                let (digest, behind) = rest.split_first_chunk::<DIGEST_BYTES>()?;
                *rest = behind;
                Some(Digest(*digest))
            };
            let both = digest(&mut rest).zip(digest(&mut rest));
            let (before, after) = both.ok_or(wrong_length)?;
            links = Some(Links { before, after });
        }
        let count = u32::from_le_bytes([c0, c1, c2, c3]);
        if count == 0 {
            return Err(Flaw::Contradiction("a chunk without events"));
        }
        if first == 0 || first.checked_add(u64::from(count)).is_none() {
            return Err(Flaw::Contradiction("a number that no event can have"));
        }
        Ok(Self { first, count, schema, base: u64::from_le_bytes(base), links, rest })
    }

    /// The number of its first event.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// The number of its last event.
    pub(crate) fn last(&self) -> u64 {
        self.first + u64::from(self.count) - 1
    }

    /// When its first event happened, in milliseconds.
    pub(crate) fn moment(&self) -> u64 {
        self.base
    }

    /// Where the chain stands around it; nothing when its events were never sealed.
    pub(crate) fn links(&self) -> Option<Links> {
        self.links
    }

    /// Its events from a number on, as they were written. Ends after the first error.
    pub(crate) fn events_from(self, from: u64) -> Events<'b> {
        let next = self.first;
        Events { chunk: self, contexts: None, next, from, rest: self.rest, failed: false }
    }

    /// Its events, sealed. Ends after the first error, such as an event that is not the one its mark is of.
    pub(crate) fn sealed(self) -> Sealing<'b> {
        let chain = self.links.map(|links| links.before).unwrap_or_default();
        Sealing { events: self.events_from(self.first), chain, failed: false }
    }

    /// Reads every event, only to know that it can be.
    pub(crate) fn check(self) -> Result<(), Flaw> {
        self.events_from(self.first).try_for_each(|event| event.map(|_| ()))
    }
}

/// An event as it lies in a chunk.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) envelope: Envelope,
    /// Bytes of its record.
    pub(crate) size: usize,
    /// What the chain behind it begins with, if it was sealed.
    pub(crate) mark: Option<Mark>,
}

/// The events of a chunk.
pub(crate) struct Events<'b> {
    chunk: Chunk<'b>,
    contexts: Option<Vec<Context>>,
    next: u64,
    from: u64,
    rest: &'b [u8],
    failed: bool,
}

const CUT: Flaw = Flaw::Contradiction("an event in it is cut off");

impl Events<'_> {
    fn step(&mut self) -> Result<Option<Read>, Flaw> {
        let sealed = self.chunk.links.is_some();
        if self.contexts.is_none() {
            self.contexts = Some(if sealed { contexts::take(&mut self.rest)? } else { Vec::new() });
        }
        loop {
            if self.next > self.chunk.last() {
                let clean = self.rest.is_empty();
                return if clean { Ok(None) } else { Err(Flaw::Contradiction("bytes behind its events")) };
            }
            let size = take_varint(&mut self.rest).ok_or(CUT)?;
            let difference = take_varint(&mut self.rest).ok_or(CUT)?;
            let (context, mark) = if sealed { self.seal()? } else { (Context::default(), None) };
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
            return Ok(Some(Read { envelope: Envelope { sequence, at, context, event }, size, mark }));
        }
    }

    /// What a sealed chunk says of an event beside its record.
    fn seal(&mut self) -> Result<(Context, Option<Mark>), Flaw> {
        let at = take_varint(&mut self.rest).ok_or(CUT)?;
        let known = self.contexts.as_deref().unwrap_or_default();
        let context = usize::try_from(at).ok().and_then(|at| known.get(at)).cloned();
        let context = context.ok_or(Flaw::Contradiction("an event of a context that it does not have"))?;
        let (mark, rest) = self.rest.split_first_chunk().ok_or(CUT)?;
        self.rest = rest;
        Ok((context, Some(*mark)))
    }
}

impl Iterator for Events<'_> {
    type Item = Result<Read, Flaw>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let step = self.step();
        self.failed = step.is_err();
        step.transpose()
    }
}

/// The events of a chunk, sealed.
pub(crate) struct Sealing<'b> {
    events: Events<'b>,
    chain: Digest,
    failed: bool,
}

impl Sealing<'_> {
    /// The chain behind the last event that was given out.
    pub(crate) fn reached(&self) -> Digest {
        self.chain
    }

    fn step(&mut self) -> Result<Option<Arc<Sealed>>, Flaw> {
        let Some(links) = self.events.chunk.links else {
            return Err(Flaw::Contradiction("its events were never sealed"));
        };
        let Some(read) = self.events.next().transpose()? else {
            let ends = self.chain == links.after;
            return if ends { Ok(None) } else { Err(Flaw::Contradiction("its chain ends otherwise")) };
        };
        let sealed = Sealed::seal(read.envelope, &self.chain);
        if read.mark != Some(mark(&sealed)) {
            return Err(Flaw::Altered { sequence: sealed.envelope.sequence });
        }
        self.chain = sealed.chain;
        Ok(Some(Arc::new(sealed)))
    }
}

impl Iterator for Sealing<'_> {
    type Item = Result<Arc<Sealed>, Flaw>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let step = self.step();
        self.failed = step.is_err();
        step.transpose()
    }
}
