//! The search for damage: every chunk is read whole, its checksum compared, every event in it decoded, every
//! number counted. It runs before anything is served, and on a thread of its own, because what lies below may
//! panic.

use std::path::{Path, PathBuf};

use callsheet_events::Digest;
use callsheet_model::image::Image;

use crate::chunk::Chunk;
use crate::damage::{Damage, Damaged, Flaw};
use crate::error::OpenError;

use super::db::{Bytes, Db, Fault};
use super::retention::Extents;

/// What a scan is to do when it finds damage.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDamage {
    /// Stop: nothing will be served.
    Stop,
    /// Note it, and find where reading goes on.
    GoOn,
}

/// What a scan found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The first event that must be there, as the notes say.
    pub(crate) kept_from: u64,
    /// The first and last event that are there.
    pub(crate) first: Option<u64>,
    pub(crate) last: u64,
    /// How many there are, and in how many chunks.
    pub(crate) events: u64,
    pub(crate) chunks: u64,
    /// The chain behind the last event that is sealed.
    pub(crate) chain: Option<Digest>,
    /// The first event that is not, from before events were; from there on none may be.
    pub(crate) unsealed: Option<u64>,
    /// How large the log is, and how old.
    pub(crate) extents: Extents,
    /// The newest whole snapshot, and the numbers of all whole ones.
    pub(crate) image: Option<Image>,
    pub(crate) snapshots: Vec<u64>,
    /// A chunk that was being written when the process died, and was promised to no one.
    pub(crate) torn: Option<u64>,
    /// Damage that loses something.
    pub(crate) damage: Vec<Damage>,
    /// Damage that loses nothing.
    pub(crate) notes: Vec<Damage>,
}

/// Runs something that may panic on damage on a thread of its own.
pub(crate) fn on_scratch_thread<T: Send>(
    path: &Path,
    work: impl FnOnce() -> Result<T, OpenError> + Send,
) -> Result<T, OpenError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("journal-scan".into()).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| OpenError::io("start a thread for", path, error))?;
        thread.join().unwrap_or_else(|panic| {
            let flaw = Flaw::Store(format!("it panicked: {}", panic_text(panic.as_ref())));
            Err(Damage { path: path.into(), what: Damaged::Store, sequences: None, key: None, flaw }.into())
        })
    })
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a word".into())
}

struct Scanner<'d> {
    db: &'d Db,
    path: PathBuf,
    marker: u64,
    on_damage: OnDamage,
    found: Scan,
}

/// Scans a whole journal whose marker promises `marker` events.
pub(crate) fn scan(db: &Db, path: &Path, marker: u64, on_damage: OnDamage) -> Scan {
    let found = Scan::default();
    let mut scanner = Scanner { db, path: path.into(), marker, on_damage, found };
    scanner.notes();
    if scanner.goes_on() {
        scanner.snapshots();
    }
    if scanner.goes_on() {
        scanner.log();
    }
    if scanner.goes_on() {
        scanner.ends();
    }
    scanner.found
}

