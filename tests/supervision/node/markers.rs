//! Files that are there only while a renderer runs, whoever else needs them, and whoever is killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use callsheet_protocol::v1::node_message::Body as Up;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::leader::Leader;
use crate::node::{COPY, Node, Plan};
use crate::processes::{all_gone, pids_in, until};

/// Tells its number, and whether the marker is there; ends when it may.
const TELLS: &str =
    r#"echo $$ >> "$1"; ls "$2" >> "$1.seen" 2>&1; while [ ! -e "$1.go" ]; do sleep 0.01; done"#;

fn guarded(marker: &Path, pids: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_test-guard"));
    command.args(["guard", "null", "--marker"]).arg(marker).args(["--", "sh", "-c", TELLS, "-"]);
    command.arg(pids).arg(marker);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn home() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("Documents")).unwrap();
    let marker = home.path().join("Documents/render_only.txt");
    (home, marker)
}

fn go(pids: &Path) {
    std::fs::write(format!("{}.go", pids.display()), "").unwrap();
}

#[test]
fn two_renderers_share_it_and_the_last_takes_it_away() {
    let (home, marker) = home();
    let [first, second] = ["first", "second"].map(|name| home.path().join(name));
    let mut guards = [guarded(&marker, &first), guarded(&marker, &second)];
    for pids in [&first, &second] {
        pids_in(pids, 1);
    }
    go(&first);
    let _lifelines = [guards[0].stdin.take(), guards[1].stdin.take()];
    assert!(guards[0].wait().unwrap().success());
    assert!(marker.exists(), "the other one needs it");
    go(&second);
    assert!(guards[1].wait().unwrap().success());
    assert!(!marker.exists());
    for pids in [&first, &second] {
        let seen = std::fs::read_to_string(format!("{}.seen", pids.display())).unwrap();
        assert_eq!(seen.trim(), marker.to_str().unwrap(), "it was there before the renderer was");
    }
}

#[test]
fn one_that_somebody_put_there_stays() {
    let (home, marker) = home();
    std::fs::write(&marker, "by hand").unwrap();
    let pids = home.path().join("pids");
    go(&pids);
    let mut guard = guarded(&marker, &pids);
    let _lifeline = guard.stdin.take();
    assert!(guard.wait().unwrap().success());
    assert_eq!(std::fs::read_to_string(&marker).unwrap(), "by hand");
}

#[test]
fn a_killed_agent_leaves_none() {
    let (home, marker) = home();
    let pids = home.path().join("pids");
    // An agent that holds the other end of the pipe, and can do nothing any more: its descriptor 3.
    let script = r#"mkfifo "$3.fifo"; "$0" guard null --marker "$2" -- sh -c "$1" - "$3" "$2" < "$3.fifo" & exec 3> "$3.fifo"; exec sleep 1000"#;
    let mut agent = Command::new("sh");
    agent.args(["-c", script, env!("CARGO_BIN_EXE_test-guard"), TELLS]).args([&marker, &pids]);
    let mut agent = agent.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let renderer = pids_in(&pids, 1);
    assert!(marker.exists());
    kill(Pid::from_raw(i32::try_from(agent.id()).unwrap()), Signal::SIGKILL).unwrap();
    agent.wait().unwrap();
    all_gone(&renderer);
    until("the marker is gone", || !marker.exists());
}

#[test]
fn what_a_killed_guard_left_the_next_one_takes_away() {
    let (home, marker) = home();
    let [first, second] = ["first", "second"].map(|name| home.path().join(name));
    let mut guard = guarded(&marker, &first);
    let renderer = pids_in(&first, 1);
    guard.kill().unwrap();
    guard.wait().unwrap();
    for pid in &renderer {
        // Where the system does not tie it to its guard.
        let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
    }
    assert!(marker.exists(), "nobody was left to take it away");
    go(&second);
    let mut guard = guarded(&marker, &second);
    let _lifeline = guard.stdin.take();
    assert!(guard.wait().unwrap().success());
    assert!(!marker.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_sets_them_for_its_slots_and_one_without_a_folder_is_a_warning() {
    let mut leader = Leader::listen().await;
    let markers = vec!["docs/one.txt", "nowhere/two.txt"];
    let script = format!("ls $HOME_OF_TEST/docs; {COPY}");
    let node = Node::planned(leader.address, Plan { script, slots: 2, markers, ..Plan::default() });
    std::fs::create_dir(node.home.path().join("docs")).unwrap();
    let marker = node.home.path().join("docs/one.txt");
    node.hold();
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    node.offer(&session, 8, 2, 2);
    tokio::task::block_in_place(|| pids_in(&node.pids(), 2));
    assert!(marker.exists());
    node.let_go();
    for token in [7, 8] {
        session.report(&format!("{token}: Succeeded")).await;
    }
    until("the marker is gone", || !marker.exists());
    assert!(!node.home.path().join("nowhere").exists());
    let logs = |message: &Up| match message {
        Up::Log(chunk) => chunk.text.clone(),
        _ => String::new(),
    };
    let text: String = session.seen.iter().map(logs).collect();
    assert!(text.contains("one.txt\n"), "{text}");
    assert!(
        text.contains("nowhere/two.txt cannot be set: the folder that it belongs in is not there"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_left_its_next_start_takes_away() {
    let mut leader = Leader::listen().await;
    let plan = || Plan { markers: vec!["docs/one.txt"], ..Plan::default() };
    let node = Node::planned(leader.address, plan());
    std::fs::create_dir(node.home.path().join("docs")).unwrap();
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    session.report("7: Succeeded").await;
    // Everything was killed at once, as when the power fails: what is left is left.
    let guard = home();
    let mut left = guarded(&guard.1, &guard.0.path().join("pids"));
    pids_in(&guard.0.path().join("pids"), 1);
    let marker = node.home.path().join("docs/one.txt");
    std::fs::copy(&guard.1, &marker).unwrap();
    left.kill().unwrap();
    left.wait().unwrap();
    node.wish.send(callsheet_node::Shutdown::Now).unwrap();
    let Node { home, over, .. } = node;
    over.await.unwrap().unwrap();
    assert!(marker.exists());
    let lock = home.path().join("work/agent.lock");
    until("its directory is free", || std::fs::File::open(&lock).unwrap().try_lock().is_ok());
    let again = Node::at_home(home, leader.address, plan());
    let _stream = leader.welcome().await;
    assert!(!marker.exists());
    drop(again);
}
