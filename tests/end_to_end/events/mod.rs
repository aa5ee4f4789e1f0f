//! The log and every door to it, from outside: events of other services, streams that break, people who decide,
//! workers that fall silent, and SIGKILL in the middle. Clients are real ones, each in its own language.

mod brokers;
mod decided;
mod foreign;
mod killed;
mod monitor;
mod node_side;
mod openapi;
mod rabbit;
mod readers;
mod receiver;
mod undelivered;
mod workflow;
