//! Files that are there only while a renderer runs: After Effects, for one, behaves in another way while a file
//! of a certain name lies in a certain folder.
//!
//! A marker is known for ours by what is in it. Whoever uses it holds a shared lock on it, slots and agents
//! beside each other; the last one, who finds nobody else's lock, takes it away. The system gives locks back
//! however their holder ends, so what a killed holder left is used, and taken away, by the next one. A file
//! of that name with anything else in it is somebody's own: it does its work, and stays.
//!
//! It refuses to make folders: where there is none, nobody looks for the file.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What is in a marker of ours, for whoever finds one.
const SIGNATURE: &str = "Callsheet put this file here while a renderer runs, and takes it away afterwards.\n";

/// A marker in use. Dropping it takes the file away, unless somebody else uses it or it is not ours.
#[derive(Debug)]
pub(crate) struct Marker {
    path: PathBuf,
    /// Ours, locked; without it the file is somebody's own.
    held: Option<File>,
}

impl Marker {
    /// Sees to it that the file is there. Blocking, shortly.
    pub(crate) fn set(path: &Path) -> io::Result<Self> {
        let _turn = turn(path)?;
        let held = match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(mut file) => {
                if let Err(error) = file.write_all(SIGNATURE.as_bytes()) {
                    let _ = fs::remove_file(path);
                    return Err(error);
                }
                Some(file)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => ours(path)?,
            Err(error) => return Err(error),
        };
        if let Some(file) = &held {
            file.lock_shared()?;
        }
        Ok(Self { path: path.to_owned(), held })
    }
}

impl Drop for Marker {
    fn drop(&mut self) {
        let Some(file) = self.held.take() else { return };
        // Without its turn the file stays, for the next one to take away.
        let Ok(_turn) = turn(&self.path) else { return };
        // One's own shared lock is in the way of a lock of one's own on some systems.
        if file.unlock().is_ok() {
            drop(file);
            let _ = take_away(&self.path);
        }
    }
}

/// Takes away what somebody left who was killed. What is in use or somebody's own stays. Blocking, shortly.
pub(crate) fn clear(path: &Path) -> io::Result<()> {
    if !path.parent().is_some_and(Path::is_dir) {
        // With its folder the marker is gone, too.
        return Ok(());
    }
    let _turn = turn(path)?;
    take_away(path)
}

fn take_away(path: &Path) -> io::Result<()> {
    let file = match ours(path) {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => fs::remove_file(path),
        // Whoever uses it takes it away.
        Err(TryLockError::WouldBlock) => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// The file, if it is one of ours.
fn ours(path: &Path) -> io::Result<Option<File>> {
    let mut file = File::open(path)?;
    let mut text = Vec::new();
    let most = u64::try_from(SIGNATURE.len()).unwrap_or(u64::MAX) + 1;
    (&mut file).take(most).read_to_end(&mut text)?;
    Ok((text == SIGNATURE.as_bytes()).then_some(file))
}

/// One at a time makes or takes away markers of a folder.
fn turn(path: &Path) -> io::Result<File> {
    let folder = path.parent().filter(|folder| folder.is_dir()).ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, "the folder that it belongs in is not there")
    })?;
    let turn = turnstile(folder)?;
    turn.lock()?;
    Ok(turn)
}

#[cfg(unix)]
fn turnstile(folder: &Path) -> io::Result<File> {
    File::open(folder)
}

/// A folder cannot be locked here. Whoever shares the marker shares the user, and so this folder.
#[cfg(not(unix))]
fn turnstile(_folder: &Path) -> io::Result<File> {
    let path = std::env::temp_dir().join("callsheet-markers.lock");
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_takes_it_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marker.txt");
        let first = Marker::set(&path).unwrap();
        let second = Marker::set(&path).unwrap();
        drop(first);
        assert!(path.exists());
        clear(&path).unwrap();
        assert!(path.exists(), "it is in use");
        drop(second);
        assert!(!path.exists());
    }

    #[test]
    fn what_was_there_before_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "mine", &format!("{SIGNATURE}and mine")] {
            let path = folder.path().join("marker.txt");
            fs::write(&path, text).unwrap();
            drop(Marker::set(&path).unwrap());
            clear(&path).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn what_a_killed_one_left_is_used_and_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marker.txt");
        fs::write(&path, SIGNATURE).unwrap();
        drop(Marker::set(&path).unwrap());
        assert!(!path.exists());
        fs::write(&path, SIGNATURE).unwrap();
        clear(&path).unwrap();
        assert!(!path.exists());
        clear(&path).unwrap();
    }

    #[test]
    fn no_folder_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone/marker.txt");
        assert_eq!(Marker::set(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        clear(&path).unwrap();
        assert!(!folder.path().join("gone").exists());
    }

    #[test]
    fn many_at_once_leave_nothing_and_never_miss_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marker.txt");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let marker = Marker::set(&path).unwrap();
                        assert!(path.exists());
                        drop(marker);
                    }
                });
            }
        });
        assert!(!path.exists());
    }
}
