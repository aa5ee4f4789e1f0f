//! Whether workers and nodes are well, how that is shown, and when nothing is rendered. These are the rules; the
//! leader's `monitor` actor lets time pass and carries out what follows, and what people were told is the
//! scheduler's to remember.
//!
//! ```text
//!   heartbeats ──► Workers ──┬──► Observation*    what the scheduler decides alerts by
//!                            └──► Office          what `GET /api/agent-office/nodes` shows
//!   config ──► Calendar ──► a pause now, until when; or when the next one begins
//! ```
//!
//! Pure: times come in as arguments.

mod calendar;
mod office;
mod workers;

pub use calendar::{Calendar, CalendarError};
pub use office::{LinkStatus, Office, OfficeLink, OfficeWorker, Situation, Station};
pub use workers::{Sighting, Workers};
