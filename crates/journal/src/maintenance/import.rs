//! A new journal from an export. It is made beside its place and moved there when it is whole, so that a
//! half-read export never looks like a journal.

use std::fs;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use callsheet_events::{Digest, Sealed};
use callsheet_model::Envelope;
use callsheet_model::image::Image;

use crate::chunk;
use crate::disk::{self, Db, directory, marker, store_image};
use crate::error::{ImportError, OpenError};
use crate::lines::{self, Heading, Place, Said};
use crate::records::ImageBuilder;

use super::CACHE_BYTES;

/// Events that are written at once.
const GROUP_EVENTS: usize = 4096;

/// What an import does about events that are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// Makes no journal.
    Refuse,
    /// Takes what lies before the first gap. The cluster goes back to that moment.
    StopBefore,
    /// Begins with the newest snapshot and takes what lies after it. Streams cannot go further back.
    BeginWithSnapshot,
}

/// What was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// How many events.
    pub events: u64,
    /// The last event's number.
    pub last: u64,
    /// Snapshots, by the last event in them.
    pub snapshots: Vec<u64>,
    /// The first event that was missing, if it stopped before one.
    pub stopped_before: Option<u64>,
    /// The export did not say where in a chain its events stand, so they were given another chain, and the
    /// cluster's own events other ids. Otherwise every event is the one that was exported, by its hash.
    pub resealed: bool,
}

/// Makes a new journal from an export. It appears whole or not at all.
///
/// # Errors
/// `ImportError` names the line, what it has and what is expected.
pub fn import(export: &mut dyn BufRead, path: &Path, gap: Gap) -> Result<Imported, ImportError> {
    let is_free = fs::read_dir(path).map_or(!path.exists(), |mut entries| entries.next().is_none());
    let (Some(parent), Some(name), true) = (path.parent(), path.file_name(), is_free) else {
        return Err(ImportError::Exists { path: path.into() });
    };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    fs::create_dir_all(parent).map_err(|error| OpenError::io("make", parent, error))?;
    let building = parent.join(format!("{}.import-{}", name.to_string_lossy(), uuid::Uuid::new_v4()));
    let imported = Import::new(&building, gap).and_then(|import| import.run(export));
    let placed = imported.and_then(|imported| {
        // Where an empty directory stands already, not every system puts another in its place.
        let _ = fs::remove_dir(path);
        let renamed = fs::rename(&building, path).and_then(|()| directory::sync_directory(parent));
        renamed.map(|()| imported).map_err(|error| OpenError::io("make", path, error).into())
    });
    if placed.is_err() {
        // What is half made is of no use, and the first error is the one to hear of.
        let _ = fs::remove_dir_all(&building);
    }
    placed
}

/// The chain behind the last event that was taken.
#[derive(Clone, Copy)]
struct Running {
    chain: Digest,
    /// It is the export's own; otherwise a new one.
    kept: bool,
}

struct Import {
    path: PathBuf,
    db: Db,
    gap: Gap,
    line: usize,
    heading: Option<Heading>,
    building: ImageBuilder,
    images: Vec<Image>,
    pending: Vec<Sealed>,
    /// The chain before what is pending.
    pending_before: Digest,
    /// The event of the line above and the chain behind it, if it was not taken.
    above: Option<(u64, Digest)>,
    running: Option<Running>,
    first: Option<u64>,
    next: u64,
    events: u64,
    stopped_before: Option<u64>,
}

impl Import {
    fn new(path: &Path, gap: Gap) -> Result<Self, ImportError> {
        fs::create_dir_all(path).map_err(|error| OpenError::io("make", path, error))?;
        directory::prepare(path)?;
        let db = Db::open(path, CACHE_BYTES)?;
        Ok(Self {
            path: path.into(),
            db,
            gap,
            line: 0,
            heading: None,
            building: ImageBuilder::default(),
            images: Vec::new(),
            pending: Vec::new(),
            pending_before: Digest::default(),
            above: None,
            running: None,
            first: None,
            next: 1,
            events: 0,
            stopped_before: None,
        })
    }

    fn run(mut self, export: &mut dyn BufRead) -> Result<Imported, ImportError> {
        let mut text = String::new();
        while self.stopped_before.is_none() {
            text.clear();
            if export.read_line(&mut text).map_err(ImportError::Io)? == 0 {
                break;
            }
            self.line += 1;
            if !text.trim().is_empty() {
                let said = lines::read(&text).map_err(|reason| self.wrong(reason))?;
                self.take(said)?;
            }
        }
        self.finish()
    }

    fn wrong(&self, reason: impl Into<String>) -> ImportError {
        ImportError::Line { line: self.line, reason: reason.into() }
    }

    fn take(&mut self, said: Said) -> Result<(), ImportError> {
        match (said, &self.heading) {
            (Said::Heading(heading), None) if (1..=lines::FORMAT).contains(&heading.format) => {
                self.heading = Some(heading);
                Ok(())
            }
            (Said::Heading(heading), None) => {
                let known = lines::FORMAT;
                let found = heading.format;
                Err(self.wrong(format!("its format is {found}, and this version reads up to {known}")))
            }
            (Said::Heading(_), Some(_)) => Err(self.wrong("a second heading")),
            (_, None) => Err(self.wrong("an export begins with a line that holds \"journal\"")),
            (Said::Image(_), Some(_)) if self.first.is_some() => {
                Err(self.wrong("snapshots stand before the events"))
            }
            (Said::Image(part), Some(_)) => {
                self.building.add(*part).map_err(|reason| self.wrong(reason))?;
                if self.building.is_whole() {
                    self.images.extend(std::mem::take(&mut self.building).finish());
                }
                Ok(())
            }
            (Said::Event(event, place), Some(_)) => self.event(*event, place),
        }
    }

