//! Jobs, their steps, their frames.

use std::collections::BTreeMap;

use callsheet_model::JobState;
use callsheet_protocol::v1;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Failure, moment, said, word};
use crate::grpc::views;

/// A job: what was submitted, and where it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobView {
    /// Its UUID.
    #[schema(format = Uuid)]
    pub(crate) id: String,
    /// What was submitted; in lists without its steps.
    spec: JobSpec,
    /// Where it stands: `awaiting_approval`, `queued`, `running`, `paused`, `succeeded`, `failed` or `cancelled`.
    #[schema(example = "running")]
    pub(crate) state: String,
    /// When it was taken.
    #[schema(format = DateTime)]
    submitted_at: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// Why it ended as it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Where its steps stand, in their order.
    steps: Vec<StepView>,
    /// Leases in force.
    leases: Vec<LeaseView>,
    /// Its frames, over all steps.
    frames: FrameCounts,
    /// The log's number at which this was so.
    pub(crate) sequence: u64,
    /// Where it stands, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
}

/// A page of jobs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobList {
    /// The newest first.
    pub(crate) jobs: Vec<JobView>,
    /// For the page after it; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_page_token: Option<String>,
}

/// What was submitted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobSpec {
    /// What people call it.
    #[schema(example = "Title sequence")]
    name: String,
    /// The project it belongs to.
    #[schema(example = "default")]
    project: String,
    /// 0 to 100; higher goes first.
    #[schema(minimum = 0, maximum = 100)]
    priority: u32,
    /// The release it needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<Approval>,
    /// Its steps; each comes after those it depends on.
    steps: Vec<StepSpec>,
}

/// The release that a job needs before anything of it is handed out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Approval {
    /// What is asked for, in one word.
    #[schema(example = "release")]
    kind: String,
    /// What the person is asked.
    description: String,
    /// How long they have, in milliseconds; for ever when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u64>,
    /// What follows when nobody answers in time: `escalate` or `deny`.
    #[schema(example = "escalate")]
    overdue: String,
}

/// One stage of a job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepSpec {
    /// Its name, unique in the job.
    name: String,
    /// The renderer's name.
    renderer: String,
    /// The project file that it renders.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<Template>,
    /// Its frames, `1-100`; absent when the step is one task.
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<String>,
    /// Frames handed out at once; 0 when the leader finds out itself.
    chunk: u32,
    /// Where the results end up.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    /// Failures of one frame that are forgiven.
    retries: u32,
    /// How long things may take.
    timeouts: Timeouts,
    /// What a node must have.
    requires: Requirements,
    /// Names of steps that must have succeeded before.
    after: Vec<String>,
    /// What only the renderer understands.
    #[schema(value_type = Object)]
    settings: BTreeMap<String, Value>,
    /// A picture that is known to be drawn wrong is accepted.
    approximate: bool,
}

/// A project file, known by the MD5 of its bytes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Template {
    /// 32 hexadecimal digits.
    #[schema(min_length = 32, max_length = 32)]
    md5: String,
    /// Its size in bytes.
    bytes: u64,
    /// Its file name.
    name: String,
    /// Where every node can read it; absent when nodes fetch it from the leader.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

/// Bounds on an attempt, in milliseconds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Timeouts {
    /// From the renderer's start to its first sign of a frame.
    start_ms: u64,
    /// From one frame to the next.
    frame_ms: u64,
    /// From the last frame to the process' end.
    exit_ms: u64,
}

/// What a node must have.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Requirements {
    /// Labels that it must carry.
    labels: Vec<String>,
    /// Memory that each attempt needs, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_bytes: Option<u64>,
    /// The renderer's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    renderer_version: Option<String>,
}

/// Where a step stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepView {
    /// Its name.
    name: String,
    /// `blocked`, `open`, `succeeded` or `failed`.
    #[schema(example = "open")]
    state: String,
    /// Its frames.
    frames: FrameCounts,
    /// Bytes of all accepted frames.
    bytes: u64,
    /// Render time of all accepted frames, in milliseconds.
    took_ms: u64,
    /// The last failure seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<Failure>,
    /// Why its frames are where they are, for people; not in lists.
    explanation: Vec<String>,
}

/// How many frames are where. Every frame counts in exactly one of `accepted`, `leased`, `waiting`, `retrying` and
/// `dead`.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct FrameCounts {
    /// All of them.
    total: u64,
    /// Of the accepted ones, those at their final path.
    published: u64,
    /// Proven.
    accepted: u64,
    /// In a node's hands.
    leased: u64,
    /// In nobody's hands, not tried yet.
    waiting: u64,
    /// In nobody's hands, after failures.
    retrying: u64,
    /// Put aside.
    dead: u64,
}

