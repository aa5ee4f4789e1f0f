//! The twin in memory forgets and fails as a disk does, when it is told to.

use std::sync::mpsc::channel;

use crate::common::{append, events, image, snapshot, tail};
use callsheet_journal::{AppendError, MemoryStore, Mishap, OpenError, Store};

#[test]
fn what_was_not_synced_is_forgotten_in_a_crash() {
    let store = MemoryStore::new(1000);
    let journal = store.open().unwrap().journal;
    append(journal.as_ref(), events(1, 3)).unwrap();
    store.hold(true);
    let (called, calls) = channel();
    let callback = |called: &std::sync::mpsc::Sender<_>| {
        let called = called.clone();
        Box::new(move |outcome| called.send(outcome).unwrap())
    };
    journal.submit(events(4, 5), callback(&called));
    assert_eq!((store.waiting(), journal.range().1), (1, 3), "nothing is durable before it is synced");
    assert_eq!(store.sync(), 1);
    assert_eq!(calls.try_recv().unwrap().unwrap().head, 5);
    journal.submit(events(6, 7), callback(&called));
    journal.submit(events(8, 9), callback(&called));
    store.crash();
    drop(called);
    assert!(calls.recv().is_err(), "the dead are not called back");
    assert!(matches!(append(journal.as_ref(), events(6, 6)), Err(AppendError::Closed)));
    assert_eq!(tail(store.open().unwrap()), events(1, 5));
}

#[test]
fn a_crash_may_keep_what_nobody_was_told() {
    let store = MemoryStore::new(1000);
    let journal = store.open().unwrap().journal;
    store.hold(true);
    journal.submit(events(1, 2), Box::new(|_| panic!("nobody is told")));
    journal.submit(events(3, 4), Box::new(|_| panic!("nobody is told")));
    store.crash_keeping(1);
    assert_eq!(tail(store.open().unwrap()), events(1, 2));
}

#[test]
fn a_mishap_ends_the_journal_until_it_is_opened_again() {
    for (mishap, word) in [(Mishap::Append, "write to"), (Mishap::Sync, "sync"), (Mishap::DiskFull, "full")] {
        let store = MemoryStore::new(1000);
        let journal = store.open().unwrap().journal;
        append(journal.as_ref(), events(1, 1)).unwrap();
        store.arrange(mishap);
        let error = append(journal.as_ref(), events(2, 2)).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        assert!(matches!(append(journal.as_ref(), events(3, 3)), Err(AppendError::Poisoned(_))));
        let recovered = store.open().unwrap();
        append(recovered.journal.as_ref(), events(2, 2)).unwrap();
        assert_eq!(tail(recovered), events(1, 1));
    }
}

#[test]
fn a_torn_snapshot_is_not_there() {
    let store = MemoryStore::new(1000);
    let journal = store.open().unwrap().journal;
    append(journal.as_ref(), events(1, 9)).unwrap();
    snapshot(journal.as_ref(), image(4)).unwrap();
    store.arrange(Mishap::TornSnapshot);
    journal.snapshot(image(8), Box::new(|_| panic!("nobody is told")));
    assert_eq!(store.open().unwrap().image, Some(image(4)));
}

#[test]
fn damage_is_named_and_not_served_from() {
    let store = MemoryStore::new(1000);
    append(store.open().unwrap().journal.as_ref(), events(1, 9)).unwrap();
    assert!(store.corrupt(5));
    assert!(matches!(store.open().unwrap_err(), OpenError::Damaged(_)));
}
