//! The directory that a journal lies in: who may use it, and which format it has.
//!
//! ```text
//!   FORMAT   one line, "callsheet-journal 2"
//!   lock     locked by the process that uses the journal
//!   head     how far the log is durable (see `marker`)
//!   sled/    everything else
//! ```

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::damage::{Damage, Damaged, Flaw};
use crate::error::OpenError;

use super::marker;

/// The format that is written. In the first, events were not sealed; it becomes the second when it is opened.
const FORMAT: u64 = 2;
const OLDEST_FORMAT: u64 = 1;
const FORMAT_NAME: &str = "callsheet-journal";

pub(crate) fn format_file(path: &Path) -> PathBuf {
    path.join("FORMAT")
}

pub(crate) fn lock_file(path: &Path) -> PathBuf {
    path.join("lock")
}

pub(crate) fn head_file(path: &Path) -> PathBuf {
    path.join("head")
}

pub(crate) fn sled_directory(path: &Path) -> PathBuf {
    path.join("sled")
}

/// A directory that is this process' own, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(super) lock: File,
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Not only closed: a process that is just being started has a copy of every open file for a moment, and a
        // lock lives as long as its last copy.
        let _ = self.lock.unlock();
    }
}

/// Takes the lock; `create` when the file may have to be made.
pub(crate) fn claim(path: &Path, create: bool) -> Result<Claim, OpenError> {
    let lock_path = lock_file(path);
    let lock = File::options()
        .read(true)
        .write(create)
        .create(create)
        .open(&lock_path)
        .map_err(|error| OpenError::io("open the lock", &lock_path, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(Claim { lock }),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.into() }),
        Err(TryLockError::Error(error)) => Err(OpenError::io("lock", lock_path, error)),
    }
}

/// Makes sure that the directory holds a journal of a format that is known, and makes a new one where there
/// is nothing yet.
pub(crate) fn prepare(path: &Path) -> Result<(), OpenError> {
    if check(path)? {
        return Ok(());
    }
    if sled_directory(path).exists() {
        let flaw = Flaw::Missing;
        let damage =
            Damage { path: format_file(path), what: Damaged::Store, sequences: None, key: None, flaw };
        return Err(damage.into());
    }
    if let Some(name) = stranger_in(path)? {
        let reason = format!("it holds {name:?} and no FORMAT: give the journal a directory of its own");
        return Err(OpenError::NotAJournal { path: path.into(), reason });
    }
    // FORMAT comes last: a directory that has it is complete.
    marker::create(&head_file(path), 0).map_err(|error| OpenError::io("write", head_file(path), error))?;
    write_format(path).map_err(|error| OpenError::io("write", format_file(path), error))?;
    sync_directory(path).map_err(|error| OpenError::io("sync", path, error))
}

/// Whether the directory holds a journal of a known format; false when it has no FORMAT at all.
pub(crate) fn check(path: &Path) -> Result<bool, OpenError> {
    read_format(path).map(|format| format.is_some())
}

/// Says that the directory holds a journal of the latest format. Earlier versions refuse it from now on.
pub(crate) fn upgrade(path: &Path) -> Result<(), OpenError> {
    if read_format(path)? == Some(FORMAT) {
        return Ok(());
    }
    write_format(path).map_err(|error| OpenError::io("write", format_file(path), error))?;
    sync_directory(path).map_err(|error| OpenError::io("sync", path, error))
}

fn read_format(path: &Path) -> Result<Option<u64>, OpenError> {
    let file = format_file(path);
    let text = match fs::read(&file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(OpenError::io("read", file, error)),
    };
    let version = text.trim_end().strip_prefix(FORMAT_NAME).and_then(|rest| rest.trim().parse::<u64>().ok());
    match version {
        Some(found @ OLDEST_FORMAT..=FORMAT) => Ok(Some(found)),
        Some(found) if found > FORMAT => {
            Err(OpenError::NewerFormat { path: path.into(), found, known: FORMAT })
        }
        _ => {
            let found: String = text.chars().take(80).collect();
            let reason = format!("FORMAT says {found:?}, and \"{FORMAT_NAME} {FORMAT}\" is expected");
            Err(OpenError::NotAJournal { path: path.into(), reason })
        }
    }
}

/// The name of something in the directory that is none of a journal's.
fn stranger_in(path: &Path) -> Result<Option<String>, OpenError> {
    let ours = [lock_file(path), head_file(path), path.join("FORMAT.new")];
    let entries = fs::read_dir(path).map_err(|error| OpenError::io("list", path, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| OpenError::io("list", path, error))?;
        if !ours.contains(&entry.path()) {
            return Ok(Some(entry.file_name().to_string_lossy().into_owned()));
        }
    }
    Ok(None)
}

fn write_format(path: &Path) -> io::Result<()> {
    let fresh = path.join("FORMAT.new");
    let mut file = File::create(&fresh)?;
    writeln!(file, "{FORMAT_NAME} {FORMAT}")?;
    file.sync_all()?;
    drop(file);
    fs::rename(fresh, format_file(path))
}

/// Makes the names in a directory durable.
#[cfg(unix)]
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Windows has no such call: names are as durable there as the file system makes them.
#[cfg(not(unix))]
pub(crate) fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}
