//! The leader's mind: what to hand to whom, and what follows from what nodes say.
//!
//! ```text
//!            Command + now
//!                 │
//!          ┌──────▼──────┐  Rejection (a typed no, told to whoever asked)
//!          │   decide     │───────────────►
//!          └──────┬──────┘
//!               Event*  ──► evolve(State)        the only thing that changes State; total; replay = live
//!                 │
//!          ┌──────▼──────┐
//!          │   react      │──► Effect*           offers, revocations, confirmations
//!          └─────────────┘    next_wake()         when to be called if nothing happens
//! ```
//!
//! Pure: no clock, no randomness, no socket, no disk. The same commands at the same times give the same
//! events, for ever. It refuses to know how effects are performed or where events are kept.

pub mod command;
pub mod effect;
pub mod policy;
pub mod rejection;
pub mod view;

mod decide;
mod flights;
mod presence;
mod scheduler;
mod state;
mod turn;

pub use command::{AlertOutcome, Command, Holding, Report, Reported};
pub use effect::{Effect, Ingested, Reply};
pub use flights::Flights;
pub use policy::Policy;
pub use rejection::Rejection;
pub use scheduler::{Output, Scheduler};
pub use state::{Damage, State};
