//! The doors to the log of events, over real sockets on loopback.

mod agents;
mod bench;
mod cuts;
mod pages;
mod posts;
mod signals;
mod sse;
mod streams;
mod ws;
