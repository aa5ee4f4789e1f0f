//! What the leader's and the node's actor trees share: how often a child may fall, a way to a child that
//! outlives it, and tasks that do not outlive their actor. ractor has supervision events but no restart strategies, so the strategy is here. And one seam where tests
//! make actors fail.
//!
//! It refuses to start or restart anything: each supervisor knows its own children.

mod faults;
mod held;
mod restart;
mod slot;
pub mod tables;
mod tripwire;

pub use faults::Faults;
pub use held::Held;
pub use restart::{Falls, Restart, Verdict};
pub use slot::{ActorSlot, NotThere};
pub use tripwire::{CHILD_ENDED, CHILD_STARTED, Fault, Kinds, Moment, Point, Tripwire, Wired};
