//! The node's mind: slots, leases, the outbox of reports, the lease clock and the watchdog.
//!
//! ```text
//!   leader ──► offers, settled, revoked ─┐                    ┌─► Hello, Report, Pulse, Goodbye ──► leader
//!   cache  ──► fetched ──────────────────┤                    ├─► Fetch, Release ───────────────► cache
//!   slots  ──► launched, proven, ended ──┼─► Agent::handle ───┼─► Start, Bite, Kill ────────────► slots
//!   disk   ──► published ────────────────┤   (now, Input)     ├─► Publish, Clean ───────────────► disk
//!   person ──► leave ────────────────────┘                    └─► Left, Redial
//!                                            next_wake()          when to be called if nothing happens
//! ```
//!
//! One lease, from its offer to its end:
//!
//! ```text
//!   offered ─► Fetching ─► Waiting ─► Running ─► Ended ─► (accepted frames are published) ─► closed, forgotten
//!                  └──────────┴──────────┴── revoked, or the lease clock ran out: killed and dropped
//! ```
//!
//! It is pure: no runtime, clock, socket or disk. Time is the node's own monotonic clock, as a duration since
//! any fixed moment, and comes in as an argument. It refuses to publish anything that the leader has not
//! accepted under exactly that token, and to hold a lease for longer than the leader must believe in it.

mod action;
mod agent;
mod attempts;
mod clock;
mod experience;
mod held;
mod input;
mod leaving;
mod offer;
mod outbox;
mod publishing;
mod shelf;
mod watchdog;

#[cfg(test)]
mod endurance;
#[cfg(test)]
mod hangs;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod stories;

pub use action::{Action, Hello, Numbered, Pulse};
pub use agent::{Agent, Running};
pub use input::{Input, News, Welcome};
pub use offer::{Brief, Offer, StepInput};
pub use outbox::MAX_UNSETTLED;
pub use shelf::Shelf;
