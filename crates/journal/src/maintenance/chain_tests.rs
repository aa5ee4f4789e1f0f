//! What a forger does to a journal, with every checksum right again, and what the chain says to it.

use std::path::Path;
use std::sync::mpsc::channel;

use super::*;
use crate::chunk::forge::{Entry, forge};
use crate::chunk::{Chunk, pack_unsealed};
use crate::journal::Journal;
use crate::{AppendError, DiskStore, Flaw, Options, ReadError, Store, samples};

const EVENTS: u64 = 400;

/// A chunk in the store: its first event and its bytes.
type Stored = (u64, Vec<u8>);

fn append(journal: &dyn Journal, first: u64, count: u64) {
    let (done, wait) = channel();
    let answer = move |outcome: Result<_, AppendError>| done.send(outcome.map(|_| ())).unwrap();
    journal.submit(samples::envelopes(first, count), Box::new(answer));
    wait.recv().unwrap().unwrap();
}

fn journal() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let journal = DiskStore::new(directory.path(), Options::default()).open().unwrap().journal;
    append(journal.as_ref(), 1, 150);
    append(journal.as_ref(), 151, EVENTS - 150);
    journal.close();
    directory
}

/// Takes all chunks out of a journal, and puts in what they become.
fn tamper(path: &Path, change: impl FnOnce(Vec<Stored>) -> Vec<Stored>) {
    let db = Db::open(path, CACHE_BYTES).unwrap();
    let chunks: Vec<Stored> = db
        .chunks_from(0)
        .map(|chunk| chunk.unwrap())
        .map(|(first, bytes)| (first, bytes.as_ref().to_vec()))
        .collect();
    chunks.iter().for_each(|(first, _)| db.drop_chunk(*first).unwrap());
    change(chunks).iter().for_each(|(first, bytes)| db.put_chunk(*first, bytes).unwrap());
    db.sync().unwrap();
}

/// Changes the events of the chunk that holds an event; gives that event's place in it.
fn tamper_with(path: &Path, event: u64, change: impl FnOnce(&mut Vec<Entry>, usize)) {
    tamper(path, |mut chunks| {
        let (first, bytes) = chunks.iter_mut().rfind(|(first, _)| *first <= event).unwrap();
        *bytes = forge(*first, bytes, |entries| change(entries, (event - *first) as usize));
        chunks
    });
}

fn check(path: &Path) -> Chained {
    let mut told = Vec::new();
    let chained = verify_events(path, &mut |done, all| told.push((done, all))).unwrap();
    assert!(told.is_sorted() && told.iter().all(|(done, all)| done <= all), "{told:?}");
    chained
}

fn broken(path: &Path) -> (u64, Breach) {
    let chained = check(path);
    let Broken { sequence, how } = chained.broken.unwrap();
    assert!(chained.events < sequence, "what is behind the break does not count");
    (sequence, how)
}

#[test]
fn an_untouched_journal_is_one_chain() {
    let directory = journal();
    let chained = check(directory.path());
    assert_eq!((chained.first, chained.events, chained.unsealed), (Some(1), EVENTS, 0));
    assert_eq!(chained.broken, None);
    let journal = DiskStore::new(directory.path(), Options::default()).open().unwrap().journal;
    let page = journal.read(EVENTS, Default::default()).unwrap();
    assert_eq!(chained.chain, Some(page.events[0].chain), "it ends where readers see it end");
    let first = journal.read(1, Default::default()).unwrap().events.remove(0);
    assert_eq!(chained.before.unwrap().then(&first.hash), first.chain);
}

#[test]
fn an_altered_event_is_named_whatever_of_it_was_altered() {
    type Change = fn(&mut Entry);
    let changes: [(&str, Change); 3] = [
        ("what happened", |entry| {
            entry.record.clear();
            let event = callsheet_model::Event::LeaderStarted { epoch: 99 };
            crate::records::encode_event(&event, &mut entry.record).unwrap();
        }),
        ("when", |entry| entry.difference += 2),
        ("who", |entry| entry.context = u64::from(entry.context == 0)),
    ];
    for (what, change) in changes {
        let directory = journal();
        tamper_with(directory.path(), 160, |entries, at| change(&mut entries[at]));
        assert_eq!(broken(directory.path()), (160, Breach::Altered), "{what}");
        let report = verify(directory.path()).unwrap();
        assert!(report.damage.is_empty() && !report.is_whole(), "no checksum gives it away: {report:?}");
        assert_eq!(report.broken().unwrap().sequence, 160);
        // A leader starts, replays what is there, and shows the altered event to nobody.
        let journal = DiskStore::new(directory.path(), Options::default()).open().unwrap().journal;
        let error = journal.read(160, Default::default()).unwrap_err();
        let ReadError::Damaged(damage) = &error else { panic!("{error}") };
        assert_eq!(damage.flaw, Flaw::Altered { sequence: 160 });
    }
}

#[test]
fn two_events_in_each_others_place_are_named() {
    for with_their_marks in [false, true] {
        let directory = journal();
        tamper_with(directory.path(), 160, |entries, at| {
            entries.swap(at, at + 2);
            if !with_their_marks {
                let mark = entries[at].mark;
                entries[at].mark = std::mem::replace(&mut entries[at + 2].mark, mark);
            }
        });
        assert_eq!(broken(directory.path()), (160, Breach::Reordered), "{with_their_marks}");
    }
}

