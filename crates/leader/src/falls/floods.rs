//! A hundred thousand messages at once, at everything that a stranger can fill, while the disk stands still so that
//! nothing of it can be decided. What waits inside is counted: it stays within the places at each door, the rest waits
//! outside or is left out, and what is urgent still gets through.

use std::time::Duration;

use callsheet_model::signal::{Heartbeat, LogChunk, Signal, WorkerBeat, WorkerKind, WorkerState};
use callsheet_model::{NodeName, NodeStatus, Report, Reported, StepIndex, Timestamp, Token};
use callsheet_scheduler::Command;
use callsheet_supervision::{Moment, Point};
use tokio::task::{JoinSet, yield_now};
use tokio::time::{sleep, timeout};
use tokio_test::{assert_pending, assert_ready};

use super::stage::in_time;
use crate::testing::{Bench, Hand, job, posted};
use crate::{FromNode, LeaderError, ToNode};

const MANY: usize = 100_000;

/// Messages of a kind that an actor has taken out of its mailbox.
fn taken(bench: &Bench, actor: &'static str, kind: &'static str) -> usize {
    bench.faults.passed(Point { actor, moment: Moment::Before(kind) })
}

/// A leader whose disk stands still, with a node on it.
async fn stuck() -> (Bench, Hand) {
    let bench = Bench::start_with(|config| {
        let watcher = callsheet_config::WorkerConfig {
            name: "watcher".to_owned(),
            kind: WorkerKind::Watcher,
            queue: None,
            pulls_from: None,
            pauses: callsheet_model::PauseScope::Cluster,
            running: callsheet_model::Running::Finish,
        };
        config.monitor.workers = vec![watcher];
    })
    .await;
    let anna = Hand::connect(&bench.leader, "anna", &[]).await;
    bench.event("node.online.v1", 0).await;
    bench.store.hold(true);
    // Two batches may be on their way to the disk; nothing is decided behind them.
    let (id, spec) = job("1");
    for command in [Command::SubmitJob { id, spec }, Command::PauseJob { job: id }] {
        let leader = bench.leader.clone();
        tokio::spawn(async move { leader.command(command).await });
        let before = bench.store.waiting();
        while bench.store.waiting() == before {
            yield_now().await;
        }
    }
    (bench, anna)
}

/// Everyone who can go on does.
async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

fn pulse(number: u64) -> FromNode {
    FromNode::Pulse { number, holding: None }
}

/// What one node may have said that is not decided: places at its door, and its pulses.
const OF_A_NODE: usize = 64 + 8;

#[tokio::test(start_paused = true)]
async fn pulses_are_answered_at_once_and_few_of_them_wait() {
    let (bench, mut anna) = stuck().await;
    let before = taken(&bench, "scheduler", "command");
    for number in 0..MANY as u64 {
        anna.door.say(pulse(number)).await.unwrap();
        let answer = in_time("a pulse is answered", anna.told.recv()).await;
        assert_eq!(answer, Some(ToNode::PulseAck(number)), "the disk is not asked");
    }
    settle().await;
    let waiting = taken(&bench, "scheduler", "command") - before;
    assert!(waiting <= OF_A_NODE, "{waiting} wait to be decided");
    // And they are heard again when the disk goes on.
    bench.store.hold(false);
    settle().await;
    let decided = taken(&bench, "scheduler", "command");
    anna.door.say(pulse(1)).await.unwrap();
    settle().await;
    assert_eq!(taken(&bench, "scheduler", "command"), decided + 1);
}

/// Says this until the door is full, and looks at how much is behind it.
async fn until_the_door_is_full(kind: &'static str, message: FromNode) {
    let (bench, mut anna) = stuck().await;
    let before = taken(&bench, "scheduler", kind);
    let mut said = 0;
    while said < MANY
        && let Ok(done) = timeout(Duration::from_millis(1), anna.door.say(message.clone())).await
    {
        done.unwrap();
        said += 1;
    }
    let waiting = taken(&bench, "scheduler", kind) - before;
    assert!(said <= OF_A_NODE && waiting <= OF_A_NODE, "{said} said, {waiting} wait to be decided");
    let mut next = tokio_test::task::spawn(anna.door.say(message.clone()));
    assert_pending!(next.poll());
    bench.store.hold(false);
    settle().await;
    assert!(next.is_woken());
    assert_ready!(next.poll()).unwrap();
    drop(next);
    while let Ok(Some(_)) = timeout(Duration::from_millis(1), anna.told.recv()).await {}
    anna.door.say(pulse(7)).await.unwrap();
    assert_eq!(in_time("a pulse is answered", anna.told.recv()).await, Some(ToNode::PulseAck(7)));
}

