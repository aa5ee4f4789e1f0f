//! Renderers that hang, crash, or live without a word: what the node sees of it, and what it says.

use std::path::Path;
use std::time::{Duration, Instant};

use callsheet_protocol::v1;
use callsheet_protocol::v1::leader_message::Body as Down;
use callsheet_protocol::v1::node_message::Body as Up;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::leader::{Leader, Session};
use crate::node::{COPY, Node, Plan};
use crate::processes::{all_gone, is_alive, pids_in, until};

/// Processes of all kinds: in the renderer's group, out of it, and one that waits for neither.
const FAMILY: &str = r#"
    echo $$ >> "$HOME_OF_TEST/pids"
    sh -c 'trap "" TERM HUP; echo $$ >> "$HOME_OF_TEST/pids"; while :; do sleep 100; done' &
    setsid sh -c 'echo $$ >> "$HOME_OF_TEST/pids"; while :; do sleep 100; done' &
"#;

fn planned(leader: &Leader, script: &str, bounds: [u64; 3]) -> Node {
    Node::planned(leader.address, Plan { script: script.to_owned(), bounds, ..Plan::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_is_named_by_its_phase_and_nothing_is_left_when_it_is_said() {
    let hang = |before: &str| format!("{FAMILY} {before} sleep 1000");
    let scripts = [
        (hang(""), v1::FailureClass::HangStart, "in phase launch it stood still for 1s, its bound"),
        (
            hang("echo phase load;"),
            v1::FailureClass::HangStart,
            "in phase load it stood still for 1s, its bound",
        ),
        (
            hang("echo phase load; echo phase first_frame;"),
            v1::FailureClass::HangStart,
            "in phase first_frame it stood still for 1.2s, its bound",
        ),
        (
            hang("echo phase frames;"),
            v1::FailureClass::HangFrame,
            "in phase frames it stood still for 1.2s, its bound",
        ),
        (
            hang("echo phase finalise;"),
            v1::FailureClass::HangFrame,
            "in phase finalise it stood still for 1.2s, its bound",
        ),
        (
            hang("echo phase exit;"),
            v1::FailureClass::HangExit,
            "in phase exit it stood still for 700ms, its bound",
        ),
    ];
    for (script, class, message) in scripts {
        let mut leader = Leader::listen().await;
        let node = planned(&leader, &script, [1000, 1200, 700]);
        let (mut session, _) = leader.welcome().await;
        node.offer(&session, 7, 1, 2);
        let failure = session.end_of(7).await.failure.unwrap();
        let pids = tokio::task::block_in_place(|| pids_in(&node.pids(), 3));
        let alive: Vec<_> = pids.iter().filter(|pid| is_alive(**pid)).collect();
        assert!(alive.is_empty(), "{alive:?} live, although the lease is handed back");
        assert_eq!((failure.class(), failure.message.as_str()), (class, message));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn growing_files_keep_a_silent_renderer_alive() {
    let script = r#"
        for step in 1 2 3 4 5 6 7 8 9; do
            head -c 1000 /dev/zero >> "$PLACE/part"
            sleep 0.5
        done
        cp "$HOME_OF_TEST/picture.png" "$PLACE/a_0001.png"
    "#;
    let mut leader = Leader::listen().await;
    let node = planned(&leader, script, [2500, 2500, 2500]);
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    assert_eq!(session.reports_until_the_end(7).await, ["7: proven 1", "7: Succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn computing_keeps_a_silent_renderer_alive_and_sleeping_does_not() {
    if !cfg!(target_os = "linux") {
        println!("skipped: only Linux tells this soon how much a family of processes computes");
        return;
    }
    let quiet = |what: &str| {
        format!(
            r#"
            end=$(($(date +%s) + 6))
            sh -c 'while [ $(date +%s) -lt '$end' ]; do {what}; done'
            cp "$HOME_OF_TEST/picture.png" "$PLACE/a_0001.png"
            "#
        )
    };
    for (what, end) in
        [("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done", "Succeeded"), ("sleep 7", "failed HangStart")]
    {
        let mut leader = Leader::listen().await;
        let node = planned(&leader, &quiet(what), [3000, 3000, 3000]);
        let (mut session, _) = leader.welcome().await;
        node.offer(&session, 7, 1, 1);
        assert_eq!(session.reports_until_the_end(7).await.last().unwrap(), &format!("7: {end}"), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_at_the_exit_with_every_frame_proven_is_a_success() {
    let mut leader = Leader::listen().await;
    let node = planned(&leader, &format!("{COPY} sleep 1000"), [10_000, 10_000, 600]);
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 3);
    let ended = session.end_of(7).await;
    assert_eq!((ended.how(), ended.last_frame), (v1::ended::How::Succeeded, Some(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_renderer_left_is_proven_even_when_that_takes_long() {
    let mut leader = Leader::listen().await;
    let node = planned(&leader, &format!("{COPY} sleep 1000"), [30_000, 30_000, 500]);
    node.hide_results();
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 2);
    let pids = tokio::task::block_in_place(|| pids_in(&node.pids(), 1));
    tokio::task::block_in_place(|| all_gone(&pids));
    // Longer than anybody is patient with an attempt that nobody wants any more.
    tokio::time::sleep(Duration::from_secs(6)).await;
    node.find_results();
    let reports = session.reports_until_the_end(7).await;
    assert_eq!(reports.last().unwrap(), "7: Succeeded", "{reports:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_that_does_not_get_done_is_killed_with_all_that_is_below_it() {
    if !cfg!(target_os = "linux") {
        println!("skipped: only Linux shows who is below a guard");
        return;
    }
    // Frozen, it hears nothing. Killed, it tidies nothing up.
    for signal in [Signal::SIGSTOP, Signal::SIGKILL] {
        let mut leader = Leader::listen().await;
        let node = planned(&leader, &format!("{FAMILY} sleep 1000"), [60_000; 3]);
        let (session, _) = leader.welcome().await;
        node.offer(&session, 7, 1, 1);
        let pids = tokio::task::block_in_place(|| pids_in(&node.pids(), 3));
        // What is below it is looked at each second.
        tokio::time::sleep(Duration::from_millis(2500)).await;
        kill(Pid::from_raw(parent_of(pids[0])), signal).unwrap();
        session.say(Down::Revoke(v1::Revoke { token: 7, why: "test".into() }));
        // The slot is free again when all of it is gone, and not before.
        node.offer(&session, 8, 2, 2);
        tokio::task::block_in_place(|| pids_in(&node.pids(), 4));
        assert!(!pids.iter().any(|pid| is_alive(*pid)), "{signal}: {pids:?}");
    }
}

fn parent_of(pid: i32) -> i32 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(')').unwrap().1.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_comes_with_the_end_of_the_output_and_the_last_frame() {
    let script =
        "for n in $(seq 1 80); do echo line $n; done; echo frame 1; echo done 1; echo done 4; kill -SEGV $$";
    let mut leader = Leader::listen().await;
    let node = Node::with(leader.address, script, 1);
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 5);
    let ended = session.end_of(7).await;
    let failure = ended.failure.as_ref().unwrap();
    assert_eq!((failure.class(), failure.exit.as_str()), (v1::FailureClass::Crash, "killed by SIGSEGV"));
    assert_eq!((failure.evidence.len(), ended.last_frame), (50, Some(4)));
    assert_eq!((failure.evidence[0].as_str(), failure.evidence[49].as_str()), ("line 34", "done 4"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_shows_at_once_and_until_a_frame_is_proven_again() {
    let script =
        format!("if [ ! -e $HOME_OF_TEST/well ]; then : > $HOME_OF_TEST/well; kill -ABRT $$; fi; {COPY}");
    let mut leader = Leader::listen().await;
    let node = Node::with(leader.address, &script, 1);
    node.hold();
    // Every further heartbeat in this test is one that something made.
    let (mut session, _) = leader.welcome_beating(600_000).await;
    let began = Instant::now();
    assert_eq!(next_beat(&mut session).await.status(), v1::NodeStatus::Ready);
    node.offer(&session, 7, 1, 1);
    let crashed = beat_with(&mut session, v1::NodeStatus::Crashed).await;
    assert!(!crashed.renderer_running);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    node.offer(&session, 8, 1, 1);
    tokio::task::block_in_place(|| pids_in(&node.pids(), 1));
    // The next attempt runs, and nothing is proven yet.
    session.say(Down::Welcome(v1::Welcome {
        epoch: 1,
        silence_ms: 2_000,
        pulse_ms: 100,
        heartbeat_ms: 600_000,
        log_bytes: 1 << 16,
    }));
    let beat = next_beat(&mut session).await;
    assert_eq!(
        (beat.status(), beat.renderer_running, beat.current_token),
        (v1::NodeStatus::Crashed, true, Some(8))
    );
    node.let_go();
    beat_with(&mut session, v1::NodeStatus::Ready).await;
    assert_eq!(session.end_of(8).await.how(), v1::ended::How::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_a_node_is_busy_shows_at_once_and_which_frame_it_is_at() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    node.hold();
    let (mut session, _) = leader.welcome_beating(600_000).await;
    beat_with(&mut session, v1::NodeStatus::Ready).await;
    node.offer(&session, 7, 5, 6);
    let mut beat = beat_with(&mut session, v1::NodeStatus::Busy).await;
    while !beat.renderer_running {
        beat = beat_with(&mut session, v1::NodeStatus::Busy).await;
    }
    assert_eq!((beat.current_token, beat.current_frame), (Some(7), Some(5)));
    node.let_go();
    let beat = beat_with(&mut session, v1::NodeStatus::Ready).await;
    assert_eq!((beat.renderer_running, beat.current_token, beat.current_frame), (false, None, None));
}

async fn next_beat(session: &mut Session) -> v1::Heartbeat {
    session
        .wait_for(|message| match message {
            Up::Heartbeat(beat) => Some(beat.clone()),
            _ => None,
        })
        .await
}

async fn beat_with(session: &mut Session, status: v1::NodeStatus) -> v1::Heartbeat {
    loop {
        let beat = next_beat(session).await;
        if beat.status() == status {
            return beat;
        }
    }
}

fn preflight(node: &Node, session: &Session, token: u64) {
    let frames = vec![v1::FrameRange { first: 1, last: 1 }];
    let lease = v1::OfferedLease { token, frames, preflight: true, ..Default::default() };
    node.offer_lease(session, lease, true);
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_a_step_runs_what_looks_and_leaves_nothing() {
    let looks = [
        (None, "7: Succeeded"),
        (Some("echo done 1; cp $HOME_OF_TEST/picture.png $PLACE/a_0001.png"), "7: Succeeded"),
        (Some("exit 5"), "7: failed OutputIo"),
        (Some("kill -SEGV $$"), "7: failed Crash"),
        (Some("no"), "7: failed JobFatal"),
    ];
    for (look, end) in looks {
        let mut leader = Leader::listen().await;
        let plan = Plan { preflight: look.map(str::to_owned), ..Plan::default() };
        let node = Node::planned(leader.address, plan);
        let (mut session, _) = leader.welcome().await;
        preflight(&node, &session, 7);
        assert_eq!(session.reports_until_the_end(7).await, [end], "{look:?}");
        assert!(!node.pids().exists(), "nothing is rendered");
        let out = node.home.path().join("out");
        until("nothing is left", || is_empty(&out) && is_empty(&node.home.path().join("work/scratch")));
    }
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gentle_lease_is_rendered_gently() {
    let script = format!("echo $GENTLE >> $HOME_OF_TEST/gentle; {COPY}");
    let mut leader = Leader::listen().await;
    let node = Node::with(leader.address, &script, 1);
    let (mut session, _) = leader.welcome().await;
    for (token, gentle) in [(7, true), (8, false)] {
        let frames = vec![v1::FrameRange { first: 1, last: 1 }];
        let lease = v1::OfferedLease { token, frames, gentle, ..Default::default() };
        node.offer_lease(&session, lease, false);
        session.reports_until_the_end(token).await;
    }
    assert_eq!(std::fs::read_to_string(node.home.path().join("gentle")).unwrap(), "true\nfalse\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renderer_that_does_not_say_whether_it_is_there_keeps_no_node_from_starting() {
    let mut leader = Leader::listen().await;
    let _node = Node::planned(leader.address, Plan { mute: true, ..Plan::default() });
    let (_session, hello) = leader.welcome().await;
    assert!(hello.capabilities.unwrap().renderers.is_empty());
}
