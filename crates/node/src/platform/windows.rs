//! Windows: a renderer runs in a job object, which the system kills when its last handle is closed.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Stdio;

use callsheet_renderers::{Exit, Invocation, Stdin};
use process_wrap::tokio::{ChildWrapper, CommandWrap, JobObject, KillOnDrop};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};

/// A renderer's process and everything it started. Dropping it kills all of them.
#[derive(Debug)]
pub(crate) struct Tree {
    child: Box<dyn ChildWrapper>,
    /// Held open for a child that watches it.
    _lifeline: Option<ChildStdin>,
}

impl Tree {
    /// Starts a process in a job of its own. The guard is not needed here.
    pub(crate) fn spawn(invocation: &Invocation, _guard: &Path) -> io::Result<Self> {
        let mut command = Command::new(&invocation.program);
        command.args(&invocation.args).envs(&invocation.env).current_dir(&invocation.directory);
        command.stdin(match invocation.stdin {
            Stdin::Null => Stdio::null(),
            Stdin::Lifeline => Stdio::piped(),
        });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = CommandWrap::from(command).wrap(KillOnDrop).wrap(JobObject).spawn()?;
        let lifeline = child.stdin().take();
        Ok(Self { child, _lifeline: lifeline })
    }

    /// Its output, once.
    pub(crate) fn output(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout().take(), self.child.stderr().take())
    }

    /// Has all of it killed. [`Self::wait`] says when nothing is left.
    pub(crate) fn kill(&mut self) {
        // It may be gone by now, and that is what is wanted.
        let _ = self.child.start_kill();
    }

    /// There is no stronger way here.
    pub(crate) fn force(&mut self) {
        self.kill();
    }

    /// Waits until nothing of it is left, and says how the renderer ended. Can be called again.
    pub(crate) async fn wait(&mut self) -> Exit {
        match self.child.wait().await {
            Ok(status) => status.code().map_or(Exit::Unknown, Exit::Code),
            Err(_) => Exit::Unknown,
        }
    }
}

/// There is no guard on Windows: job objects need none.
pub mod guard {
    use std::process::ExitCode;

    use super::OsString;

    /// Says so.
    #[must_use]
    pub fn main(_args: &[OsString]) -> ExitCode {
        eprintln!("callsheet guard: not needed on Windows");
        ExitCode::from(125)
    }
}

/// Bytes free on the disk that holds this directory.
pub(crate) fn free_space(directory: &Path) -> Option<u64> {
    let disks = sysinfo::Disks::new_with_refreshed_list().ok()?;
    let holds = |disk: &&sysinfo::Disk| directory.starts_with(disk.mount_point());
    let closest = disks.iter().filter(holds).max_by_key(|disk| disk.mount_point().as_os_str().len());
    closest.map(sysinfo::Disk::available_space)
}
