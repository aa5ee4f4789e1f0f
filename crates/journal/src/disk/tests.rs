//! What a directory on disk has of its own: its lock, its format, its unfinished business.

use std::fs;
use std::path::Path;
use std::sync::mpsc::channel;

use super::*;
use crate::samples;

fn store(path: &Path) -> DiskStore {
    DiskStore::new(path, Options::default())
}

fn append(journal: &dyn Journal, first: u64, count: u64) {
    let (done, wait) = channel();
    let answer = move |outcome: Result<_, AppendError>| done.send(outcome.map(|_| ())).unwrap();
    journal.submit(samples::envelopes(first, count), Box::new(answer));
    wait.recv().unwrap().unwrap();
}

fn close_and_open_store(path: &Path) -> Db {
    store(path).open().unwrap().journal.close();
    Db::open(path, 1 << 20).unwrap()
}

#[test]
fn two_leaders_cannot_have_one_directory() {
    let directory = tempfile::tempdir().unwrap();
    let first = store(directory.path()).open().unwrap();
    let error = store(directory.path()).open().unwrap_err();
    assert!(matches!(&error, OpenError::InUse { .. }) && error.to_string().contains("in use"), "{error}");
    assert!(matches!(crate::verify(directory.path()), Err(OpenError::InUse { .. })));
    drop(first);
    store(directory.path()).open().unwrap();
}

#[test]
fn copies_of_locks_that_processes_have_while_they_start_hold_nobody_up() {
    let directory = tempfile::tempdir().unwrap();
    let claim = directory::claim(directory.path(), true).unwrap();
    let copy = claim.lock.try_clone().unwrap();
    drop(claim);
    store(directory.path()).open().unwrap().journal.close();
    drop(copy);

    let held = fs::File::open(directory::sled_directory(directory.path()).join("db")).unwrap();
    held.lock().unwrap();
    let moment = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        held.unlock().unwrap();
    });
    store(directory.path()).open().unwrap().journal.close();
    moment.join().unwrap();
}

#[test]
fn a_directory_with_other_things_in_it_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("holiday.jpg"), "x").unwrap();
    let error = store(directory.path()).open().unwrap_err().to_string();
    assert!(error.contains("holiday.jpg"), "{error}");
    fs::write(directory.path().join("FORMAT"), "something else").unwrap();
    assert!(matches!(store(directory.path()).open(), Err(OpenError::NotAJournal { .. })));
}

#[test]
fn a_newer_format_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    store(directory.path()).open().unwrap();
    fs::write(directory.path().join("FORMAT"), "callsheet-journal 3\n").unwrap();
    let error = store(directory.path()).open().unwrap_err();
    assert!(matches!(error, OpenError::NewerFormat { found: 3, known: 2, .. }), "{error}");
    assert!(error.to_string().contains("start the version that wrote it"), "{error}");
}

#[test]
fn an_append_that_was_cut_off_is_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let recovered = store(directory.path()).open().unwrap();
    append(recovered.journal.as_ref(), 1, 10);
    drop(recovered);
    // Two of three pieces of the next chunk, as a process that dies in mid-write leaves them.
    let db = close_and_open_store(directory.path());
    let mut large = samples::envelopes(11, 1);
    let job = samples::job_id();
    large[0].event = callsheet_model::Event::JobFailed { job, reason: "x".repeat(10_000) };
    let chain = db.chain_at_end();
    crate::chunk::pack(chain, &samples::sealed(large, chain), |chunk| db.put_chunk(chunk.first, chunk.bytes))
        .unwrap();
    db.drop_last_piece();
    db.sync().unwrap();
    drop(db);
    let recovered = store(directory.path()).open().unwrap();
    assert_eq!(recovered.head, 10);
    append(recovered.journal.as_ref(), 11, 1);
    drop(recovered);
    let report = crate::verify(directory.path()).unwrap();
    assert!(report.is_whole() && report.last == 11, "{report:?}");
}

#[test]
fn a_missing_piece_of_what_was_promised_is_damage() {
    let directory = tempfile::tempdir().unwrap();
    let recovered = store(directory.path()).open().unwrap();
    let mut large = samples::envelopes(1, 1);
    large[0].event = callsheet_model::Event::JobFailed { job: samples::job_id(), reason: "x".repeat(10_000) };
    let (done, wait) = channel();
    recovered.journal.submit(large, Box::new(move |outcome| done.send(outcome.is_ok()).unwrap()));
    assert!(wait.recv().unwrap());
    drop(recovered);
    let db = close_and_open_store(directory.path());
    db.drop_last_piece();
    db.sync().unwrap();
    drop(db);
    let error = store(directory.path()).open().unwrap_err();
    let damage = error.damage().unwrap();
    assert_eq!((damage.what, damage.sequences.clone()), (Damaged::Chunk, Some(1..=1)), "{damage}");
}

#[test]
fn a_snapshot_without_its_seal_does_not_exist_and_one_that_lies_is_done_without() {
    let directory = tempfile::tempdir().unwrap();
    let recovered = store(directory.path()).open().unwrap();
    append(recovered.journal.as_ref(), 1, 60);
    drop(recovered);
    let db = close_and_open_store(directory.path());
    for sequence in [20, 40] {
        store_image(&db, samples::image(sequence)).unwrap();
    }
    let mut unsealed = snapshot::Task::new(samples::image(50), Box::new(|_| {}));
    for _ in 0..2 {
        unsealed.step(&db, &mut vec![]).unwrap();
    }
    db.sync().unwrap();
    drop(db);
    let recovered = store(directory.path()).open().unwrap();
    assert_eq!(recovered.image, Some(samples::image(40)));
    assert!(recovered.notes.is_empty());
    drop(recovered);

    let db = close_and_open_store(directory.path());
    db.spoil_snapshot(40);
    db.sync().unwrap();
    drop(db);
    let recovered = store(directory.path()).open().unwrap();
    assert_eq!(recovered.image, Some(samples::image(20)));
    assert_eq!(recovered.tail.map(Result::unwrap).count(), 40);
    let [note] = recovered.notes.as_slice() else { panic!("{:?}", recovered.notes) };
    assert_eq!((note.what, note.sequences.clone()), (Damaged::Snapshot, Some(40..=40)));
}

