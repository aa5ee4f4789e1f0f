//! A job as it is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use callsheet_model::{
    Capabilities, Chunk, Failure, FailureClass, Job, JobSpec, OfflineReason, Requirements, StepIndex,
    StepSpec, Template, Timeouts, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::scalar::{StoredFrames, StoredJobId, StoredMd5, StoredOutput, StoredSettings, micros};

/// A stored enum without fields, and its way to and from the live one. The stored one's order is its number
/// on disk.
macro_rules! mirror {
    ($(#[$doc:meta])* $stored:ident = $live:ident { $($word:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $stored { $($word),+ }

        impl From<$live> for $stored {
            fn from(live: $live) -> Self {
                match live { $($live::$word => Self::$word),+ }
            }
        }

        impl From<$stored> for $live {
            fn from(stored: $stored) -> Self {
                match stored { $($stored::$word => Self::$word),+ }
            }
        }
    };
}
pub(crate) use mirror;

mirror! {
    /// What kind of failure.
    StoredClass = FailureClass {
        JobFatal, InputMissing, NodeConfig, Licence, OutputIo, OutOfMemory, Crash, HangStart, HangFrame,
        HangExit, SilentDeath, BrokenOutput, Agent, StorageOut,
    }
}

mirror! {
    /// Why a node is gone.
    StoredOffline = OfflineReason { Shutdown, HeartbeatLost, Maintenance, Disabled }
}

/// A failure with its evidence.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredFailure {
    class: StoredClass,
    message: String,
    exit: Option<String>,
    evidence: Vec<String>,
}

impl From<&Failure> for StoredFailure {
    fn from(live: &Failure) -> Self {
        let Failure { class, message, exit, evidence } = live.clone();
        Self { class: class.into(), message, exit, evidence }
    }
}

impl From<StoredFailure> for Failure {
    fn from(stored: StoredFailure) -> Self {
        let StoredFailure { class, message, exit, evidence } = stored;
        Self { class: class.into(), message, exit, evidence }
    }
}

/// What a node can do.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredCapabilities {
    /// Versions as one text, with commas between them.
    renderers: BTreeMap<String, String>,
    labels: BTreeSet<String>,
    slots: u32,
    memory: u64,
    cpus: u32,
    os: String,
    agent_version: String,
    region: String,
}

impl From<&Capabilities> for StoredCapabilities {
    fn from(live: &Capabilities) -> Self {
        let Capabilities { renderers, labels, slots, memory, cpus, os, agent_version, region } = live.clone();
        let renderers = renderers.into_iter().map(|(name, versions)| (name, versions.to_string())).collect();
        Self { renderers, labels, slots, memory, cpus, os, agent_version, region }
    }
}

impl From<StoredCapabilities> for Capabilities {
    fn from(stored: StoredCapabilities) -> Self {
        let StoredCapabilities { renderers, labels, slots, memory, cpus, os, agent_version, region } = stored;
        let renderers = renderers.into_iter().map(|(name, versions)| (name, versions.into())).collect();
        Self { renderers, labels, slots, memory, cpus, os, agent_version, region }
    }
}

/// A job as it was accepted.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredJob<'a> {
    id: StoredJobId,
    submitted_ms: u64,
    name: String,
    project: String,
    priority: u32,
    steps: Vec<StoredStep<'a>>,
}

/// One stage of a job.
#[derive(Serialize, Deserialize)]
struct StoredStep<'a> {
    name: String,
    renderer: String,
    template: Option<StoredTemplate>,
    frames: StoredFrames<'a>,
    /// How many frames go out at once; nothing when that is left to the scheduler.
    chunk: Option<NonZeroU32>,
    output: Option<StoredOutput>,
    retries: u32,
    start_us: u64,
    frame_us: u64,
    exit_us: u64,
    labels: BTreeSet<String>,
    memory: Option<u64>,
    renderer_version: Option<String>,
    after: BTreeSet<u16>,
    settings: StoredSettings,
    approximate: bool,
}

/// A project file.
#[derive(Serialize, Deserialize)]
struct StoredTemplate {
    md5: StoredMd5,
    bytes: u64,
    name: String,
    path: Option<String>,
}

impl<'a> From<&'a Job> for StoredJob<'a> {
    fn from(live: &'a Job) -> Self {
        Self {
            id: StoredJobId(live.id),
            submitted_ms: live.submitted_at.0,
            name: live.spec.name.clone(),
            project: live.spec.project.clone(),
            priority: live.spec.priority,
            steps: live.spec.steps.iter().map(StoredStep::from).collect(),
        }
    }
}

impl From<StoredJob<'_>> for Job {
    fn from(stored: StoredJob<'_>) -> Self {
        let StoredJob { id, submitted_ms, name, project, priority, steps } = stored;
        let steps = steps.into_iter().map(StepSpec::from).collect();
        Self {
            id: id.0,
            submitted_at: Timestamp(submitted_ms),
            spec: JobSpec { name, project, priority, approval: None, steps },
        }
    }
}

impl<'a> From<&'a StepSpec> for StoredStep<'a> {
    fn from(live: &'a StepSpec) -> Self {
        let chunk = match live.chunk {
            Chunk::Auto => None,
            Chunk::Frames(count) => Some(count),
        };
        let Requirements { labels, memory, renderer_version } = live.requires.clone();
        Self {
            name: live.name.clone(),
            renderer: live.renderer.clone(),
            template: live.template.as_ref().map(StoredTemplate::from),
            frames: (&live.frames).into(),
            chunk,
            output: live.output.clone().map(StoredOutput),
            retries: live.retries,
            start_us: micros(live.timeouts.start),
            frame_us: micros(live.timeouts.frame),
            exit_us: micros(live.timeouts.exit),
            labels,
            memory,
            renderer_version,
            after: live.after.iter().map(|step| step.0).collect(),
            settings: StoredSettings(live.settings.clone()),
            approximate: live.approximate,
        }
    }
}

impl From<StoredStep<'_>> for StepSpec {
    fn from(stored: StoredStep<'_>) -> Self {
        let StoredStep { labels, memory, renderer_version, .. } = stored;
        Self {
            name: stored.name,
            renderer: stored.renderer,
            template: stored.template.map(Template::from),
            frames: stored.frames.live(),
            chunk: stored.chunk.map_or(Chunk::Auto, Chunk::Frames),
            output: stored.output.map(|output| output.0),
            retries: stored.retries,
            timeouts: Timeouts {
                start: Duration::from_micros(stored.start_us),
                frame: Duration::from_micros(stored.frame_us),
                exit: Duration::from_micros(stored.exit_us),
            },
            requires: Requirements { labels, memory, renderer_version },
            after: stored.after.into_iter().map(StepIndex).collect(),
            settings: stored.settings.0,
            approximate: stored.approximate,
        }
    }
}

impl From<&Template> for StoredTemplate {
    fn from(live: &Template) -> Self {
        let Template { md5, bytes, name, path } = live.clone();
        Self { md5: StoredMd5(md5), bytes, name, path }
    }
}

impl From<StoredTemplate> for Template {
    fn from(stored: StoredTemplate) -> Self {
        let StoredTemplate { md5, bytes, name, path } = stored;
        Self { md5: md5.0, bytes, name, path }
    }
}
