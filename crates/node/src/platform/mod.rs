//! All that differs between operating systems: how a renderer's processes are started so that none of them
//! outlives its agent, and how all of them are killed.
//!
//! ```text
//!   Unix      agent ──lifeline pipe──► guard ──► renderer ──► whatever it starts
//!             the guard outlives them all: it ends when nothing is left, as the renderer ended
//!   Windows   agent ──job object──► renderer ──► whatever it starts
//!             the system kills the job when its last handle is closed
//! ```
//!
//! Everything above this module is the same everywhere. It refuses to know what is run, or why.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::guard;
#[cfg(unix)]
pub(crate) use unix::{Tree, free_space};
#[cfg(windows)]
pub use windows::guard;
#[cfg(windows)]
pub(crate) use windows::{Tree, free_space};

/// The subcommand under which this executable is a guard.
pub(crate) const GUARD: &str = "guard";
/// What a guard writes before the reason when a program cannot be started.
pub(crate) const CANNOT_START: &str = "callsheet guard: cannot start ";
