//! The HTTP doors, and both kinds of doors together, over real sockets on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

mod around;
mod bench;
mod following;
mod jobs;
mod lengths_grpc;
mod lengths_http;
mod openapi;
mod others;
mod places;
mod ports;
mod releases;
