//! What is in the cache's directory, by name: the agent's shelf, with the files that stand for it. Beside the files lies,
//! for each, the project that wanted it last: contracts ask for it when it is evicted, maybe by a later agent.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use callsheet_agent::Shelf;
use callsheet_model::{Md5, Template, Token};
use uuid::Uuid;

/// The directory of notes, in the cache's own: a file's name, and the project that wanted it last.
const PROJECTS: &str = "projects";
/// The end of the names of files on their way.
pub(super) const PARTIAL: &str = ".part";

/// A file name in the cache: the MD5, and the extension that renderers look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(super) md5: Md5,
    extension: String,
}

impl Key {
    pub(super) fn of(template: &Template) -> Self {
        let extension = template.name.rsplit_once('.').map(|(_, extension)| extension).unwrap_or_default();
        // Only what is harmless in a file name on every system.
        let extension = extension.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
        Self { md5: template.md5, extension }
    }

    fn parse(name: &str) -> Option<Self> {
        let (md5, extension) = name.split_once('.').unwrap_or((name, ""));
        let key = Self { md5: md5.parse().ok()?, extension: extension.to_owned() };
        (key.file_name() == name).then_some(key)
    }

    pub(super) fn file_name(&self) -> String {
        match self.extension.as_str() {
            "" => self.md5.to_string(),
            extension => format!("{}.{extension}", self.md5),
        }
    }
}

/// What a file is known again by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(super) bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    /// Blocking.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self { bytes: metadata.len(), modified: metadata.modified().ok() })
    }
}

/// A file found in the directory at the start.
#[derive(Debug)]
pub(crate) struct Found {
    key: Key,
    stamp: Stamp,
    project: Uuid,
}

/// Lists the directory, oldest first, and removes what a crash left half-way. Blocking.
pub(super) fn list(directory: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if name.ends_with(PARTIAL) {
            // One that cannot be removed only takes room.
            let _ = fs::remove_file(entry.path());
        } else if let (Some(key), Ok(stamp)) = (Key::parse(name), Stamp::of(&entry.path())) {
            let project = noted(&note(directory, &key));
            found.push(Found { key, stamp, project });
        }
    }
    forget_others(&directory.join(PROJECTS), &found);
    found.sort_by_key(|found| found.stamp.modified);
    found
}

/// Where it is noted which project wanted a file last.
fn note(directory: &Path, key: &Key) -> PathBuf {
    directory.join(PROJECTS).join(key.file_name())
}

