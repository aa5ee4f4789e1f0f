//! The store as it was found. sled cannot look at its files without writing to them, and where it finds
//! something wrong it gives up everything behind, for good. So a copy is made before it is opened; when the
//! scan finds damage the copy takes the store's place again, and whoever exports later has all there is.
//!
//! ```text
//!   copy into sled.before.part ──► rename to sled.before ──► open and scan ──► whole: sled.before is dropped
//!                                                                     └──────► not: sled.before becomes sled
//! ```
//!
//! A process that dies between the last two steps leaves a `sled.before`, which the next start puts back:
//! nothing has been appended while it stood. It is not synced (that would cost more than the scan); a list of
//! sizes and checksums in it tells a whole copy from one that a power loss cut.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::OpenError;

use super::directory;

const LIST: &str = "LIST";

fn place(path: &Path) -> PathBuf {
    path.join("sled.before")
}

fn part(path: &Path) -> PathBuf {
    path.join("sled.before.part")
}

fn dropped(path: &Path) -> PathBuf {
    path.join("sled.dropped")
}

/// The directory that holds the store as nobody has touched it since it was last in use.
pub(crate) fn source(path: &Path) -> PathBuf {
    let kept = place(path);
    if is_whole(&kept) { kept } else { directory::sled_directory(path) }
}

/// Makes the copy. Without one a start is as good as with; so a copy that fails is only told about.
pub(crate) fn make(path: &Path) {
    let store = directory::sled_directory(path);
    if !store.exists() {
        return;
    }
    let made = fs::create_dir(part(path))
        .and_then(|()| copy(&store, &part(path), ""))
        .and_then(|list| fs::write(part(path).join(LIST), list))
        .and_then(|()| fs::rename(part(path), place(path)));
    if let Err(error) = made {
        tracing::warn!(%error, path = %path.display(), "no copy of the journal was made before opening it");
        let _ = fs::remove_dir_all(part(path));
    }
}

/// Puts a copy that is there back into its place, and clears away what else an earlier start left.
pub(crate) fn settle(path: &Path) -> Result<(), OpenError> {
    let settled = remove(&part(path)).and_then(|()| remove(&dropped(path))).and_then(|()| {
        let kept = place(path);
        if is_whole(&kept) {
            let store = directory::sled_directory(path);
            if store.exists() {
                fs::rename(&store, dropped(path))?;
            }
            fs::rename(&kept, &store)?;
            directory::sync_directory(path)?;
            fs::remove_file(store.join(LIST))?;
            remove(&dropped(path))
        } else {
            remove(&kept)
        }
    });
    settled.map_err(|error| OpenError::io("put back the copy in", path, error))
}

/// Drops the copy: the store is whole, and is about to take appends that the copy does not have.
pub(crate) fn discard(path: &Path) -> Result<(), OpenError> {
    let kept = place(path);
    if !kept.exists() {
        return Ok(());
    }
    // It must not come back after a power loss, when it is older than what was appended since.
    let renamed = fs::rename(&kept, dropped(path)).and_then(|()| directory::sync_directory(path));
    renamed.map_err(|error| OpenError::io("drop the copy in", path, error))?;
    if let Err(error) = remove(&dropped(path)) {
        tracing::warn!(%error, "a copy of the journal stays until the next start");
    }
    Ok(())
}

fn remove(directory: &Path) -> io::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Copies a directory; returns a line for each file with its checksum, its size and its name.
fn copy(from: &Path, to: &Path, prefix: &str) -> io::Result<String> {
    let mut list = String::new();
    let mut entries = fs::read_dir(from)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            list.push_str(&copy(&entry.path(), &target, &format!("{name}/"))?);
        } else if name != LIST {
            let (checksum, size) = digest(&mut File::open(entry.path())?)?;
            fs::copy(entry.path(), &target)?;
            // Writing to a string cannot fail.
            let _ = writeln!(list, "{checksum:08x} {size} {name}");
        }
    }
    Ok(list)
}

fn digest(file: &mut File) -> io::Result<(u32, u64)> {
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; 256 << 10];
    let mut size = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((hasher.finalize(), size)),
            read => {
                hasher.update(&buffer[..read]);
                size += read as u64;
            }
        }
    }
}

/// Whether every file that its list names is there as it was.
fn is_whole(kept: &Path) -> bool {
    let Ok(list) = fs::read_to_string(kept.join(LIST)) else { return false };
    list.lines().all(|line| {
        let mut words = line.splitn(3, ' ');
        let (Some(checksum), Some(size), Some(name)) = (words.next(), words.next(), words.next()) else {
            return false;
        };
        let found = File::open(kept.join(name)).and_then(|mut file| digest(&mut file));
        found.is_ok_and(|(found, length)| format!("{found:08x}") == checksum && length.to_string() == size)
    })
}
