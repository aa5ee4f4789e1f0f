//! What a disk made of memory holds: the bytes of the real one, in order, and what it was told to get wrong.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use callsheet_events::{Digest, Sealed};
use callsheet_model::Envelope;
use callsheet_model::image::Image;

use crate::chunk::{self, Chunk, put_framed};
use crate::damage::{Damage, Damaged, Flaw};
use crate::disk::retention::latest;
use crate::disk::snapshot::needed_from;
use crate::error::{AppendError, ReadError};
use crate::journal::{OnDurable, Page, PageLimit};
use crate::pages::{Filling, Latest};
use crate::records::{self, ImageBuilder};

use super::Mishap;

/// Memory for the latest events, as streams want them.
pub(super) const HOT_BYTES: usize = 8 << 20;

pub(super) type Waiting = (Vec<Envelope>, OnDurable);

pub(super) struct Platter {
    pub(super) keep_events: u64,
    /// The life the disk is in: it begins with each opening and each crash.
    pub(super) life: u64,
    /// Submitted events wait for a call of `sync`.
    pub(super) holds: bool,
    /// Chunks by their first event.
    pub(super) log: BTreeMap<u64, Vec<u8>>,
    pub(super) kept_from: u64,
    pub(super) head: u64,
    /// Records of whole snapshots, by the last event in them.
    pub(super) snapshots: BTreeMap<u64, Vec<u8>>,
    pub(super) waiting: VecDeque<Waiting>,
    /// The chain behind the last event.
    pub(super) chain: Digest,
    pub(super) latest: Latest,
    pub(super) poison: Option<Arc<AppendError>>,
    pub(super) mishaps: VecDeque<Mishap>,
}

fn place() -> PathBuf {
    PathBuf::from("memory")
}

impl Platter {
    /// An empty disk.
    pub(super) fn new(keep_events: u64) -> Self {
        Self {
            keep_events,
            life: 0,
            holds: false,
            log: BTreeMap::new(),
            kept_from: 1,
            head: 0,
            chain: Digest::of(b"a journal in memory begins its chain here, always"),
            latest: Latest::new(HOT_BYTES),
            snapshots: BTreeMap::new(),
            waiting: VecDeque::new(),
            poison: None,
            mishaps: VecDeque::new(),
        }
    }

    pub(super) fn take_mishap(&mut self, wanted: &[Mishap]) -> Option<Mishap> {
        let next = self.mishaps.front().copied().filter(|mishap| wanted.contains(mishap));
        if next.is_some() {
            self.mishaps.pop_front();
        }
        next
    }

    pub(super) fn commit(
        &mut self,
        batches: Vec<Vec<Envelope>>,
    ) -> Result<Vec<Vec<Arc<Sealed>>>, AppendError> {
        if let Some(cause) = &self.poison {
            return Err(AppendError::Poisoned(Arc::clone(cause)));
        }
        let failure = |doing| AppendError::Disk { doing, path: place(), reason: "it was arranged".into() };
        let outcome = match self.take_mishap(&[Mishap::Append, Mishap::DiskFull, Mishap::Sync]) {
            Some(Mishap::DiskFull) => Err(AppendError::DiskFull { path: place() }),
            Some(Mishap::Sync) => Err(failure("sync")),
            Some(_) => Err(failure("write to")),
            None => self.write(batches),
        };
        if let Err(error) = &outcome {
            self.poison = Some(Arc::new(error.clone()));
        }
        outcome
    }

