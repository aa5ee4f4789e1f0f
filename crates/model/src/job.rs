//! Jobs: what a person submits. A [`JobSpec`] that exists has been checked whole (`callsheet-config` reads
//! and checks job files); the scheduler only adds what depends on the cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::approval::ApprovalSpec;
use crate::frames::FrameSet;
use crate::id::{JobId, Md5, StepIndex, project_uuid};
use crate::output::OutputPattern;
use crate::time::Timestamp;

/// A job as it was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its id, chosen by the client or made by the leader.
    pub id: JobId,
    /// When the leader accepted it.
    pub submitted_at: Timestamp,
    /// What is to be done.
    pub spec: JobSpec,
}

/// What is to be done: a named, prioritised graph of steps, in a project.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSpec {
    /// What people call it.
    pub name: String,
    /// The project it belongs to.
    pub project: String,
    /// 0 to 100; higher goes first. Equal ones go in the order they came.
    pub priority: u32,
    /// A person has to release it before anything of it is handed out.
    pub approval: Option<ApprovalSpec>,
    /// The steps; each comes after the steps it depends on.
    pub steps: Vec<StepSpec>,
}

impl JobSpec {
    /// The project's UUID, as contracts name it.
    #[must_use]
    pub fn project_id(&self) -> Uuid {
        project_uuid(&self.project)
    }

    /// A step by its place.
    #[must_use]
    pub fn step(&self, index: StepIndex) -> Option<&StepSpec> {
        self.steps.get(index.at())
    }
}

/// One stage of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct StepSpec {
    /// Its name, unique in the job.
    pub name: String,
    /// The renderer's name: `lottie`, `after_effects`, or one described in the cluster config.
    pub renderer: String,
    /// The project file it renders.
    pub template: Option<Template>,
    /// The frames; empty for a step that is one task (see [`StepSpec::work`]).
    pub frames: FrameSet,
    /// How many frames go out at once.
    pub chunk: Chunk,
    /// Where the results end up.
    pub output: Option<OutputPattern>,
    /// How often one frame may fail before it is dead-lettered: retries after the first attempt.
    pub retries: u32,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// What a node must have.
    pub requires: Requirements,
    /// Steps that must have succeeded before this one starts.
    pub after: BTreeSet<StepIndex>,
    /// What only the renderer understands, by key (size, scale, scene arguments, ...).
    pub settings: BTreeMap<String, serde_json::Value>,
    /// The submitter accepts a picture that the renderer is known to draw wrong.
    pub approximate: bool,
}

impl StepSpec {
    /// Whether the step is one task without frames.
    #[must_use]
    pub fn is_task(&self) -> bool {
        self.frames.is_empty()
    }

    /// What has to be done, in frames: a task counts as the one frame 0.
    #[must_use]
    pub fn work(&self) -> FrameSet {
        if self.is_task() { FrameSet::one(0) } else { self.frames.clone() }
    }

    /// Whether a result leaves files that have to be published.
    #[must_use]
    pub fn has_output(&self) -> bool {
        self.output.is_some()
    }
}

/// A project file, known by the MD5 of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its identity.
    pub md5: Md5,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its file name, for people and for renderers that look at the extension.
    pub name: String,
    /// An absolute path where every node can read it; otherwise nodes fetch it from the leader.
    pub path: Option<String>,
}

/// How many frames are handed out at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chunk {
    /// From what frames of this step have taken so far, and what is left to share out.
    #[default]
    Auto,
    /// This many.
    Frames(NonZeroU32),
}

impl fmt::Display for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Frames(count) => count.fmt(f),
        }
    }
}

/// Bounds on an attempt; the node's watchdog keeps them and kills the renderer when one is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From the renderer's start to its first sign of a frame.
    pub start: Duration,
    /// From one frame to the next.
    pub frame: Duration,
    /// From the last frame to the process' end.
    pub exit: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(300),
            frame: Duration::from_secs(600),
            exit: Duration::from_secs(60),
        }
    }
}

/// What a node must have to be handed a step's frames. Ordered, so that the scheduler can index by it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Requirements {
    /// Labels, all of which the node must carry.
    pub labels: BTreeSet<String>,
    /// Memory that each attempt needs, in bytes.
    pub memory: Option<u64>,
    /// The renderer's version, if it matters, as a [`crate::VersionWish`] is written.
    pub renderer_version: Option<String>,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobState {
    /// A person has to release it first.
    Awaiting,
    /// Nothing of it has been handed out yet.
    Queued,
    /// Some of it is or has been in a node's hands.
    Running,
    /// On request: nothing more of it is handed out.
    Paused,
    /// Every frame of every step is published.
    Succeeded,
    /// Some frame is dead-lettered and nothing more can be done, or the job itself cannot be done.
    Failed,
    /// On request.
    Cancelled,
}

impl JobState {
    /// Whether nothing happens to it any more, unless someone retries it.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// The word for it, everywhere.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Awaiting => "awaiting_approval",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepState {
    /// Steps before it have not succeeded yet.
    Blocked,
    /// Frames wait or are in hands.
    Open,
    /// Every frame is published.
    Succeeded,
    /// Frames are dead-lettered and no others are left to do.
    Failed,
}

impl StepState {
    /// The word for it, everywhere.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Open => "open",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}
