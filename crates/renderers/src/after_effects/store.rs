//! Projects with data in them, kept on the node: what was put in once is not put in again for each chunk.
//!
//! ```text
//!   <work>/ae/in-<uuid>/       files of a data set on their way
//!   <work>/ae/<key>/           a0.png a1.mov …   the files, which the project refers to
//!                              p.aep             the project; there only when it is whole
//!                              uses/             whose attempts use it, by their scratch directories
//! ```
//!
//! The key is made of everything that decides what is in the project: template, data set, bytes of every file, what is
//! rendered, and the version that saves it. It refuses to remove what an attempt uses: that attempt's scratch
//! directory is there until it is over, also after a crash of the agent.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use callsheet_model::{Failure, FailureClass};
use uuid::Uuid;

/// The folder in the node's work directory.
const FOLDER: &str = "ae";
/// The project in an entry.
const PROJECT: &str = "p.aep";
const USES: &str = "uses";
const ON_THE_WAY: &str = "in-";
/// Most entries that nobody uses, and most bytes in all of them.
const MAX_ENTRIES: usize = 32;
const MAX_BYTES: u64 = 20 << 30;
/// What has been on its way for so long never arrives.
const LOST: Duration = Duration::from_secs(24 * 3600);

/// All of a node's projects with data in them.
#[derive(Debug)]
pub(super) struct Store {
    root: PathBuf,
    /// One slot at a time changes what is there.
    change: Mutex<()>,
    most: (usize, u64),
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    directory: PathBuf,
}

impl Entry {
    /// The project, whole or not there.
    pub(super) fn project(&self) -> PathBuf {
        self.directory.join(PROJECT)
    }

    /// A file of it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Whether a name is one of ours, which no file of a job can have.
    pub(super) fn is_taken(name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let numbered =
            name.strip_prefix('a').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        numbered || name == PROJECT || name == USES || name.starts_with("p.") || name.starts_with("new")
    }
}

impl Store {
    /// In a node's work directory.
    pub(super) fn new(work: &Path) -> Self {
        Self { root: work.join(FOLDER), change: Mutex::new(()), most: (MAX_ENTRIES, MAX_BYTES) }
    }

    #[cfg(test)]
    fn with_limits(self, entries: usize, bytes: u64) -> Self {
        Self { most: (entries, bytes), ..self }
    }

    /// A new directory for files on their way.
    pub(super) fn begin(&self) -> Result<PathBuf, Failure> {
        let directory = self.root.join(format!("{ON_THE_WAY}{}", Uuid::new_v4().simple()));
        fs::create_dir_all(&directory).map_err(|error| cannot(&directory, &error))?;
        Ok(directory)
    }

    /// Gives arrived files their key. If there is an entry of that key, it is the same and stays.
    pub(super) fn settle(&self, arrived: &Path, key: &str, scratch: &Path) -> Result<Entry, Failure> {
        let _changing = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = Entry { directory: self.root.join(key) };
        if entry.directory.is_dir() {
            let _ = fs::remove_dir_all(arrived);
        } else {
            fs::rename(arrived, &entry.directory).map_err(|error| cannot(&entry.directory, &error))?;
        }
        note(&entry, scratch).map_err(|error| cannot(&entry.directory, &error))?;
        self.tidy();
        Ok(entry)
    }

    /// Removes what nobody uses, from the one that was not used for longest on, down to the limits.
    fn tidy(&self) {
        let Ok(entries) = fs::read_dir(&self.root) else { return };
        let mut idle: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for directory in entries.flatten().map(|entry| entry.path()) {
            let name =
                directory.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let age = SystemTime::now().duration_since(changed(&directory)).unwrap_or_default();
            match name.starts_with(ON_THE_WAY) {
                true if age > LOST => drop(fs::remove_dir_all(&directory)),
                true => {}
                false if is_used(&directory) => {}
                false => idle.push((changed(&directory.join(USES)), bytes(&directory), directory)),
            }
        }
        idle.sort();
        let mut total: u64 = idle.iter().map(|(_, bytes, _)| bytes).sum();
        let mut count = idle.len();
        for (_, bytes, directory) in idle {
            if count <= self.most.0 && total <= self.most.1 {
                return;
            }
            // The project first: an entry without it is only files.
            let _ = fs::remove_file(directory.join(PROJECT));
            if fs::remove_dir_all(&directory).is_ok() {
                (count, total) = (count - 1, total - bytes);
            }
        }
    }
}

