//! Logs of After Effects, explained: whole logs against golden texts, and properties of any log.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod cases;
mod frames;
mod golden;
mod hostile;
