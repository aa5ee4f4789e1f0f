//! Journals from before events were sealed: read, exported, and sealed when they are opened.

use std::fs;
use std::path::Path;
use std::sync::mpsc::channel;

use callsheet_events::Sealed;
use callsheet_model::Context;

use super::*;
use crate::chunk::pack_unsealed;
use crate::{Gap, samples};

const EVENTS: u64 = 200;

/// What was written then: events had no contexts.
fn written(first: u64, count: u64) -> Vec<Envelope> {
    let mut events = samples::envelopes(first, count);
    events.iter_mut().for_each(|event| event.context = Context::default());
    if let Some(event) = events.iter_mut().find(|event| event.sequence == 50) {
        // Of several pieces, as the largest are.
        let reason = "x".repeat(10_000);
        event.event = callsheet_model::Event::JobFailed { job: samples::job_id(), reason };
    }
    events
}

/// A journal as the version before wrote it.
fn old_journal(path: &Path) {
    DiskStore::new(path, Options::default()).open().unwrap().journal.close();
    fs::write(path.join("FORMAT"), "callsheet-journal 1\n").unwrap();
    let db = Db::open(path, 1 << 20).unwrap();
    pack_unsealed(&written(1, EVENTS), |first, bytes| db.put_chunk(first, bytes).unwrap());
    db.sync().unwrap();
    marker::create(&directory::head_file(path), EVENTS).unwrap();
}

fn sealed(journal: &dyn Journal) -> Vec<Arc<Sealed>> {
    let limit = PageLimit { events: usize::MAX, bytes: usize::MAX };
    journal.read(1, limit).unwrap().events
}

fn assert_is_one_chain(events: &[Arc<Sealed>]) {
    assert!(events.windows(2).all(|pair| pair[1].chain == pair[0].chain.then(&pair[1].hash)));
}

#[test]
fn an_old_journal_is_sealed_once_and_for_all_when_it_is_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    old_journal(path);
    let before = crate::verify_events(path, &mut |_, _| {}).unwrap();
    assert_eq!((before.events, before.unsealed, before.broken), (0, EVENTS, None));
    assert!(crate::verify(path).unwrap().is_whole());

    let recovered = DiskStore::new(path, Options::default()).open().unwrap();
    let first = sealed(recovered.journal.as_ref());
    let events: Vec<Envelope> = first.iter().map(|event| event.envelope.clone()).collect();
    assert!(events == written(1, EVENTS));
    assert_is_one_chain(&first);
    let (done, wait) = channel();
    let answer = move |outcome: Result<_, AppendError>| done.send(outcome.map(|_| ())).unwrap();
    recovered.journal.submit(samples::envelopes(EVENTS + 1, 5), Box::new(answer));
    wait.recv().unwrap().unwrap();
    assert_eq!(recovered.tail.map(Result::unwrap).count() as u64, EVENTS);
    recovered.journal.close();
    assert_eq!(fs::read_to_string(path.join("FORMAT")).unwrap(), "callsheet-journal 2\n");

    let again = sealed(DiskStore::new(path, Options::default()).open().unwrap().journal.as_ref());
    assert_is_one_chain(&again);
    assert!(again[..first.len()] == first[..], "what was sealed once is not sealed again");
    let after = crate::verify_events(path, &mut |_, _| {}).unwrap();
    assert_eq!((after.events, after.unsealed, after.broken), (EVENTS + 5, 0, None));
}

#[test]
fn an_upgrade_that_was_interrupted_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    old_journal(path);
    // It died after some chunks, and there was no room for the copy.
    let db = Db::open(path, 1 << 20).unwrap();
    let chunks: Vec<u64> = db.chunks_from(0).map(|chunk| chunk.unwrap().0).collect();
    let middle = chunks[chunks.len() / 2];
    let mut found = scan::scan(&db, path, EVENTS, OnDamage::Stop);
    found.last = middle - 1;
    upgrade::seal(&db, path, &mut found, genesis()).unwrap();
    db.sync().unwrap();
    drop(db);
    let half = crate::verify_events(path, &mut |_, _| {}).unwrap();
    assert_eq!((half.events, half.unsealed, half.broken), (middle - 1, EVENTS + 1 - middle, None));

    let events = sealed(DiskStore::new(path, Options::default()).open().unwrap().journal.as_ref());
    assert_is_one_chain(&events);
    let whole = crate::verify_events(path, &mut |_, _| {}).unwrap();
    assert_eq!((whole.events, whole.unsealed, whole.broken), (EVENTS, 0, None));
    assert_eq!(whole.before, half.before, "what was sealed stays as it is");
}

#[test]
fn an_export_of_an_old_journal_is_sealed_when_it_is_imported() {
    let directory = tempfile::tempdir().unwrap();
    let [old, new] = ["old", "new"].map(|name| directory.path().join(name));
    old_journal(&old);
    let mut export = Vec::new();
    assert!(crate::export(&old, &mut export).unwrap().is_whole());
    // As the version before would have written it.
    let export = String::from_utf8(export).unwrap().replacen("\"format\":2", "\"format\":1", 1);
    assert!(!export.contains("\"hash\""));
    let imported = crate::import(&mut export.as_bytes(), &new, Gap::Refuse).unwrap();
    assert!(imported.resealed && imported.events == EVENTS);
    let events = sealed(DiskStore::new(&new, Options::default()).open().unwrap().journal.as_ref());
    assert_is_one_chain(&events);
    assert!(events.iter().map(|event| event.envelope.clone()).eq(written(1, EVENTS)));
}
