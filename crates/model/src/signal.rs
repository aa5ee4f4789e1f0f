//! Signals: what is passed on live and never stored. Losing one loses nothing.

use uuid::Uuid;

use crate::frames::FrameSet;
use crate::id::{JobId, Md5, NodeName, StepIndex, Token};
use crate::node::NodeStatus;
use crate::time::Timestamp;

/// Something passing.
#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// A node's heartbeat.
    Heartbeat(Heartbeat),
    /// What an attempt is doing.
    Progress(Progress),
    /// Output of an attempt.
    Log(LogChunk),
    /// A worker's heartbeat.
    Worker(WorkerBeat),
    /// A heartbeat of an agent that speaks only HTTP, and has no session here.
    Foreign(ForeignBeat),
    /// A frame that such an agent says is done. Nothing is accepted on its word.
    FrameCompleted(FrameCompleted),
}

/// A worker's heartbeat, with the contract's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerBeat {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: WorkerKind,
    /// How it is: one of its kind's states.
    pub state: WorkerState,
    /// When it was sent, by the worker's clock.
    pub ts: Timestamp,
    /// When it last did a job.
    pub last_job_at: Option<Timestamp>,
    /// Jobs it has done.
    pub jobs_done: u64,
    /// Jobs it has failed at.
    pub jobs_failed: u64,
    /// A watcher's mode.
    pub mode: Option<String>,
}

/// What a worker is, with the contract's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkerKind {
    /// Renders.
    Render,
    /// Watches something, and pauses rendering by its mode.
    Watcher,
    /// Trades.
    Trader,
}

/// How a worker is, with the contract's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkerState {
    /// A render worker has nothing to do.
    Idle,
    /// A render worker works.
    Busy,
    /// A render worker is paused, whatever else it does.
    Paused,
    /// A watcher keeps render queues paused.
    Trading,
    /// A watcher lets render queues be.
    Free,
    /// A trader's market is open.
    MarketOpen,
    /// A trader's market is closed.
    MarketClosed,
}

impl WorkerKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Render, Self::Watcher, Self::Trader];

    /// The contract's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Render => "render",
            Self::Watcher => "watcher",
            Self::Trader => "trader",
        }
    }

    /// The states that it may be in.
    #[must_use]
    pub fn states(self) -> &'static [WorkerState] {
        match self {
            Self::Render => &[WorkerState::Idle, WorkerState::Busy, WorkerState::Paused],
            Self::Watcher => &[WorkerState::Trading, WorkerState::Free],
            Self::Trader => &[WorkerState::MarketOpen, WorkerState::MarketClosed],
        }
    }
}

impl WorkerState {
    /// The contract's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Busy => "busy",
            Self::Paused => "paused",
            Self::Trading => "trading",
            Self::Free => "free",
            Self::MarketOpen => "market_open",
            Self::MarketClosed => "market_closed",
        }
    }
}

/// A heartbeat of an agent that speaks only HTTP, as the contract writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignBeat {
    /// The agent's UUID.
    pub node_id: Uuid,
    /// How it is.
    pub status: NodeStatus,
    /// When it was taken, by the agent's clock.
    pub recorded_at: Timestamp,
    /// The whole payload: the text of a JSON object, checked against the contract.
    pub payload: String,
}

/// A frame that an agent which speaks only HTTP says is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameCompleted {
    /// The job.
    pub job: JobId,
    /// The frame job's UUID.
    pub frame_job: Uuid,
    /// The frame.
    pub frame: i32,
    /// The size of its file.
    pub bytes: Option<u64>,
    /// When.
    pub completed_at: Option<Timestamp>,
}

/// A node's heartbeat, every five seconds, with the contract's fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Heartbeat {
    /// Who.
    pub node: NodeName,
    /// How it is.
    pub status: NodeStatus,
    /// When it was taken, by the node's clock.
    pub recorded_at: Timestamp,
    /// Use of all processors together, 0 to 100.
    pub cpu_pct: Option<u8>,
    /// Memory still to be had, in MiB.
    pub ram_available_mb: Option<u64>,
    /// The whole template cache, in bytes.
    pub cache_used_bytes: Option<u64>,
    /// Whether a renderer process runs.
    pub renderer_running: bool,
    /// What is being rendered, if anything; the first slot's when there are several.
    pub current: Option<Current>,
    /// MD5s of all templates in the cache.
    pub cached_templates: Vec<Md5>,
}

/// What a node is rendering right now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    /// Under which token.
    pub token: Token,
    /// The job.
    pub job: JobId,
    /// The frame, once it is known.
    pub frame: Option<i32>,
}

/// What an attempt is doing.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Where.
    pub node: NodeName,
    /// Under which token.
    pub token: Token,
    /// The job.
    pub job: JobId,
    /// The step.
    pub step: StepIndex,
    /// The frame being rendered, if the renderer tells.
    pub frame: Option<i32>,
    /// How far that frame or task is, 0 to 1, if the renderer tells.
    pub fraction: Option<f32>,
    /// Frames of this lease still to be done.
    pub remaining: FrameSet,
}

/// A piece of an attempt's output, in whole lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogChunk {
    /// Where it ran.
    pub node: NodeName,
    /// Under which token.
    pub token: Token,
    /// The job.
    pub job: JobId,
    /// The step.
    pub step: StepIndex,
    /// Where in the attempt's output the text begins, in bytes. A repeated piece is known by it.
    pub offset: u64,
    /// The text; bytes that are no UTF-8 were replaced.
    pub text: String,
}

/// A node's template cache changed. Unlike the rest here it is remembered, as an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheUpdate {
    /// Whose cache.
    pub node: NodeName,
    /// The project on whose behalf: of the job that wanted the template, or wanted it last.
    pub project: Uuid,
    /// What happened.
    pub action: CacheAction,
    /// The template.
    pub md5: Md5,
    /// Its size in bytes.
    pub bytes: Option<u64>,
    /// The whole cache after it, in bytes.
    pub cache_used_bytes: u64,
    /// How long it took, in milliseconds.
    pub took_ms: Option<u64>,
    /// What went wrong.
    pub error: Option<String>,
}

/// What happened to a template, with the contract's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheAction {
    /// Fetched and verified.
    Downloaded,
    /// Removed to make room.
    Evicted,
    /// Checked again and found whole.
    Verified,
    /// Could not be fetched, or was not what its MD5 says.
    Failed,
}

impl CacheAction {
    /// The contract's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Downloaded => "Downloaded",
            Self::Evicted => "Evicted",
            Self::Verified => "Verified",
            Self::Failed => "Failed",
        }
    }
}
