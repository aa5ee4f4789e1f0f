//! Unix: a renderer runs under a guard, a process of this same executable. See [`guard`].

pub mod guard;
#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "plain.rs"]
mod system;

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use callsheet_renderers::{Exit, Invocation, Stdin};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// A renderer's process and everything it started. Dropping it kills all of them.
#[derive(Debug)]
pub(crate) struct Tree {
    guard: Child,
    /// Closing it tells the guard to kill; the system closes it when this process dies.
    lifeline: Option<ChildStdin>,
}

impl Tree {
    /// Starts a process under a guard; `guard` is an executable that answers to `guard`.
    pub(crate) fn spawn(invocation: &Invocation, guard: &Path) -> io::Result<Self> {
        let mut command = Command::new(guard);
        command.arg(super::GUARD).arg(match invocation.stdin {
            Stdin::Null => guard::NULL,
            Stdin::Lifeline => guard::LIFELINE,
        });
        command.arg("--").arg(&invocation.program).args(&invocation.args);
        command.envs(&invocation.env).current_dir(&invocation.directory);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own: Ctrl-C at a terminal is for the agent, which finishes what runs.
        command.process_group(0);
        let mut guard = command.spawn()?;
        let lifeline = guard.stdin.take();
        Ok(Self { guard, lifeline })
    }

    /// Its output, once.
    pub(crate) fn output(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.guard.stdout.take(), self.guard.stderr.take())
    }

    /// Has all of it killed. [`Self::wait`] says when nothing is left.
    pub(crate) fn kill(&mut self) {
        self.lifeline = None;
    }

    /// Kills the guard, too, when it does not get done. Its renderer dies with it.
    pub(crate) fn force(&mut self) {
        let pid = self.guard.id().and_then(|pid| i32::try_from(pid).ok());
        if let Some(pid) = pid {
            // It may be gone by now, and that is what is wanted.
            let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }

    /// Waits until nothing of it is left, and says how the renderer ended. Can be called again.
    pub(crate) async fn wait(&mut self) -> Exit {
        match self.guard.wait().await {
            Ok(status) => exit_of(status),
            Err(_) => Exit::Unknown,
        }
    }
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
