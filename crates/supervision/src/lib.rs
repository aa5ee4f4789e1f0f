//! What the leader's and the node's actor trees share: how often a child may fall, a way to a child that outlives
//! it, tasks that do not outlive their actor, and how work that blocks is kept off their threads. ractor has
//! supervision events but no restart strategies, so the strategy is here. And one seam at which tests make actors fail.
//!
//! It refuses to start or restart anything: each supervisor knows its own children.

mod aside;
mod faults;
mod held;
mod record;
mod restart;
mod slot;
pub mod tables;
mod tripwire;

pub use aside::{InTurn, aside};
pub use faults::Faults;
pub use held::Held;
pub use record::{Fall, Record, WAYS, at_every_message};
pub use restart::{Falls, Restart, Verdict};
pub use slot::{ActorSlot, NotThere};
pub use tripwire::{CHILD_ENDED, CHILD_STARTED, Fault, Kinds, Moment, Point, Tripwire, Wired};
