//! What the leader's and the node's actor trees share: how often a child may fall, and a way to a child that
//! outlives it, and how work that blocks is kept off their threads. ractor has supervision events but no restart
//! strategies, so the strategy is here.
//!
//! It refuses to start or restart anything: each supervisor knows its own children.

mod aside;
mod restart;
mod slot;
pub mod tables;

pub use aside::{InTurn, aside};
pub use restart::{Falls, Restart, Verdict};
pub use slot::{ActorSlot, NotThere};
