//! Everything that goes wrong, as a plan: what, when, for how long. A plan is text, one fault a line, so that a person
//! can read it, a run can be repeated by it, and the shortest one that still fails can be found.

mod draw;
mod text;

use serde::{Deserialize, Serialize};

pub use draw::{Kind, draw};
pub use text::PlanError;

use crate::Micros;

/// What goes wrong, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The faults.
    pub faults: Vec<Planned>,
}

/// A fault at its time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// Begins then.
    pub at: Micros,
    /// Is over so long after that, where it has an end.
    pub lasts: Micros,
    /// What goes wrong.
    pub fault: Fault,
}

/// One kind of thing that goes wrong. `node` is a place in the list of nodes, modulo its length.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The leader's process is killed; of what was not synced so many batches reached the platter anyway. Its port
    /// refuses until it is back, or its whole machine is silent.
    LeaderCrash {
        /// Batches that survive untold.
        kept: u8,
        /// Dials are not even refused.
        silent: bool,
    },
    /// The leader dies as soon as the weakest moment comes.
    LeaderCrashAt {
        /// Which moment.
        moment: Moment,
    },
    /// The leader's process stands still.
    LeaderStall,
    /// The scheduler's actor falls, and is started again by its table.
    SchedulerFall,
    /// Each sync takes this much longer.
    DiskSlow {
        /// By so much.
        by: Micros,
    },
    /// The next append finds the disk full; so does every further one while it lasts.
    DiskFull,
    /// The next sync fails.
    SyncFails,
    /// The next append is not written.
    AppendFails,
    /// The next snapshot is torn.
    SnapshotTorn,
    /// The wall clock of the leader's machine is set; it counts at the next start.
    WallClock {
        /// Forwards, or backwards when negative.
        by: i64,
    },

    /// A node's machine dies; its renderers with it.
    NodeCrash {
        /// Which.
        node: u16,
        /// Its own disk, and so its cache, is empty afterwards.
        disk: bool,
    },
    /// A node's machine stands still, renderers too; its clock goes on, or does not (a suspended machine).
    NodeFreeze {
        /// Which.
        node: u16,
        /// The machine's monotonic clock stands still as well.
        clock: bool,
    },
    /// The agent's process stands still; renderers go on, and write.
    AgentFreeze {
        /// Which.
        node: u16,
    },
    /// An actor of a node falls, and is started again by its table.
    ActorFall {
        /// Whose.
        node: u16,
        /// Which.
        child: Child,
    },
    /// A node leaves in good order, and comes back after a while.
    NodeLeaves {
        /// Which.
        node: u16,
        /// How long running attempts may take.
        grace: Micros,
    },

    /// Nothing arrives between some nodes and the leader.
    Partition {
        /// The first of them.
        node: u16,
        /// And so many after it.
        more: u16,
        /// Which way.
        way: Way,
    },
    /// Everything between a node and the leader takes longer.
    SlowLink {
        /// Which.
        node: u16,
        /// By so much.
        by: Micros,
    },
    /// A node's stream is reset; both sides hear it at once, or the leader's much later.
    Reset {
        /// Whose.
        node: u16,
        /// The leader hears of it late, or first from the next stream.
        half: bool,
    },

    /// Renderers on a node misbehave.
    Renderer {
        /// Which.
        node: u16,
        /// How.
        how: Misbehaviour,
    },
    /// The shared storage is away.
    StorageOut,
    /// Whatever is done on the shared storage takes longer.
    StorageSlow {
        /// By so much.
        by: Micros,
    },
    /// So many licences are left.
    Licences {
        /// How many.
        left: u16,
    },
    /// What a node has in its cache is damaged.
    CacheDamaged {
        /// Which.
        node: u16,
    },
    /// Templates cannot be fetched.
    SourceOut,
}

/// The words of all of them, as plans have them.
pub const WORDS: [&str; 24] = [
    "leader_crash",
    "leader_crash_at",
    "leader_stall",
    "scheduler_fall",
    "disk_slow",
    "disk_full",
    "sync_fails",
    "append_fails",
    "snapshot_torn",
    "wall_clock",
    "node_crash",
    "node_freeze",
    "agent_freeze",
    "actor_fall",
    "node_leaves",
    "partition",
    "slow_link",
    "reset",
    "renderer",
    "storage_out",
    "storage_slow",
    "licences",
    "cache_damaged",
    "source_out",
];

impl Fault {
    /// Its word, as plans have it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::LeaderCrash { .. } => "leader_crash",
            Self::LeaderCrashAt { .. } => "leader_crash_at",
            Self::LeaderStall => "leader_stall",
            Self::SchedulerFall => "scheduler_fall",
            Self::DiskSlow { .. } => "disk_slow",
            Self::DiskFull => "disk_full",
            Self::SyncFails => "sync_fails",
            Self::AppendFails => "append_fails",
            Self::SnapshotTorn => "snapshot_torn",
            Self::WallClock { .. } => "wall_clock",
            Self::NodeCrash { .. } => "node_crash",
            Self::NodeFreeze { .. } => "node_freeze",
            Self::AgentFreeze { .. } => "agent_freeze",
            Self::ActorFall { .. } => "actor_fall",
            Self::NodeLeaves { .. } => "node_leaves",
            Self::Partition { .. } => "partition",
            Self::SlowLink { .. } => "slow_link",
            Self::Reset { .. } => "reset",
            Self::Renderer { .. } => "renderer",
            Self::StorageOut => "storage_out",
            Self::StorageSlow { .. } => "storage_slow",
            Self::Licences { .. } => "licences",
            Self::CacheDamaged { .. } => "cache_damaged",
            Self::SourceOut => "source_out",
        }
    }
}

/// Weak moments of the leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Decided, and not yet on the platter.
    BetweenAppendAndFlush,
    /// On the platter, and nobody told.
    BetweenFlushAndEffect,
    /// A snapshot was just written.
    AfterSnapshot,
    /// A job was just taken.
    AfterSubmission,
}

/// Actors of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Child {
    /// The mind.
    Agent,
    /// Templates.
    Cache,
    /// Figures.
    Heartbeat,
    /// The stream to the leader.
    LeaderLink,
    /// A slot's.
    AeProcess(u8),
}

/// Which way nothing arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Neither.
    Both,
    /// From node to leader.
    ToLeader,
    /// From leader to node.
    ToNode,
}

/// How renderers misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Misbehaviour {
    /// Dies somewhere.
    Crashes,
    /// Stands still before its first frame.
    HangsAtStart,
    /// Stands still in a frame.
    HangsInFrame,
    /// Stands still when all is done.
    HangsAtExit,
    /// Says that it did well, and leaves frames out.
    Lies,
    /// Leaves files that are not whole.
    BreaksFiles,
    /// Ends at once without a word.
    DiesSilently,
    /// Takes this many times as long.
    Crawls,
}