impl Scanner<'_> {
    fn goes_on(&self) -> bool {
        self.on_damage == OnDamage::GoOn || self.found.damage.is_empty()
    }

    fn damage(&self, what: Damaged, sequences: Option<(u64, u64)>, flaw: Flaw) -> Damage {
        let sequences = sequences.map(|(first, last)| first..=last);
        Damage { path: self.path.clone(), what, sequences, key: None, flaw }
    }

    fn notes(&mut self) {
        self.found.kept_from = self.db.kept_from().unwrap_or_else(|flaw| {
            let damage = self.damage(Damaged::Notes, None, flaw);
            self.found.damage.push(damage);
            1
        });
    }

    fn snapshots(&mut self) {
        let sealed = self.db.sealed_snapshots().unwrap_or_else(|flaw| {
            let damage = self.damage(Damaged::Snapshot, None, flaw);
            self.found.damage.push(damage);
            Vec::new()
        });
        for sequence in sealed {
            match self.db.load_snapshot(sequence) {
                Ok(image) => {
                    self.found.snapshots.push(sequence);
                    self.found.image = Some(image);
                }
                Err(flaw) => {
                    let damage = self.damage(Damaged::Snapshot, Some((sequence, sequence)), flaw);
                    self.found.notes.push(damage);
                }
            }
        }
    }

    fn log(&mut self) {
        let mut from = 0;
        // One round for each stretch that can be read without a fault.
        loop {
            let mut fault = None;
            for chunk in self.db.chunks_from(from) {
                match chunk {
                    Ok((first, bytes)) => self.chunk(first, &bytes),
                    Err(found) => fault = Some(found),
                }
                if !self.goes_on() {
                    return;
                }
            }
            let Some(fault) = fault else { return };
            match self.fault(fault, from) {
                Some(next) if self.goes_on() => from = next,
                _ => return,
            }
        }
    }

    /// Whether a chunk's events are decoded here. At a start those behind the snapshot are decoded when they are
    /// replayed, a moment later and before anything is served, so that no event costs its time twice.
    fn decodes(&self, chunk: &Chunk<'_>) -> bool {
        let replayed_from = self.found.image.as_ref().map_or(0, |image| image.sequence);
        self.on_damage == OnDamage::GoOn || chunk.last() <= replayed_from
    }

    fn chunk(&mut self, first: u64, bytes: &Bytes) {
        let chunk = Chunk::read(first, bytes.as_ref())
            .and_then(|chunk| if self.decodes(&chunk) { chunk.check().map(|()| chunk) } else { Ok(chunk) });
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(flaw) => {
                let key = Some(crate::damage::hex(&first.to_be_bytes()));
                let damage = Damage { key, ..self.damage(Damaged::Chunk, Some((first, first)), flaw) };
                self.found.damage.push(damage);
                return;
            }
        };
        let expected = self.found.last + 1;
        if self.found.first.is_none() {
            self.found.first = Some(first);
        } else if first != expected {
            let gap = (expected, first.saturating_sub(1).max(expected));
            let damage = self.damage(Damaged::Log, Some(gap), Flaw::Gap { expected, found: first });
            self.found.damage.push(damage);
        }
        self.chain(&chunk);
        self.found.extents.add(first, chunk.moment(), bytes.as_ref().len());
        self.found.last = chunk.last().max(self.found.last);
        self.found.events += chunk.last() - first + 1;
        self.found.chunks += 1;
    }

    /// Whether a chunk's chain goes on where the one before it ended. That needs no hash, so every start can look;
    /// whether its events are those of the chain is for [`crate::verify_events`] to find out.
    fn chain(&mut self, chunk: &Chunk<'_>) {
        let first = chunk.first();
        let Some(links) = chunk.links() else {
            self.found.unsealed = self.found.unsealed.or(Some(first));
            return;
        };
        // A gap in the numbers is named already, and explains one in the chain.
        let follows =
            self.found.chain.is_none_or(|chain| chain == links.before || first != self.found.last + 1);
        if !follows || self.found.unsealed.is_some() {
            let damage = self.damage(Damaged::Log, Some((first, first)), Flaw::Unchained { first });
            self.found.damage.push(damage);
        }
        self.found.chain = Some(links.after);
    }

    /// Notes a fault, and says from which event reading may go on.
    fn fault(&mut self, fault: Fault, from: u64) -> Option<u64> {
        let after = self.found.last.max(from);
        if fault.torn_at_end && fault.first.is_some_and(|first| first > self.marker && first > after) {
            self.found.torn = fault.first;
            return None;
        }
        let first = fault.first.unwrap_or(after + 1);
        let damage =
            Damage { key: fault.key, ..self.damage(Damaged::Chunk, Some((first, first)), fault.flaw) };
        self.found.damage.push(damage);
        if self.on_damage == OnDamage::Stop {
            return None;
        }
        self.next_readable(first.max(after).checked_add(1)?)
    }

    /// The least event at or behind `low` from which the store gives a chunk again.
    fn next_readable(&self, mut low: u64) -> Option<u64> {
        let reads = |from: u64| match self.db.chunks_from(from).next() {
            Some(Ok((first, _))) => Some(first.max(from)),
            Some(Err(_)) | None => None,
        };
        if let Some(first) = reads(low) {
            return Some(first);
        }
        let mut reach = 1_u64;
        while reads(low.saturating_add(reach)).is_none() {
            if low.saturating_add(reach) > self.marker.max(self.found.last) {
                return None;
            }
            reach = reach.saturating_mul(2);
        }
        let mut high = low.saturating_add(reach);
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if reads(middle).is_some() { high = middle } else { low = middle }
        }
        Some(high)
    }

    /// What only shows at the end: whether both ends of the log are where they must be.
    fn ends(&mut self) {
        let Scan { kept_from, first, .. } = self.found;
        let found = first.unwrap_or(kept_from);
        self.found.last = self.found.last.max(kept_from.saturating_sub(1));
        if found > kept_from {
            let flaw = Flaw::StartsLate { found, needed: kept_from };
            let damage = self.damage(Damaged::Log, Some((kept_from, found - 1)), flaw);
            self.found.damage.push(damage);
        }
        let last = self.found.last;
        if last < self.marker {
            let flaw = Flaw::EndsEarly { found: last, promised: self.marker };
            let damage = self.damage(Damaged::Log, Some((last + 1, self.marker)), flaw);
            self.found.damage.push(damage);
        }
        let newest = self.found.snapshots.last().copied();
        if newest.is_some_and(|newest| newest > last) {
            let flaw = Flaw::Contradiction("it is of an event behind the end of the log");
            let damage = self.damage(Damaged::Snapshot, newest.map(|newest| (newest, newest)), flaw);
            self.found.damage.push(damage);
        }
        if kept_from > 1 && newest.is_none_or(|newest| newest + 1 < kept_from) {
            let damage = self.damage(Damaged::Snapshot, Some((1, kept_from - 1)), Flaw::Missing);
            self.found.damage.push(damage);
        }
    }
}
