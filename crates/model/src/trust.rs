//! How far steps and nodes are trusted: looks before a step's frames go out, crashes, quarantines. The rules by
//! which trust is lost and won are the scheduler's; here is only what is remembered and told of it.
//!
//! ```text
//!                  set up wrong, or failures in a row            its time is up
//!   trusted ─────────────────────────────► in quarantine ─────────────────────► on trial with one frame
//!      ▲                                         ▲  │                                │        │
//!      │        a person, another version,       │  │           fails: for longer    │        │
//!      │◄──── or it was the job after all ───────┼──┘◄───────────────────────────────┘        │
//!      │                                         │                                            │
//!      └─────────────────────────────────────────┴──────────── the frame is accepted ─────────┘
//! ```

use crate::id::{JobId, NodeName, StepIndex, Token};
use crate::outcome::Failure;
use crate::time::Timestamp;
use crate::version::Versions;

/// How far the look at a step is that comes before its frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Nobody was asked to look.
    #[default]
    None,
    /// A node was asked to, and none has said yet that it can be rendered.
    Begun,
    /// A node found nothing wrong.
    Cleared,
}

/// A renderer's processes on a node died or hung, one after the other, and nothing was accepted between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    /// How many attempts in a row.
    pub failures: u32,
    /// The last of them.
    pub last: Token,
}

/// A node is not trusted with a renderer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// The job at which it was found out.
    pub job: JobId,
    /// The step of the job.
    pub step: StepIndex,
    /// What made it suspect.
    pub failure: Failure,
    /// How many quarantines in a row this is, from 1.
    pub strike: u32,
    /// When the first of them began.
    pub since: Timestamp,
    /// It is tried with a frame from this moment.
    pub until: Timestamp,
    /// The renderer's versions on the node: with others it would be another renderer.
    pub versions: Versions,
    /// The lease that it is being tried with.
    pub canary: Option<Token>,
}

/// A renderer's process died while it rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    /// On which node.
    pub node: NodeName,
    /// Under which token.
    pub token: Token,
    /// The job.
    pub job: JobId,
    /// The step.
    pub step: StepIndex,
    /// The renderer.
    pub renderer: String,
    /// Its version there: of those the node has, the one that the step picks.
    pub version: Option<String>,
    /// The frame it was at, or else the last one it finished.
    pub last_frame: Option<i32>,
    /// The failure, with the last lines of the renderer's output as its evidence.
    pub failure: Failure,
    /// Whether its frames go out again by themselves.
    pub recovering: bool,
    /// Where the attempt's output can be read, when the leader's doors have a public address.
    pub log_url: Option<String>,
}

/// Why a quarantine ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClearedBy {
    /// The frame it was tried with succeeded.
    Canary,
    /// A person said so.
    Person,
    /// It came back with another version of the renderer.
    Renewal,
    /// Other nodes failed in the same way: it was the job.
    Acquittal,
}

impl ClearedBy {
    /// The word for it, everywhere.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::Person => "person",
            Self::Renewal => "renewal",
            Self::Acquittal => "acquittal",
        }
    }
}
