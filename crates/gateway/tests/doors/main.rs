//! The HTTP doors, and both kinds of doors together, over real sockets on loopback.

mod around;
mod bench;
mod jobs;
mod openapi;
mod others;
mod ports;
mod releases;
