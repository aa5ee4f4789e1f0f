//! Readers of the log: in order, without gaps, from any cursor, and never a burden.

use std::time::Duration;

use callsheet_scheduler::Command;
use tokio_test::{assert_pending, assert_ready};

use crate::testing::{Bench, numbers, posted};
use crate::{Events, LeaderError, READER_PATIENCE, Wanted};

/// A reader that has caught up, and reads on from now.
async fn live(bench: &Bench) -> Events {
    let mut events = bench.leader.follow(Wanted { after: None, follow: true, ..Wanted::default() });
    assert_pending!(tokio_test::task::spawn(events.recv()).poll());
    events
}

/// What a reader gets, up to so many events.
async fn take(events: &mut Events, count: usize) -> Vec<u128> {
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.extend(numbers(&events.recv().await.unwrap().unwrap()));
    }
    taken
}

async fn ingest(bench: &Bench, range: std::ops::Range<u128>) {
    bench.leader.ingest(range.map(posted).collect()).await.unwrap();
}

#[tokio::test]
async fn a_hundred_events_at_once_arrive_all_and_in_order() {
    let bench = Bench::start().await;
    let (mut one, mut other) = (live(&bench).await, live(&bench).await);
    ingest(&bench, 0..100).await;
    let all: Vec<u128> = (0..100).collect();
    assert_eq!(take(&mut one, 100).await, all);
    assert_eq!(take(&mut other, 100).await, all);
}

