//! A whole cluster in one thread: the shipping scheduler, agent and journal in a world that breaks everything, and
//! what must hold nevertheless, checked after every step.
//!
//! Everything comes from one seed. It refuses to know a real clock, socket or disk; a run that fails is repeated by
//! its seed and plan, byte for byte.

pub mod case;
pub mod dice;
pub mod faults;
pub mod figures;
pub mod incident;
pub mod invariants;
pub mod report;
pub mod run;
pub mod scenario;
pub mod shrink;
pub mod sight;
pub mod sweep;
pub mod world;

mod words;

/// Microseconds since the world began, or between two moments in it.
pub type Micros = u64;

/// A duration in them.
pub(crate) fn micros(duration: std::time::Duration) -> Micros {
    Micros::try_from(duration.as_micros()).unwrap_or(Micros::MAX)
}
