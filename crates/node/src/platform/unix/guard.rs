//! The guard: a tiny process between the agent and a renderer that lets nothing outlive either of them.
//!
//! ```text
//!   agent ─ pipe ─► guard <mode> [--marker file]* -- program args    own process group, adopts orphans (Linux)
//!                     └─► guard --exec <pid> -- program args    own process group, dies with the guard (Linux)
//!                           └─► becomes the program
//! ```
//!
//! - The agent closes the pipe, or dies: the guard kills the renderer and all that came of it.
//! - The renderer ends: the guard kills what it left behind.
//! - The guard is killed: the renderer dies with it, by the system's hand (Linux).
//! - Markers (see [`crate::platform::markers`]) are there from before the renderer's start to after its end,
//!   whatever becomes of the agent. One that cannot be set is complained of, and the renderer runs without it.
//!
//! It ends when nothing is left, in the same way as the renderer: with its exit code, or by its signal. It
//! goes by another name than the agent, so that whoever kills agents by name leaves it time to tidy up.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use nix::sys::signal::{Signal, kill, killpg, raise};
use nix::sys::wait::WaitStatus;
use nix::unistd::{Pid, getpid, getppid};

use super::system::{adopt_orphans, die_with_parent, leave_no_core, reap};
use crate::platform::markers::Marker;
use crate::platform::{CANNOT_START, GUARD, WARNING};

/// The renderer's standard input is the null device.
pub(super) const NULL: &str = "null";
/// The renderer's standard input is a pipe that stays open as long as the guard lives.
pub(super) const LIFELINE: &str = "lifeline";
/// Before each marker.
pub(super) const MARKER: &str = "--marker";
const EXEC: &str = "--exec";

/// As shells say it: the program was not found, or could not be executed.
const NOT_STARTED: u8 = 127;
/// The guard itself could not work.
const BROKEN: u8 = 125;

/// What `callsheet guard` does; `args` are those after the subcommand.
#[must_use]
pub fn main(args: &[OsString]) -> ExitCode {
    let text: Vec<&OsStr> = args.iter().map(OsString::as_os_str).collect();
    let done = match text.as_slice() {
        [exec, parent, dashes, program, rest @ ..] if *exec == EXEC && *dashes == "--" => {
            return become_program(parent, program, rest);
        }
        [mode, rest @ ..] => guard_with_markers(mode, rest),
        [] => Err(misused()),
    };
    match done {
        Ok(status) => end_like(status),
        Err(error) => {
            eprintln!("callsheet guard: {error}");
            ExitCode::from(BROKEN)
        }
    }
}

fn misused() -> io::Error {
    io::Error::other("it is started by an agent, with a mode, markers, -- and a program")
}

fn guard_with_markers(mode: &OsStr, mut args: &[&OsStr]) -> io::Result<ExitStatus> {
    // They go when everything else has gone.
    let mut markers = Vec::new();
    while let [flag, path, rest @ ..] = args
        && *flag == MARKER
    {
        match Marker::set(Path::new(path)) {
            Ok(marker) => markers.push(marker),
            Err(error) => eprintln!("{WARNING}{} cannot be set: {error}", path.to_string_lossy()),
        }
        args = rest;
    }
    match args {
        [dashes, program, rest @ ..] if *dashes == "--" => guard(mode, program, rest),
        _ => Err(misused()),
    }
}

/// Becomes the program, tied to the guard that started it.
fn become_program(parent: &OsStr, program: &OsStr, args: &[&OsStr]) -> ExitCode {
    die_with_parent();
    // The guard may have died before that was said.
    if parent.to_str().and_then(|pid| pid.parse().ok()) != Some(getppid().as_raw()) {
        return ExitCode::from(BROKEN);
    }
    let error = Command::new(program).args(args).exec();
    eprintln!("{CANNOT_START}{}: {error}", program.to_string_lossy());
    ExitCode::from(NOT_STARTED)
}

fn guard(mode: &OsStr, program: &OsStr, args: &[&OsStr]) -> io::Result<ExitStatus> {
    adopt_orphans()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args([GUARD, EXEC]).arg(getpid().to_string()).arg("--").arg(program).args(args);
    command.stdin(if mode == LIFELINE { Stdio::piped() } else { Stdio::null() });
    let renderer = command.process_group(0).spawn()?;
    let ward = Arc::new(Ward::new(&renderer));
    let watcher = ward.clone();
    // Without someone to watch the pipe, nothing may run.
    let watching = thread::Builder::new().name("lifeline".into()).spawn(move || watcher.watch_lifeline());
    if watching.is_err() {
        ward.kill();
    }
    let status = reap(&ward);
    // Its standard input was held open until here.
    drop(renderer);
    Ok(status)
}

/// The renderer, as long as its number is its own.
pub(super) struct Ward {
    pub(super) pid: Pid,
    /// Taken while the renderer is reaped: after that its number may be somebody else's.
    pub(super) reaped: Mutex<bool>,
}

impl Ward {
    fn new(renderer: &Child) -> Self {
        // Process numbers fit: the system's own type is signed.
        Self {
            pid: Pid::from_raw(i32::try_from(renderer.id()).unwrap_or(i32::MAX)),
            reaped: Mutex::new(false),
        }
    }

    fn watch_lifeline(&self) {
        let mut stdin = io::stdin().lock();
        let mut bytes = [0; 64];
        loop {
            match stdin.read(&mut bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return self.kill(),
                Ok(_) => {}
            }
        }
    }

    fn kill(&self) {
        let reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
        if !*reaped {
            self.kill_group();
        }
    }

    fn kill_group(&self) {
        // Whoever is gone already needs no killing.
        let _ = killpg(self.pid, Signal::SIGKILL);
        let _ = kill(self.pid, Signal::SIGKILL);
    }
}

pub(super) fn status_of(status: WaitStatus) -> Option<(Pid, ExitStatus)> {
    match status {
        WaitStatus::Exited(pid, code) => Some((pid, ExitStatus::from_raw(code << 8))),
        WaitStatus::Signaled(pid, signal, _) => Some((pid, ExitStatus::from_raw(signal as i32))),
        _ => None,
    }
}

/// Ends this process in the way that the renderer ended.
fn end_like(status: ExitStatus) -> ExitCode {
    if let Some(code) = status.code() {
        return ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX));
    }
    let number = status.signal().unwrap_or(9);
    leave_no_core();
    if let Ok(signal) = Signal::try_from(number) {
        // Twice: for some signals the runtime has a handler, which only gets out of the way at first.
        let _ = raise(signal);
        let _ = raise(signal);
    }
    // As shells say it, for a signal that this process ignores.
    ExitCode::from(128 + u8::try_from(number).unwrap_or(0))
}
