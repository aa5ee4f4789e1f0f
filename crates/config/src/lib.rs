//! What people write: the cluster config and the job file, read whole, with every mistake named at its place.
//!
//! ```text
//!   TOML ─┐
//!   JSON ─┼─► tree of values that know where they stand ─► typed reader ─┬─► ClusterConfig
//!   YAML ─┘                                                   │          └─► JobDraft ─► JobSpec
//!                                                             └─► Problems, all at once
//! ```
//!
//! Text comes in, typed values go out. This crate refuses to touch a disk, a network or a clock: reading
//! files is the caller's, and relative paths are resolved against a directory that is passed in.

pub mod cluster;
pub mod job;
mod path_map;
pub mod problem;
mod reader;
pub mod renderer;
mod source;
mod timeouts;
mod tree;
mod values;

pub use cluster::{
    AlertChannel, AlertWay, AmqpConfig, ClusterConfig, HttpConfig, LeaderConfig, MonitorConfig, NatsConfig,
    NodeConfig, OutwardConfig, PauseWindow, RetryConfig, Webhook, WorkerConfig,
};
pub use job::{JobDefaults, JobDraft, JobFile, StepDraft};
pub use path_map::PathMap;
pub use problem::{Problem, Problems};
pub use renderer::CommandDescription;
pub use source::Format;
pub use timeouts::PartialTimeouts;
pub use tree::{MAX_TEXT_BYTES, MAX_VALUES};

#[cfg(test)]
mod documented;
