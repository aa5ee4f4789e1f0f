//! Payloads of `node.*`: the contract's fields, and what only this cluster knows.

use std::net::{IpAddr, Ipv4Addr};

use callsheet_model::signal::CacheUpdate;
use callsheet_model::{
    Arrival, Capabilities, Crash, Event, Failure, JobId, Md5, NodeName, StepIndex, Timestamp, Token,
};
use serde::Serialize;
use uuid::Uuid;

use super::{Failed, Large, Sorted, Text, time};

/// The renderer that contracts name.
pub(super) const AFTER_EFFECTS: &str = "after_effects";

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Payload<'a> {
    Online(Box<Online<'a>>),
    Offline {
        current_job_id: Option<JobId>,
        last_heartbeat_at: Option<Text<Timestamp>>,
        node: &'a NodeName,
        node_id: Uuid,
        reason: &'static str,
    },
    Plain {
        node: &'a NodeName,
        node_id: Uuid,
    },
    Crashed(Box<Crashed<'a>>),
    Quarantined {
        failure: Failed<'a>,
        job_id: JobId,
        node: &'a NodeName,
        node_id: Uuid,
        renderer: &'a str,
        step: StepIndex,
        strike: u32,
        until: Text<Timestamp>,
    },
    Cleared {
        by: &'static str,
        node: &'a NodeName,
        node_id: Uuid,
        renderer: &'a str,
    },
    Cache(Box<Cache<'a>>),
}

#[derive(Serialize)]
pub(crate) struct Online<'a> {
    available_ae_versions: Vec<&'a str>,
    cache_used_gb: Option<u64>,
    cached_template_md5s: Option<Vec<Text<Md5>>>,
    cpu_cores: u32,
    current_ae_version: &'a str,
    labels: Vec<&'a str>,
    node: &'a NodeName,
    node_agent_version: &'a str,
    node_id: Uuid,
    node_ip: Option<Text<Ipv4Addr>>,
    ram_gb: u64,
    region: &'a str,
    renderers: Sorted<&'a str, String>,
    slots: u32,
}

#[derive(Serialize)]
pub(crate) struct Crashed<'a> {
    ae_version: Option<&'a str>,
    auto_recovery_started: bool,
    class: &'static str,
    crash_signal: Option<&'a str>,
    crashed_at: Text<Timestamp>,
    error_log_tail: Option<String>,
    frame_job_id: Uuid,
    job_id: JobId,
    last_known_frame: Option<i32>,
    log_file_url: Option<&'a str>,
    message: &'a str,
    node: &'a NodeName,
    node_id: Uuid,
    render_job_id: JobId,
    renderer: &'a str,
    renderer_version: Option<&'a str>,
    step: StepIndex,
    token: Text<Token>,
}

#[derive(Serialize)]
pub(crate) struct Cache<'a> {
    action: &'static str,
    aep_file_md5: Text<Md5>,
    cache_used_bytes: Large,
    cache_used_gb: u64,
    duration_ms: Option<Large>,
    error_message: Option<&'a str>,
    file_size_bytes: Option<Large>,
    node: &'a NodeName,
    node_id: Uuid,
    project_id: Uuid,
}

/// The payload of an event about a node; none for all others.
pub(super) fn payload(event: &Event, at: Timestamp) -> Option<Payload<'_>> {
    Some(match event {
        Event::NodeOnline { node, capabilities, arrival } => {
            Payload::Online(Box::new(online(node, capabilities, arrival)))
        }
        Event::NodeOffline { node, reason, last_heard, job } => Payload::Offline {
            current_job_id: *job,
            last_heartbeat_at: last_heard.map(time),
            node,
            node_id: node.uuid(),
            reason: reason.word(),
        },
        Event::NodeDrained { node } | Event::NodeUndrained { node } => {
            Payload::Plain { node, node_id: node.uuid() }
        }
        Event::NodeCrashed { crash } => Payload::Crashed(Box::new(crashed(crash, at))),
        Event::NodeQuarantined { node, renderer, job, step, failure, strike, until } => {
            quarantined(node, renderer, (*job, *step), failure, *strike, *until)
        }
        Event::NodeCleared { node, renderer, by } => {
            Payload::Cleared { by: by.word(), node, node_id: node.uuid(), renderer }
        }
        Event::CacheUpdated { update } => Payload::Cache(Box::new(cache(update))),
        _ => return None,
    })
}

