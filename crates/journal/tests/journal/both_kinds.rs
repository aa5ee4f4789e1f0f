//! What every journal promises, asked of the one on disk and of its twin in memory alike.

use crate::common::{
    append, events, image, is_one_chain, large_event, plain, read_all, sealed, snapshot, tail,
};
use callsheet_journal::{AppendError, DiskStore, MemoryStore, Options, PageLimit, ReadError, Store};

const KEEP: u64 = 100;

/// Runs a promise against both kinds.
fn both(promise: impl Fn(&dyn Store)) {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { keep_events: KEEP, ..Options::default() };
    promise(&DiskStore::new(directory.path().join("journal"), options));
    promise(&MemoryStore::new(KEEP));
}

#[test]
fn a_new_journal_is_empty() {
    both(|store| {
        let recovered = store.open().unwrap();
        assert_eq!((recovered.head, recovered.image.is_none()), (0, true));
        assert_eq!(recovered.journal.range(), (1, 0));
        assert!(recovered.journal.read(1, PageLimit::default()).unwrap().events.is_empty());
        assert!(tail(recovered).is_empty());
    });
}

#[test]
fn what_was_appended_is_there_after_a_restart() {
    both(|store| {
        let recovered = store.open().unwrap();
        assert_eq!(append(recovered.journal.as_ref(), events(1, 3)).unwrap().head, 3);
        let durable = append(recovered.journal.as_ref(), events(4, 500)).unwrap();
        assert_eq!((durable.head, plain(&durable.events)), (500, events(4, 500)));
        recovered.journal.close();
        let recovered = store.open().unwrap();
        assert_eq!(recovered.head, 500);
        append(recovered.journal.as_ref(), events(501, 502)).unwrap();
        assert!(tail(recovered) == events(1, 500), "the tail ends where the journal did when it was opened");
        assert!(tail(store.open().unwrap()) == events(1, 502));
    });
}

#[test]
fn pages_hold_what_they_may_and_go_on_where_they_ended() {
    both(|store| {
        let journal = store.open().unwrap().journal;
        append(journal.as_ref(), events(1, 1000)).unwrap();
        for limit in [1, 7, 1000, 5000].map(|events| PageLimit { events, ..PageLimit::default() }) {
            assert!(read_all(journal.as_ref(), 1, limit) == events(1, 1000));
        }
        let page = journal.read(990, PageLimit { events: 5, bytes: 1 << 20 }).unwrap();
        assert_eq!((plain(&page.events), page.next, page.head), (events(990, 994), 995, 1000));
        let narrow = PageLimit { events: 100, bytes: 1 };
        assert_eq!(plain(&journal.read(3, narrow).unwrap().events), events(3, 3));
        assert!(journal.read(1001, narrow).unwrap().events.is_empty());
        let ahead = journal.read(1002, narrow).unwrap_err();
        assert!(matches!(ahead, ReadError::Ahead { asked: 1002, head: 1000 }), "{ahead}");
    });
}

#[test]
fn an_event_may_be_far_larger_than_a_chunk() {
    both(|store| {
        let journal = store.open().unwrap().journal;
        let batch = || {
            vec![
                crate::common::event(1),
                large_event(2, 6_000_000),
                crate::common::event(3),
                large_event(4, 9000),
            ]
        };
        append(journal.as_ref(), batch()).unwrap();
        assert!(read_all(journal.as_ref(), 2, PageLimit::default()) == batch()[1..]);
        assert!(tail(store.open().unwrap()) == batch());
    });
}

#[test]
fn a_gap_ends_the_journal_and_is_not_written() {
    both(|store| {
        let journal = store.open().unwrap().journal;
        append(journal.as_ref(), events(1, 5)).unwrap();
        let gap = append(journal.as_ref(), events(7, 8)).unwrap_err();
        assert!(matches!(gap, AppendError::OutOfOrder { expected: 6, found: 7 }), "{gap}");
        let after = append(journal.as_ref(), events(6, 6)).unwrap_err();
        assert!(matches!(&after, AppendError::Poisoned(_)), "{after}");
        assert!(after.to_string().contains("event 7 was appended where 6 should follow"), "{after}");
        assert!(matches!(snapshot(journal.as_ref(), image(5)), Err(AppendError::Poisoned(_))));
        assert!(read_all(journal.as_ref(), 1, PageLimit::default()) == events(1, 5), "reading goes on");
        let journal = store.open().unwrap().journal;
        append(journal.as_ref(), events(6, 6)).unwrap();
    });
}

#[test]
fn a_start_needs_the_newest_snapshot_and_what_follows() {
    both(|store| {
        let journal = store.open().unwrap().journal;
        append(journal.as_ref(), events(1, 50)).unwrap();
        assert_eq!(snapshot(journal.as_ref(), image(20)).unwrap(), 20);
        assert_eq!(snapshot(journal.as_ref(), image(40)).unwrap(), 40);
        let ahead = snapshot(journal.as_ref(), image(51)).unwrap_err();
        assert!(matches!(ahead, AppendError::SnapshotAhead { image: 51, head: 50 }), "{ahead}");
        append(journal.as_ref(), events(51, 51)).unwrap();
        let recovered = store.open().unwrap();
        assert_eq!(recovered.image, Some(image(40)));
        assert_eq!(recovered.journal.range(), (1, 51), "streams may still ask for all of it");
        assert!(tail(recovered) == events(41, 51));
    });
}

