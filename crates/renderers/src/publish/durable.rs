//! Names that survive a power failure, and renames that survive a virus scanner: the platform's part.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

/// How often a rename is tried that Windows refuses because someone else has the file open, and how long the
/// waits are in between: together a second.
const SHARING_TRIES: u32 = 5;
const SHARING_WAIT: Duration = Duration::from_millis(35);
/// How often directories are made that somebody else removes.
const MAKING_TRIES: u32 = 16;

/// Brings the names in a directory to the platter. Windows does that by itself and has no word for it.
///
/// # Errors
/// What the file system says.
pub fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

/// Makes a directory and those above it that are missing, and brings each new name to the platter. Somebody who
/// tidies up may remove one of them, empty as it is, before the next is in it.
pub(super) fn sync_new_directories(directory: &Path) -> io::Result<()> {
    let mut tries = 1;
    loop {
        match try_new_directories(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && tries < MAKING_TRIES => tries += 1,
            done => return done,
        }
    }
}

fn try_new_directories(directory: &Path) -> io::Result<()> {
    let missing: Vec<_> = directory.ancestors().take_while(|path| !path.is_dir()).collect();
    fs::create_dir_all(directory)?;
    missing.iter().filter_map(|path| path.parent()).try_for_each(sync_directory)
}

/// An atomic rename over whatever file has that name.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let mut tried = 0;
    loop {
        match fs::rename(from, to) {
            Err(error) if is_shared(&error) && tried < SHARING_TRIES => {
                std::thread::sleep(SHARING_WAIT * (1 << tried));
                tried += 1;
            }
            done => return done,
        }
    }
}

/// Someone else has the file open: a scanner, an indexer, a viewer. It passes.
fn is_shared(error: &io::Error) -> bool {
    const ACCESS_DENIED: i32 = 5;
    const SHARING_VIOLATION: i32 = 32;
    cfg!(windows) && matches!(error.raw_os_error(), Some(ACCESS_DENIED | SHARING_VIOLATION))
}
