//! Workers that come, go, and come back; watchers and calendars that pause. Time is tokio's, and stands still but
//! for what a test lets pass.

use std::time::Duration;

use callsheet_config::{AlertChannel, AlertWay, ClusterConfig, PauseWindow, WorkerConfig};
use callsheet_events::Filter;
use callsheet_model::signal::{Signal, WorkerBeat, WorkerKind, WorkerState};
use callsheet_model::{
    AlertEvent, AlertKind, Event, OfflineReason, Pause, PauseEvent, PauseScope, Running, Timestamp,
};
use callsheet_scheduler::Command;
use chrono::{Datelike, Timelike};

use crate::testing::{Bench, Hand};
use crate::{FromNode, Wanted};

fn worker(name: &str, kind: WorkerKind) -> WorkerConfig {
    WorkerConfig {
        name: name.to_owned(),
        kind,
        queue: None,
        pulls_from: None,
        pauses: PauseScope::Queue("null".to_owned()),
        running: Running::Finish,
    }
}

fn watched(config: &mut ClusterConfig) {
    config.monitor.interval = Duration::from_secs(10);
    config.monitor.workers =
        vec![worker("music", WorkerKind::Render), worker("task-watcher", WorkerKind::Watcher)];
    config.outward.alerts = vec![AlertChannel {
        name: "phone".to_owned(),
        way: AlertWay::Command { program: "true".into(), args: Vec::new() },
        timeout: Duration::from_secs(1),
        retry_first: Duration::from_secs(1),
        retry_max: Duration::from_secs(1),
        give_up: Duration::from_secs(60),
    }];
}

fn beat(name: &str, kind: WorkerKind, state: WorkerState) -> Signal {
    Signal::Worker(WorkerBeat {
        name: name.to_owned(),
        kind,
        state,
        ts: Timestamp(0),
        last_job_at: None,
        jobs_done: 3,
        jobs_failed: 0,
        mode: (kind == WorkerKind::Watcher).then(|| state.word().to_owned()),
    })
}

