//! Bytes of the store are changed, cut off or zeroed in many places. Each time, opening either gives back every
//! event or names damage: nothing that was acknowledged is ever gone without a word.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{append, events, image, snapshot, tail};
use callsheet_journal::{Damaged, DiskStore, Flaw, OpenError, Options, Store, export, verify};

const EVENTS: u64 = 2000;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A journal that was closed well, and one whose process died (a copy of a living one).
fn journals(directory: &Path) -> [PathBuf; 2] {
    let [closed, killed] = ["closed", "killed"].map(|name| directory.join(name));
    let journal = DiskStore::new(&closed, Options::default()).open().unwrap().journal;
    for first in (1..EVENTS).step_by(200) {
        append(journal.as_ref(), events(first, first + 199)).unwrap();
    }
    snapshot(journal.as_ref(), image(500)).unwrap();
    snapshot(journal.as_ref(), image(1500)).unwrap();
    copy(&closed, &killed);
    journal.close();
    [closed, killed]
}

/// The events that an export of a damaged journal holds; every one of them must be the one that was written.
fn exported(path: &Path, what: &str) -> u64 {
    let mut lines = Vec::new();
    let report = export(path, &mut lines).unwrap();
    let text = String::from_utf8(lines).unwrap();
    let mut found = 0;
    for line in
        text.lines().filter(|line| line.contains("\"sequence\":")).filter(|line| !line.contains("\"image\""))
    {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let sequence = line["sequence"].as_u64().unwrap();
        let written = &crate::common::event(sequence).event;
        assert_eq!(line["at_ms"], crate::common::event(sequence).at.0, "{what}: event {sequence} is another");
        match written {
            callsheet_model::Event::JobCancelled { reason, .. } => {
                assert_eq!(line["event"]["job_cancelled"]["reason"], reason.as_str(), "{what}");
            }
            callsheet_model::Event::Outside(event) => {
                assert_eq!(line["event"]["outside"]["payload"], event.payload.as_str(), "{what}");
            }
            _ => assert_eq!(line["event"]["frames_accepted"]["bytes"], sequence * 1000, "{what}"),
        }
        found += 1;
    }
    assert_eq!(report.events, found, "{what}");
    let missing: u64 = report.missing.iter().map(|range| range.end() - range.start() + 1).sum();
    assert_eq!(found + missing, EVENTS, "{what}: {:?}", report.missing);
    found
}

enum Outcome {
    Whole,
    Named(OpenError),
}

/// Opens a journal that something was done to; panics when anything is gone in silence.
fn outcome(path: &Path, what: &str) -> Outcome {
    let before = fs::read(store_file(path)).ok();
    let recovered = match DiskStore::new(path, Options::default()).open() {
        Ok(recovered) => recovered,
        Err(error @ OpenError::Damaged(_)) => {
            assert!(before == fs::read(store_file(path)).ok(), "{what}: the damaged store was changed");
            // It stays so: a second look does not find the rest good enough.
            let again = DiskStore::new(path, Options::default()).open();
            assert!(again.is_err(), "{what}: damage was named once and served from afterwards");
            return Outcome::Named(error);
        }
        Err(error @ (OpenError::NotAJournal { .. } | OpenError::NewerFormat { .. })) => {
            return Outcome::Named(error);
        }
        Err(error) => panic!("{what}: {error}"),
    };
    assert_eq!(recovered.head, EVENTS, "{what}: the head moved in silence");
    let from = recovered.image.as_ref().map_or(0, |image| image.sequence);
    if let Some(found) = &recovered.image {
        assert_eq!(found, &image(from), "{what}: the image is another");
    }
    let journal = std::sync::Arc::clone(&recovered.journal);
    assert!(tail(recovered) == events(from + 1, EVENTS), "{what}: the tail is another");
    let kept = crate::common::read_all(journal.as_ref(), 1, callsheet_journal::PageLimit::default());
    assert!(kept == events(1, EVENTS), "{what}: what is kept is other than what was written");
    Outcome::Whole
}

