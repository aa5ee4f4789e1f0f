//! Verify, export, import: what an operator does with a journal that nobody serves from.

use std::fs;
use std::path::Path;

use crate::common::{append, events, image, is_one_chain, large_event, read_all, sealed, snapshot, tail};
use callsheet_journal::{
    DiskStore, Gap, ImportError, Imported, OpenError, Options, Store, export, import, verify, verify_events,
};

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
fn an_imported_journal_keeps_every_id_and_the_chain() {
    let directory = tempfile::tempdir().unwrap();
    let [old, new] = ["old", "new"].map(|name| directory.path().join(name));
    journal(&old);
    let text = exported(&old);
    let before = sealed(store(&old).open().unwrap().journal.as_ref(), 300);
    let imported = take(&text, &new, Gap::Refuse).unwrap();
    assert!(!imported.resealed);
    let journal = store(&new).open().unwrap().journal;
    assert!(sealed(journal.as_ref(), 300) == before);
    append(journal.as_ref(), events(501, 502)).unwrap();
    assert!(is_one_chain(&sealed(journal.as_ref(), 300)), "and it goes on");
    journal.close();
    drop(journal);
    let [old, new] = [&old, &new].map(|path| verify_events(path, &mut |_, _| {}).unwrap());
    assert_eq!((old.broken, new.broken, old.before), (None, None, old.before));
    // The old one's first chunk begins with events that are not kept, and so are not in the export.
    assert_eq!((new.first, new.events), (Some(300), 203));
}

#[test]
fn an_event_that_was_changed_in_an_export_is_named() {
    let directory = tempfile::tempdir().unwrap();
    journal(&directory.path().join("old"));
    let text = exported(&directory.path().join("old"));
    let path = directory.path().join("new");
    let line = text.lines().position(|line| line.starts_with("{\"sequence\":402,")).unwrap() + 1;
    let forged = text.replace("\"bytes\":402000,", "\"bytes\":402001,");
    let error = take(&forged, &path, Gap::Refuse).unwrap_err();
    assert!(
        matches!(error, ImportError::Altered { sequence: 402, line: at, what: "hash" } if at == line),
        "{error}"
    );
    let forged: String = text
        .lines()
        .map(|line| match serde_json::from_str(line).unwrap() {
            serde_json::Value::Object(mut line) => {
                if line.get("sequence").and_then(serde_json::Value::as_u64) == Some(402) {
                    line["context"] = serde_json::json!({"actor_type": "agent"});
                    line.remove("hash");
                    line.remove("chain");
                }
                format!("{}\n", serde_json::Value::from(line))
            }
            other => panic!("{other}"),
        })
        .collect();
    let error = take(&forged, &path, Gap::Refuse).unwrap_err();
    assert!(matches!(error, ImportError::Altered { sequence: 402, .. }), "{error}");
    // Someone who takes them as they are says so, and gets another chain.
    let bare: String = text
        .lines()
        .map(|line| {
            let mut line: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
            ["before", "hash", "chain"].iter().for_each(|field| drop(line.remove(*field)));
            format!("{}\n", serde_json::Value::from(line))
        })
        .collect();
    assert!(take(&bare, &path, Gap::Refuse).unwrap().resealed);
    assert!(verify(&path).unwrap().is_whole());
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
    assert!(!imported.resealed, "the line before the first that is taken says where its chain is");
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
        ("{\"journal\":{\"format\":3,\"kept_from\":1,\"head\":1}}", "its format is 3"),
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
