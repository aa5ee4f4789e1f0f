//! Does the whole of it hold together when the network does not? The leader and the nodes that ship, actors, gRPC
//! and all, on hosts of a simulated network (`turmoil`) and in its time: links are cut, held and lossy, hosts crash
//! and come back. The journal's disk is one of memory that forgets what was not synced; renderers are played, and
//! take simulated time; pictures and caches are real files.
//!
//! `WHOLE_STACK_SEEDS=200 cargo test -p callsheet-tests --test whole_stack -- --ignored --nocapture` sweeps many
//! seeds, and `WHOLE_STACK_SEED=7` beside it runs one and prints what happened.

#![cfg(unix)]
// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod checks;
mod client;
mod dice;
mod leader;
mod network;
mod node;
mod plan;
mod player;
mod scenarios;
mod sweep;
mod trace;
mod world;