    /// Seals and writes a group whole, or nothing of it.
    pub(super) fn write(
        &mut self,
        batches: Vec<Vec<Envelope>>,
    ) -> Result<Vec<Vec<Arc<Sealed>>>, AppendError> {
        let (mut expected, mut chain) = (self.head + 1, self.chain);
        let mut seal = |event: Envelope| {
            if event.sequence != expected {
                return Err(AppendError::OutOfOrder { expected, found: event.sequence });
            }
            expected += 1;
            let sealed = Sealed::seal(event, &chain);
            chain = sealed.chain;
            Ok(Arc::new(sealed))
        };
        let seal_all = |batch: Vec<Envelope>| batch.into_iter().map(&mut seal).collect();
        let sealed = batches.into_iter().map(seal_all).collect::<Result<Vec<Vec<_>>, _>>()?;
        let mut chunks = Vec::new();
        chunk::pack(self.chain, sealed.iter().flatten().map(Arc::as_ref), |chunk| {
            chunks.push((chunk.first, chunk.bytes.to_vec()));
            Ok(())
        })?;
        self.log.extend(chunks);
        self.latest.add(sealed.iter().flatten());
        (self.head, self.chain) = (expected - 1, chain);
        Ok(sealed)
    }

    pub(super) fn store(&mut self, image: &Image) -> Result<(), AppendError> {
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
        let kept: Vec<u64> = self.snapshots.keys().copied().collect();
        self.kept_from = self.kept_from.max(latest(self.head + 1, self.keep_events).min(needed_from(&kept)));
        if let Some((first, _)) = self.log.range(..=self.kept_from).next_back() {
            let first = *first;
            self.log = self.log.split_off(&first);
        }
        Ok(())
    }

    /// The search for damage.
    pub(super) fn check(&self) -> Result<(), Damage> {
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

    pub(super) fn newest_image(&self) -> Result<Option<Image>, Damage> {
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

    /// The head, if a page may begin with this event.
    fn may_read(&self, from: u64) -> Result<u64, ReadError> {
        if from < self.kept_from {
            return Err(ReadError::TooOld { asked: from, oldest: self.kept_from });
        }
        let head = self.head;
        if from > head + 1 { Err(ReadError::Ahead { asked: from, head }) } else { Ok(head) }
    }

    /// The chunks from the one that holds an event on.
    fn chunks(&self, from: u64) -> impl Iterator<Item = (u64, Result<Chunk<'_>, Flaw>)> {
        let start = self.log.range(..=from).next_back().map_or(from, |(first, _)| *first);
        self.log.range(start..).map(|(first, bytes)| (*first, Chunk::read(*first, bytes)))
    }

    pub(super) fn hot_page(&self, from: u64, limit: PageLimit) -> Option<Page> {
        let mut filling = Filling::new(from, self.may_read(from).ok()?, limit);
        self.latest.fill(&mut filling).then(|| filling.done())
    }

    pub(super) fn page(&self, from: u64, limit: PageLimit) -> Result<Page, ReadError> {
        let mut filling = Filling::new(from, self.may_read(from)?, limit);
        for (first, chunk) in self.chunks(from) {
            if self.latest.fill(&mut filling) || filling.wants().is_none() {
                break;
            }
            let sealed = chunk.and_then(|chunk| chunk.sealed().collect::<Result<Vec<_>, _>>());
            filling.take(&sealed.map_err(|flaw| unreadable(first, flaw))?);
        }
        Ok(filling.done())
    }

    pub(super) fn replay(&self, from: u64, limit: PageLimit) -> Result<Vec<Envelope>, ReadError> {
        self.may_read(from)?;
        let (mut events, mut bytes) = (Vec::new(), 0);
        for (first, chunk) in self.chunks(from) {
            for read in chunk.map_err(|flaw| unreadable(first, flaw))?.events_from(from) {
                let read = read.map_err(|flaw| unreadable(first, flaw))?;
                bytes += read.size;
                events.push(read.envelope);
                if events.len() >= limit.events || bytes >= limit.bytes {
                    return Ok(events);
                }
            }
        }
        Ok(events)
    }
}

fn unreadable(event: u64, flaw: Flaw) -> ReadError {
    ReadError::Damaged(Box::new(damage(Damaged::Chunk, event, flaw)))
}

fn damage(what: Damaged, event: u64, flaw: Flaw) -> Damage {
    Damage { path: place(), what, sequences: Some(event..=event), key: None, flaw }
}
