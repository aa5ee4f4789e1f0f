//! Durable memory: one log of events, numbered without gaps, and snapshots of what the log adds up to.
//!
//! ```text
//!   scheduler ── submit(batch) ──►┌─────────────────────┐ chunks, snapshots ┌──────┐
//!                                 │ the storage thread  │──────────────────►│ sled │ flush, then a sync
//!   scheduler ◄── on_durable ─────│ (the only writer)   │                   └──────┘ of its file
//!                                 └─────────┬───────────┘──────────────────►  head     "N are durable"
//!   streams ── read(from) ──► a page of events, at most up to what is durable
//! ```
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
mod records;
#[cfg(test)]
mod samples;

pub use damage::{Damage, Damaged, Flaw, RecordError};
pub use disk::{DiskStore, Options};
pub use error::{AppendError, ImportError, OpenError, ReadError};
pub use journal::{Durable, Journal, OnDurable, OnStored, Page, PageLimit, Recovered, Store, Tail};

pub use maintenance::{Gap, Imported, Report, export, import, verify};
pub use memory::{MemoryStore, Mishap};
