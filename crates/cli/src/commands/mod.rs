//! One file per command: its arguments, and what it does with them.

pub(crate) mod ae;
pub(crate) mod alerts;
pub(crate) mod approvals;
pub(crate) mod change;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod drain;
pub(crate) mod events;
pub(crate) mod frames;
pub(crate) mod job;
pub(crate) mod jobs;
pub(crate) mod journal;
pub(crate) mod leader;
pub(crate) mod logs;
pub(crate) mod node;
pub(crate) mod nodes;
pub(crate) mod pauses;
pub(crate) mod render;
pub(crate) mod simulate;
pub(crate) mod status;
pub(crate) mod submit;
pub(crate) mod timeline;
pub(crate) mod up;
pub(crate) mod webhooks;
pub(crate) mod workers;

use crate::client::Reach;

/// What every command has that asks the leader.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Asking {
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Answer as JSON: one document, or one line for each item of a stream
    #[arg(long)]
    pub(crate) json: bool,
}
