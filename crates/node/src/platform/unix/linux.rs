//! What Linux has for a guard: it adopts the orphans of its renderer, and a renderer can die with its guard.

use std::io;
use std::process::ExitStatus;
use std::sync::PoisonError;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid, waitpid};
use nix::unistd::Pid;

use super::guard::{Ward, status_of};

pub(super) fn adopt_orphans() -> io::Result<()> {
    // A name is a help, not a need.
    let _ = prctl::set_name(c"render-guard");
    Ok(prctl::set_child_subreaper(true)?)
}

pub(super) fn die_with_parent() {
    let _ = prctl::set_pdeathsig(Signal::SIGKILL);
}

/// The renderer has left its own; a second one, of the guard, would only mislead.
pub(super) fn leave_no_core() {
    let _ = prctl::set_dumpable(false);
}

/// Reaps until no child is left, own or adopted; once the renderer has ended, kills what is left.
pub(super) fn reap(ward: &Ward) -> ExitStatus {
    let mut ended = None;
    loop {
        // Looked at first and reaped under the lock: until then its number is still its own.
        let next = match waitid(Id::All, WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
            Ok(next) => next.pid(),
            Err(Errno::EINTR) => continue,
            // No child is left.
            Err(_) => return ended.unwrap_or_default(),
        };
        let mut reaped = ward.reaped.lock().unwrap_or_else(PoisonError::into_inner);
        let is_renderer = !*reaped && next == Some(ward.pid);
        if is_renderer {
            let _ = killpg(ward.pid, Signal::SIGKILL);
        }
        let status = next.and_then(|pid| waitpid(pid, None).ok()).and_then(status_of);
        if is_renderer {
            *reaped = true;
            ended = status.map(|(_, status)| status);
        }
        drop(reaped);
        if ended.is_some() {
            // Only this thread reaps, so none of these numbers can be taken again meanwhile.
            for child in children() {
                let _ = kill(child, Signal::SIGKILL);
            }
        }
    }
}

/// The children that this process has right now.
fn children() -> Vec<Pid> {
    let text = |path: &std::path::Path| std::fs::read_to_string(path.join("children"));
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists: Result<Vec<String>, _> = tasks.map(|task| text(&task.path())).collect();
    match lists {
        Ok(lists) if !lists.is_empty() => lists
            .iter()
            .flat_map(|list| list.split_ascii_whitespace())
            .filter_map(|pid| pid.parse().ok())
            .map(Pid::from_raw)
            .collect(),
        // A kernel without that file.
        _ => children_by_parent(),
    }
}

fn children_by_parent() -> Vec<Pid> {
    let own = nix::unistd::getpid().to_string();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let is_child = |pid: &i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // `pid (name) state parent ...`, where the name may contain anything.
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_ascii_whitespace().nth(1));
        parent == Some(own.as_str())
    };
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(is_child).map(Pid::from_raw).collect()
}
