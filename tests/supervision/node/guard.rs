//! No renderer process outlives its agent, whoever is killed, and however hard.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::processes::{all_gone, is_alive, pids_in};

/// A script that starts a child, and a child that leaves its group and its session, and tells of all three.
const FAMILY: &str = r#"
    echo $$ >> "$1"
    sh -c 'echo $$ >> "$1"; while :; do sleep 100; done' - "$1" &
    setsid sh -c 'echo $$ >> "$1"; while :; do sleep 100; done' - "$1" &
    while [ ! -e "$1.go" ]; do sleep 0.01; done
    eval "$2"
"#;

fn guarded(script: &str, args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_test-guard"));
    command.args(["guard", "null", "--", "sh", "-c", script, "-"]).args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Waits for its end, and holds its pipe meanwhile: waiting alone would close it.
fn end_of(guard: &mut Child) -> ExitStatus {
    let _lifeline = guard.stdin.take();
    guard.wait().unwrap()
}

fn family(directory: &Path, then: &str) -> (Child, Vec<i32>) {
    let file = directory.join("pids");
    let child = guarded(FAMILY, &[file.to_str().unwrap(), then]);
    let pids = pids_in(&file, 3);
    assert!(pids.iter().all(|pid| is_alive(*pid)));
    (child, pids)
}

#[test]
fn it_ends_as_the_renderer_ended() {
    let status = |script| end_of(&mut guarded(script, &[]));
    assert_eq!(status("exit 0").code(), Some(0));
    assert_eq!(status("exit 7").code(), Some(7));
    assert_eq!(status("kill -KILL $$").signal(), Some(9));
    assert_eq!(status("kill -TERM $$").signal(), Some(15));
    assert_eq!(status("kill -SEGV $$").signal(), Some(11));
}

#[test]
fn what_the_renderer_leaves_is_killed_when_it_ends() {
    let directory = tempfile::tempdir().unwrap();
    let (mut guard, pids) = family(directory.path(), "exit 5");
    std::fs::write(directory.path().join("pids.go"), "").unwrap();
    assert_eq!(end_of(&mut guard).code(), Some(5));
    // When the guard is gone, nothing is left: there is nothing to wait for.
    assert!(!pids.iter().any(|pid| is_alive(*pid)), "{pids:?}");
}

#[test]
fn closing_the_pipe_kills_everything() {
    let directory = tempfile::tempdir().unwrap();
    let (mut guard, pids) = family(directory.path(), "sleep 100");
    drop(guard.stdin.take());
    assert_eq!(guard.wait().unwrap().signal(), Some(9));
    assert!(!pids.iter().any(|pid| is_alive(*pid)), "{pids:?}");
}

#[test]
fn killing_the_agent_kills_everything() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pids");
    // An agent that holds the other end of the pipe, and can do nothing any more: its descriptor 3.
    let script = r#"mkfifo "$2.fifo"; "$0" guard null -- sh -c "$1" - "$2" "sleep 100" < "$2.fifo" & exec 3> "$2.fifo"; exec sleep 1000"#;
    let mut agent = Command::new("sh");
    agent.args(["-c", script, env!("CARGO_BIN_EXE_test-guard"), FAMILY, file.to_str().unwrap()]);
    let mut agent = agent.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let pids = pids_in(&file, 3);
    kill(Pid::from_raw(i32::try_from(agent.id()).unwrap()), Signal::SIGKILL).unwrap();
    agent.wait().unwrap();
    all_gone(&pids);
}

#[test]
fn killing_the_guard_kills_the_renderer() {
    if !cfg!(target_os = "linux") {
        println!("skipped: only Linux can tie a process to the end of its parent");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (mut guard, pids) = family(directory.path(), "sleep 100");
    guard.kill().unwrap();
    guard.wait().unwrap();
    all_gone(&pids[..1]);
    // Those that the renderer started are not the system's to kill; here the test does it.
    for pid in &pids[1..] {
        let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
    }
}

#[test]
fn killing_agents_by_name_leaves_the_guard_to_tidy_up() {
    if !cfg!(target_os = "linux") {
        println!("skipped: only Linux lets a process go by another name");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (mut guard, pids) = family(directory.path(), "sleep 100");
    let name = std::fs::read_to_string(format!("/proc/{}/comm", guard.id())).unwrap();
    assert_eq!(name.trim(), "render-guard");
    drop(guard.stdin.take());
    all_gone(&pids);
    guard.wait().unwrap();
}

#[test]
fn a_program_that_is_not_there_is_said_so() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_test-guard"));
    command.args(["guard", "null", "--", "/no/such/program"]);
    let mut guard = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _lifeline = guard.stdin.take();
    let output = guard.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(127));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("callsheet guard: cannot start /no/such/program: No such file"), "{said}");
}
