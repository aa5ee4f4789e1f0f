//! Durable memory: one log of events, numbered without gaps, and snapshots of what the log adds up to.
//!
//! ```text
//!   scheduler ── submit(batch) ──►┌─────────────────────┐ chunks, snapshots ┌──────┐
//!                                 │ the storage thread  │──────────────────►│ sled │ flush, then a sync
//!   scheduler ◄── on_durable ─────│ (the only writer)   │                   └──────┘ of its file
//!                                 └─────────┬───────────┘──────────────────►  head     "N are durable"
//!                                           └─ the latest events, sealed, in memory
//!   streams ── read(from) ──► a page of sealed events, at most up to what is durable
//! ```
//!
//! Events are sealed while they are appended: each gets its id, its hash and its place in the chain of hashes, by
//! which [`verify_events`] finds what was changed afterwards. The chain's beginning is chosen by chance when a
//! journal is made, so that the events of two journals are never taken for each other.
//!
//! What holds: nothing is acknowledged before it is durable; an acknowledged event is there on the next start
//! or the start fails and says what is gone; a journal that failed once takes nothing more.
//!
//! Callers speak to [`Store`] and [`Journal`] and cannot tell where the log lies: [`DiskStore`] keeps it in
//! sled, [`MemoryStore`] in memory, with the same bytes and a disk's way of failing.
//!
//! No sled type and no bincode type leaves this crate, and no live type of the model is written as it is: what
//! is on disk has types of its own (`records`). Every call here may block; none belongs on an async runtime.

mod chunk;
mod damage;
mod disk;
mod error;
mod journal;
mod lines;
mod maintenance;
mod memory;
mod pages;
mod records;
#[cfg(test)]
mod samples;

pub use damage::{Damage, Damaged, Flaw, RecordError};
pub use disk::{DiskStore, OnFlush, Options};
pub use error::{AppendError, ImportError, OpenError, ReadError};
pub use journal::{Durable, Journal, OnDurable, OnStored, Page, PageLimit, Recovered, Store, Tail};

pub use maintenance::{
    Breach, Broken, Chained, Exported, Exports, Gap, Imported, Report, export, import, verify, verify_events,
};
pub use memory::{MemoryStore, Mishap};
