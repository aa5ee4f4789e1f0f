//! Do the node's actors restart as the table says, and does the work go on? Real actors, real renderer
//! processes (shell scripts), and a leader that is played by the test over a real stream.

#![cfg(unix)]
// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod falls;
mod guard;
mod leader;
mod markers;
mod node;
mod pace;
mod processes;
mod restarts;
mod sessions;
mod storage;
mod troupe;
mod watching;
mod work;
