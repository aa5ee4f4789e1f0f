//! A journal as its callers see it: on disk and in memory, whole and damaged, in the middle of a write and after years.
//! One program for all of it: each would be as large as the whole.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

mod both_kinds;
mod common;
mod corruption;
mod crash;
mod maintenance;
mod readers;
mod retention;
mod twin;
