//! Events as JSON, for streams. Field names follow the contracts: ids are UUID strings, times are RFC 3339.

use callsheet_model::{Event, Failure, JobId, StepIndex, Token, Work};
use serde_json::{Map, Value, json};

/// The payload of an event.
#[must_use]
pub fn payload(event: &Event) -> Value {
    match event {
        Event::LeaderStarted { epoch } => json!({ "epoch": epoch }),
        Event::JobSubmitted { job } => json!({
            "job_id": job.id.to_string(),
            "name": job.spec.name,
            "project": job.spec.project,
            "project_id": job.spec.project_id().to_string(),
            "priority": job.spec.priority,
            "steps": job.spec.steps.iter().map(|step| json!({
                "name": step.name,
                "renderer": step.renderer,
                "frames": step.frames.to_string(),
            })).collect::<Vec<_>>(),
        }),
        Event::JobPaused { job }
        | Event::JobResumed { job }
        | Event::JobSucceeded { job }
        | Event::JobForgotten { job } => json!({ "job_id": job.to_string() }),
        Event::JobCancelled { job, reason } | Event::JobFailed { job, reason } => {
            json!({ "job_id": job.to_string(), "reason": reason })
        }
        Event::JobRetried { job, steps } => json!({
            "job_id": job.to_string(),
            "steps": steps.iter().map(|(step, frames)| json!({
                "step": step.0,
                "frames": frames.to_string(),
            })).collect::<Vec<_>>(),
        }),
        Event::StepSucceeded { job, step } => json!({ "job_id": job.to_string(), "step": step.0 }),
        Event::FramesLeased { lease } => {
            let mut payload = of_lease(lease.token, lease.job, lease.step);
            payload.insert("node".into(), lease.node.as_str().into());
            payload.insert("node_id".into(), lease.node.uuid().to_string().into());
            payload.insert("frames".into(), lease.frames.to_string().into());
            if let Work::Publish { of } = lease.work {
                payload.insert("publish_of".into(), of.to_string().into());
            }
            payload.into()
        }
        Event::FramesAccepted { token, job, step, frames, bytes, took } => {
            let mut payload = of_lease(*token, *job, *step);
            payload.insert("frames".into(), frames.to_string().into());
            payload.insert("bytes".into(), (*bytes).into());
            payload.insert("took_ms".into(), callsheet_model::time::millis(*took).into());
            payload.into()
        }
        Event::FramesPublished { token, job, step, frames }
        | Event::FramesReturned { token, job, step, frames }
        | Event::FramesLost { token, job, step, frames } => {
            let mut payload = of_lease(*token, *job, *step);
            payload.insert("frames".into(), frames.to_string().into());
            payload.into()
        }
        Event::FramesFailed { token, job, step, frames, failure, not_before, charged } => {
            let mut payload = of_lease(*token, *job, *step);
            payload.insert("frames".into(), frames.to_string().into());
            payload.insert("failure".into(), failure_json(failure));
            payload.insert("not_before".into(), not_before.to_string().into());
            payload.insert("charged".into(), (*charged).into());
            payload.into()
        }
        Event::FramesDeadLettered { token, job, step, frames, failure } => {
            let mut payload = of_lease(*token, *job, *step);
            payload.insert("frames".into(), frames.to_string().into());
            payload.insert("failure".into(), failure_json(failure));
            payload.into()
        }
        Event::LeaseReleased { token, job, step, reason } => {
            let mut payload = of_lease(*token, *job, *step);
            payload.insert("reason".into(), reason.word().into());
            payload.into()
        }
        Event::NodeOnline { node, capabilities } => json!({
            "node": node.as_str(),
            "node_id": node.uuid().to_string(),
            "region": capabilities.region,
            "node_agent_version": capabilities.agent_version,
            "current_ae_version": capabilities.renderers.get("after_effects").cloned().unwrap_or_default(),
            "ram_gb": capabilities.memory >> 30,
            "cpu_cores": capabilities.cpus,
            "slots": capabilities.slots,
            "renderers": capabilities.renderers,
            "labels": capabilities.labels,
        }),
        Event::NodeOffline { node, reason } => json!({
            "node": node.as_str(),
            "node_id": node.uuid().to_string(),
            "reason": reason.word(),
        }),
        Event::NodeDrained { node } | Event::NodeUndrained { node } => {
            json!({ "node": node.as_str(), "node_id": node.uuid().to_string() })
        }
    }
}

fn of_lease(token: Token, job: JobId, step: StepIndex) -> Map<String, Value> {
    let mut payload = Map::new();
    payload.insert("job_id".into(), job.to_string().into());
    payload.insert("step".into(), step.0.into());
    payload.insert("token".into(), token.to_string().into());
    payload.insert("frame_job_id".into(), token.frame_job_uuid(job).to_string().into());
    payload
}

fn failure_json(failure: &Failure) -> Value {
    json!({
        "class": failure.class.word(),
        "message": failure.message,
        "exit": failure.exit,
        "evidence": failure.evidence,
    })
}
