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

mod markers;
#[cfg(not(target_os = "linux"))]
mod processor;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub(crate) use markers::clear as clear_marker;
#[cfg(all(test, target_os = "linux"))]
pub(crate) use unix::family_of;
#[cfg(unix)]
pub use unix::guard;
#[cfg(unix)]
pub(crate) use unix::{Family, FileId, Tree, file_id, free_space, is_out};
#[cfg(windows)]
pub use windows::guard;
#[cfg(windows)]
pub(crate) use windows::{Family, FileId, Tree, file_id, free_space, is_out};

/// The subcommand under which this executable is a guard.
pub(crate) const GUARD: &str = "guard";
/// What a guard writes before the reason when a program cannot be started.
pub(crate) const CANNOT_START: &str = "callsheet guard: cannot start ";
/// What a guard writes before something that a person should know, and the program has not said.
pub(crate) const WARNING: &str = "callsheet guard: warning: ";
