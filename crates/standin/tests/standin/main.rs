//! The stand-in, run as a test runs it: bytes on stdout, exit codes, files, processes. Unix only: it is where
//! process groups tell that nothing is left behind.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod arguments;
mod frames;
mod misfortunes;
mod movies;
mod processes;
mod said;
mod scripts;
mod stage;