#[tokio::test(start_paused = true)]
async fn reports_wait_at_their_nodes_door() {
    let what = Reported::Ended {
        outcome: callsheet_model::Outcome::Stopped,
        blamed: "1".parse().unwrap(),
        last_frame: None,
    };
    let reports = vec![Report { token: Token(1), what }];
    until_the_door_is_full("reports", FromNode::Reports { reports, up_to: 1 }).await;
}

#[tokio::test(start_paused = true)]
async fn changes_of_caches_wait_at_their_nodes_door() {
    until_the_door_is_full("command", super::node::Node::new("anna").cache()).await;
}

#[tokio::test(start_paused = true)]
async fn changes_of_troupes_wait_at_their_nodes_door() {
    until_the_door_is_full("command", super::node::Node::new("anna").troupe()).await;
}

#[tokio::test(start_paused = true)]
async fn commands_reads_and_posts_wait_at_their_doors_and_each_is_answered() {
    let (bench, mut anna) = stuck().await;
    let scheduler = |kind| taken(&bench, "scheduler", kind);
    let before = [scheduler("command"), scheduler("read"), scheduler("ingest")];
    let mut asked = JoinSet::new();
    for number in 0..MANY as u128 {
        let leader = bench.leader.clone();
        asked.spawn(async move {
            match number % 3 {
                0 => leader.command(Command::Tick).await.map(|_| ()),
                1 => leader.read(|scheduler| scheduler.sequence()).await.map(|_| ()),
                _ => leader.ingest(vec![posted(number)]).await.map(|_| ()),
            }
        });
    }
    settle().await;
    let [commands, reads, posts] =
        [scheduler("command") - before[0], scheduler("read") - before[1], scheduler("ingest") - before[2]];
    assert!(
        commands + reads <= 1024 && commands + reads >= 1000,
        "{commands} and {reads} came through the door"
    );
    assert!(posts <= 32 << 10, "{posts} posts of at least 1 KiB each came through theirs");
    // A stranger's crowd holds up neither a node nor whoever starts again what falls.
    anna.door.say(pulse(1)).await.unwrap();
    assert_eq!(in_time("a pulse is answered", anna.told.recv()).await, Some(ToNode::PulseAck(1)));
    bench.fells("log_keeper");
    let started = bench.faults.passed(Point { actor: "log_keeper", moment: Moment::Start });
    sleep(Duration::from_millis(20)).await;
    let again = bench.faults.passed(Point { actor: "log_keeper", moment: Moment::Start });
    assert_eq!(again, started + 1);

    bench.store.hold(false);
    let answered = in_time("each is answered", asked.join_all()).await;
    assert_eq!((answered.len(), answered.iter().filter(|answer| answer.is_err()).count()), (MANY, 0));
    assert!(bench.leader.0.scheduler.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_crowd_at_the_doors_is_sent_away_when_the_scheduler_falls_and_when_the_leader_ends() {
    let (bench, _anna) = stuck().await;
    let crowd = |count: usize| {
        let mut asked = JoinSet::new();
        for _ in 0..count {
            let leader = bench.leader.clone();
            asked.spawn(async move { leader.command(Command::Tick).await });
        }
        asked
    };
    let mut asked = crowd(MANY);
    settle().await;
    bench.fells("scheduler");
    for _ in 0..1000 {
        let told = in_time("those inside are told", asked.join_next()).await.unwrap().unwrap();
        assert!(matches!(told, Err(LeaderError::Restarting)), "{told:?}");
    }
    bench.leader.0.supervisor.kill();
    let told = in_time("those outside are told", asked.join_all()).await;
    assert!(told.iter().all(|told| matches!(told, Ok(_) | Err(LeaderError::Restarting))));
    let late = in_time("those who come later are told", bench.leader.command(Command::Tick)).await;
    assert!(matches!(late, Err(LeaderError::Restarting)), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn output_beyond_the_places_for_it_is_left_out_and_never_waited_for() {
    let bench = Bench::start().await;
    bench.submit("1").await;
    let mut anna = Hand::connect(&bench.leader, "anna", &[]).await;
    let lease = anna.offered().await.remove(0);
    let piece = |offset: u64| {
        FromNode::Signal(Signal::Log(LogChunk {
            node: NodeName::new("anna").unwrap(),
            token: lease.token,
            job: lease.job,
            step: StepIndex(0),
            offset,
            text: "line\n".to_owned(),
        }))
    };
    for number in 0..MANY as u64 {
        let mut saying = tokio_test::task::spawn(anna.door.say(piece(5 * number)));
        assert_ready!(saying.poll()).unwrap();
    }
    anna.door.say(pulse(1)).await.unwrap();
    assert_eq!(in_time("a pulse is answered", anna.told.recv()).await, Some(ToNode::PulseAck(1)));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(taken(&bench, "log_keeper", "keep"), 64, "places for output");
}

#[tokio::test(start_paused = true)]
async fn signals_beyond_the_ring_are_left_out_and_signs_of_life_come_before_chatter() {
    let bench = Bench::start().await;
    let progress = super::node::Node::new("anna").progress(Token(1), job("1").0);
    for _ in 0..MANY {
        bench.leader.signal(progress.clone());
    }
    let mut signals = bench.leader.signals();
    bench.leader.signal(Signal::Heartbeat(Heartbeat {
        node: NodeName::new("anna").unwrap(),
        status: NodeStatus::Ready,
        recorded_at: Timestamp(0),
        cpu_pct: None,
        ram_available_mb: None,
        cache_used_bytes: None,
        renderer_running: false,
        current: None,
        cached_templates: Default::default(),
    }));
    settle().await;
    assert_eq!(taken(&bench, "event_hub", "signal"), 512 + 1 + 1, "half of the ring, and the heartbeat");
    let mut last = None;
    while let Ok(signal) = signals.try_recv() {
        last = Some(signal);
    }
    assert!(matches!(last.as_deref(), Some(Signal::Heartbeat(_))));
    assert!(bench.leader.0.hub.is_empty());
}

#[tokio::test(start_paused = true)]
async fn of_a_watchers_heartbeats_the_latest_is_enough() {
    let (bench, _anna) = stuck().await;
    let beat = |name: String, state| {
        Signal::Worker(WorkerBeat {
            name,
            kind: WorkerKind::Watcher,
            state,
            ts: Timestamp(0),
            last_job_at: None,
            jobs_done: 0,
            jobs_failed: 0,
            mode: None,
        })
    };
    // The monitor looks at the scheduler, and waits for what it saw to be durable.
    sleep(Duration::from_secs(60)).await;
    let before = taken(&bench, "monitor", "watcher");
    for number in 0..MANY {
        bench.leader.signal(beat("watcher".to_owned(), WorkerState::Free));
        // Making room for a stranger takes a walk through all of them.
        if number % 100 == 0 {
            bench.leader.signal(beat(format!("stranger {number}"), WorkerState::Trading));
        }
    }
    bench.leader.signal(beat("watcher".to_owned(), WorkerState::Trading));
    bench.store.hold(false);
    sleep(Duration::from_millis(100)).await;
    let found = taken(&bench, "monitor", "watcher") - before;
    assert!((1..=2).contains(&found), "{found} messages for one watcher");
    let pauses = bench.leader.read(|scheduler| scheduler.pauses()).await.unwrap();
    assert_eq!(pauses.iter().map(|pause| pause.key.source.word()).collect::<Vec<_>>(), ["watcher"]);
}

/// In real time: what is started again waits for its time, and then for its turn.
#[tokio::test]
async fn a_crowd_that_says_hello_does_not_hold_up_what_is_started_again() {
    const CROWD: usize = 3000;
    let bench = Bench::start().await;
    let mut hellos = JoinSet::new();
    for _ in 0..CROWD {
        let leader = bench.leader.clone();
        let hello = super::node::Node::new("anna").hello();
        hellos.spawn(async move { leader.open_session(hello).await.map(drop) });
    }
    let [session, keeper] =
        ["node_session", "log_keeper"].map(|actor| Point { actor, moment: Moment::Start });
    bench.fells("log_keeper");
    let before = bench.faults.passed(keeper);
    let again = async {
        while bench.faults.passed(keeper) == before {
            yield_now().await;
        }
    };
    in_time("it is started again", again).await;
    let opened = bench.faults.passed(session);
    assert!(opened < CROWD / 2, "{opened} sessions were opened before it");
    let answered = in_time("each hello is answered", hellos.join_all()).await;
    assert_eq!(answered.iter().filter(|answer| answer.is_ok()).count(), CROWD);
    // Their streams are gone again, and so are they: what is left are the leader's own children.
    let gone = async {
        while bench.leader.0.supervisor.get_children().len() > 4 {
            yield_now().await;
        }
    };
    in_time("they are gone", gone).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_does_not_read_is_let_go() {
    let bench = Bench::start().await;
    let anna = Hand::connect(&bench.leader, "anna", &[]).await;
    let mut said = 0;
    while said < MANY && anna.door.say(pulse(said as u64)).await.is_ok() {
        said += 1;
    }
    assert!((4096..=4096 + OF_A_NODE).contains(&said), "{said} answers wait for it");
    // What it was told before is still there to be read, and then the stream is over.
    assert!(anna.told.len() <= 4096);
    in_time("the session is over", anna.over()).await;
}