fn online<'a>(node: &'a NodeName, capabilities: &'a Capabilities, arrival: &Arrival) -> Online<'a> {
    let ae = capabilities.renderers.get(AFTER_EFFECTS);
    Online {
        available_ae_versions: ae.map(|versions| versions.iter().collect()).unwrap_or_default(),
        cache_used_gb: arrival.cache_used_bytes.map(gib),
        cached_template_md5s: arrival
            .cached_templates
            .as_ref()
            .map(|templates| templates.iter().copied().map(Text).collect()),
        cpu_cores: capabilities.cpus,
        current_ae_version: ae.and_then(|versions| versions.current()).unwrap_or_default(),
        labels: capabilities.labels.iter().map(String::as_str).collect(),
        node,
        node_agent_version: &capabilities.agent_version,
        node_id: node.uuid(),
        node_ip: arrival.address.and_then(ipv4),
        ram_gb: gib(capabilities.memory),
        region: &capabilities.region,
        renderers: Sorted::new(
            capabilities.renderers.iter().map(|(name, versions)| (name.as_str(), versions.to_string())),
        ),
        slots: capabilities.slots,
    }
}

/// The contract knows no other kind: over IPv6 there is nothing to say.
fn ipv4(address: IpAddr) -> Option<Text<Ipv4Addr>> {
    match address {
        IpAddr::V4(address) => Some(Text(address)),
        IpAddr::V6(_) => None,
    }
}

fn crashed(crash: &Crash, at: Timestamp) -> Crashed<'_> {
    let failure = &crash.failure;
    let version = crash.version.as_deref();
    Crashed {
        ae_version: version.filter(|_| crash.renderer == AFTER_EFFECTS),
        auto_recovery_started: crash.recovering,
        class: failure.class.word(),
        crash_signal: failure.exit.as_deref(),
        crashed_at: time(at),
        error_log_tail: (!failure.evidence.is_empty()).then(|| failure.evidence.join("\n")),
        frame_job_id: crash.token.frame_job_uuid(crash.job),
        job_id: crash.job,
        last_known_frame: crash.last_frame,
        log_file_url: crash.log_url.as_deref(),
        message: &failure.message,
        node: &crash.node,
        node_id: crash.node.uuid(),
        render_job_id: crash.job,
        renderer: &crash.renderer,
        renderer_version: version,
        step: crash.step,
        token: Text(crash.token),
    }
}

fn quarantined<'a>(
    node: &'a NodeName,
    renderer: &'a str,
    (job_id, step): (JobId, StepIndex),
    failure: &'a Failure,
    strike: u32,
    until: Timestamp,
) -> Payload<'a> {
    Payload::Quarantined {
        failure: Failed::of(failure),
        job_id,
        node,
        node_id: node.uuid(),
        renderer,
        step,
        strike,
        until: time(until),
    }
}

fn cache(update: &CacheUpdate) -> Cache<'_> {
    Cache {
        action: update.action.word(),
        aep_file_md5: Text(update.md5),
        cache_used_bytes: Large(update.cache_used_bytes),
        cache_used_gb: gib(update.cache_used_bytes),
        duration_ms: update.took_ms.map(Large),
        error_message: update.error.as_deref(),
        file_size_bytes: update.bytes.map(Large),
        node: &update.node,
        node_id: update.node.uuid(),
        project_id: update.project,
    }
}

/// Whole GiB, which is what the contract's `_gb` means. It always fits a double.
pub(crate) fn gib(bytes: u64) -> u64 {
    bytes >> 30
}
