//! The node's actors around the agent.
//!
//! ```text
//!                          supervisor                  restart.rs: who is started again, how often, when it is over
//!        ┌──────────┬───────────┼─────────────┬──────────────┐
//!      agent      cache     heartbeat    leader_link     ae_process (one per slot)
//!    holds the   templates   figures     dials, hears,    guard ─► renderer ─► whatever it starts
//!    mind and    by MD5                  dials again
//!    its outbox
//! ```
//!
//! The mind is `callsheet-agent`; nothing is decided here. These actors carry out its actions and tell it what
//! happened. When the agent dies, everything is started anew and every lease is dropped; when any other dies,
//! it alone is started again, and the agent hands it what it needs to go on.
//!
//! This crate refuses to schedule, to draw, and to let a renderer outlive it.

mod ae_process;
mod agent;
mod cache;
mod chance;
mod door;
mod error;
mod heartbeat;
mod leader_link;
mod platform;
mod process;
mod run;
mod settings;
mod supervisor;
mod troupe;

use callsheet_supervision::Kinds;

/// Every actor of a node by its name, and the kinds of what it can be told; the agent takes its items at a wake-up.
pub const ACTORS: [(&str, &[&str]); 7] = [
    ("supervisor", supervisor::SupervisorMessage::KINDS),
    ("agent", agent::Wake::KINDS),
    ("agent", agent::Item::KINDS),
    ("cache", cache::CacheMessage::KINDS),
    ("heartbeat", heartbeat::HeartbeatMessage::KINDS),
    ("leader_link", leader_link::LinkMessage::KINDS),
    ("ae_process", ae_process::SlotMessage::KINDS),
];

pub use chance::Chance;
pub use door::{Dial, Dialled, Door};
pub use error::NodeError;
pub use platform::guard;
pub use process::{Pipe, Process, Processes, Used};
pub use run::run;
pub use settings::{NodeSettings, Shutdown};
pub use supervisor::restart;
