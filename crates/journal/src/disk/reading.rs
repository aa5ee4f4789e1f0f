//! What readers of an open journal share with its storage thread, and how their pages are made: out of memory if
//! they can be, else from the store, sealed again.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::thread::yield_now;

use callsheet_events::Sealed;
use callsheet_model::Envelope;

use crate::chunk::Chunk;
use crate::damage::{Damage, Damaged, Flaw};
use crate::error::ReadError;
use crate::journal::{Page, PageLimit};
use crate::pages::{Filling, Lately, Latest};

use super::db::{Bytes, Chunks, Db};

/// What readers share with the storage thread.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) path: PathBuf,
    /// Nothing once it is closed.
    pub(crate) db: RwLock<Option<Arc<Db>>>,
    /// The last durable event.
    pub(crate) head: AtomicU64,
    /// The first that is kept.
    pub(crate) oldest: AtomicU64,
    pub(crate) latest: Latest,
    pub(crate) lately: Lately,
}

/// Chunks of the store, one after the other, as far as a reader gets without another one's help.
struct Walk<'d> {
    db: &'d Db,
    chunks: Option<Chunks>,
}

impl Shared {
    /// A page out of memory.
    pub(crate) fn hot_page(&self, from: u64, limit: PageLimit) -> Option<Page> {
        let head = self.head.load(Ordering::Acquire);
        if from > head + 1 || self.check_age(from).is_err() || self.latest.is_closed() {
            return None;
        }
        let mut filling = Filling::new(from, head, limit);
        self.latest.fill(&mut filling).then(|| filling.done())
    }

    /// A page.
    pub(crate) fn page(&self, db: &Db, from: u64, limit: PageLimit) -> Result<Page, ReadError> {
        let head = self.check(from)?;
        let mut filling = Filling::new(from, head, limit);
        let mut walk = Walk { db, chunks: None };
        while let Some(wanted) = filling.wants() {
            if self.latest.fill(&mut filling) {
                continue;
            }
            let chunk = match self.lately.get(wanted) {
                Some(chunk) => {
                    walk.chunks = None;
                    chunk
                }
                None => match self.load(&mut walk, wanted)? {
                    Some(chunk) => chunk,
                    None if filling.is_empty() => return Err(self.gone(from, Flaw::Missing)),
                    None => break,
                },
            };
            filling.take(chunk.iter());
        }
        Ok(filling.done())
    }

    /// Reads and seals the chunk that holds an event; nothing at the end of the log.
    fn load(&self, walk: &mut Walk<'_>, wanted: u64) -> Result<Option<Arc<[Arc<Sealed>]>>, ReadError> {
        let Some((first, bytes)) = self.next(walk, wanted)? else { return Ok(None) };
        let sealed = Chunk::read(first, bytes.as_ref()).and_then(|chunk| chunk.sealed().collect());
        let events: Vec<Arc<Sealed>> = sealed.map_err(|flaw| self.damaged(first, flaw))?;
        if events.last().is_none_or(|last| last.envelope.sequence < wanted) {
            return Err(self.gone(wanted, Flaw::Missing));
        }
        let events: Arc<[Arc<Sealed>]> = events.into();
        self.lately.put(first, &events);
        // A page is hundreds of chunks: whoever writes meanwhile goes first.
        yield_now();
        Ok(Some(events))
    }

    /// The next chunk of a walk, which has to hold the event that is wanted.
    fn next(&self, walk: &mut Walk<'_>, wanted: u64) -> Result<Option<(u64, Bytes)>, ReadError> {
        let chunks = walk.chunks.get_or_insert_with(|| walk.db.chunks_from(wanted));
        let Some(chunk) = chunks.next() else { return Ok(None) };
        // A chunk that goes while it is read lacks pieces, too.
        let (first, bytes) = chunk.map_err(|fault| self.gone(wanted, fault.flaw))?;
        if first > wanted {
            return Err(self.gone(wanted, Flaw::Gap { expected: wanted, found: first }));
        }
        Ok(Some((first, bytes)))
    }

    /// Events without their seals.
    pub(crate) fn replay(&self, db: &Db, from: u64, limit: PageLimit) -> Result<Vec<Envelope>, ReadError> {
        let head = self.check(from)?;
        let (mut events, mut bytes) = (Vec::new(), 0);
        let mut walk = Walk { db, chunks: None };
        let mut wanted = from;
        while wanted <= head {
            let Some((first, value)) = self.next(&mut walk, wanted)? else {
                return if events.is_empty() { Err(self.gone(from, Flaw::Missing)) } else { Ok(events) };
            };
            let chunk = Chunk::read(first, value.as_ref()).map_err(|flaw| self.damaged(first, flaw))?;
            for read in chunk.events_from(wanted) {
                let read = read.map_err(|flaw| self.damaged(first, flaw))?;
                if read.envelope.sequence > head {
                    return Ok(events);
                }
                wanted = read.envelope.sequence + 1;
                bytes += read.size;
                events.push(read.envelope);
                if events.len() >= limit.events || bytes >= limit.bytes {
                    return Ok(events);
                }
            }
        }
        Ok(events)
    }

    /// The head, if a page may begin with this event.
    fn check(&self, from: u64) -> Result<u64, ReadError> {
        let head = self.head.load(Ordering::Acquire);
        self.check_age(from)?;
        if from > head + 1 { Err(ReadError::Ahead { asked: from, head }) } else { Ok(head) }
    }

    fn check_age(&self, asked: u64) -> Result<(), ReadError> {
        let oldest = self.oldest.load(Ordering::Acquire);
        if asked < oldest { Err(ReadError::TooOld { asked, oldest }) } else { Ok(()) }
    }

    /// An event that is not there: either it went while this was reading, or it should be.
    fn gone(&self, event: u64, flaw: Flaw) -> ReadError {
        self.check_age(event).err().unwrap_or_else(|| self.damaged(event, flaw))
    }

    pub(crate) fn damaged(&self, event: u64, flaw: Flaw) -> ReadError {
        let event = if let Flaw::Altered { sequence } = flaw { sequence } else { event };
        let sequences = Some(event..=event);
        let path = self.path.clone();
        ReadError::Damaged(Box::new(Damage { path, what: Damaged::Chunk, sequences, key: None, flaw }))
    }
}
