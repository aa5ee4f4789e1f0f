//! Signs of life that a renderer gives without a word: its files grow, its processes compute.
//!
//! Files are looked at in the attempt's place and in its scratch directory, processors by asking for the whole
//! family of processes. A look costs little, is made off the runtime, and never beside another: where looking
//! takes long, it is done less often. It refuses to read files, and to look at more than [`MOST`] of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use callsheet_supervision::aside;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::platform::{FileId, file_id};
use crate::process::Used;

/// A look at least this long after the last one,
const EVERY: Duration = Duration::from_secs(1);
/// and this many times as long as that one took.
const REST: u32 = 20;
/// Files that are looked at,
const MOST: usize = 4096;
/// this many folders deep.
const DEEPEST: u32 = 3;
/// Computing is to use this share of one processor. A program that waits for a click on its dialog draws a
/// cursor now and then; one that works uses many times this much.
const BUSY: f64 = 0.05;

/// What was seen since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) grew: bool,
    pub(super) worked: bool,
}

/// Looks at one process and its files, again and again.
pub(super) struct Vitals {
    /// At home while nothing is looked at.
    looker: Option<Looker>,
    looking: Option<JoinHandle<(Looker, Seen)>>,
    due: Instant,
}

impl Vitals {
    pub(super) fn new(folders: Vec<PathBuf>, family: Box<dyn Used>) -> Self {
        let looker = Looker { folders, files: None, family, used: None };
        Self { looker: Some(looker), looking: None, due: Instant::now() }
    }

    /// Waits for the next look. Can be dropped while it waits.
    pub(super) async fn next(&mut self) -> Seen {
        if self.looking.is_none() {
            sleep_until(self.due).await;
            let Some(mut looker) = self.looker.take() else { return std::future::pending().await };
            self.due = Instant::now();
            self.looking = Some(aside(move || {
                let seen = looker.look(std::time::Instant::now());
                (looker, seen)
            }));
        }
        let Some(looking) = &mut self.looking else { return std::future::pending().await };
        let looked = looking.await;
        self.looking = None;
        let took = self.due.elapsed();
        self.due = Instant::now() + EVERY.max(took.saturating_mul(REST));
        // A look that panicked was the last one; the plain bounds count from here.
        let Ok((looker, seen)) = looked else { return Seen::default() };
        self.looker = Some(looker);
        seen
    }
}

#[derive(Debug)]
struct Looker {
    folders: Vec<PathBuf>,
    /// Sizes at the last look, if there was one. Published files go, and those renamed are the same files.
    files: Option<BTreeMap<FileId, u64>>,
    family: Box<dyn Used>,
    /// Processor time at the last look that could tell it, and when that was.
    used: Option<(std::time::Instant, Duration)>,
}

impl Looker {
    fn look(&mut self, now: std::time::Instant) -> Seen {
        Seen { grew: self.has_grown(), worked: self.has_worked(now) }
    }

    fn has_grown(&mut self) -> bool {
        let mut files = BTreeMap::new();
        for folder in &self.folders {
            gather(folder, DEEPEST, &mut files);
        }
        // What was there at the first look is no growth.
        let Some(before) = self.files.replace(files) else { return false };
        let known = |file: &FileId| before.get(file);
        self.files.iter().flatten().any(|(file, size)| known(file).is_none_or(|before| size > before))
    }

    fn has_worked(&mut self, now: std::time::Instant) -> bool {
        let Some(used) = self.family.used() else { return false };
        let Some((then, before)) = self.used.replace((now, used)) else { return false };
        // Less than before: somebody's time went with them. The next look can tell again.
        let worked = used.saturating_sub(before);
        worked.as_secs_f64() >= now.saturating_duration_since(then).as_secs_f64() * BUSY && !worked.is_zero()
    }
}

/// Sizes of the files in a folder. What cannot be looked at is not there.
fn gather(folder: &Path, deep: u32, files: &mut BTreeMap<FileId, u64>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if files.len() >= MOST {
            return;
        }
        // What this agent writes itself, receipts and the like, is no sign of the renderer's life.
        let is_own = entry.file_name().as_encoded_bytes().first() == Some(&b'.');
        let Some(metadata) = entry.metadata().ok().filter(|_| !is_own) else { continue };
        if metadata.is_dir() && deep > 1 {
            gather(&entry.path(), deep - 1, files);
        } else if metadata.is_file() {
            files.insert(file_id(&entry.path(), &metadata), metadata.len());
        }
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::{Child, Command, Stdio};

    use super::*;

    fn looker(folder: &Path, script: &str) -> (Child, Looker) {
        let child = Command::new("sh").args(["-c", script]).stdin(Stdio::piped()).spawn().unwrap();
        let family = Box::new(crate::platform::family_of(child.id()));
        (child, Looker { folders: vec![folder.to_owned()], files: None, family, used: None })
    }

    fn end(mut child: Child) {
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn growth_is_a_new_file_or_a_larger_one_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("old"), "12").unwrap();
        let (child, mut looker) = looker(folder.path(), "read line");
        assert!(!looker.has_grown(), "nobody knows since when it is there");
        assert!(!looker.has_grown());
        fs::write(path("old"), "123").unwrap();
        assert!(looker.has_grown() && !looker.has_grown());
        fs::write(path("old"), "1").unwrap();
        assert!(!looker.has_grown(), "it shrank");
        fs::create_dir_all(path("a/b/c")).unwrap();
        assert!(!looker.has_grown(), "a folder is no file");
        fs::write(path("a/b/new"), "").unwrap();
        assert!(looker.has_grown());
        fs::write(path("a/b/c/too deep"), "").unwrap();
        assert!(!looker.has_grown());
        fs::rename(path("old"), path("frame")).unwrap();
        assert!(!looker.has_grown(), "proven, and given its own name");
        fs::remove_file(path("frame")).unwrap();
        fs::write(path(".receipt-1"), "published").unwrap();
        assert!(!looker.has_grown());
        end(child);
    }

    #[test]
    fn a_place_full_of_files_is_looked_at_in_part() {
        let folder = tempfile::tempdir().unwrap();
        for nth in 0..MOST + 50 {
            fs::write(folder.path().join(nth.to_string()), "").unwrap();
        }
        let mut files = BTreeMap::new();
        gather(folder.path(), DEEPEST, &mut files);
        assert_eq!(files.len(), MOST);
    }

    #[test]
    fn who_spins_works_and_who_waits_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let worked = |looker: &mut Looker| {
            // A second that takes no second: what counts is the share of it.
            let now = std::time::Instant::now();
            looker.has_worked(now);
            let before = looker.used.unwrap().1;
            let began = std::time::Instant::now();
            while looker.family.used().unwrap() < before + Duration::from_millis(60)
                && began.elapsed() < Duration::from_millis(600)
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            looker.used = Some((now, before));
            looker.has_worked(now + Duration::from_secs(1))
        };
        let (spins, mut spinning) = looker(folder.path(), "while :; do :; done");
        let (waits, mut waiting) = looker(folder.path(), "read line");
        assert!(worked(&mut spinning));
        assert!(!worked(&mut waiting));
        end(spins);
        end(waits);
        assert!(!spinning.has_worked(std::time::Instant::now()), "it is gone");
    }
}