#[tokio::test]
async fn a_reader_that_falls_behind_is_cut_off_and_goes_on_from_its_cursor() {
    let bench = Bench::start_with(|config| config.leader.http.reader_backlog = 10).await;
    let mut events = live(&bench).await;
    let start = bench.leader.range().1;
    ingest(&bench, 0..10).await;
    assert_eq!(take(&mut events, 10).await, (0..10).collect::<Vec<_>>(), "ten may wait");
    assert_eq!(events.cursor(), start + 10);

    ingest(&bench, 10..21).await;
    let end = events.recv().await.unwrap();
    assert!(matches!(end, Err(LeaderError::FellBehind { cursor }) if cursor == start + 10), "{end:?}");
    assert!(events.recv().await.is_none());
    assert_eq!(bench.leader.figures().readers.fell_behind.get(), 1);

    // Whoever still catches up may be behind as far as it likes.
    let again = Wanted { after: Some(events.cursor()), follow: true, ..Wanted::default() };
    let mut events = bench.leader.follow(again);
    assert_eq!(take(&mut events, 11).await, (10..21).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_nothing_for_too_long_is_cut_off_and_one_with_nothing_to_take_is_not() {
    let bench = Bench::start().await;
    let mut events = live(&bench).await;
    tokio::time::advance(10 * READER_PATIENCE).await;
    let start = bench.leader.range().1;
    assert_pending!(tokio_test::task::spawn(events.recv()).poll());

    ingest(&bench, 0..1).await;
    tokio::time::advance(READER_PATIENCE - Duration::from_millis(1)).await;
    assert_eq!(take(&mut events, 1).await, [0]);
    ingest(&bench, 1..2).await;
    tokio::time::advance(READER_PATIENCE).await;
    let end = events.recv().await.unwrap();
    assert!(matches!(end, Err(LeaderError::FellBehind { cursor }) if cursor == start + 1), "{end:?}");
    assert_eq!(bench.leader.figures().readers.stalled.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_a_long_wait_just_as_something_comes_was_there_all_the_while() {
    let bench = Bench::start().await;
    let mut events = live(&bench).await;
    {
        let mut wait = tokio_test::task::spawn(events.recv());
        assert_pending!(wait.poll());
        tokio::time::advance(2 * READER_PATIENCE).await;
    }
    ingest(&bench, 0..1).await;
    assert_eq!(take(&mut events, 1).await, [0]);
}

#[tokio::test]
async fn a_wait_that_is_given_up_again_and_again_loses_nothing() {
    let bench = Bench::start().await;
    let after = Some(bench.leader.range().1);
    ingest(&bench, 0..1200).await;
    let mut events = bench.leader.follow(Wanted { after, follow: true, ..Wanted::default() });
    let mut taken = Vec::new();
    while taken.len() < 1200 {
        // Polled once and dropped, whatever it was doing.
        let polled = tokio_test::task::spawn(events.recv()).poll();
        if let std::task::Poll::Ready(page) = polled {
            taken.extend(numbers(&page.unwrap().unwrap()));
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(taken, (0..1200).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_was_passed_over_moves_the_cursor_and_a_stream_that_does_not_follow_ends() {
    let bench = Bench::start().await;
    let job = bench.submit("1").await;
    ingest(&bench, 0..50).await;
    let head = bench.leader.range().1;
    let filter = callsheet_events::Filter { job: Some(job.0), ..Default::default() };
    let mut events = bench.leader.follow(Wanted { after: Some(0), follow: false, filter });
    bench.leader.command(Command::PauseJob { job }).await.unwrap();
    let page = events.recv().await.unwrap().unwrap();
    assert_eq!(page.iter().map(|event| event.envelope.event.kind()).collect::<Vec<_>>(), ["job.submitted"]);
    assert!(events.recv().await.is_none(), "what came after it began is not its concern");
    assert_eq!(events.cursor(), head);
}

#[tokio::test]
async fn what_is_in_memory_can_be_had_at_once() {
    let bench = Bench::start().await;
    let mut events = live(&bench).await;
    assert!(events.try_recv().is_err());
    ingest(&bench, 0..3).await;
    // A page that is not in memory has to be waited for, and is not lost by the try.
    let first = match events.try_recv() {
        Ok(page) => page.unwrap(),
        Err(_) => events.recv().await.unwrap().unwrap(),
    };
    assert_eq!(numbers(&first), [0, 1, 2]);
    assert!(events.try_recv().is_err());
}

#[tokio::test]
async fn a_cursor_that_the_log_does_not_reach_is_told_where_it_ends() {
    let bench = Bench::start().await;
    for follow in [true, false] {
        let mut events = bench.leader.follow(Wanted { after: Some(u64::MAX), follow, ..Wanted::default() });
        let head = bench.leader.range().1;
        let end = assert_ready!(tokio_test::task::spawn(events.recv()).poll()).unwrap();
        assert!(
            matches!(end, Err(LeaderError::CursorAhead { asked: u64::MAX, head: last }) if last == head),
            "{end:?}"
        );
    }
}

#[tokio::test]
async fn a_cursor_that_is_too_old_is_told_the_oldest_event_there_is() {
    let bench = Bench::start_with(|config| config.leader.keep.snapshot_every = 500).await;
    let mut number = 0;
    // A log is cut when its second snapshot is whole.
    while bench.leader.range().0 == 1 {
        ingest(&bench, number..number + 500).await;
        number += 500;
    }
    let (oldest, _) = bench.leader.range();
    let mut events = bench.leader.follow(Wanted { after: Some(0), follow: true, ..Wanted::default() });
    let end = events.recv().await.unwrap();
    assert!(
        matches!(end, Err(LeaderError::CursorTooOld { asked: 0, oldest: first }) if first >= oldest),
        "{end:?}"
    );
    let (oldest, _) = bench.leader.range();
    let wanted = Wanted { after: Some(oldest - 1), follow: true, ..Wanted::default() };
    let page = bench.leader.follow(wanted).recv().await.unwrap().unwrap();
    assert_eq!(page[0].envelope.sequence, oldest);
    assert_eq!(bench.leader.figures().readers.too_old.get(), 1);
}

#[tokio::test]
async fn a_state_that_was_read_can_always_be_followed_from() {
    let bench = Bench::start().await;
    for number in 0..50 {
        let posting = tokio::spawn({
            let leader = bench.leader.clone();
            async move { leader.ingest(vec![posted(number)]).await }
        });
        let seen = bench.leader.read(|scheduler| scheduler.sequence()).await.unwrap();
        let wanted = Wanted { after: Some(seen), follow: false, ..Wanted::default() };
        while let Some(page) = bench.leader.follow(wanted.clone()).recv().await {
            if numbers(&page.unwrap()).contains(&number) {
                break;
            }
        }
        posting.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn readers_go_on_when_the_scheduler_is_started_again() {
    let bench = Bench::start().await;
    let mut caught_up = live(&bench).await;
    let mut far_behind = bench.leader.follow(Wanted { after: Some(0), follow: true, ..Wanted::default() });
    ingest(&bench, 0..600).await;
    let first = far_behind.recv().await.unwrap().unwrap().last().unwrap().envelope.sequence;
    bench.fells("scheduler");
    let mut next = caught_up.cursor() + 1;
    let mut restarted = false;
    while !restarted {
        for event in caught_up.recv().await.unwrap().unwrap() {
            assert_eq!(event.envelope.sequence, next);
            restarted = event.envelope.event.kind() == "leader.started";
            next += 1;
        }
    }
    let mut expected = first + 1;
    while expected < next {
        for event in far_behind.recv().await.unwrap().unwrap() {
            assert_eq!(event.envelope.sequence, expected);
            expected += 1;
        }
    }
}

#[tokio::test]
async fn readers_are_counted() {
    let bench = Bench::start().await;
    let readers = &bench.leader.figures().readers;
    let before = readers.live.get();
    let events = live(&bench).await;
    assert_eq!(readers.live.get(), before + 1);
    drop(events);
    assert_eq!(readers.live.get(), before);
    assert!(readers.opened.get() > before);
}
