//! The scheduler actor: judge, remember, act, tell.
//!
//! ```text
//!   commands ─┬─► decide the whole batch ─► append to the journal, one flush ─► effects and replies leave
//!   reads ────┘        (in memory)              (storage thread)                  (in order)
//! ```
//!
//! While one batch is on its way to the disk the next is collected and decided. Nothing leaves before what it
//! follows from is durable, and that goes for reads too: nobody is told what a crash could undo. Events from
//! outside go with it in small pieces, behind what the cluster itself has to decide (see [`posts`]).
//!
//! Supervised by the leader's supervisor. When it dies (a panic, an append that failed), decided but not yet
//! durable batches die with it, and no effect of theirs has left; the new one recovers by replay. All node
//! sessions are closed with it, since what it knew of them is not in the journal: nodes come back by
//! themselves, with their leases.

mod actor;
mod flight;
mod handle;
mod posts;
mod replay;

pub(crate) use actor::{Arguments, SchedulerActor};
pub(crate) use flight::Told;
pub(crate) use handle::{Message, SchedulerHandle, SessionReports};
pub(crate) use posts::Guests;