/// A journal whose first event is a chunk of several pieces, and which needs no event before the 31st any more.
fn trimmed_journal(path: &Path) -> Db {
    let recovered = store(path).open().unwrap();
    let mut large = samples::envelopes(1, 1);
    large[0].event = callsheet_model::Event::JobFailed { job: samples::job_id(), reason: "x".repeat(10_000) };
    let (done, wait) = channel();
    recovered.journal.submit(large, Box::new(move |outcome| done.send(outcome.is_ok()).unwrap()));
    assert!(wait.recv().unwrap());
    append(recovered.journal.as_ref(), 2, 10);
    append(recovered.journal.as_ref(), 12, 49);
    drop(recovered);
    let db = close_and_open_store(path);
    for sequence in [30, 40] {
        store_image(&db, samples::image(sequence)).unwrap();
    }
    db.set_kept_from(31).unwrap();
    db
}

#[test]
fn a_process_that_dies_while_it_clears_away_leaves_whole_chunks() {
    let directory = tempfile::tempdir().unwrap();
    let db = trimmed_journal(directory.path());
    assert!(!db.drop_chunks_before(31, 1).unwrap(), "there is more than one chunk to go");
    db.sync().unwrap();
    drop(db);
    let report = crate::verify(directory.path()).unwrap();
    assert!(report.is_whole() && report.events == 30, "{report:?}");
    assert_eq!(store(directory.path()).open().unwrap().journal.range(), (31, 60));
}

#[test]
fn a_snapshot_that_was_being_cleared_away_is_no_damage() {
    let directory = tempfile::tempdir().unwrap();
    let db = trimmed_journal(directory.path());
    let mut large = samples::image(20);
    large.outside = (0..1000).map(|nth| (Uuid::from_u128(nth), nth as u64 + 1)).collect();
    store_image(&db, large).unwrap();
    let dropped = db.drop_snapshot_values(1, |sequence| sequence == 20).unwrap();
    db.sync().unwrap();
    drop(db);
    assert!(!dropped, "more of it is left");
    let report = crate::verify(directory.path()).unwrap();
    assert!(report.is_whole() && report.snapshots == [30, 40], "{report:?}");
    assert!(store(directory.path()).open().unwrap().notes.is_empty());
}

#[test]
fn a_start_that_died_is_begun_again_from_what_it_found() {
    let directory = tempfile::tempdir().unwrap();
    let recovered = store(directory.path()).open().unwrap();
    append(recovered.journal.as_ref(), 1, 60);
    drop(recovered);
    // It died with the copy made, and the store half rewritten.
    keepsake::make(directory.path());
    fs::write(directory::sled_directory(directory.path()).join("db"), "nothing").unwrap();
    let report = crate::verify(directory.path()).unwrap();
    assert!(report.is_whole() && report.last == 60, "{report:?}");
    assert_eq!(store(directory.path()).open().unwrap().head, 60);
    // A copy that is not whole is worth nothing.
    keepsake::make(directory.path());
    fs::write(directory.path().join("sled.before").join("db"), "nothing").unwrap();
    assert_eq!(store(directory.path()).open().unwrap().head, 60);
}

#[test]
fn a_callback_that_panics_harms_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let recovered = store(directory.path()).open().unwrap();
    recovered.journal.submit(samples::envelopes(1, 1), Box::new(|_| panic!("on purpose")));
    append(recovered.journal.as_ref(), 2, 1);
}

#[test]
fn a_full_queue_is_said_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { queue: 1, ..Options::default() };
    let journal = DiskStore::new(directory.path(), options).open().unwrap().journal;
    // The storage thread stands still in the first callback until it is let go.
    let (release, held) = channel::<()>();
    let (reached, reaches) = channel();
    let stand = move |_| {
        reached.send(()).unwrap();
        let _ = held.recv();
    };
    journal.submit(samples::envelopes(1, 1), Box::new(stand));
    reaches.recv().unwrap();
    let (done, wait) = channel();
    for first in 2..4 {
        let done = done.clone();
        let answer = move |outcome: Result<_, AppendError>| done.send((first, outcome.map(|_| ()))).unwrap();
        journal.submit(samples::envelopes(first, 1), Box::new(answer));
    }
    let (first, refused) = wait.recv().unwrap();
    assert!(first == 3 && matches!(refused, Err(AppendError::Full { limit: 1 })), "{first} {refused:?}");
    drop(release);
    let (first, stored) = wait.recv().unwrap();
    assert!(first == 2 && stored.is_ok(), "{first} {stored:?}");
}

impl Db {
    fn drop_last_piece(&self) {
        let (key, _) = self.log.last().unwrap().unwrap();
        self.log.remove(key).unwrap();
    }

    pub(super) fn chain_at_end(&self) -> Digest {
        let (first, bytes) = self.chunks_from(u64::MAX).last().unwrap().unwrap();
        crate::chunk::Chunk::read(first, bytes.as_ref()).unwrap().links().unwrap().after
    }

    fn spoil_snapshot(&self, sequence: u64) {
        let key = db::piece_key(sequence, 0);
        let mut value = self.snapshots.get(key).unwrap().unwrap().to_vec();
        *value.last_mut().unwrap() ^= 1;
        self.snapshots.insert(key, value).unwrap();
    }
}
