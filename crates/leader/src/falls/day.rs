//! A day's work for a leader: two nodes, someone who submits, cancels and pauses, a service that posts, a watcher,
//! and a reader of the log. Whatever falls meanwhile, the same must be true in the evening.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use callsheet_model::signal::{Signal, WorkerBeat, WorkerKind, WorkerState};
use callsheet_model::{Envelope, Event, FrameSet, JobId, JobSpec, Timestamp};
use callsheet_scheduler::Command;
use callsheet_supervision::Record;
use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::node::{Node, Wish};
use super::stage::{LONG, Stage, in_time};
use crate::testing::{job, posted};
use crate::{Leader, LeaderError, Wanted};

/// What a day came to.
pub(super) struct Evening {
    /// Points that were passed, faults that came, and when.
    pub(super) record: Record,
    /// Sessions of both nodes.
    pub(super) sessions: usize,
    /// Leaders that ended, and were followed by another.
    pub(super) ended: usize,
    /// Schedulers that were started.
    pub(super) schedulers: usize,
}

const FRAMES: [&str; 2] = ["1-4", "1-3"];
const POSTS: u128 = 3 * 5 * EVENTS;
/// In one post.
const EVENTS: u128 = 30;

/// Lives through a day with these faults in it, and looks at what is there in the evening.
pub(super) fn day(arrange: impl FnOnce(&Record)) -> Evening {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(live(arrange))
}

async fn live(arrange: impl FnOnce(&Record)) -> Evening {
    let (stage, keeping, over) = Stage::set().await;
    arrange(&stage.record);
    let (wish, wishes) = watch::channel(Wish::Stay);
    let (last_wish, last_wishes) = watch::channel(Wish::Stay);
    let anna = tokio::spawn(Node::new("anna").live(stage.clone(), wishes));
    let bruno = tokio::spawn(Node::new("bruno").live(stage.clone(), last_wishes));
    let watcher = tokio::spawn(watcher(stage.clone()));
    let jobs: Vec<(JobId, JobSpec)> = ["1-4", "1-3", "1-2"].into_iter().map(job).collect();
    let ids: Vec<JobId> = jobs.iter().map(|(id, _)| *id).collect();
    let reader = tokio::spawn(read(stage.clone(), ids.clone()));
    let (person, service) = (tokio::spawn(person(stage.clone(), jobs)), tokio::spawn(service(stage.clone())));
    in_time("the person is answered", person).await.unwrap();
    in_time("the service is answered", service).await.unwrap();
    let seen = in_time("every job is over, and forgotten", reader).await.unwrap();
    watcher.abort();

    wish.send_replace(Wish::Goodbye);
    let mut sessions = in_time("anna leaves", anna).await.unwrap();
    everything_is_given_back(&stage).await;
    last_wish.send_replace(Wish::Abandoned);
    sessions += in_time("bruno leaves", bruno).await.unwrap();
    over.send_replace(true);
    let ended = in_time("nobody starts another one", keeping).await.unwrap();
    in_time("the leader leaves", stage.leader().stop()).await;
    let (record, schedulers) = (stage.record.clone(), look(&stage, &seen, &ids).await);
    drop(stage);
    nothing_runs().await;
    Evening { record, sessions, ended, schedulers }
}

/// Submits, pauses, resumes, cancels and asks; each is answered.
async fn person(stage: Stage, jobs: Vec<(JobId, JobSpec)>) {
    for (id, spec) in jobs.clone() {
        let submit = |leader: Leader| {
            let spec = spec.clone();
            async move { leader.command(Command::SubmitJob { id, spec }).await }
        };
        stage.ask("a job is taken", submit).await.unwrap();
        let look = |leader: Leader| async move { leader.read(move |scheduler| scheduler.job(id)).await };
        assert!(stage.ask("a read is answered", look).await.unwrap().is_some(), "it was acknowledged");
    }
    let (second, third) = (jobs[1].0, jobs[2].0);
    let orders = [
        Command::PauseJob { job: second },
        Command::CancelJob { job: third, reason: "the test".to_owned() },
        Command::ResumeJob { job: second },
    ];
    for order in orders {
        let told = stage.ask("an order is answered", |leader| {
            let order = order.clone();
            async move { leader.command(order).await }
        });
        // One that was carried out unheard may not be possible a second time.
        assert!(matches!(told.await, Ok(_) | Err(LeaderError::Rejected(_))));
    }
}

/// Posts events of its own, in five posts at once that are too many to go together; each is answered.
async fn service(stage: Stage) {
    let post = async |events: Range<u128>| {
        let post = |leader: Leader| {
            let events = events.clone().map(posted).collect();
            async move { leader.ingest(events).await }
        };
        stage.ask("a post is taken", post).await.unwrap();
    };
    for round in (0..POSTS).step_by(5 * EVENTS as usize) {
        let starts = [0, 1, 2, 3, 4].map(|nth| round + nth * EVENTS);
        let [a, b, c, d, e] = starts.map(|first| post(first..first + EVENTS));
        tokio::join!(a, b, c, d, e);
        sleep(Duration::from_millis(500)).await;
    }
}

