//! What every Unix has for a guard: process groups. What leaves its group is out of reach.

use std::io;
use std::process::ExitStatus;
use std::sync::PoisonError;

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::waitpid;

use super::guard::{Ward, status_of};

pub(super) fn adopt_orphans() -> io::Result<()> {
    Ok(())
}

pub(super) fn die_with_parent() {}

pub(super) fn leave_no_core() {}

/// Waits for the renderer, and kills what it left in its group.
pub(super) fn reap(ward: &Ward) -> ExitStatus {
    loop {
        // Not under the lock: this waits, and whoever watches the lifeline must be able to kill meanwhile.
        let ended = waitpid(ward.pid, None);
        if ended == Err(Errno::EINTR) {
            continue;
        }
        *ward.reaped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        // A group's number is not given away while it has members.
        let _ = killpg(ward.pid, Signal::SIGKILL);
        return ended.ok().and_then(status_of).map(|(_, status)| status).unwrap_or_default();
    }
}
