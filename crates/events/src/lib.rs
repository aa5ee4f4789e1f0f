//! Events as the world sees them. The scheduler decides with the model's types; everyone else (streams, webhooks,
//! brokers, files) sees envelopes in JSON, and this is the one place that writes, reads and hashes them.
//!
//! ```text
//!   Envelope (model) ── seal(before) ──► Sealed { id, hash, chain, json, scopes }     what streams pass on
//!   Signal (model)   ── passing ───────► Passing { kind, scopes, json }               likewise, never stored
//!   posted JSON ── ingest ──► Outside (model), or the field that is wrong
//!   Sealed* ── timeline ──► what became of each frame job
//!   lines of JSON ── verify ──► the first event that is altered, missing or out of order
//!   catalogue                   every known type: its fields, who makes it, an example
//! ```
//!
//! Pure: no clock, no randomness, no socket, no disk. It refuses to know who reads.

pub mod catalogue;
mod digest;
mod filter;
pub mod ingest;
mod json;
mod number;
pub mod passing;
mod payload;
mod scopes;
mod sealed;
mod time;
pub mod timeline;
pub mod verify;

pub use catalogue::is_topic;
pub use digest::{Digest, DigestError, NotCanonical, canonical};
pub use filter::{Filter, FilterError, fits};
pub use passing::{Passing, completed_frames, passing};
pub use scopes::Scopes;
pub use sealed::{ADDED, Prepared, Sealed};
pub use timeline::Timeline;
pub use verify::{Broken, Verifier};
