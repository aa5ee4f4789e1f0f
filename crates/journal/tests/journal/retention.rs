//! What is kept by age and by size, and that no clock and no limit ever takes what a replay needs.

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::common::{append, events, image, large_event, read_all, snapshot, tail};
use callsheet_journal::{DiskStore, Journal, Options, PageLimit, ReadError, Recovered, Store, verify};
use callsheet_model::{Envelope, Timestamp};

fn open(path: &Path, options: &Options) -> Recovered {
    DiskStore::new(path, options.clone()).open().unwrap()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

/// Events of this moment; those of `events` are from years ago.
fn fresh(first: u64, last: u64) -> Vec<Envelope> {
    let mut fresh = events(first, last);
    fresh.iter_mut().for_each(|event| event.at = Timestamp(now()));
    fresh
}

fn aged(age: Duration) -> Options {
    Options { keep_age: Some(age), ..Options::default() }
}

/// Waits until a journal keeps no more chunks than `most`: they go between appends.
fn wait_for_chunks(path: &Path, journal: Arc<dyn Journal>, most: u64) {
    journal.close();
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let report = verify(path).unwrap();
        assert!(report.is_whole(), "{report:?}");
        if report.chunks <= most {
            return;
        }
        assert!(Instant::now() < until, "{} chunks are there, and {most} should be", report.chunks);
        // What a life did not come to goes in the next one.
        append(open(path, &Options::default()).journal.as_ref(), Vec::new()).unwrap();
    }
}

#[test]
fn what_is_older_than_it_may_be_goes_once_two_snapshots_are_newer() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path(), &aged(Duration::from_secs(3600))).journal;
    append(journal.as_ref(), events(1, 2000)).unwrap();
    append(journal.as_ref(), fresh(2001, 2100)).unwrap();
    snapshot(journal.as_ref(), image(1500)).unwrap();
    assert_eq!(journal.range().0, 1, "one snapshot is none to rely on");
    snapshot(journal.as_ref(), image(2050)).unwrap();
    assert_eq!(journal.range(), (1501, 2100), "kept for the older snapshot, however old");
    snapshot(journal.as_ref(), image(2100)).unwrap();
    let (oldest, head) = journal.range();
    assert!(
        (1600..=2001).contains(&oldest) && head == 2100,
        "{oldest}: old events of the last chunk may stay"
    );
    let error = journal.read(oldest - 1, PageLimit::default()).unwrap_err();
    assert!(matches!(error, ReadError::TooOld { oldest: said, .. } if said == oldest), "{error}");
    let kept = read_all(journal.as_ref(), oldest, PageLimit::default());
    assert_eq!((kept.first().unwrap().sequence, kept.len() as u64), (oldest, 2101 - oldest));
    wait_for_chunks(directory.path(), journal, 12);
}

#[test]
fn a_clock_that_jumped_takes_nothing_that_a_replay_needs() {
    let directory = tempfile::tempdir().unwrap();
    // To this clock everything is from long ago.
    let options = aged(Duration::from_millis(1));
    let journal = open(directory.path(), &options).journal;
    for first in (1..=901).step_by(100) {
        append(journal.as_ref(), events(first, first + 99)).unwrap();
    }
    snapshot(journal.as_ref(), image(300)).unwrap();
    snapshot(journal.as_ref(), image(700)).unwrap();
    drop(journal);
    let recovered = open(directory.path(), &options);
    assert_eq!((recovered.journal.range().0, recovered.image.clone()), (301, Some(image(700))));
    assert!(tail(recovered) == events(701, 1000));
}

#[test]
fn what_is_more_than_may_be_goes() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { keep_bytes: Some(100_000), ..Options::default() };
    let journal = open(directory.path(), &options).journal;
    for first in (1..=9901).step_by(100) {
        append(journal.as_ref(), events(first, first + 99)).unwrap();
    }
    snapshot(journal.as_ref(), image(9_990)).unwrap();
    assert_eq!(journal.range(), (1, 10_000));
    snapshot(journal.as_ref(), image(9_995)).unwrap();
    let (oldest, head) = journal.range();
    let kept = (head - oldest) as f64 / 10_000.0;
    assert!((0.01..0.2).contains(&kept), "{oldest} to {head} for 100 kB");
    // A later life with less room clears away at once, when it is opened.
    drop(journal);
    let less = Options { keep_bytes: Some(40_000), ..Options::default() };
    let journal = open(directory.path(), &less).journal;
    let (later, _) = journal.range();
    assert!(later > oldest && later <= 9_991, "{later} after {oldest}");
    assert!(read_all(journal.as_ref(), later, PageLimit::default()) == events(later, 10_000));
    wait_for_chunks(directory.path(), journal, 30);
}

#[test]
fn a_large_event_counts_by_its_size() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { keep_bytes: Some(50_000), ..Options::default() };
    let journal = open(directory.path(), &options).journal;
    append(journal.as_ref(), vec![large_event(1, 200_000)]).unwrap();
    append(journal.as_ref(), events(2, 100)).unwrap();
    snapshot(journal.as_ref(), image(90)).unwrap();
    snapshot(journal.as_ref(), image(100)).unwrap();
    assert_eq!(journal.range(), (2, 100));
}

#[test]
fn each_flush_is_told_with_its_events() {
    let directory = tempfile::tempdir().unwrap();
    let told: Arc<Mutex<Vec<(Duration, usize)>>> = Arc::default();
    let hears = Arc::clone(&told);
    let on_flush = move |took, events| hears.lock().unwrap().push((took, events));
    let options = Options { on_flush: Some(Arc::new(on_flush)), ..Options::default() };
    let journal = open(directory.path(), &options).journal;
    append(journal.as_ref(), events(1, 7)).unwrap();
    append(journal.as_ref(), events(8, 8)).unwrap();
    let told = told.lock().unwrap();
    assert_eq!(told.iter().map(|(_, events)| *events).collect::<Vec<_>>(), [7, 1]);
    assert!(told.iter().all(|(took, _)| !took.is_zero()));
}