/// Notes that the attempt with this scratch directory uses an entry.
fn note(entry: &Entry, scratch: &Path) -> io::Result<()> {
    let uses = entry.directory.join(USES);
    fs::create_dir_all(&uses)?;
    let scratch = scratch.to_string_lossy();
    fs::write(uses.join(format!("{:x}", md5::compute(scratch.as_bytes()))), scratch.as_bytes())
}

/// Whether an attempt that uses it is still going on. Notes of those that are over are removed.
fn is_used(directory: &Path) -> bool {
    let Ok(notes) = fs::read_dir(directory.join(USES)) else { return false };
    let mut used = false;
    for note in notes.flatten().map(|note| note.path()) {
        let scratch = fs::read_to_string(&note).unwrap_or_default();
        match Path::new(&scratch).is_dir() {
            true => used = true,
            false => drop(fs::remove_file(&note)),
        }
    }
    used
}

fn changed(path: &Path) -> SystemTime {
    fs::metadata(path).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

fn bytes(directory: &Path) -> u64 {
    let Ok(files) = fs::read_dir(directory) else { return 0 };
    files.flatten().filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum()
}

fn cannot(path: &Path, error: &io::Error) -> Failure {
    Failure::new(FailureClass::OutputIo, format!("{} cannot be made: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Home(tempfile::TempDir);

    impl Home {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn store(&self, entries: usize, bytes: u64) -> Store {
            Store::new(self.0.path()).with_limits(entries, bytes)
        }

        fn scratch(&self, name: &str) -> PathBuf {
            let scratch = self.0.path().join(name);
            fs::create_dir_all(&scratch).unwrap();
            scratch
        }

        fn settled(&self, store: &Store, key: &str, content: &str) -> Entry {
            let arrived = store.begin().unwrap();
            fs::write(arrived.join("a0.png"), content).unwrap();
            let scratch = self.scratch(key);
            store.settle(&arrived, key, &scratch).unwrap()
        }

        fn keys(&self) -> Vec<String> {
            crate::sample::listing(&self.0.path().join(FOLDER))
        }
    }

    #[test]
    fn the_same_data_is_there_once() {
        let home = Home::new();
        let store = home.store(9, 1 << 20);
        let entry = home.settled(&store, "k", "first");
        fs::write(entry.project(), "project").unwrap();
        let again = home.settled(&store, "k", "first");
        assert_eq!(entry, again);
        assert_eq!(fs::read_to_string(again.project()).unwrap(), "project");
        assert_eq!(fs::read_to_string(again.file("a0.png")).unwrap(), "first");
        assert_eq!(home.keys(), ["k"]);
    }

    #[test]
    fn what_is_used_stays_and_what_is_not_goes() {
        let home = Home::new();
        let store = home.store(1, 1 << 20);
        for key in ["a", "b", "c"] {
            home.settled(&store, key, "x");
        }
        assert_eq!(home.keys(), ["a", "b", "c"], "all in use");
        fs::remove_dir_all(home.scratch("a")).unwrap();
        fs::remove_dir_all(home.scratch("b")).unwrap();
        home.settled(&store, "d", "x");
        assert_eq!(home.keys(), ["b", "c", "d"], "one idle entry may stay");
        let small = home.store(9, 3);
        fs::remove_dir_all(home.scratch("c")).unwrap();
        home.settled(&small, "e", "four");
        assert_eq!(
            home.keys().iter().filter(|key| ["b", "c"].contains(&key.as_str())).count(),
            0,
            "{:?}",
            home.keys()
        );
        assert!(home.keys().contains(&"e".to_owned()) && home.keys().contains(&"d".to_owned()));
    }

    #[test]
    fn names_of_ours_are_taken() {
        for name in ["p.aep", "P.AEP", "a0.png", "a17", "uses", "new.aep"] {
            assert!(Entry::is_taken(name), "{name}");
        }
        for name in ["logo.png", "alpha.mov", "data.json"] {
            assert!(!Entry::is_taken(name), "{name}");
        }
    }
}
