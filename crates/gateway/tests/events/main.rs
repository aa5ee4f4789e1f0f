//! The doors to the log of events, over real sockets on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

mod agents;
mod bench;
mod cuts;
mod pages;
mod posts;
mod signals;
mod sse;
mod streams;
mod ws;