#[test]
fn what_neither_snapshots_nor_streams_need_is_forgotten() {
    both(|store| {
        let journal = store.open().unwrap().journal;
        for first in (1..=901).step_by(100) {
            append(journal.as_ref(), events(first, first + 99)).unwrap();
        }
        snapshot(journal.as_ref(), image(300)).unwrap();
        assert_eq!(journal.range(), (1, 1000), "one snapshot is none to rely on");
        snapshot(journal.as_ref(), image(700)).unwrap();
        assert_eq!(journal.range(), (301, 1000), "kept for the older snapshot");
        snapshot(journal.as_ref(), image(950)).unwrap();
        assert_eq!(journal.range(), (701, 1000));
        snapshot(journal.as_ref(), image(990)).unwrap();
        assert_eq!(journal.range(), (901, 1000), "kept for streams");
        let old = journal.read(900, PageLimit::default()).unwrap_err();
        assert!(matches!(old, ReadError::TooOld { asked: 900, oldest: 901 }), "{old}");
        assert!(read_all(journal.as_ref(), 901, PageLimit::default()) == events(901, 1000));
        let recovered = store.open().unwrap();
        assert_eq!(recovered.journal.range(), (901, 1000));
        assert_eq!(recovered.image, Some(image(990)));
        assert!(tail(recovered) == events(991, 1000));
    });
}

#[test]
fn opening_again_closes_what_was_open() {
    both(|store| {
        let old = store.open().unwrap().journal;
        append(old.as_ref(), events(1, 2)).unwrap();
        let new = store.open().unwrap().journal;
        assert!(matches!(append(old.as_ref(), events(3, 3)), Err(AppendError::Closed)));
        assert!(matches!(old.read(1, PageLimit::default()), Err(ReadError::Closed)));
        assert!(matches!(snapshot(old.as_ref(), image(1)), Err(AppendError::Closed)));
        append(new.as_ref(), events(3, 3)).unwrap();
    });
}

#[test]
fn every_event_is_sealed_behind_the_one_before_for_ever() {
    both(|store| {
        let journal = store.open().unwrap().journal;
        let mut told = append(journal.as_ref(), events(1, 300)).unwrap().events;
        told.extend(append(journal.as_ref(), events(301, 301)).unwrap().events);
        assert!(is_one_chain(&told));
        assert!(sealed(journal.as_ref(), 1) == told, "a page is what was told when it became durable");
        let journal = store.open().unwrap().journal;
        assert!(
            sealed(journal.as_ref(), 1) == told,
            "another life of it gives the same ids, hashes and chain"
        );
        told.extend(append(journal.as_ref(), events(302, 650)).unwrap().events);
        assert!(is_one_chain(&told), "the chain goes on over a restart");
        assert!(sealed(store.open().unwrap().journal.as_ref(), 77)[..] == told[76..]);
        let ids: std::collections::BTreeSet<_> = told.iter().map(|event| event.id).collect();
        assert_eq!(ids.len(), 650);
    });
}

#[test]
fn the_latest_events_are_had_without_the_disk() {
    both(|store| {
        let journal = store.open().unwrap().journal;
        append(journal.as_ref(), events(1, 50)).unwrap();
        let page = journal.read_hot(40, PageLimit::default()).unwrap();
        assert_eq!((plain(&page.events), page.next, page.head), (events(40, 50), 51, 50));
        let end = journal.read_hot(51, PageLimit::default()).unwrap();
        assert!(end.events.is_empty() && end.next == 51);
        assert!(journal.read_hot(52, PageLimit::default()).is_none());
        // Another life remembers nothing but where the end is.
        let journal = store.open().unwrap().journal;
        assert!(journal.read_hot(51, PageLimit::default()).is_some());
        append(journal.as_ref(), events(51, 60)).unwrap();
        let whole = journal.read(45, PageLimit::default()).unwrap();
        assert_eq!(plain(&whole.events), events(45, 60), "a page may begin on the disk and end in memory");
        journal.close();
        assert!(journal.read_hot(55, PageLimit::default()).is_none());
    });
}

#[test]
fn a_replay_has_the_events_without_their_seals() {
    both(|store| {
        let journal = store.open().unwrap().journal;
        append(journal.as_ref(), events(1, 500)).unwrap();
        let limit = PageLimit { events: 100, bytes: usize::MAX };
        assert_eq!(journal.replay(7, limit).unwrap(), events(7, 106));
        assert!(journal.replay(501, limit).unwrap().is_empty());
        assert!(matches!(journal.replay(502, limit), Err(ReadError::Ahead { asked: 502, head: 500 })));
    });
}
