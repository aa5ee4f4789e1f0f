//! The nouns of Callsheet, and the rules that belong to them alone.
//!
//! ```text
//!   job ─┬─ step ─┬─ frame set          what a person asked for
//!        │        └─ template (MD5)
//!        └─ ...
//!   lease = frames of a step, in one node's hands, under a token      what the leader handed out
//!   outcome = how an attempt at a lease ended, with its evidence      what a node says
//!   event = something that happened, for ever; signal = something passing
//! ```
//!
//! This crate knows no runtime, clock, randomness, socket or disk: times and ids come in as arguments, and
//! the same input gives the same output for ever. Nothing here is a wire format or a disk format: see
//! `callsheet-protocol` and `callsheet-journal` for those.

pub mod alert;
pub mod approval;
pub mod author;
pub mod envelope;
pub mod event;
pub mod frames;
pub mod id;
pub mod image;
pub mod job;
pub mod lease;
pub mod limits;
pub mod node;
pub mod outcome;
pub mod output;
pub mod outside;
pub mod pause;
pub mod phase;
pub mod report;
pub mod signal;
pub mod time;
pub mod troupe;
pub mod trust;
pub mod version;
pub mod workflow;

pub use alert::{Alert, AlertEvent, AlertKind, Observation};
pub use approval::{ApprovalEvent, ApprovalSpec, Overdue};
pub use author::{Author, AuthorKind};
pub use envelope::{Context, Envelope};
pub use event::{Event, ReleaseReason};
pub use frames::{FrameSet, FrameSetError};
pub use id::{JobId, Md5, NodeName, SessionId, StepIndex, Token};
pub use job::{Chunk, Job, JobSpec, JobState, Requirements, StepSpec, StepState, Template, Timeouts};
pub use lease::{Lease, Work};
pub use node::{Arrival, Capabilities, NodeStatus, OfflineReason};
pub use outcome::{Failure, FailureClass, Outcome};
pub use output::OutputPattern;
pub use outside::Outside;
pub use pause::{Pause, PauseEvent, PauseKey, PauseScope, PauseSource, Running};
pub use phase::RunPhase;
pub use report::{Report, Reported};
pub use time::Timestamp;
pub use troupe::{Player, PlayerChange, TroupeEvent};
pub use trust::{ClearedBy, Crash};
pub use version::{VersionWish, Versions};
pub use workflow::WorkflowEvent;
