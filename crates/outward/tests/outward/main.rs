//! What leaves the leader, told to receivers, brokers and collectors that fail as real ones do. One program for all of
//! it: each would be as large as the whole.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod alerts;
mod alerts_apart;
mod amqp;
mod common;
mod nats;
mod traces;
mod webhooks;
