//! What an operator does with a journal that no leader serves from: look whether it is whole, write it out as
//! text, make a new one from such a text. None of these writes to the journal it looks at: sled cannot open
//! anything without writing, so it is given a copy.

mod chain;
#[cfg(test)]
mod chain_tests;
mod exported;
mod import;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use callsheet_events::{Digest, Sealed};
use callsheet_model::Envelope;
use callsheet_model::image::Image;

use crate::chunk::Chunk;
use crate::damage::{Damage, Flaw};
use crate::disk::salvage::salvage;
use crate::disk::scan::{OnDamage, Scan, on_scratch_thread, scan};
use crate::disk::{self, Db, directory, keepsake};
use crate::error::OpenError;
use crate::lines::{self, Heading};

use chain::Check;
pub use chain::{Breach, Broken, Chained, verify_events};
pub use exported::{Exported, Exports};
pub use import::{Gap, Imported, import};

const CACHE_BYTES: u64 = 4 << 20;

/// What a journal holds, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The journal's directory.
    pub path: PathBuf,
    /// The first event that must be there.
    pub kept_from: u64,
    /// The last event that was promised to be durable, as the head marker says.
    pub promised: u64,
    /// The first event that is there, if there is any.
    pub first: Option<u64>,
    /// The last event that is there; 0 when there never was one.
    pub last: u64,
    /// How many events can be read.
    pub events: u64,
    /// In how many chunks.
    pub chunks: u64,
    /// Snapshots that are whole, by the last event in them, the oldest first.
    pub snapshots: Vec<u64>,
    /// The first event of an append that was cut off before it was promised to anyone. That is no damage.
    pub torn: Option<u64>,
    /// Events that should be there and can be found nowhere.
    pub missing: Vec<RangeInclusive<u64>>,
    /// Damage that loses something. A leader does not start with it.
    pub damage: Vec<Damage>,
    /// Damage that loses nothing: a snapshot that can be done without.
    pub notes: Vec<Damage>,
    /// What the chain of hashes says; nothing of a journal that is damaged otherwise.
    pub chained: Option<Chained>,
}

impl Report {
    /// Whether nothing at all is wrong.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.damage.is_empty() && self.notes.is_empty() && self.broken().is_none()
    }

    /// The first event that is not the one that was written, though nothing else gives it away.
    #[must_use]
    pub fn broken(&self) -> Option<&Broken> {
        self.chained.as_ref().and_then(|chained| chained.broken.as_ref())
    }
}

/// A copy of a journal, gone when this is.
struct Copy {
    path: PathBuf,
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "a copy of a journal was left behind");
        }
    }
}

impl Copy {
    fn of(path: &Path) -> Result<Self, OpenError> {
        if !directory::check(path)? && !directory::sled_directory(path).exists() {
            let reason = "it has neither FORMAT nor a store".to_owned();
            return Err(OpenError::NotAJournal { path: path.into(), reason });
        }
        let copy = std::env::temp_dir().join(format!("callsheet-journal-{}", uuid::Uuid::new_v4()));
        let copy = Self { path: copy };
        copy_files(&keepsake::source(path), &directory::sled_directory(&copy.path))?;
        Ok(copy)
    }
}

fn copy_files(from: &Path, to: &Path) -> Result<(), OpenError> {
    fs::create_dir_all(to).map_err(|error| OpenError::io("make", to, error))?;
    let entries = fs::read_dir(from).map_err(|error| OpenError::io("list", from, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| OpenError::io("list", from, error))?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_files(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).map_err(|error| OpenError::io("copy to", &target, error))?;
        }
    }
    Ok(())
}

/// Looks whether a journal is whole. Reads it all and writes nothing to it; needs room for a copy in the
/// directory for temporary files.
///
/// # Errors
/// `OpenError` when it is in use, is no journal, or could not be read. Damage inside is in the report.
pub fn verify(path: &Path) -> Result<Report, OpenError> {
    look(path, &mut |_| Ok(()))
}

/// Writes everything that can be read as lines of JSON, as [`import`] takes them. Of a damaged journal that is
/// every event that can still be found anywhere in its files; the report says what is missing.
///
/// # Errors
/// `OpenError` as for [`verify`], or when `out` takes no more.
pub fn export(path: &Path, out: &mut (dyn Write + Send)) -> Result<Report, OpenError> {
    let mut out = BufWriter::new(out);
    let report = look(path, &mut |shown| match shown {
        Shown::Heading(heading) => lines::write_heading(&mut out, heading),
        Shown::Image(image) => lines::write_image(&mut out, image),
        Shown::Event(event, before) => lines::write_event(&mut out, event, before),
        Shown::Unsealed(event) => lines::write_unsealed(&mut out, event),
    })?;
    out.flush().map_err(|error| writing(path, error))?;
    Ok(report)
}

fn writing(path: &Path, error: io::Error) -> OpenError {
    OpenError::io("write the export of", path, error)
}