/// Lets time pass; `music` is heard every 15 seconds meanwhile if it is `alive`.
async fn pass(bench: &Bench, seconds: u64, alive: bool) {
    for second in 0..seconds {
        if alive && second % 15 == 0 {
            bench.leader.signal(beat("music", WorkerKind::Render, WorkerState::Idle));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn events(bench: &Bench, types: &str) -> Vec<Event> {
    let filter = Filter { types: vec![types.to_owned()], ..Filter::default() };
    let mut events = bench.leader.follow(Wanted { after: Some(0), follow: false, filter });
    let mut found = Vec::new();
    while let Some(page) = events.recv().await {
        found.extend(page.unwrap().iter().map(|event| event.envelope.event.clone()));
    }
    found
}

/// What people were told of the worker `music`.
async fn told(bench: &Bench) -> Vec<&'static str> {
    let words = |event: &Event| match event {
        Event::Alert(AlertEvent::Raised { alert, channels }) if alert.worker == "music" => {
            assert_eq!(channels, &["phone"]);
            Some(alert.what.word())
        }
        _ => None,
    };
    events(bench, "alert.raised").await.iter().filter_map(words).collect()
}

async fn pauses(bench: &Bench) -> Vec<Pause> {
    bench.leader.read(|scheduler| scheduler.pauses()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_goes_and_comes_back_is_told_of_once_each_time() {
    let bench = Bench::start_with(watched).await;
    pass(&bench, 60, true).await;
    assert_eq!(told(&bench).await, [] as [&str; 0], "the first look tells nothing");
    pass(&bench, 300, false).await;
    assert_eq!(told(&bench).await, ["down"]);
    pass(&bench, 60, true).await;
    assert_eq!(told(&bench).await, ["down", "up"]);
    let raised = events(&bench, "alert.raised").await;
    let texts = raised.iter().filter_map(|event| match event {
        Event::Alert(AlertEvent::Raised { alert, .. }) if alert.worker == "music" => Some(alert.text.clone()),
        _ => None,
    });
    let starts: Vec<String> = texts.map(|text| text.chars().take(9).collect()).collect();
    assert_eq!(starts, ["🔴 [music]", "🟢 [music]"]);
}

#[tokio::test(start_paused = true)]
async fn one_that_never_shows_up_is_told_as_down_after_the_grace() {
    let bench = Bench::start_with(watched).await;
    pass(&bench, 110, false).await;
    assert_eq!(told(&bench).await, [] as [&str; 0]);
    pass(&bench, 120, false).await;
    assert_eq!(told(&bench).await, ["down"]);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_started_again_tells_nothing_twice_and_takes_nobody_for_silent() {
    let mut bench = Bench::start_with(watched).await;
    pass(&bench, 60, true).await;
    bench.crash().await;
    pass(&bench, 60, true).await;
    assert_eq!(told(&bench).await, [] as [&str; 0]);
    pass(&bench, 120, false).await;
    assert_eq!(told(&bench).await, ["down"]);
    bench.crash().await;
    pass(&bench, 300, false).await;
    assert_eq!(told(&bench).await, ["down"], "it was told before");
    bench.crash().await;
    pass(&bench, 30, true).await;
    assert_eq!(told(&bench).await, ["down", "up"]);
}

#[tokio::test(start_paused = true)]
async fn a_monitor_that_falls_forgets_nobody() {
    let bench = Bench::start_with(watched).await;
    pass(&bench, 200, true).await;
    bench.fells("monitor");
    pass(&bench, 30, true).await;
    let office = bench.leader.office().await;
    assert!(office.workers.iter().any(|worker| worker.name == "music" && worker.alive));
    assert_eq!(told(&bench).await, [] as [&str; 0]);
    pass(&bench, 100, false).await;
    assert_eq!(told(&bench).await, ["down"], "it looks again");
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_that_cannot_be_read_counts_as_a_worker_that_is_gone() {
    let bench = Bench::start_with(watched).await;
    pass(&bench, 30, true).await;
    bench.leader.beat_unreadable("music");
    pass(&bench, 11, false).await;
    assert_eq!(told(&bench).await, ["down"]);
}

/// Of whom people were told what.
async fn raised(bench: &Bench) -> Vec<(String, &'static str)> {
    let words = |event: Event| match event {
        Event::Alert(AlertEvent::Raised { alert, .. }) => Some((alert.worker, alert.what.word())),
        _ => None,
    };
    events(bench, "alert.raised").await.into_iter().filter_map(words).collect()
}

#[tokio::test(start_paused = true)]
async fn the_first_look_at_a_stranger_tells_nothing() {
    let bench = Bench::start_with(|config| {
        watched(config);
        config.monitor.workers.clear();
        // A heartbeat is worth 45 seconds: whoever says it once is silent when the look comes.
        config.monitor.interval = Duration::from_secs(60);
    })
    .await;
    let say = || bench.leader.signal(beat("music", WorkerKind::Render, WorkerState::Idle));
    say();
    bench.leader.beat_unreadable("mumbler");
    pass(&bench, 130, false).await;
    assert_eq!(raised(&bench).await, []);
    pass(&bench, 60, true).await;
    assert_eq!(raised(&bench).await, [("music".to_owned(), "up")], "what follows is a change");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_went_before_the_leader_began_is_no_news() {
    let mut bench = Bench::start_with(|config| {
        watched(config);
        config.monitor.workers.clear();
        config.monitor.interval = Duration::from_secs(60);
    })
    .await;
    let hand = Hand::connect(&bench.leader, "anna", &[]).await;
    hand.door.say(FromNode::Goodbye(OfflineReason::Shutdown)).await.unwrap();
    drop(hand);
    pass(&bench, 10, false).await;
    bench.crash().await;
    pass(&bench, 130, false).await;
    assert!(bench.leader.read(|scheduler| scheduler.nodes()[0].offline.is_some()).await.unwrap());
    assert_eq!(raised(&bench).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_lost_is_told_of_like_a_worker() {
    let bench = Bench::start_with(watched).await;
    let hand = Hand::connect(&bench.leader, "anna", &[]).await;
    pass(&bench, 11, true).await;
    hand.door.say(FromNode::Goodbye(OfflineReason::Shutdown)).await.unwrap();
    drop(hand);
    pass(&bench, 30, true).await;
    let raised = events(&bench, "alert.raised").await;
    let anna = |event: &&Event| {
        matches!(event, Event::Alert(AlertEvent::Raised { alert, .. })
            if alert.worker == "anna" && alert.what == AlertKind::Down)
    };
    assert_eq!(raised.iter().filter(anna).count(), 1, "{raised:?}");
    let office = bench.leader.office().await;
    let link = office.links.iter().find(|link| link.to == "anna").unwrap();
    assert_eq!(serde_json::to_value(link.status).unwrap(), "down");
}

#[tokio::test(start_paused = true)]
async fn a_watcher_keeps_its_queue_paused_for_as_long_as_it_trades_and_lives() {
    let bench = Bench::start_with(watched).await;
    let say = |state| bench.leader.signal(beat("task-watcher", WorkerKind::Watcher, state));
    say(WorkerState::Trading);
    pass(&bench, 15, false).await;
    say(WorkerState::Trading);
    pass(&bench, 40, false).await;
    let now = pauses(&bench).await;
    assert_eq!(now.len(), 1, "prolonged by the second heartbeat");
    assert_eq!(
        (now[0].reason.as_str(), &now[0].key.scope),
        ("trading", &PauseScope::Queue("null".to_owned()))
    );
    let office = bench.leader.office().await;
    assert!(office.paused && office.paused_reason == "trading");
    say(WorkerState::Free);
    pass(&bench, 1, false).await;
    assert!(pauses(&bench).await.is_empty(), "lifted");

    say(WorkerState::Trading);
    pass(&bench, 1, false).await;
    assert_eq!(pauses(&bench).await.len(), 1);
    pass(&bench, 120, false).await;
    assert!(pauses(&bench).await.is_empty(), "a watcher that died pauses nothing");
}

#[tokio::test(start_paused = true)]
async fn a_calendar_pauses_and_lets_go_and_windows_that_are_gone_are_lifted() {
    let mut bench = Bench::start_with(|config| {
        // Every hour, from the minute after this one on, for half an hour.
        let next = chrono::Utc::now() + chrono::TimeDelta::minutes(2);
        assert!(next.year() > 2000);
        config.pauses = vec![PauseWindow {
            name: "tests".to_owned(),
            scope: PauseScope::Cluster,
            reason: "a window".to_owned(),
            cron: Some(format!("{} * * * *", next.minute())),
            lasts: Duration::from_secs(1800),
            holidays: Vec::new(),
            time_zone: "UTC".to_owned(),
            running: Running::Finish,
        }];
    })
    .await;
    pass(&bench, 1, false).await;
    assert!(pauses(&bench).await.is_empty());
    pass(&bench, 180, false).await;
    let now = pauses(&bench).await;
    assert_eq!(now.iter().map(|pause| pause.reason.as_str()).collect::<Vec<_>>(), ["a window"]);
    pass(&bench, 1800, false).await;
    assert!(pauses(&bench).await.is_empty(), "the window is over");
    pass(&bench, 1800, false).await;
    assert_eq!(pauses(&bench).await.len(), 1, "and open again an hour after it opened");

    // The next leader's config knows no window any more.
    bench.without_change();
    bench.crash().await;
    pass(&bench, 2, false).await;
    assert!(pauses(&bench).await.is_empty());
    let ends = events(&bench, "queue.resumed").await;
    assert!(
        matches!(ends.last(), Some(Event::Pause(PauseEvent::Resumed { expired: false, .. }))),
        "{ends:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_scheduler_that_does_not_answer_is_a_state_store_that_does_not() {
    let bench = Bench::start_with(watched).await;
    assert!(bench.leader.office().await.redis_ok);
    bench.leader.stop().await;
    let office = bench.leader.office().await;
    assert!(!office.redis_ok && office.workers.is_empty() && office.links.is_empty());
    assert!(bench.leader.command(Command::Tick).await.is_err());
}
