//! A journal in memory, with the bytes of the real one and a disk's way of failing: what was not synced when it
//! crashed is gone. For simulations and tests, which decide when it syncs and what goes wrong; it has no thread
//! and no clock, so the same calls give the same result for ever.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use callsheet_model::Envelope;
use callsheet_model::image::Image;

use crate::chunk::{self, Chunk, put_framed};
use crate::damage::{Damage, Damaged, Flaw};
use crate::error::{AppendError, OpenError, ReadError};
use crate::journal::{Durable, Journal, OnDurable, OnStored, Page, PageLimit, Recovered, Store, Tail};
use crate::records::{self, ImageBuilder};

/// Something that goes wrong once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// The next append is not written.
    Append,
    /// The next sync fails: what it was to make durable is not.
    Sync,
    /// The next append finds the disk full.
    DiskFull,
    /// The next snapshot is cut off: it is not there, and nobody hears of it.
    TornSnapshot,
}

/// A disk made of memory. Clones are the same disk.
#[derive(Clone)]
pub struct MemoryStore(Arc<Mutex<Platter>>);

type Waiting = (Vec<Envelope>, OnDurable);

struct Platter {
    keep_events: u64,
    /// The life the disk is in: it begins with each opening and each crash.
    life: u64,
    /// Submitted events wait for a call of `sync`.
    holds: bool,
    /// Chunks by their first event.
    log: BTreeMap<u64, Vec<u8>>,
    kept_from: u64,
    head: u64,
    /// Records of whole snapshots, by the last event in them.
    snapshots: BTreeMap<u64, Vec<u8>>,
    waiting: VecDeque<Waiting>,
    /// The number that the next submitted event must have.
    next: u64,
    poison: Option<Arc<AppendError>>,
    mishaps: VecDeque<Mishap>,
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let platter = self.platter();
        write!(f, "MemoryStore(events {} to {})", platter.kept_from, platter.head)
    }
}

fn place() -> PathBuf {
    PathBuf::from("memory")
}

impl MemoryStore {
    /// An empty disk that syncs at once, and keeps so many events for streams.
    #[must_use]
    pub fn new(keep_events: u64) -> Self {
        Self(Arc::new(Mutex::new(Platter {
            keep_events,
            life: 0,
            holds: false,
            log: BTreeMap::new(),
            kept_from: 1,
            head: 0,
            snapshots: BTreeMap::new(),
            waiting: VecDeque::new(),
            next: 1,
            poison: None,
            mishaps: VecDeque::new(),
        })))
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what is submitted waits for [`Self::sync`], as it waits for a slow disk. When it no longer
    /// does, what waits is synced.
    pub fn hold(&self, holds: bool) {
        self.platter().holds = holds;
        if !holds {
            self.sync();
        }
    }

    /// Batches that wait to be synced.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.platter().waiting.len()
    }

    /// Makes everything submitted durable, in one group, and says so; returns how many batches that were.
    pub fn sync(&self) -> usize {
        let (group, outcome) = {
            let mut platter = self.platter();
            let group: Vec<Waiting> = platter.waiting.drain(..).collect();
            if group.is_empty() {
                return 0;
            }
            let outcome = platter.commit(&group);
            (group, outcome)
        };
        let count = group.len();
        // Without the lock: who is called back may call again.
        for (events, on_durable) in group {
            on_durable(outcome.clone().map(|head| Durable { head, events }));
        }
        count
    }

    /// Lets something go wrong, after what was said to go wrong before.
    pub fn arrange(&self, mishap: Mishap) {
        self.platter().mishaps.push_back(mishap);
    }

    /// The process dies: what was not synced is forgotten, nobody is called back, and the journals that were
    /// open are closed.
    pub fn crash(&self) {
        self.crash_keeping(0);
    }

    /// Like [`Self::crash`], but the first `batches` of what was not synced reached the platter nevertheless,
    /// without anyone having been told: a disk may do that.
    pub fn crash_keeping(&self, batches: usize) {
        let forgotten = {
            let mut platter = self.platter();
            let mut group: Vec<Waiting> = platter.waiting.drain(..).collect();
            let forgotten = group.split_off(batches.min(group.len()));
            if !group.is_empty() && platter.poison.is_none() {
                // One that fails to be written is one that is not kept.
                let _ = platter.write(&group);
            }
            platter.life += 1;
            platter.mishaps.clear();
            (group, forgotten)
        };
        // Dropped without the lock: a callback may own something that calls again when it goes.
        drop(forgotten);
    }

