//! Events from outside: each once, whatever dies, and never in the way of the cluster's own work.

use std::sync::Arc;
use std::time::Duration;

use callsheet_journal::MemoryStore;
use callsheet_scheduler::Command;

use crate::testing::{Bench, config, job, posted};
use crate::{Leader, LeaderError};

async fn waits(store: &MemoryStore, batches: usize) {
    while store.waiting() < batches {
        tokio::task::yield_now().await;
    }
}

/// The same where time has to pass for it.
async fn waits_for(store: &MemoryStore, batches: usize) {
    while store.waiting() < batches {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn events_are_numbered_in_the_order_they_were_posted_in() {
    let bench = Bench::start().await;
    let taken = bench.leader.ingest((0..300).map(posted).collect()).await.unwrap();
    assert_eq!(
        taken.iter().map(|event| event.id.as_u128()).collect::<Vec<_>>(),
        (0..300).collect::<Vec<_>>()
    );
    assert!(taken.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
    assert!(taken.iter().all(|event| !event.already));
    assert_eq!(bench.numbers_after(0).await, (0..300).collect::<Vec<_>>());
    assert!(bench.leader.ingest(Vec::new()).await.unwrap().is_empty());
    let figures = bench.leader.figures();
    assert_eq!((figures.ingested.get(), figures.repeated.get()), (300, 0));
    assert_eq!(figures.posts.read().count, 1);
}

#[tokio::test]
async fn the_same_events_are_the_same_events_also_for_the_next_scheduler() {
    let bench = Bench::start().await;
    let first = bench.leader.ingest((0..200).map(posted).collect()).await.unwrap();
    bench.fells("scheduler");
    bench.event("leader.started", 1).await;
    let again = bench.leader.ingest((100..300).map(posted).collect()).await.unwrap();
    for (then, now) in first[100..].iter().zip(&again) {
        assert_eq!((then.id, then.sequence, now.already), (now.id, now.sequence, true));
    }
    assert!(again[100..].iter().all(|event| !event.already));
    assert_eq!(bench.numbers_after(0).await, (0..300).collect::<Vec<_>>());
    assert_eq!(bench.leader.figures().repeated.get(), 100);
}

#[tokio::test]
async fn a_scheduler_that_falls_in_the_middle_of_a_post_leaves_nothing_twice() {
    let bench = Bench::start().await;
    bench.store.hold(true);
    let leader = bench.leader.clone();
    let posting = tokio::spawn(async move { leader.ingest((0..1000).map(posted).collect()).await });
    waits(&bench.store, 1).await;
    bench.fells("scheduler");
    let told = posting.await.unwrap();
    assert!(matches!(told, Err(LeaderError::Restarting)), "{told:?}");
    bench.store.hold(false);
    bench.event("leader.started", 1).await;

    let there = bench.numbers_after(0).await.len();
    assert!(there == 0 || there == 1000, "all of it or nothing, and not {there}");
    bench.leader.ingest((0..1000).map(posted).collect()).await.unwrap();
    assert_eq!(bench.numbers_after(0).await, (0..1000).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_was_acknowledged_before_a_crash_is_there_once_and_nothing_of_what_was_not() {
    let mut bench = Bench::start().await;
    bench.leader.ingest((0..40).map(posted).collect()).await.unwrap();
    bench.store.hold(true);
    let leader = bench.leader.clone();
    let posting = tokio::spawn(async move { leader.ingest((40..800).map(posted).collect()).await });
    waits(&bench.store, 1).await;
    bench.crash().await;
    let told = posting.await.unwrap();
    assert!(matches!(told, Err(LeaderError::Restarting)), "{told:?}");
    bench.store.hold(false);
    assert_eq!(bench.numbers_after(0).await, (0..40).collect::<Vec<_>>());
    bench.leader.ingest((0..800).map(posted).collect()).await.unwrap();
    assert_eq!(bench.numbers_after(0).await, (0..800).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_command_goes_before_posts_that_wait() {
    let bench = Bench::start().await;
    bench.store.hold(true);
    let post = |numbers: std::ops::Range<u128>| {
        let leader = bench.leader.clone();
        tokio::spawn(async move { leader.ingest(numbers.map(posted).collect()).await })
    };
    let first = post(0..500);
    waits(&bench.store, 1).await;
    let second = post(500..1000);
    let (id, spec) = job("1");
    let leader = bench.leader.clone();
    let submit = tokio::spawn(async move { leader.command(Command::SubmitJob { id, spec }).await });
    // The first post is on its way, and beside it there is room for the command.
    waits(&bench.store, 2).await;
    bench.store.sync();
    submit.await.unwrap().unwrap();
    bench.store.hold(false);
    assert_eq!(first.await.unwrap().unwrap().len(), 500);
    let behind = second.await.unwrap().unwrap();
    let submitted = bench.event("job.submitted", 0).await.sequence;
    assert!(submitted < behind[0].sequence, "{submitted}");
}

#[tokio::test(start_paused = true)]
async fn posts_that_wait_leave_the_disk_to_commands_for_as_long_as_they_had_it() {
    let bench = Bench::start().await;
    bench.store.hold(true);
    let post = |number: u128| {
        let leader = bench.leader.clone();
        // Too many to be joined to others.
        tokio::spawn(async move { leader.ingest((number..number + 500).map(posted).collect()).await })
    };
    let posts = [post(0), post(500)];
    waits(&bench.store, 1).await;
    tokio::time::sleep(Duration::from_millis(40)).await;
    bench.store.sync();
    tokio::time::sleep(Duration::from_millis(39)).await;
    assert_eq!(bench.store.waiting(), 0, "the second post rests");

    let (id, spec) = job("1");
    let leader = bench.leader.clone();
    let submit = tokio::spawn(async move { leader.command(Command::SubmitJob { id, spec }).await });
    waits(&bench.store, 1).await;
    bench.store.sync();
    submit.await.unwrap().unwrap();
    assert_eq!(bench.store.waiting(), 0, "a command wakes no post");
    waits_for(&bench.store, 1).await;
    bench.store.hold(false);
    for post in posts {
        assert_eq!(post.await.unwrap().unwrap().len(), 500);
    }
}

#[tokio::test]
async fn too_many_posts_wait_at_the_door() {
    let bench = Bench::start().await;
    bench.store.hold(true);
    let posts: Vec<_> = (0..40)
        .map(|number| {
            let (leader, mut large) = (bench.leader.clone(), posted(number));
            large.event.payload = format!(r#"{{"text":"{}"}}"#, "x".repeat(1 << 20));
            tokio::spawn(async move { leader.ingest(vec![large]).await })
        })
        .collect();
    waits(&bench.store, 1).await;
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert!(bench.leader.0.scheduler.room_for_guests() < 1 << 10, "40 MiB are more than fit");
    bench.store.hold(false);
    for post in posts {
        assert_eq!(post.await.unwrap().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_leader_with_threads_of_its_own_works_on_them() {
    let (directory, store) = (tempfile::tempdir().unwrap(), MemoryStore::new(1000));
    let figures = Arc::default();
    let started = Leader::start_apart(config(directory.path()), Arc::new(store), Arc::clone(&figures)).await;
    let leader = started.unwrap();
    leader.ingest(vec![posted(1)]).await.unwrap();
    let thread = leader.read(|_| std::thread::current().name().map(str::to_owned)).await.unwrap();
    assert_eq!(thread.as_deref(), Some("leader"));
    assert_eq!(figures.ingested.get(), 1);
    leader.stop().await;
}