    fn event(&mut self, event: Envelope, place: Place) -> Result<(), ImportError> {
        let found = event.sequence;
        if found == 0 || found == u64::MAX {
            return Err(self.wrong("events are numbered from 1"));
        }
        if self.gap == Gap::BeginWithSnapshot {
            if self.images.len() > 1 {
                self.images.drain(..self.images.len() - 1);
            }
            if self.images.last().is_some_and(|image| found <= image.sequence) {
                self.above = place.chain.map(|chain| (found, chain));
                return Ok(());
            }
        }
        if self.first.is_none() {
            let begin = self.images.last().filter(|_| self.gap == Gap::BeginWithSnapshot);
            self.next = begin.map_or(found, |image| image.sequence + 1);
            self.first = Some(self.next);
        }
        if found != self.next {
            return self.gap(found);
        }
        self.next += 1;
        self.events += 1;
        let event = self.seal(event, place)?;
        self.pending.push(event);
        if self.pending.len() >= GROUP_EVENTS { self.write() } else { Ok(()) }
    }

    /// Seals an event behind those that were taken before it, and compares it with what its line says.
    fn seal(&mut self, event: Envelope, place: Place) -> Result<Sealed, ImportError> {
        let Running { chain, kept } = self.running.unwrap_or_else(|| self.begin(event.sequence, place));
        let sealed = Sealed::seal(event, &chain);
        if kept {
            let differs = [
                ("before", place.before.is_some_and(|said| said != chain)),
                ("hash", place.hash != Some(sealed.hash)),
                ("chain", place.chain != Some(sealed.chain)),
            ];
            if let Some((what, _)) = differs.into_iter().find(|(_, differs)| *differs) {
                let (line, sequence) = (self.line, sealed.envelope.sequence);
                return Err(ImportError::Altered { line, sequence, what });
            }
        }
        if self.pending.is_empty() {
            self.pending_before = chain;
        }
        self.running = Some(Running { chain: sealed.chain, kept });
        Ok(sealed)
    }

    /// The chain before the first event that is taken: the export's own, if it can be told from this line or the
    /// one above.
    fn begin(&self, sequence: u64, place: Place) -> Running {
        let above = self.above.filter(|(above, _)| above + 1 == sequence).map(|(_, chain)| chain);
        match place.before.or(above).filter(|_| place.chain.is_some()) {
            Some(chain) => Running { chain, kept: true },
            None => Running { chain: disk::genesis(), kept: false },
        }
    }

    fn gap(&mut self, found: u64) -> Result<(), ImportError> {
        if self.gap == Gap::StopBefore && found > self.next {
            self.stopped_before = Some(self.next);
            return Ok(());
        }
        Err(ImportError::Gap { line: self.line, expected: self.next, found })
    }

    fn write(&mut self) -> Result<(), ImportError> {
        let Self { db, pending, pending_before, .. } = self;
        chunk::pack(*pending_before, pending.iter(), |chunk| db.put_chunk(chunk.first, chunk.bytes))?;
        pending.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Imported, ImportError> {
        self.write()?;
        let Some(heading) = self.heading else { return Err(self.wrong("the export is empty")) };
        if self.first.is_none()
            && let Some(image) = self.images.last()
        {
            self.next = image.sequence + 1;
        }
        let first = self.first.unwrap_or(self.next);
        let last = self.next - 1;
        // The end can be missing too: what the journal promised, or what a snapshot is of.
        let promised = self.images.iter().map(|image| image.sequence).chain([heading.head]).max();
        let promised = promised.unwrap_or(0);
        if last < promised && self.stopped_before.is_none() {
            self.line += 1;
            match self.gap {
                Gap::BeginWithSnapshot => self.stopped_before = Some(self.next),
                Gap::Refuse | Gap::StopBefore => self.gap(promised + 1)?,
            }
        }
        self.images.retain(|image| (first.saturating_sub(1)..=last).contains(&image.sequence));
        if first > 1 && self.images.is_empty() {
            return Err(ImportError::NoBeginning { first });
        }
        let resealed = self.running.is_some_and(|running| !running.kept);
        let Self { path, db, images, events, stopped_before, .. } = self;
        if first > 1 {
            db.set_kept_from(first)?;
        }
        let snapshots: Vec<u64> = images.iter().map(|image| image.sequence).collect();
        for image in images {
            store_image(&db, image)?;
        }
        db.sync()?;
        drop(db);
        let head_file = directory::head_file(&path);
        marker::create(&head_file, last).map_err(|error| OpenError::io("write", head_file, error))?;
        // Not before it has been read back is it worth anything.
        disk::check(&path)?;
        Ok(Imported { events, last, snapshots, stopped_before, resealed })
    }
}
