//! Receipts: small files in an attempt's place that say which files were about to be renamed away.
//!
//! One line for each file: its length, when it was last written, its name. A rename changes neither length
//! nor time, so the file is known again under its final path.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use uuid::Uuid;

const PREFIX: &str = ".receipt-";

/// What tells one file of a name from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    bytes: u64,
    written: u128,
}

impl Identity {
    /// Of a regular file.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(path)?;
        if !metadata.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let written = metadata.modified()?.duration_since(SystemTime::UNIX_EPOCH);
        Ok(Self { bytes: metadata.len(), written: written.map_or(0, |time| time.as_nanos()) })
    }
}

/// Writes a receipt for these files; none for no files. It need not be synced: if it is lost with the power,
/// the frames are rendered again.
pub(super) fn write<'a>(place: &Path, entries: impl Iterator<Item = (&'a str, Identity)>) -> io::Result<()> {
    let mut text = String::new();
    for (name, Identity { bytes, written }) in entries {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{bytes} {written} {name}");
    }
    if text.is_empty() {
        return Ok(());
    }
    fs::write(place.join(format!("{PREFIX}{}", Uuid::new_v4().simple())), text)
}

/// The receipts in a place, read when they are first needed.
pub(super) struct Receipts<'a> {
    place: &'a Path,
    entries: Vec<(String, Identity)>,
}

impl<'a> Receipts<'a> {
    pub(super) fn new(place: &'a Path) -> Self {
        Self { place, entries: Vec::new() }
    }

    /// Whether one says that this file, under this name, was about to be renamed.
    pub(super) fn speak_of(&mut self, name: &str, identity: Identity) -> bool {
        if self.known(name, identity) {
            return true;
        }
        // Another node may have written one since.
        self.entries = read(self.place).unwrap_or_default();
        self.known(name, identity)
    }

    fn known(&self, name: &str, identity: Identity) -> bool {
        self.entries.iter().any(|(known, as_written)| known == name && *as_written == identity)
    }
}

fn read(place: &Path) -> io::Result<Vec<(String, Identity)>> {
    let mut entries = Vec::new();
    for file in fs::read_dir(place)?.flatten() {
        if file.file_name().to_string_lossy().starts_with(PREFIX) {
            entries.extend(fs::read_to_string(file.path())?.lines().filter_map(entry));
        }
    }
    Ok(entries)
}

fn entry(line: &str) -> Option<(String, Identity)> {
    let mut parts = line.splitn(3, ' ');
    let identity = Identity { bytes: parts.next()?.parse().ok()?, written: parts.next()?.parse().ok()? };
    Some((parts.next()?.to_owned(), identity))
}
