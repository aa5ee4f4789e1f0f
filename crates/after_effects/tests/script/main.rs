//! Generated ExtendScript, run in a real JavaScript engine from which everything that ExtendScript lacks was
//! taken away, against a small model of After Effects' objects.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

mod bench;
mod data;
mod footage;
mod hostile;
mod language;
mod order;
mod preflight;
mod session;
