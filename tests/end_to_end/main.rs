//! Does it work? Real processes of the real binary, real sockets, real disks, and SIGKILL. Each test has a
//! cluster of its own in a directory of its own, and ends with every frame on disk decoded.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod after_effects;
mod chaos;
mod commands;
mod cut_off;
mod doors;
mod events;
mod frozen;
mod guarded;
mod harness;
mod killed_leader;
mod killed_node;
mod leaving;
mod misbehaving;
mod person;
mod records;
mod simulated;
mod whole;