/// A part of a journal, in the order of an export.
enum Shown<'s> {
    Heading(Heading),
    Image(&'s Image),
    /// An event, and the chain before it where a chunk begins.
    Event(&'s Sealed, Option<Digest>),
    /// One from before events were sealed.
    Unsealed(&'s Envelope),
}

type Show<'s> = dyn FnMut(Shown<'_>) -> io::Result<()> + Send + 's;

/// Scans a copy of a journal and shows what is in it: first the heading, then each whole snapshot, then each
/// event.
fn look(path: &Path, show: &mut Show<'_>) -> Result<Report, OpenError> {
    let _claim = claim(path)?;
    let mut damage = Vec::new();
    if !directory::check(path)? {
        let (path, what) = (directory::format_file(path), crate::Damaged::Store);
        damage.push(Damage { path, what, sequences: None, key: None, flaw: Flaw::Missing });
    }
    let promised = match disk::read_marker(path) {
        Ok(promised) => promised,
        Err(OpenError::Damaged(found)) => {
            damage.push(*found);
            0
        }
        Err(error) => return Err(error),
    };
    let mut chained = None;
    let copy = Copy::of(path)?;
    let scanned = on_scratch_thread(path, || {
        let db = Db::open(&copy.path, CACHE_BYTES)?;
        let found = scan(&db, path, promised, OnDamage::GoOn);
        if found.damage.is_empty() {
            let mut check = Check::new(path, found.kept_from);
            show_store(&db, &found, promised, &mut check, show).map_err(|error| writing(path, error))?;
            chained = Some(check.ends(promised));
        }
        Ok(found)
    });
    let mut report = match scanned {
        Ok(found) if found.damage.is_empty() => report(path, promised, found),
        Ok(found) => salvaged(report(path, promised, found), show)?,
        Err(OpenError::Damaged(found)) => {
            let found = Scan { damage: vec![*found], kept_from: 1, ..Scan::default() };
            salvaged(report(path, promised, found), show)?
        }
        Err(error) => return Err(error),
    };
    report.damage.extend(damage);
    report.chained = chained;
    Ok(report)
}

/// Keeps leaders away. A journal restored from a backup may come without its lock.
fn claim(path: &Path) -> Result<Option<directory::Claim>, OpenError> {
    directory::lock_file(path).exists().then(|| directory::claim(path, false)).transpose()
}

fn report(path: &Path, promised: u64, found: Scan) -> Report {
    let Scan { kept_from, first, last, events, chunks, snapshots, torn, damage, notes, .. } = found;
    // A chunk may begin with events that are not kept any more.
    let begun_before = first.map_or(0, |first| kept_from.saturating_sub(first).min(events));
    let (first, events) = (first.map(|first| first.max(kept_from)), events - begun_before);
    let path = path.into();
    Report {
        path,
        kept_from,
        promised,
        first,
        last,
        events,
        chunks,
        snapshots,
        torn,
        damage,
        notes,
        missing: Vec::new(),
        chained: None,
    }
}

fn show_store(
    db: &Db,
    found: &Scan,
    promised: u64,
    check: &mut Check,
    show: &mut Show<'_>,
) -> io::Result<()> {
    // More may be there than was promised, and it counts from now on.
    let head = promised.max(found.last);
    show(Shown::Heading(Heading { format: lines::FORMAT, kept_from: found.kept_from, head }))?;
    let unreadable = |why: String| io::Error::other(format!("what was whole before is not: {why}"));
    for sequence in &found.snapshots {
        let image = db.load_snapshot(*sequence).map_err(|flaw| unreadable(flaw.to_string()))?;
        show(Shown::Image(&image))?;
    }
    for chunk in db.chunks_from(0) {
        match chunk {
            Ok((first, bytes)) => {
                if check.broken().is_none() {
                    check.chunk(first, bytes.as_ref());
                }
                show_chunk(first, bytes.as_ref(), found.kept_from, show)?;
            }
            Err(fault) if fault.torn_at_end => {}
            Err(fault) => return Err(unreadable(fault.flaw.to_string())),
        }
    }
    Ok(())
}

fn show_chunk(first: u64, bytes: &[u8], kept_from: u64, show: &mut Show<'_>) -> io::Result<()> {
    let chunk = Chunk::read(first, bytes).map_err(|flaw| io::Error::other(flaw.to_string()))?;
    let Some(links) = chunk.links() else {
        // A chunk may begin with events that are not kept any more.
        let kept = chunk.events_from(kept_from).flatten();
        return kept.into_iter().try_for_each(|read| show(Shown::Unsealed(&read.envelope)));
    };
    let (mut before, mut begins) = (links.before, true);
    // As they are now, whether they are what was written or not: that is told apart, by the check.
    for read in chunk.events_from(first).flatten() {
        let event = Sealed::seal(read.envelope, &before);
        if event.envelope.sequence >= kept_from {
            show(Shown::Event(&event, begins.then_some(before)))?;
            begins = false;
        }
        before = event.chain;
    }
    Ok(())
}

/// Shows what can still be found in a damaged journal, and completes the report by it.
fn salvaged(mut report: Report, show: &mut Show<'_>) -> Result<Report, OpenError> {
    let file = keepsake::source(&report.path).join("db");
    let bytes = match fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(OpenError::io("read", file, error)),
    };
    let limit = if report.promised > 0 { report.promised } else { u64::MAX };
    let found = salvage(&bytes, limit);
    let (kept_from, head) = (report.kept_from, report.promised);
    let shown = show(Shown::Heading(Heading { format: lines::FORMAT, kept_from, head })).and_then(|()| {
        found.images.iter().try_for_each(|image| show(Shown::Image(image)))?;
        found.chunks.iter().try_for_each(|(first, bytes)| show_chunk(*first, bytes, kept_from, show))
    });
    shown.map_err(|error| writing(&report.path, error))?;
    report.snapshots = found.images.iter().map(|image| image.sequence).collect();
    report.first = None;
    report.chunks = found.chunks.len() as u64;
    report.events = 0;
    report.missing.clear();
    let mut next = kept_from;
    for (first, bytes) in &found.chunks {
        let Ok(chunk) = Chunk::read(*first, bytes) else { continue };
        if chunk.last() < kept_from {
            continue;
        }
        let first = (*first).max(kept_from);
        if first > next {
            report.missing.push(next..=first - 1);
        }
        report.first = report.first.or(Some(first));
        report.events += chunk.last() - first + 1;
        report.last = chunk.last();
        next = next.max(chunk.last() + 1);
    }
    if next <= head {
        report.missing.push(next..=head);
    }
    Ok(report)
}