/// A lease in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LeaseView {
    /// Its token.
    token: u64,
    /// Whose it is.
    node: String,
    /// The step, by its place from 0.
    step: u32,
    /// The frames that were handed out.
    frames: String,
    /// Those that are still to be proven.
    remaining: String,
    /// When it was handed out.
    #[schema(format = DateTime)]
    since: String,
    /// The UUID of this frame job in events.
    #[schema(format = Uuid)]
    frame_job_id: String,
    /// The node only looks whether the step can be rendered.
    preflight: bool,
    /// Earlier attempts ran out of memory: this one uses as little as can be.
    gentle: bool,
}

impl From<v1::JobView> for JobView {
    fn from(view: v1::JobView) -> Self {
        let state = views::job_state_from_wire(view.state());
        Self {
            state: state.map_or("unspecified", JobState::word).to_owned(),
            id: view.id,
            spec: view.spec.unwrap_or_default().into(),
            submitted_at: moment(view.submitted_at_ms),
            ended_at: view.ended_at_ms.map(moment),
            reason: said(view.reason),
            steps: view.steps.into_iter().map(Into::into).collect(),
            leases: view.leases.into_iter().map(Into::into).collect(),
            frames: view.frames.unwrap_or_default().into(),
            sequence: view.sequence,
            summary: said(view.summary),
        }
    }
}

impl From<v1::JobSpec> for JobSpec {
    fn from(spec: v1::JobSpec) -> Self {
        Self {
            name: spec.name,
            project: spec.project,
            priority: spec.priority.unwrap_or(callsheet_config::job::DEFAULT_PRIORITY),
            approval: spec.approval.map(Into::into),
            steps: spec.steps.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<v1::Approval> for Approval {
    fn from(approval: v1::Approval) -> Self {
        let overdue = match approval.overdue() {
            v1::Overdue::Unspecified => v1::Overdue::Escalate,
            said => said,
        };
        Self {
            overdue: word(overdue.as_str_name(), "OVERDUE_"),
            kind: approval.kind,
            description: approval.description,
            timeout_ms: approval.timeout_ms,
        }
    }
}

impl From<v1::StepSpec> for StepSpec {
    fn from(step: v1::StepSpec) -> Self {
        let timeouts = step.timeouts.unwrap_or_default();
        let requires = step.requires.unwrap_or_default();
        Self {
            name: step.name,
            renderer: step.renderer,
            template: step.template.map(|template| Template {
                md5: template.md5,
                bytes: template.bytes,
                name: template.name,
                path: said(template.path),
            }),
            frames: said(step.frames),
            chunk: step.chunk,
            output: said(step.output),
            retries: step.retries.unwrap_or_default(),
            timeouts: Timeouts {
                start_ms: timeouts.start_ms.unwrap_or_default(),
                frame_ms: timeouts.frame_ms.unwrap_or_default(),
                exit_ms: timeouts.exit_ms.unwrap_or_default(),
            },
            requires: Requirements {
                labels: requires.labels,
                memory_bytes: requires.memory_bytes,
                renderer_version: said(requires.renderer_version),
            },
            after: step.after,
            settings: serde_json::from_str(&step.settings_json).unwrap_or_default(),
            approximate: step.approximate,
        }
    }
}

impl From<v1::StepView> for StepView {
    fn from(step: v1::StepView) -> Self {
        Self {
            state: word(step.state().as_str_name(), "STEP_STATE_"),
            name: step.name,
            frames: step.frames.unwrap_or_default().into(),
            bytes: step.bytes,
            took_ms: step.took_ms,
            last_failure: step.last_failure.map(Into::into),
            explanation: step.explanation,
        }
    }
}

impl From<v1::FrameCounts> for FrameCounts {
    fn from(counts: v1::FrameCounts) -> Self {
        let v1::FrameCounts { total, published, accepted, leased, waiting, retrying, dead } = counts;
        Self { total, published, accepted, leased, waiting, retrying, dead }
    }
}

impl From<v1::LeaseView> for LeaseView {
    fn from(lease: v1::LeaseView) -> Self {
        Self {
            token: lease.token,
            node: lease.node,
            step: lease.step,
            frames: lease.frames,
            remaining: lease.remaining,
            since: moment(lease.since_ms),
            frame_job_id: lease.frame_job_id,
            preflight: lease.preflight,
            gentle: lease.gentle,
        }
    }
}
