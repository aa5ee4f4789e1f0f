//! What Linux has for a guard: it adopts the orphans of its renderer, and a renderer can die with its guard.

use std::io;
use std::process::ExitStatus;
use std::sync::PoisonError;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid, waitpid};
use nix::unistd::{Pid, getpid};

use super::family::children;
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
            for child in children(getpid().as_raw()) {
                let _ = kill(Pid::from_raw(child), Signal::SIGKILL);
            }
        }
    }
}
