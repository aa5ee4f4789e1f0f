//! The phases of a run, and the ways to pass time in one: sleeping, burning, blocked by a dialog. No process
//! outlives its installation's `life_ms`: a test that dies leaves nothing behind for long.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::story::How;

/// Where a run stands.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    Launch,
    Load,
    FirstFrame,
    Frame,
    Finalise,
    Exit,
}

/// How a process hangs.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stuck {
    #[default]
    Sleep,
    Burn,
    Dialog,
}

/// Hangs. It comes back never: [`end_after`] ends the process, or someone kills it.
pub(crate) fn hang(how: Stuck) -> ! {
    loop {
        match how {
            Stuck::Burn => burn(Duration::from_secs(1)),
            Stuck::Sleep | Stuck::Dialog => std::thread::sleep(Duration::from_secs(1)),
        }
    }
}

/// Computes for so long.
pub(crate) fn burn(time: Duration) {
    let start = Instant::now();
    let mut value = 1u64;
    while start.elapsed() < time {
        for _ in 0..1000 {
            value = black_box(value.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
    }
}

/// Ends this process after so many milliseconds, whatever it is doing.
pub(crate) fn end_after(life_ms: u64) {
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(life_ms));
        eprintln!("aerender-standin: lived for life_ms, leaves");
        std::process::exit(86);
    });
}

/// A dialog does not hear a polite request to leave. To be called before any thread is started: each has a
/// mask of its own, which it takes from the thread that starts it.
#[cfg(unix)]
pub(crate) fn ignore_polite_signals() {
    use nix::sys::signal::{SigSet, Signal};
    let mut polite = SigSet::empty();
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        polite.add(signal);
    }
    if let Err(error) = polite.thread_block() {
        eprintln!("aerender-standin: cannot ignore signals: {error}");
    }
}

/// Nothing to do: a console's polite requests do not reach a program without a window.
#[cfg(not(unix))]
pub(crate) fn ignore_polite_signals() {}

/// Ends a process the hard way.
#[cfg(unix)]
pub(crate) fn kill(by: How, process: u32) {
    use nix::sys::signal::{Signal, kill};
    let signal = match by {
        How::Segv => Signal::SIGSEGV,
        How::Abort => Signal::SIGABRT,
        How::Exit | How::Kill => Signal::SIGKILL,
    };
    let Ok(target) = i32::try_from(process) else { return };
    // The first of these signals may only take away the handler that Rust's own library has for it, and a
    // process that is gone keeps its number until someone asks how it ended.
    for _ in 0..100 {
        if kill(nix::unistd::Pid::from_raw(target), signal).is_err() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
        if signal == Signal::SIGKILL {
            return;
        }
    }
}

/// Ends a process the hard way, with the codes of an access violation and of an abort.
#[cfg(not(unix))]
pub(crate) fn kill(by: How, process: u32) {
    if process == std::process::id() {
        std::process::exit(if by == How::Segv { -1_073_741_819 } else { -1_073_740_791 });
    }
    let id = process.to_string();
    let _ = std::process::Command::new("taskkill").args(["/F", "/PID", &id]).output();
}