/// A note that is missing or damaged says nothing.
fn noted(note: &Path) -> Uuid {
    fs::read_to_string(note).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Removes notes of files that are gone.
fn forget_others(notes: &Path, found: &[Found]) {
    let names: BTreeSet<String> = found.iter().map(|found| found.key.file_name()).collect();
    for entry in fs::read_dir(notes).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_none_or(|name| !names.contains(name)) {
            // One that cannot be removed only takes room.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Notes which project wanted a file last. Blocking.
pub(super) fn write_note(directory: &Path, key: &Key, project: Uuid) -> io::Result<()> {
    fs::create_dir_all(directory.join(PROJECTS))?;
    fs::write(note(directory, key), project.to_string())
}

/// Removes a file with its note. Blocking.
pub(super) fn remove_file(directory: &Path, key: &Key) {
    // What cannot be removed is found again at the next start.
    let _ = fs::remove_file(directory.join(key.file_name()));
    let _ = fs::remove_file(note(directory, key));
}

/// What is known of a file that has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone {
    pub(super) bytes: u64,
    /// The project that wanted it last; nil when that is not known.
    pub(super) project: Uuid,
}

/// The index.
#[derive(Debug)]
pub(super) struct Store {
    directory: PathBuf,
    shelf: Shelf<Key, About>,
}

/// What is known of a file beside its size.
#[derive(Clone, Copy, Debug, Default)]
struct About {
    /// As it was when its bytes were last hashed, by this process.
    verified: Option<Stamp>,
    /// The project that wanted it last; nil when that is not known.
    project: Uuid,
}

impl Store {
    pub(super) fn new(directory: PathBuf, limit: u64) -> Self {
        Self { directory, shelf: Shelf::new(limit) }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn path(&self, key: &Key) -> PathBuf {
        self.directory.join(key.file_name())
    }

    pub(super) fn bytes(&self) -> u64 {
        self.shelf.bytes()
    }

    pub(super) fn templates(&self) -> BTreeSet<Md5> {
        self.shelf.names().map(|key| key.md5).collect()
    }

    /// What was found at the start counts as there, but not as verified.
    pub(super) fn found(&mut self, found: Vec<Found>) {
        for Found { key, stamp, project } in found {
            if self.shelf.about(&key).is_none() {
                self.shelf.put(key, stamp.bytes, About { verified: None, project });
            }
        }
    }

    /// How it was when it was verified, if it ever was.
    pub(super) fn verified(&self, key: &Key) -> Option<Stamp> {
        self.shelf.about(key)?.verified
    }

    /// A file is there, and its bytes are what they should be.
    pub(super) fn put(&mut self, key: &Key, stamp: Stamp) {
        let project = self.shelf.about(key).map_or(Uuid::nil(), |about| about.project);
        self.shelf.put(key.clone(), stamp.bytes, About { verified: Some(stamp), project });
    }

    /// Uses it for a lease, and keeps it as long as that needs it.
    pub(super) fn pin(&mut self, key: &Key, token: Token) {
        self.shelf.pin(key, token);
    }

    /// This project wants it. True when another one did before, or none that is known.
    pub(super) fn wanted_by(&mut self, key: &Key, project: Uuid) -> bool {
        match self.shelf.about_mut(key) {
            Some(about) if !project.is_nil() && about.project != project => {
                about.project = project;
                true
            }
            _ => false,
        }
    }

    pub(super) fn release(&mut self, token: Token) {
        self.shelf.release(token);
    }

    /// It is not there any more.
    pub(super) fn remove(&mut self, key: &Key) {
        self.shelf.remove(key);
    }

    /// Takes those out that have to go for the cache to keep its size.
    pub(super) fn evict(&mut self) -> Vec<(Key, Gone)> {
        let evicted = self.shelf.evict().into_iter();
        evicted.map(|(key, bytes, about)| (key, Gone { bytes, project: about.project })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(nth: u8) -> Key {
        let (md5, name) = (Md5([nth; 16]), format!("scene {nth}.a!ep"));
        Key::of(&Template { md5, bytes: 0, name, path: None })
    }

    #[test]
    fn a_name_is_read_back() {
        let key = key(7);
        assert_eq!(key.file_name(), format!("{}.aep", "07".repeat(16)));
        assert_eq!(Key::parse(&key.file_name()), Some(key));
        assert_eq!(Key::parse("notes.txt"), None);
        assert_eq!(Key::parse(&format!("{}.aep", "0A".repeat(16))), None, "another spelling is another file");
    }

    #[test]
    fn the_project_that_wanted_it_last_is_known_when_it_goes_even_to_a_later_agent() {
        let directory = tempfile::tempdir().unwrap();
        let (film, advert) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut store = Store::new(directory.path().to_owned(), 0);
        store.put(&key(1), Stamp { bytes: 1, modified: None });
        assert!(store.wanted_by(&key(1), film));
        assert!(!store.wanted_by(&key(1), film), "it is known");
        assert!(!store.wanted_by(&key(1), Uuid::nil()), "nobody said which");
        assert!(store.wanted_by(&key(1), advert));
        store.put(&key(1), Stamp { bytes: 2, modified: None });
        assert_eq!(store.evict(), [(key(1), Gone { bytes: 2, project: advert })]);

        fs::write(store.path(&key(1)), b"x").unwrap();
        fs::write(store.path(&key(2)), b"x").unwrap();
        for nth in [1, 3] {
            write_note(directory.path(), &key(nth), advert).unwrap();
        }
        let mut later = Store::new(directory.path().to_owned(), 0);
        later.found(list(directory.path()));
        let mut projects: Vec<Uuid> = later.evict().iter().map(|(_, gone)| gone.project).collect();
        projects.sort();
        assert_eq!(projects, [Uuid::nil(), advert]);
        assert!(!note(directory.path(), &key(3)).exists(), "its file is gone");
        remove_file(directory.path(), &key(1));
        assert!(!store.path(&key(1)).exists() && !note(directory.path(), &key(1)).exists());
    }

    #[test]
    fn what_a_crash_left_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let name = key(1).file_name();
        for name in [&name, &format!("{name}{PARTIAL}"), "notes.txt"] {
            fs::write(directory.path().join(name), b"x").unwrap();
        }
        let found = list(directory.path());
        assert_eq!(found.iter().map(|found| &found.key).collect::<Vec<_>>(), [&key(1)]);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
