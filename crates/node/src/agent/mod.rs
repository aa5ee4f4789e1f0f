//! The agent's actor: holds the node's mind, carries out what it wants, and tells it what happened.
//!
//! Supervised by: `supervisor`. With it dies: every lease, the outbox, all other actors. What survives: files.
//! The next one says hello as a new incarnation that holds nothing.
//!
//! Everyone tells it things through one queue. It takes all of it at each wake-up, so that what happened
//! together is reported together. It refuses to decide: `callsheet-agent` does.

mod actor;
mod disk;
mod effects;
mod greeting;
mod handle;
mod messages;
mod news;
mod publisher;
mod state;

pub(crate) use handle::AgentHandle;
pub(crate) use messages::{Figures, Heard, Item, Outlet, Wake};