/// Pauses the queue in the morning, and says every other second that it is free from then on.
async fn watcher(stage: Stage) {
    let mut state = WorkerState::Trading;
    loop {
        stage.leader().signal(Signal::Worker(WorkerBeat {
            name: "watcher".to_owned(),
            kind: WorkerKind::Watcher,
            state,
            ts: Timestamp(0),
            last_job_at: None,
            jobs_done: 0,
            jobs_failed: 0,
            mode: None,
        }));
        sleep(Duration::from_secs(2)).await;
        state = WorkerState::Free;
    }
}

/// Reads the log from its beginning until these jobs are forgotten.
async fn read(stage: Stage, mut jobs: Vec<JobId>) -> Vec<Envelope> {
    let mut seen: Vec<Envelope> = Vec::new();
    while !jobs.is_empty() {
        let leader = stage.leader();
        let after = Some(seen.len() as u64);
        let mut events = leader.follow(Wanted { after, follow: true, ..Wanted::default() });
        while !jobs.is_empty() {
            let page = tokio::select! {
                page = events.recv() => page,
                // A process that ends closes its streams.
                _ = leader.failed() => None,
            };
            let Some(Ok(page)) = page else { break };
            for event in page {
                assert_eq!(event.envelope.sequence, seen.len() as u64 + 1, "without gaps");
                if let Event::JobForgotten { job } = &event.envelope.event {
                    jobs.retain(|other| other != job);
                }
                seen.push(event.envelope.clone());
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
    seen
}

/// Places at doors, streams and sessions: all that was taken is back once nobody asks any more.
async fn everything_is_given_back(stage: &Stage) {
    // Event hub, log keeper, monitor, scheduler, and bruno; no stream; nobody at a door.
    let all = (5, 0, true, true);
    let mut found = (0, 0, false, false);
    let given_back = async {
        while found != all {
            // What fell last is back by then.
            sleep(Duration::from_millis(50)).await;
            let leader = stage.leader();
            let children = leader.0.supervisor.get_children().len();
            let streams = leader.figures().readers.live.get();
            found = (children, streams, leader.0.scheduler.is_empty(), leader.0.hub.is_empty());
        }
    };
    let is_back = timeout(LONG, given_back).await.is_ok();
    assert!(is_back, "children, streams, whether doors and hub are empty: {found:?}");
}

/// What is on the disk: what the reader saw, each frame accepted once, each post once. Returns how many schedulers
/// were started for it.
async fn look(stage: &Stage, seen: &[Envelope], jobs: &[JobId]) -> usize {
    let leader = stage.successor().await;
    let mut events = leader.follow(Wanted { after: Some(0), follow: false, ..Wanted::default() });
    let mut log = Vec::new();
    while let Some(page) = events.recv().await {
        log.extend(page.unwrap().iter().map(|event| event.envelope.clone()));
    }
    assert_eq!(&log[..seen.len()], seen, "what a reader has seen stays as it was");
    let of_job = |event: &Event, job: JobId| match event {
        Event::JobSubmitted { job: submitted } if submitted.id == job => Some("submitted"),
        Event::JobSucceeded { job: other } if *other == job => Some("succeeded"),
        Event::JobCancelled { job: other, .. } if *other == job => Some("cancelled"),
        Event::JobForgotten { job: other } if *other == job => Some("forgotten"),
        _ => None,
    };
    let lives = jobs.iter().map(|job| log.iter().filter_map(|e| of_job(&e.event, *job)).collect::<Vec<_>>());
    let well = ["submitted", "succeeded", "forgotten"];
    assert_eq!(lives.collect::<Vec<_>>(), [well, well, ["submitted", "cancelled", "forgotten"]]);
    let mut accepted = BTreeMap::<JobId, Vec<FrameSet>>::new();
    for event in &log {
        if let Event::FramesAccepted { job, frames, .. } = &event.event {
            accepted.entry(*job).or_default().push(frames.clone());
        }
    }
    for (job, frames) in jobs.iter().zip(FRAMES) {
        let parts = &accepted[job];
        let each: Vec<i32> = parts.iter().flat_map(|part| part.iter().collect::<Vec<_>>()).collect();
        let whole: FrameSet = each.iter().copied().collect();
        assert_eq!(
            (whole.to_string().as_str(), whole.len()),
            (frames, each.len() as u64),
            "each accepted once"
        );
    }
    let mut posts: Vec<u128> = log.iter().filter_map(number).collect();
    posts.sort_unstable();
    assert_eq!(posts, (0..POSTS).collect::<Vec<_>>());
    leader.stop().await;
    log.iter().filter(|event| matches!(event.event, Event::LeaderStarted { .. })).count()
}

fn number(event: &Envelope) -> Option<u128> {
    match &event.event {
        Event::Outside(event) => Some(event.id.as_u128()),
        _ => None,
    }
}

/// All actors are gone, and so are the tasks they started: those that wait for a timer of theirs within that time.
async fn nothing_runs() {
    let metrics = Handle::current().metrics();
    let gone = async {
        while metrics.num_alive_tasks() > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let left = timeout(Duration::from_secs(3), gone).await;
    assert!(left.is_ok(), "{} tasks outlive their actors", metrics.num_alive_tasks());
}
