//! Nodes.

use std::collections::BTreeMap;

use callsheet_protocol::v1;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Failure, moment, said};

/// A node, with what it holds and its last heartbeat.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeView {
    /// Its name.
    #[schema(example = "anna")]
    name: String,
    /// Its UUID in events.
    #[schema(format = Uuid)]
    node_id: String,
    /// Whether it is there.
    online: bool,
    /// Why it is gone: `Shutdown`, `HeartbeatLost`, `Maintenance` or `Disabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    offline_reason: Option<&'static str>,
    /// When it last came or went.
    #[schema(format = DateTime)]
    since: String,
    /// It gets no more work.
    drained: bool,
    /// What it can do.
    capabilities: Capabilities,
    /// What it holds.
    leases: Vec<NodeLease>,
    /// The last heartbeat that this leader process has seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    heartbeat: Option<Heartbeat>,
    /// Renderers that it is not trusted with.
    quarantines: Vec<Quarantine>,
}

/// What a node can do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Capabilities {
    /// Renderers by name, each with its versions, the preferred one first.
    renderers: BTreeMap<String, String>,
    /// Its labels.
    labels: Vec<String>,
    /// Renderers that run at once.
    slots: u32,
    /// Its memory, in bytes.
    memory_bytes: u64,
    /// Its processors.
    cpus: u32,
    /// `linux`, `windows` or `macos`.
    #[schema(example = "linux")]
    os: String,
    /// The agent's version.
    agent_version: String,
    /// Where it stands.
    region: String,
}

/// A lease in a node's hands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeLease {
    /// Its token.
    token: u64,
    /// The job.
    #[schema(format = Uuid)]
    job: String,
    /// What people call it.
    job_name: String,
    /// The step.
    step: String,
    /// The frames that were handed out.
    frames: String,
    /// Those that are still to be proven.
    remaining: String,
    /// The frame being rendered.
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<i32>,
    /// It only looks whether the step can be rendered.
    preflight: bool,
}

/// A node's heartbeat.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Heartbeat {
    /// `Ready`, `Busy`, `Crashed` or `Updating`.
    #[schema(example = "Ready")]
    status: &'static str,
    /// When it was taken, by the node's clock.
    #[schema(format = DateTime)]
    recorded_at: String,
    /// Use of all processors together, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100)]
    cpu_pct: Option<u32>,
    /// Memory still to be had, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    ram_available_mb: Option<u64>,
    /// The template cache, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_used_bytes: Option<u64>,
    /// Whether a renderer's process runs.
    renderer_running: bool,
    /// The lease that is worked on.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_token: Option<u64>,
    /// Its job.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_job: Option<String>,
    /// Its frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_frame: Option<i32>,
    /// MD5s of the templates in the cache.
    cached_templates: Vec<String>,
}

/// A renderer that a node is not trusted with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Quarantine {
    /// Which.
    renderer: String,
    /// What made it suspect.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    /// The job at which that was.
    #[schema(format = Uuid)]
    job: String,
    /// The step of the job, by its place from 0.
    step: u32,
    /// How many in a row, from 1.
    strike: u32,
    /// When the first began.
    #[schema(format = DateTime)]
    since: String,
    /// It is tried with a frame from this moment.
    #[schema(format = DateTime)]
    until: String,
    /// The lease that it is being tried with.
    #[serde(skip_serializing_if = "Option::is_none")]
    canary: Option<u64>,
}

fn offline_reason(reason: v1::OfflineReason) -> Option<&'static str> {
    let known = reason != v1::OfflineReason::Unspecified;
    known.then(|| callsheet_protocol::goodbye_from_wire(reason).word())
}

fn status(status: v1::NodeStatus) -> &'static str {
    match status {
        v1::NodeStatus::Unspecified | v1::NodeStatus::Ready => callsheet_model::NodeStatus::Ready,
        v1::NodeStatus::Busy => callsheet_model::NodeStatus::Busy,
        v1::NodeStatus::Crashed => callsheet_model::NodeStatus::Crashed,
        v1::NodeStatus::Updating => callsheet_model::NodeStatus::Updating,
    }
    .word()
}

impl From<v1::NodeView> for NodeView {
    fn from(node: v1::NodeView) -> Self {
        Self {
            offline_reason: offline_reason(node.offline_reason()).filter(|_| !node.online),
            name: node.name,
            node_id: node.node_id,
            online: node.online,
            since: moment(node.since_ms),
            drained: node.drained,
            capabilities: node.capabilities.unwrap_or_default().into(),
            leases: node.leases.into_iter().map(Into::into).collect(),
            heartbeat: node.heartbeat.map(Into::into),
            quarantines: node.quarantines.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<v1::Capabilities> for Capabilities {
    fn from(can: v1::Capabilities) -> Self {
        Self {
            renderers: can.renderers.into_iter().collect(),
            labels: can.labels,
            slots: can.slots,
            memory_bytes: can.memory_bytes,
            cpus: can.cpus,
            os: can.os,
            agent_version: can.agent_version,
            region: can.region,
        }
    }
}

impl From<v1::NodeLease> for NodeLease {
    fn from(lease: v1::NodeLease) -> Self {
        let v1::NodeLease { token, job, job_name, step, frames, remaining, frame, preflight } = lease;
        Self { token, job, job_name, step, frames, remaining, frame, preflight }
    }
}

impl From<v1::Heartbeat> for Heartbeat {
    fn from(beat: v1::Heartbeat) -> Self {
        Self {
            status: status(beat.status()),
            recorded_at: moment(beat.recorded_at_ms),
            cpu_pct: beat.cpu_pct,
            ram_available_mb: beat.ram_available_mb,
            cache_used_bytes: beat.cache_used_bytes,
            renderer_running: beat.renderer_running,
            current_token: beat.current_token,
            current_job: said(beat.current_job),
            current_frame: beat.current_frame,
            cached_templates: beat.cached_templates,
        }
    }
}

impl From<v1::Quarantine> for Quarantine {
    fn from(held: v1::Quarantine) -> Self {
        Self {
            renderer: held.renderer,
            failure: held.failure.map(Into::into),
            job: held.job,
            step: held.step,
            strike: held.strike,
            since: moment(held.since_ms),
            until: moment(held.until_ms),
            canary: Some(held.canary).filter(|canary| *canary != 0),
        }
    }
}
