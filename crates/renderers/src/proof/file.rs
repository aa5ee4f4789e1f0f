//! Opening a result and bringing it to the platter: the platform's part of a proof.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::{Unproven, unreadable};

/// Opens a regular file that is not empty, and tells its length.
pub(super) fn open(path: &Path) -> Result<(File, u64), Unproven> {
    // Looked at before it is opened: opening a pipe would wait for ever.
    let kind = fs::symlink_metadata(path).map_err(gone_or_unreadable)?.file_type();
    if kind.is_symlink() {
        return Err(Unproven::NotAFile { found: "a symbolic link" });
    }
    if kind.is_dir() {
        return Err(Unproven::NotAFile { found: "a directory" });
    }
    if !kind.is_file() {
        return Err(Unproven::NotAFile { found: "something special" });
    }
    let file = handle(path).map_err(gone_or_unreadable)?;
    match file.metadata().map_err(unreadable)?.len() {
        0 => Err(Unproven::Empty),
        bytes => Ok((file, bytes)),
    }
}

fn gone_or_unreadable(error: io::Error) -> Unproven {
    match error.kind() {
        io::ErrorKind::NotFound => Unproven::Missing,
        _ => unreadable(error),
    }
}

/// Windows syncs only what was opened for writing; elsewhere reading is enough.
fn handle(path: &Path) -> io::Result<File> {
    File::options().read(true).write(cfg!(windows)).open(path)
}

/// Brings the file's bytes to the platter.
pub(super) fn sync(file: &File) -> io::Result<()> {
    file.sync_all()
}
