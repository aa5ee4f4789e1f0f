//! Files that are whole or not there: whatever dies while one is replaced leaves the old one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use callsheet_supervision::aside;

/// Replaces a file in one step, durably: beside it, synced, renamed, the directory synced.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&beside, path)?;
    sync_directory(path)
}

/// Puts a damaged file out of the way, where a person can look at it. One that was put there before goes.
pub(crate) fn set_aside(path: &Path) -> io::Result<std::path::PathBuf> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".damaged");
    fs::rename(path, &aside)?;
    sync_directory(path)?;
    Ok(aside.into())
}

/// Makes a new or renamed entry of a directory durable.
pub(crate) fn sync_directory(of: &Path) -> io::Result<()> {
    // Elsewhere a directory cannot be opened for that, and its entries are durable with the file.
    #[cfg(unix)]
    if let Some(directory) = of.parent() {
        File::open(directory)?.sync_all()?;
    }
    let _ = of;
    Ok(())
}

/// Does something with the disk where it holds nobody up.
pub(crate) async fn blocking<T, F>(work: F) -> io::Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> io::Result<T> + Send + 'static,
{
    aside(work).await.map_err(io::Error::other)?
}