    /// Flips one bit of the chunk that holds an event; false when there is none.
    pub fn corrupt(&self, event: u64) -> bool {
        let mut platter = self.platter();
        let chunk = platter.log.range_mut(..=event).next_back();
        let byte = chunk.and_then(|(_, bytes)| bytes.last_mut());
        byte.map(|byte| *byte ^= 1).is_some()
    }
}

impl Store for MemoryStore {
    fn open(&self) -> Result<Recovered, OpenError> {
        let (image, kept_from, head, life, forgotten) = {
            let mut platter = self.platter();
            platter.check()?;
            platter.life += 1;
            platter.poison = None;
            platter.next = platter.head + 1;
            let forgotten = std::mem::take(&mut platter.waiting);
            (platter.newest_image()?, platter.kept_from, platter.head, platter.life, forgotten)
        };
        // A journal opened before is closed, and so its callers hear.
        for (_, on_durable) in forgotten {
            on_durable(Err(AppendError::Closed));
        }
        let journal: Arc<dyn Journal> = Arc::new(MemoryJournal { store: self.clone(), life });
        let next = image.as_ref().map_or(kept_from, |image| image.sequence + 1);
        let tail = Tail::new(Arc::clone(&journal), next, head);
        Ok(Recovered { journal, image, tail, head, notes: Vec::new() })
    }
}

impl Platter {
    fn take_mishap(&mut self, wanted: &[Mishap]) -> Option<Mishap> {
        let next = self.mishaps.front().copied().filter(|mishap| wanted.contains(mishap));
        if next.is_some() {
            self.mishaps.pop_front();
        }
        next
    }

    fn commit(&mut self, group: &[Waiting]) -> Result<u64, AppendError> {
        if let Some(cause) = &self.poison {
            return Err(AppendError::Poisoned(Arc::clone(cause)));
        }
        let failure = |doing| AppendError::Disk { doing, path: place(), reason: "it was arranged".into() };
        let outcome = match self.take_mishap(&[Mishap::Append, Mishap::DiskFull, Mishap::Sync]) {
            Some(Mishap::DiskFull) => Err(AppendError::DiskFull { path: place() }),
            Some(Mishap::Sync) => Err(failure("sync")),
            Some(_) => Err(failure("write to")),
            None => self.write(group),
        };
        if let Err(error) = &outcome {
            self.poison = Some(Arc::new(error.clone()));
        }
        outcome
    }

    /// Writes a group whole, or nothing of it.
    fn write(&mut self, group: &[Waiting]) -> Result<u64, AppendError> {
        let events = || group.iter().flat_map(|(events, _)| events);
        let mut expected = self.head + 1;
        for event in events() {
            if event.sequence != expected {
                return Err(AppendError::OutOfOrder { expected, found: event.sequence });
            }
            expected += 1;
        }
        let mut chunks = Vec::new();
        chunk::pack(events(), |first, bytes| {
            chunks.push((first, bytes.to_vec()));
            Ok(())
        })?;
        self.log.extend(chunks);
        self.head = expected - 1;
        Ok(self.head)
    }

    fn store(&mut self, image: &Image) -> Result<(), AppendError> {
        let sequence = image.sequence;
        if sequence > self.head {
            return Err(AppendError::SnapshotAhead { image: sequence, head: self.head });
        }
        let (mut bytes, mut scratch) = (Vec::new(), Vec::new());
        let mut at = 0;
        while put_framed(&mut bytes, &mut scratch, |into| records::encode_image_part(image, at, into))
            .map_err(|source| AppendError::Unstorable { sequence, source })?
        {
            at += 1;
        }
        self.snapshots.insert(sequence, bytes);
        while self.snapshots.len() > 2 {
            self.snapshots.pop_first();
        }
        if let (2, Some((older, _))) = (self.snapshots.len(), self.snapshots.first_key_value()) {
            let streams = (self.head + 1).saturating_sub(self.keep_events).max(1);
            self.kept_from = self.kept_from.max(streams.min(older + 1));
            if let Some((first, _)) = self.log.range(..=self.kept_from).next_back() {
                let first = *first;
                self.log = self.log.split_off(&first);
            }
        }
        Ok(())
    }

