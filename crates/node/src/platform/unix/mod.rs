//! Unix: a renderer runs under a guard, a process of this same executable. See [`guard`].

#[cfg(target_os = "linux")]
mod family;
pub mod guard;
#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "plain.rs"]
mod system;

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
#[cfg(target_os = "linux")]
use std::time::Duration;

use callsheet_renderers::{Exit, Invocation, Stdin};
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

#[cfg(not(target_os = "linux"))]
pub(crate) use super::processor::Family;
#[cfg(target_os = "linux")]
pub(crate) use family::Family;

/// Those who outlive their guard are killed and waited for, this long at most. Whom not even that ends hangs in
/// the system itself, on a storage that is gone.
#[cfg(target_os = "linux")]
const GRAVE: Duration = Duration::from_secs(60);

/// A renderer's process and everything it started. Dropping it kills all of them.
#[derive(Debug)]
pub(crate) struct Tree {
    guard: Child,
    /// Its number stays, to ask for its family when it is gone.
    pid: u32,
    family: Family,
    /// Closing it tells the guard to kill; the system closes it when this process dies.
    lifeline: Option<ChildStdin>,
    /// The guard is gone, and what it may have left is waited for until then.
    #[cfg(target_os = "linux")]
    grave: Option<tokio::time::Instant>,
}

impl Tree {
    /// Starts a process under a guard; `guard` is an executable that answers to `guard`.
    pub(crate) fn spawn(invocation: &Invocation, guard: &Path) -> io::Result<Self> {
        let mut command = Command::new(guard);
        command.arg(super::GUARD).arg(match invocation.stdin {
            Stdin::Null => guard::NULL,
            Stdin::Lifeline => guard::LIFELINE,
        });
        for marker in &invocation.markers {
            command.arg(guard::MARKER).arg(marker);
        }
        command.arg("--").arg(&invocation.program).args(&invocation.args);
        command.envs(&invocation.env).current_dir(&invocation.directory);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own: Ctrl-C at a terminal is for the agent, which finishes what runs.
        command.process_group(0);
        let mut guard = command.spawn()?;
        let pid = guard.id().unwrap_or_default();
        let lifeline = guard.stdin.take();
        Ok(Self {
            guard,
            pid,
            family: family_of(pid),
            lifeline,
            #[cfg(target_os = "linux")]
            grave: None,
        })
    }

    /// Its output, once.
    pub(crate) fn output(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.guard.stdout.take(), self.guard.stderr.take())
    }

    /// Its processes, to ask how much they compute.
    pub(crate) fn family(&self) -> Family {
        #[cfg(target_os = "linux")]
        return self.family.clone();
        #[cfg(not(target_os = "linux"))]
        return family_of(self.pid);
    }

    /// Has all of it killed. [`Self::wait`] says when nothing is left.
    pub(crate) fn kill(&mut self) {
        self.lifeline = None;
    }

    /// Kills the guard, too, when it does not get done. Its renderer dies with it, and what else was below it
    /// is killed by hand. Blocking, shortly.
    pub(crate) fn force(&mut self) {
        tracing::warn!(guard = self.pid, "does not get done; it is killed with all that is below it");
        #[cfg(target_os = "linux")]
        {
            let _ = self.family.used();
            self.family.kill();
        }
        if let Some(pid) = self.guard.id().and_then(|pid| i32::try_from(pid).ok()) {
            // It may be gone by now, and that is what is wanted.
            let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }

    /// Waits until nothing of it is left, and says how the renderer ended. Can be called again.
    pub(crate) async fn wait(&mut self) -> Exit {
        let exit = match self.guard.wait().await {
            Ok(status) => exit_of(status),
            Err(_) => Exit::Unknown,
        };
        #[cfg(target_os = "linux")]
        self.bury().await;
        exit
    }

    /// A guard that did its work has left nobody. One that was killed may have.
    #[cfg(target_os = "linux")]
    async fn bury(&mut self) {
        use tokio::time::{Instant, sleep};
        let until = *self.grave.get_or_insert_with(|| Instant::now() + GRAVE);
        while self.family.kill() {
            if Instant::now() >= until {
                return tracing::error!(guard = self.pid, "not even SIGKILL ends what it has left");
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
}

#[cfg(target_os = "linux")]
pub(crate) fn family_of(pid: u32) -> Family {
    Family::of(Pid::from_raw(i32::try_from(pid).unwrap_or(i32::MAX)))
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn family_of(pid: u32) -> Family {
    Family::of(pid)
}

fn exit_of(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, Some(signal)) => Exit::Signal(signal),
        (None, None) => Exit::Unknown,
    }
}

/// Bytes that this process may still write on the disk that holds this directory.
// The two numbers are smaller types on other systems than this one.
#[allow(clippy::useless_conversion)]
pub(crate) fn free_space(directory: &Path) -> Option<u64> {
    let stat = nix::sys::statvfs::statvfs(directory).ok()?;
    Some(u64::from(stat.blocks_available()).saturating_mul(u64::from(stat.fragment_size())))
}

/// What a file is known by while it is renamed within its disk.
pub(crate) type FileId = (u64, u64);

/// See [`FileId`].
pub(crate) fn file_id(_path: &Path, metadata: &Metadata) -> FileId {
    (metadata.dev(), metadata.ino())
}

/// Whether an error says that a disk is full or away, and nothing of what was to be written.
pub(crate) fn is_out(error: &io::Error) -> bool {
    let Some(number) = error.raw_os_error() else { return false };
    matches!(
        Errno::from_raw(number),
        Errno::ENOSPC
            | Errno::EDQUOT
            | Errno::EIO
            | Errno::EROFS
            | Errno::ENOENT
            | Errno::ESTALE
            | Errno::ENXIO
            | Errno::ENODEV
            | Errno::ENOTCONN
            | Errno::ETIMEDOUT
            | Errno::EHOSTDOWN
            | Errno::EHOSTUNREACH
            | Errno::ENETDOWN
            | Errno::ENETUNREACH
    )
}
