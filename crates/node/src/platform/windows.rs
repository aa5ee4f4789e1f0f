//! Windows: a renderer runs in a job object, which the system kills when its last handle is closed.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use callsheet_renderers::{Exit, Invocation, Stdin};
use process_wrap::tokio::{ChildWrapper, CommandWrap, JobObject, KillOnDrop};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};

use super::markers::Marker;

pub(crate) use super::processor::Family;

/// A renderer's process and everything it started. Dropping it kills all of them.
#[derive(Debug)]
pub(crate) struct Tree {
    child: Box<dyn ChildWrapper>,
    pid: u32,
    /// They go after the process. What an agent that was killed leaves, its next start clears.
    _markers: Vec<Marker>,
    /// Held open for a child that watches it.
    _lifeline: Option<ChildStdin>,
}

impl Tree {
    /// Starts a process in a job of its own. The guard is not needed here.
    pub(crate) fn spawn(invocation: &Invocation, _guard: &Path) -> io::Result<Self> {
        let markers = invocation.markers.iter().filter_map(|path| match Marker::set(path) {
            Ok(marker) => Some(marker),
            Err(error) => {
                tracing::warn!(marker = %path.display(), %error, "cannot be set");
                None
            }
        });
        let markers = markers.collect();
        let mut command = Command::new(&invocation.program);
        command.args(&invocation.args).envs(&invocation.env).current_dir(&invocation.directory);
        command.stdin(match invocation.stdin {
            Stdin::Null => Stdio::null(),
            Stdin::Lifeline => Stdio::piped(),
        });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = CommandWrap::from(command).wrap(KillOnDrop).wrap(JobObject).spawn()?;
        let lifeline = child.stdin().take();
        let pid = child.id().unwrap_or_default();
        Ok(Self { child, pid, _markers: markers, _lifeline: lifeline })
    }

    /// Its output, once.
    pub(crate) fn output(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout().take(), self.child.stderr().take())
    }

    /// Its processes, to ask how much they compute.
    pub(crate) fn family(&self) -> Family {
        Family::of(self.pid)
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

/// What a file is known by. A file that is renamed counts as another one here.
pub(crate) type FileId = PathBuf;

/// See [`FileId`].
pub(crate) fn file_id(path: &Path, _metadata: &Metadata) -> FileId {
    path.to_owned()
}

/// Whether an error says that a disk is full or away, and nothing of what was to be written.
pub(crate) fn is_out(error: &io::Error) -> bool {
    /// File or path not found, not ready, write fault, general failure, bad network path, network busy, device
    /// gone, network name deleted, disk full, semaphore timeout, I/O device error, no such device, quota.
    const OUT: [i32; 16] = [2, 3, 21, 29, 31, 51, 53, 54, 55, 59, 64, 112, 121, 1117, 1167, 1295];
    error.raw_os_error().is_some_and(|number| OUT.contains(&number))
}