    /// The search for damage.
    fn check(&self) -> Result<(), Damage> {
        let mut next = None;
        for (first, bytes) in &self.log {
            let expected = next.unwrap_or(*first);
            let chunk = Chunk::read(*first, bytes).and_then(|chunk| {
                let in_order = *first == expected;
                let gap = Flaw::Gap { expected, found: *first };
                if in_order { chunk.check().map(|()| chunk.last()) } else { Err(gap) }
            });
            next = Some(chunk.map_err(|flaw| damage(Damaged::Chunk, *first, flaw))? + 1);
        }
        Ok(())
    }

    fn newest_image(&self) -> Result<Option<Image>, Damage> {
        let Some((sequence, bytes)) = self.snapshots.last_key_value() else { return Ok(None) };
        let flawed = |flaw| damage(Damaged::Snapshot, *sequence, flaw);
        let mut builder = ImageBuilder::default();
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let cut = || flawed(Flaw::Contradiction("its last record is cut off"));
            let size = chunk::take_varint(&mut rest).ok_or_else(cut)?;
            let (record, behind) = rest.split_at_checked(size as usize).ok_or_else(cut)?;
            rest = behind;
            let part = records::decode_image_part(records::SCHEMA, record)
                .map_err(|source| flawed(Flaw::Record { number: 0, source }))?;
            builder.add(part).map_err(|why| flawed(Flaw::Contradiction(why)))?;
        }
        let missing = || flawed(Flaw::Contradiction("parts that its head announces are missing"));
        builder.finish().ok_or_else(missing).map(Some)
    }

    fn page(&self, from: u64, limit: PageLimit) -> Result<Page, ReadError> {
        let head = self.head;
        if from < self.kept_from {
            return Err(ReadError::TooOld { asked: from, oldest: self.kept_from });
        }
        if from > head + 1 {
            return Err(ReadError::Ahead { asked: from, head });
        }
        let mut page = Page { events: Vec::new(), next: from, head };
        let start = self.log.range(..=from).next_back().map_or(from, |(first, _)| *first);
        let mut bytes = 0;
        for (first, chunk) in self.log.range(start..) {
            let flawed = |flaw| ReadError::Damaged(Box::new(damage(Damaged::Chunk, *first, flaw)));
            for event in Chunk::read(*first, chunk).map_err(flawed)?.events_from(page.next) {
                let (event, size) = event.map_err(flawed)?;
                page.next = event.sequence + 1;
                page.events.push(event);
                bytes += size;
                if page.events.len() >= limit.events || bytes >= limit.bytes {
                    return Ok(page);
                }
            }
        }
        Ok(page)
    }
}

fn damage(what: Damaged, event: u64, flaw: Flaw) -> Damage {
    Damage { path: place(), what, sequences: Some(event..=event), key: None, flaw }
}

/// A journal open on a disk made of memory, for one life of it.
#[derive(Debug)]
struct MemoryJournal {
    store: MemoryStore,
    life: u64,
}

impl MemoryJournal {
    fn is_open(&self, platter: &Platter) -> bool {
        platter.life == self.life
    }
}

impl Journal for MemoryJournal {
    fn submit(&self, batch: Vec<Envelope>, on_durable: OnDurable) {
        let holds = {
            let mut platter = self.store.platter();
            if !self.is_open(&platter) {
                drop(platter);
                return on_durable(Err(AppendError::Closed));
            }
            platter.waiting.push_back((batch, on_durable));
            platter.holds
        };
        if !holds {
            self.store.sync();
        }
    }

    fn read(&self, from: u64, limit: PageLimit) -> Result<Page, ReadError> {
        let platter = self.store.platter();
        if self.is_open(&platter) { platter.page(from.max(1), limit) } else { Err(ReadError::Closed) }
    }

    fn snapshot(&self, image: Image, on_stored: OnStored) {
        let outcome = {
            let mut platter = self.store.platter();
            if !self.is_open(&platter) {
                Err(AppendError::Closed)
            } else if let Some(cause) = &platter.poison {
                Err(AppendError::Poisoned(Arc::clone(cause)))
            } else if platter.take_mishap(&[Mishap::TornSnapshot]).is_some() {
                return;
            } else {
                platter.store(&image)
            }
        };
        on_stored(outcome.map(|()| image.sequence));
    }

    fn range(&self) -> (u64, u64) {
        let platter = self.store.platter();
        (platter.kept_from, platter.head)
    }

    fn close(&self) {
        let open = self.is_open(&self.store.platter());
        if open {
            self.store.sync();
            self.store.platter().life += 1;
        }
    }
}