/// Does something to a copy of each journal and opens it; counts how often it was whole and how often named.
fn each(what: &str, places: &[f64], harm: impl Fn(&Path, f64)) -> (usize, usize, u64) {
    let directory = tempfile::tempdir().unwrap();
    let (mut whole, mut named, mut saved) = (0, 0, Vec::new());
    for journal in journals(directory.path()) {
        for place in places {
            let harmed = directory.path().join("harmed");
            copy(&journal, &harmed);
            harm(&harmed, *place);
            match outcome(&harmed, &format!("{what} at {place} of {}", journal.display())) {
                Outcome::Whole => whole += 1,
                Outcome::Named(_) => {
                    named += 1;
                    saved.push(exported(&harmed, &format!("{what} at {place} of {}", journal.display())));
                }
            }
            fs::remove_dir_all(harmed).unwrap();
        }
    }
    let least = saved.iter().min();
    println!(
        "{what}: {whole} times whole, {named} times named; an export saved {least:?} of {EVENTS} at least"
    );
    (whole, named, least.copied().unwrap_or(EVENTS))
}

fn places(count: u32) -> Vec<f64> {
    (0..count).map(|n| (f64::from(n) + 0.37) / f64::from(count)).collect()
}

fn store_file(journal: &Path) -> PathBuf {
    journal.join("sled").join("db")
}

fn change(file: &Path, place: f64, change: impl FnOnce(&mut Vec<u8>, usize)) {
    let mut bytes = fs::read(file).unwrap();
    // The file's end is space kept for later: places are counted up to the last byte in use.
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0);
    let at = (used as f64 * place) as usize;
    change(&mut bytes, at);
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_copy_that_nothing_was_done_to_is_whole() {
    assert_eq!(each("nothing", &[0.0], |_, _| {}), (2, 0, EVENTS));
}

#[test]
fn flipped_bits_are_harmless_or_named() {
    let (_, named, saved) = each("a flipped bit", &places(40), |journal, place| {
        change(&store_file(journal), place, |bytes, at| bytes[at] ^= 0x10);
    });
    assert!(named > 0);
    assert!(saved >= EVENTS - 100, "one bit costs at most the chunk it is in: {saved} were saved");
}

#[test]
fn a_cut_file_is_harmless_or_named() {
    let (_, named, _) = each("a cut", &places(15), |journal, place| {
        change(&store_file(journal), place, |bytes, at| bytes.truncate(at));
    });
    assert!(named > 0);
}

#[test]
fn zeroed_blocks_are_harmless_or_named() {
    let (_, named, _) = each("a zeroed block", &places(20), |journal, place| {
        change(&store_file(journal), place, |bytes, at| {
            let end = bytes.len().min(at + 4096);
            bytes[at..end].fill(0);
        });
    });
    assert!(named > 0);
}

#[test]
fn a_lost_file_is_harmless_or_named() {
    let directory = tempfile::tempdir().unwrap();
    for (n, journal) in journals(directory.path()).iter().enumerate() {
        for name in ["FORMAT", "head", "sled/db", "sled/conf", "sled"] {
            let harmed = directory.path().join(format!("harmed-{n}-{}", name.replace('/', "-")));
            copy(journal, &harmed);
            let lost = harmed.join(name);
            if lost.is_dir() {
                fs::remove_dir_all(lost).unwrap()
            } else {
                fs::remove_file(lost).unwrap()
            }
            match outcome(&harmed, &format!("without {name}")) {
                Outcome::Whole => assert_eq!(name, "sled/conf", "nothing else can be done without"),
                Outcome::Named(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}

#[test]
fn a_log_that_ends_early_is_named_with_what_is_missing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let store = DiskStore::new(&path, Options::default());
    let journal = store.open().unwrap().journal;
    append(journal.as_ref(), events(1, 100)).unwrap();
    journal.close();
    let early = directory.path().join("early");
    copy(&path, &early);
    append(store.open().unwrap().journal.as_ref(), events(101, 250)).unwrap();
    drop(store);
    // The store of an earlier day beside the marker of today: what a restored backup looks like.
    fs::remove_dir_all(path.join("sled")).unwrap();
    copy(&early.join("sled"), &path.join("sled"));
    let error = DiskStore::new(&path, Options::default()).open().unwrap_err();
    let damage = error.damage().unwrap();
    assert_eq!(damage.what, Damaged::Log);
    assert_eq!(damage.sequences, Some(101..=250));
    assert_eq!(damage.flaw, Flaw::EndsEarly { found: 100, promised: 250 });
    let text = error.to_string();
    for word in ["journal", "events 101 to 250", "callsheet journal export", "callsheet journal import"] {
        assert!(text.contains(word), "{word:?} is not in {text:?}");
    }
    let report = verify(&path).unwrap();
    assert_eq!((report.last, report.promised, report.damage.len()), (100, 250, 1));
}
