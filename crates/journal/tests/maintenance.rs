//! Verify, export, import: what an operator does with a journal that nobody serves from.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

mod common;

use std::fs;
use std::path::Path;

use callsheet_journal::{
    DiskStore, Gap, ImportError, Imported, OpenError, Options, Store, export, import, verify,
};
use common::{append, events, image, large_event, read_all, snapshot, tail};

const KEEP: u64 = 100;

fn store(path: &Path) -> DiskStore {
    DiskStore::new(path, Options { keep_events: KEEP, ..Options::default() })
}

/// A journal with 500 events, the first 299 of them forgotten, and snapshots of 300 and 450.
fn journal(path: &Path) {
    let journal = store(path).open().unwrap().journal;
    append(journal.as_ref(), events(1, 499)).unwrap();
    append(journal.as_ref(), vec![large_event(500, 20_000)]).unwrap();
    snapshot(journal.as_ref(), image(299)).unwrap();
    snapshot(journal.as_ref(), image(450)).unwrap();
}

fn exported(path: &Path) -> String {
    let mut text = Vec::new();
    let report = export(path, &mut text).unwrap();
    assert!(report.is_whole(), "{report:?}");
    String::from_utf8(text).unwrap()
}

fn take(text: &str, path: &Path, gap: Gap) -> Result<Imported, ImportError> {
    import(&mut text.as_bytes(), path, gap)
}

fn without(text: &str, unwanted: impl Fn(&str) -> bool) -> String {
    text.lines().filter(|line| !unwanted(line)).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn a_whole_journal_is_reported_as_one() {
    let directory = tempfile::tempdir().unwrap();
    journal(directory.path());
    let files = || walk(directory.path());
    let before = files();
    let report = verify(directory.path()).unwrap();
    assert!(report.is_whole());
    assert_eq!((report.kept_from, report.last, report.promised), (300, 500, 500));
    assert_eq!(report.snapshots, [299, 450]);
    assert!(report.missing.is_empty() && report.torn.is_none());
    assert!(before == files(), "looking changed something");
}

fn walk(path: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(path).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            files.extend(walk(&entry.path()));
        } else {
            files.push((entry.path(), fs::read(entry.path()).unwrap()));
        }
    }
    files.sort();
    files
}

#[test]
fn what_is_no_journal_is_not_reported_on() {
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(verify(directory.path()), Err(OpenError::NotAJournal { .. })));
    assert!(verify(&directory.path().join("nowhere")).is_err());
}

#[test]
fn an_export_becomes_the_same_journal_again() {
    let directory = tempfile::tempdir().unwrap();
    let [old, new] = ["old", "new"].map(|name| directory.path().join(name));
    journal(&old);
    let text = exported(&old);
    let first_event = text.lines().find(|line| line.starts_with("{\"sequence\"")).unwrap();
    assert!(first_event.contains("\"at\":\"2023-11-14T22:13:2"), "{first_event}");
    let imported = take(&text, &new, Gap::Refuse).unwrap();
    assert_eq!((imported.last, imported.snapshots.as_slice()), (500, [299, 450].as_slice()));
    assert!(exported(&new) == text, "an export of the import is another");
    let recovered = store(&new).open().unwrap();
    assert_eq!(recovered.image, Some(image(450)));
    let journal = std::sync::Arc::clone(&recovered.journal);
    append(journal.as_ref(), events(501, 501)).unwrap();
    let mut expected = events(451, 499);
    expected.push(large_event(500, 20_000));
    assert!(tail(recovered) == expected);
    assert!(read_all(journal.as_ref(), 501, Default::default()) == events(501, 501));
}

#[test]
fn an_empty_journal_can_be_exported_too() {
    let directory = tempfile::tempdir().unwrap();
    let [old, new] = ["old", "new"].map(|name| directory.path().join(name));
    store(&old).open().unwrap();
    assert_eq!(take(&exported(&old), &new, Gap::Refuse).unwrap().last, 0);
    append(store(&new).open().unwrap().journal.as_ref(), events(1, 1)).unwrap();
}

#[test]
fn missing_events_are_an_error_unless_the_operator_says_otherwise() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    journal(&at("old"));
    let text = exported(&at("old"));
    let gap = without(&text, |line| line.starts_with("{\"sequence\":400,"));
    let error = take(&gap, &at("refused"), Gap::Refuse).unwrap_err();
    assert!(matches!(error, ImportError::Gap { expected: 400, found: 401, .. }), "{error}");
    assert!(!at("refused").exists(), "nothing half made stays behind");

    let imported = take(&gap, &at("stopped"), Gap::StopBefore).unwrap();
    assert_eq!((imported.last, imported.stopped_before), (399, Some(400)));
    assert_eq!(imported.snapshots, [299], "a snapshot of what is not there any more is not taken");
    assert_eq!(store(&at("stopped")).open().unwrap().head, 399);

    let imported = take(&gap, &at("begun"), Gap::BeginWithSnapshot).unwrap();
    assert_eq!((imported.last, imported.events, imported.stopped_before), (500, 50, None));
    let recovered = store(&at("begun")).open().unwrap();
    assert_eq!((recovered.image, recovered.journal.range()), (Some(image(450)), (451, 500)));
}

#[test]
fn a_missing_end_or_beginning_is_an_error_too() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    journal(&at("old"));
    let text = exported(&at("old"));
    let no_end = without(&text, |line| line.starts_with("{\"sequence\":500,"));
    let error = take(&no_end, &at("new"), Gap::Refuse).unwrap_err();
    assert!(matches!(error, ImportError::Gap { expected: 500, .. }), "{error}");
    assert_eq!(take(&no_end, &at("new"), Gap::StopBefore).unwrap().stopped_before, Some(500));

    let no_images = without(&text, |line| line.starts_with("{\"image\""));
    let error = take(&no_images, &at("other"), Gap::Refuse).unwrap_err();
    assert!(matches!(error, ImportError::NoBeginning { .. }), "{error}");
}

#[test]
fn wrong_lines_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new");
    let heading = "{\"journal\":{\"format\":1,\"kept_from\":1,\"head\":1}}\n";
    let cases = [
        ("", "empty"),
        ("{}", "line 1: a line holds"),
        ("{\"journal\":{\"format\":2,\"kept_from\":1,\"head\":1}}", "its format is 2"),
        ("{\"sequence\":1,\"at_ms\":0,\"event\":{\"leader_started\":{\"epoch\":1}}}", "begins with a line"),
        (&format!("{heading}nonsense"), "line 2: "),
        (&format!("{heading}{{\"sequence\":1,\"at_ms\":0,\"event\":{{\"nothing\":{{}}}}}}"), "nothing"),
    ];
    for (text, words) in cases {
        let error = take(text, &path, Gap::Refuse).unwrap_err().to_string();
        assert!(error.contains(words), "{words:?} is not in {error:?}");
    }
    fs::create_dir(&path).unwrap();
    fs::write(path.join("x"), "").unwrap();
    assert!(matches!(take(heading, &path, Gap::Refuse), Err(ImportError::Exists { .. })));
}
