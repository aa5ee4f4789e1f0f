//! Does the whole of it hold together when the network does not? The leader and the nodes that ship, actors, gRPC
//! and all, on hosts of a simulated network (`turmoil`) and in its time: links are cut, held and lossy, hosts crash
//! and come back. The journal's disk is one of memory that forgets what was not synced; renderers are played, take
//! simulated time, and do what renderers do on bad days; pictures and caches are real files.
//!
//! `WHOLE_STACK_SEEDS=50 cargo test -p callsheet-tests --test whole_stack -- --ignored --nocapture` runs fifty seeds
//! (from `WHOLE_STACK_FIRST` on) in each kind of weather, with `WHOLE_STACK_TWICE=1` twice, which must be alike.
//! `WHOLE_STACK_SEED=7 WHOLE_STACK_WEATHER=Mixed` runs that one and prints everything that happened.

#![cfg(unix)]
// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod alone;
mod checks;
mod client;
mod dice;
mod leader;
mod moods;
mod network;
mod node;
mod plan;
mod player;
mod scenarios;
mod sweep;
mod trace;
mod world;