#[test]
fn events_from_outside_in_each_others_place_are_named() {
    // Their hashes say nothing of their place: the chain does.
    let directory = tempfile::tempdir().unwrap();
    let journal = DiskStore::new(directory.path(), Options::default()).open().unwrap().journal;
    let mut samples = samples::events().into_iter();
    let outside = samples.find(|event| matches!(event, callsheet_model::Event::Outside(_))).unwrap();
    let mut events = crate::samples::envelopes(1, 9);
    for event in &mut events {
        let callsheet_model::Event::Outside(outside) = &outside else { panic!("{outside:?}") };
        let mut outside = callsheet_model::Outside::clone(outside);
        outside.id = uuid::Uuid::from_u128(event.sequence.into());
        event.event = callsheet_model::Event::Outside(outside.into());
    }
    let (done, wait) = channel();
    journal.submit(events, Box::new(move |outcome| done.send(outcome.is_ok()).unwrap()));
    assert!(wait.recv().unwrap());
    journal.close();
    tamper_with(directory.path(), 4, |entries, at| entries.swap(at, at + 1));
    assert_eq!(broken(directory.path()), (4, Breach::Reordered));
}

/// Every chunk under the number that it would have if nothing had ever been between it and the one before.
fn renumbered(chunks: Vec<Stored>) -> Vec<Stored> {
    let mut next = 1;
    let place = |(old, bytes): Stored| {
        let count = Chunk::read(old, &bytes).unwrap().last() - old + 1;
        let first = next;
        next += count;
        (first, forge(first, &bytes, |_| {}))
    };
    chunks.into_iter().map(place).collect()
}

#[test]
fn a_chunk_that_was_taken_out_is_missed_though_the_rest_was_renumbered() {
    let directory = journal();
    let mut gone = 0;
    tamper(directory.path(), |mut chunks| {
        assert!(chunks.len() > 4, "{}", chunks.len());
        gone = chunks.remove(2).0;
        renumbered(chunks)
    });
    assert_eq!(broken(directory.path()), (gone, Breach::Missing));
    // That one a start sees too, without a single hash.
    let error = DiskStore::new(directory.path(), Options::default()).open().unwrap_err();
    assert_eq!(error.damage().unwrap().flaw, Flaw::Unchained { first: gone });
}

#[test]
fn a_chunk_that_was_taken_out_is_missed() {
    let directory = journal();
    let mut gone = 0;
    tamper(directory.path(), |mut chunks| {
        gone = chunks.remove(2).0;
        chunks
    });
    assert_eq!(broken(directory.path()), (gone, Breach::Missing));
    let directory = journal();
    tamper(directory.path(), |mut chunks| {
        gone = chunks.pop().unwrap().0;
        chunks
    });
    assert_eq!(broken(directory.path()), (gone, Breach::Missing), "the end was promised");
}

#[test]
fn two_chunks_in_each_others_place_are_named() {
    let directory = journal();
    let mut first = 0;
    tamper(directory.path(), |mut chunks| {
        chunks.swap(1, 3);
        first = chunks[0].0 + Chunk::read(chunks[0].0, &chunks[0].1).unwrap().last();
        renumbered(chunks)
    });
    assert_eq!(broken(directory.path()), (first, Breach::Reordered));
}

#[test]
fn a_chunk_without_seals_in_the_place_of_a_sealed_one_is_no_way_around_them() {
    let directory = journal();
    let mut first = 0;
    tamper(directory.path(), |mut chunks| {
        first = chunks[2].0;
        let last = Chunk::read(first, &chunks[2].1).unwrap().last();
        chunks.remove(2);
        pack_unsealed(&samples::envelopes(first, last - first + 1), |first, bytes| {
            chunks.push((first, bytes.to_vec()));
        });
        chunks
    });
    assert_eq!(broken(directory.path()), (first, Breach::Altered));
    assert!(DiskStore::new(directory.path(), Options::default()).open().is_err());
}

#[test]
fn what_cannot_be_read_is_named_too() {
    let directory = journal();
    let mut first = 0;
    tamper(directory.path(), |mut chunks| {
        first = chunks[2].0;
        *chunks[2].1.last_mut().unwrap() ^= 1;
        chunks
    });
    let (sequence, how) = broken(directory.path());
    assert!(
        sequence == first && matches!(how, Breach::Unreadable(Flaw::Checksum { .. })),
        "{sequence} {how}"
    );
}

#[test]
fn a_journal_that_does_not_say_where_it_has_to_end_may_have_lost_its_end() {
    let directory = journal();
    let mut gone = 0;
    tamper(directory.path(), |mut chunks| {
        gone = chunks.pop().unwrap().0;
        chunks
    });
    let head = directory::head_file(directory.path());
    std::fs::remove_file(&head).unwrap();
    assert_eq!(broken(directory.path()), (gone, Breach::EndUnknown(Flaw::Missing)));
    std::fs::write(&head, "no marker").unwrap();
    let (sequence, how) = broken(directory.path());
    assert!(
        sequence == gone && matches!(how, Breach::EndUnknown(Flaw::Contradiction(_))),
        "{sequence} {how}"
    );
}

#[test]
fn a_journal_in_use_is_not_checked() {
    let directory = journal();
    let _open = DiskStore::new(directory.path(), Options::default()).open().unwrap();
    assert!(matches!(verify_events(directory.path(), &mut |_, _| {}), Err(OpenError::InUse { .. })));
}
