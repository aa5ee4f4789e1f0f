//! Many readers at once, with little memory for all of them: each gets every event once and in order, out of memory
//! or from the disk, whoever else reads and whatever is appended or forgotten meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::common::{append, events, image, is_one_chain, plain, snapshot};
use callsheet_events::Sealed;
use callsheet_journal::{DiskStore, Journal, Options, PageLimit, ReadError, Store};

const EVENTS: u64 = 3_000;

/// Far less than the events take.
fn narrow() -> Options {
    Options { hot_bytes: 100_000, warm_bytes: 200_000, ..Options::default() }
}

/// Follows a journal from an event on, in pages of some size, until its end is known and reached.
fn follow(journal: &dyn Journal, from: u64, page: usize, done: &AtomicBool) -> Vec<Arc<Sealed>> {
    let limit = PageLimit { events: page, ..PageLimit::default() };
    let mut got: Vec<Arc<Sealed>> = Vec::new();
    loop {
        let ends = done.load(Ordering::Acquire);
        let next = from + got.len() as u64;
        let page = journal.read_hot(next, limit).map_or_else(|| journal.read(next, limit), Ok).unwrap();
        assert_eq!(page.next, next + page.events.len() as u64);
        if page.events.is_empty() && ends {
            return got;
        }
        got.extend(page.events);
        std::thread::yield_now();
    }
}

#[test]
fn readers_of_every_pace_get_every_event_once_while_others_are_appended() {
    let directory = tempfile::tempdir().unwrap();
    let journal = DiskStore::new(directory.path(), narrow()).open().unwrap().journal;
    append(journal.as_ref(), events(1, 1000)).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let follow = |from, page| {
            let (journal, done) = (Arc::clone(&journal), &done);
            scope.spawn(move || (from, follow(journal.as_ref(), from, page, done)))
        };
        let readers: Vec<_> = [(1, 1000), (1, 3), (1, 64), (500, 7), (990, 100), (1001, 1)]
            .map(|(from, page)| follow(from, page))
            .into();
        for first in (1001..=EVENTS).step_by(100) {
            append(journal.as_ref(), events(first, first + 99)).unwrap();
        }
        done.store(true, Ordering::Release);
        for reader in readers {
            let (from, got) = reader.join().unwrap();
            assert!(plain(&got) == events(from, EVENTS), "the reader from {from} on got something else");
            assert!(is_one_chain(&got));
        }
    });
    let hot =
        (1..=EVENTS).rev().take_while(|from| journal.read_hot(*from, PageLimit::default()).is_some()).count();
    assert!((10..1000).contains(&hot), "{hot} events in memory that 100 kB hold");
}

#[test]
fn a_reader_whose_events_are_forgotten_under_it_is_told_the_oldest_there_is() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { keep_events: 100, ..narrow() };
    let journal = DiskStore::new(directory.path(), options).open().unwrap().journal;
    append(journal.as_ref(), events(1, 2000)).unwrap();
    let limit = PageLimit { events: 10, ..PageLimit::default() };
    let mut next = journal.read(1, limit).unwrap().next;
    snapshot(journal.as_ref(), image(1800)).unwrap();
    snapshot(journal.as_ref(), image(1900)).unwrap();
    let error = journal.read(next, limit).unwrap_err();
    let ReadError::TooOld { asked: 11, oldest } = error else { panic!("{error}") };
    assert!(journal.read_hot(next, limit).is_none());
    next = oldest;
    assert_eq!(plain(&journal.read(next, limit).unwrap().events), events(oldest, oldest + 9));
}
