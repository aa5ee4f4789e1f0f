//! Generated gRPC code, and the only place where wire types become model types.
//!
//! `v1` is what `proto/callsheet/v1` says, compiled. The other modules turn it into the model's types: every
//! conversion from the wire is a `TryFrom` whose error names the field; every one to the wire is total.
//! It refuses to know what messages mean: the leader and the node do.

mod approval;
mod arrival;
mod detail;
mod field;
mod frames;
mod jobs;
mod nodes;
mod pauses;
mod signals;
pub mod text;
mod troupe;
mod workers;

pub use approval::{approval_from_wire, approval_to_wire};
pub use arrival::arrival_from_wire;
pub use detail::{detail, detailed};
pub use field::FieldError;
pub use frames::{ranges_from_wire, ranges_to_wire};
pub use jobs::{
    StepDefaults, priority_from_wire, spec_from_wire, spec_to_wire, step_from_wire, step_to_wire,
};
pub use nodes::{goodbye_from_wire, lease_from_wire, lease_to_wire, node_from_wire};
pub use nodes::{report_from_wire, report_to_wire, tokens_from_wire};
pub use pauses::{WantedPause, pause_from_wire, pause_key_from_wire};
pub use signals::{cache_from_wire, heartbeat_from_wire, log_from_wire, progress_from_wire};
pub use troupe::{troupe_from_wire, troupe_to_wire};
pub use workers::worker_from_wire;

/// The generated code of package `callsheet.v1`.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
pub mod v1 {
    tonic::include_proto!("callsheet.v1");
}

/// The descriptors of all packages, for the reflection service.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/callsheet.v1.bin"));
