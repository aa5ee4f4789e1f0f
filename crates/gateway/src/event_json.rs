//! Events as JSON, for streams. Field names follow the contracts: ids are UUID strings, times are RFC 3339.

use std::collections::BTreeMap;

use callsheet_model::{
    Capabilities, Crash, Envelope, Event, Failure, JobId, NodeName, StepIndex, Timestamp, Token, Work,
};
use serde_json::{Map, Value, json};

/// The renderer that contracts name.
const AFTER_EFFECTS: &str = "after_effects";

/// The payload of an event. `log_url` tells where the output of the attempt that crashed is kept, if it is.
#[must_use]
pub fn payload(envelope: &Envelope, log_url: impl FnOnce(&Crash) -> Option<String>) -> Value {
    match &envelope.event {
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
            match lease.work {
                Work::Render => {}
                Work::Publish { of } => {
                    payload.insert("publish_of".into(), of.to_string().into());
                }
                Work::Preflight => {
                    payload.insert("preflight".into(), true.into());
                }
            }
            if lease.gentle {
                payload.insert("gentle".into(), true.into());
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
        Event::NodeOnline { node, capabilities } => node_online(node, capabilities),
        Event::NodeOffline { node, reason } => json!({
            "node": node.as_str(),
            "node_id": node.uuid().to_string(),
            "reason": reason.word(),
        }),
        Event::NodeDrained { node } | Event::NodeUndrained { node } => {
            json!({ "node": node.as_str(), "node_id": node.uuid().to_string() })
        }
        Event::StepCleared { job, step, node } => json!({
            "job_id": job.to_string(),
            "step": step.0,
            "node": node.as_str(),
            "node_id": node.uuid().to_string(),
        }),
        Event::NodeCrashed { crash } => node_crashed(crash, envelope.at, log_url(crash)),
        Event::NodeQuarantined { node, renderer, job, step, failure, strike, until } => json!({
            "node": node.as_str(),
            "node_id": node.uuid().to_string(),
            "renderer": renderer,
            "job_id": job.to_string(),
            "step": step.0,
            "failure": failure_json(failure),
            "strike": strike,
            "until": until.to_string(),
        }),
        Event::NodeCleared { node, renderer, by } => json!({
            "node": node.as_str(),
            "node_id": node.uuid().to_string(),
            "renderer": renderer,
            "by": by.word(),
        }),
    }
}

fn node_online(node: &NodeName, capabilities: &Capabilities) -> Value {
    let ae = capabilities.renderers.get(AFTER_EFFECTS).cloned().unwrap_or_default();
    let renderers: BTreeMap<&str, String> =
        capabilities.renderers.iter().map(|(name, all)| (name.as_str(), all.to_string())).collect();
    json!({
        "node": node.as_str(),
        "node_id": node.uuid().to_string(),
        "region": capabilities.region,
        "node_agent_version": capabilities.agent_version,
        "current_ae_version": ae.current().unwrap_or_default(),
        "available_ae_versions": ae.iter().collect::<Vec<_>>(),
        "ram_gb": capabilities.memory >> 30,
        "cpu_cores": capabilities.cpus,
        "slots": capabilities.slots,
        "renderers": renderers,
        "labels": capabilities.labels,
    })
}

/// The contract's fields, and behind them what only this cluster knows.
fn node_crashed(crash: &Crash, at: Timestamp, log_url: Option<String>) -> Value {
    let failure = &crash.failure;
    let tail = (!failure.evidence.is_empty()).then(|| failure.evidence.join("\n"));
    json!({
        "node_id": crash.node.uuid().to_string(),
        "render_job_id": crash.job.to_string(),
        "frame_job_id": crash.token.frame_job_uuid(crash.job).to_string(),
        "crashed_at": at.to_string(),
        "last_known_frame": crash.last_frame,
        "crash_signal": failure.exit,
        "ae_version": crash.version.as_ref().filter(|_| crash.renderer == AFTER_EFFECTS),
        "error_log_tail": tail,
        "log_file_url": log_url,
        "auto_recovery_started": crash.recovering,
        "node": crash.node.as_str(),
        "job_id": crash.job.to_string(),
        "step": crash.step.0,
        "token": crash.token.to_string(),
        "renderer": crash.renderer,
        "renderer_version": crash.version,
        "class": failure.class.word(),
        "message": failure.message,
    })
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

#[cfg(test)]
mod tests {
    use callsheet_model::{FailureClass, Versions};
    use uuid::Uuid;

    use super::*;

    fn crash() -> Crash {
        Crash {
            node: NodeName::new("render-07").unwrap(),
            token: "1.7".parse().unwrap(),
            job: JobId(Uuid::from_u128(5)),
            step: StepIndex(0),
            renderer: AFTER_EFFECTS.to_owned(),
            version: Some("24.6.1".to_owned()),
            last_frame: Some(42),
            failure: Failure {
                exit: Some("killed by SIGSEGV".to_owned()),
                evidence: vec!["PROGRESS: (41)".to_owned(), "PROGRESS: (42)".to_owned()],
                ..Failure::new(FailureClass::Crash, "the renderer died")
            },
            recovering: true,
        }
    }

    fn told(event: Event) -> Value {
        let envelope = Envelope { sequence: 9, at: Timestamp(1_700_000_000_123), event };
        payload(&envelope, |crash| Some(format!("file:///logs/{}.log", crash.token)))
    }

    /// A field of the contract, and what it has to be.
    type Field = (&'static str, fn(&Value) -> bool);

    fn fits(payload: &Value, fields: &[Field]) {
        for (field, is_right) in fields {
            let found = payload.get(field).unwrap_or_else(|| panic!("{field} is missing in {payload}"));
            assert!(is_right(found), "{field} is {found}");
        }
    }

    fn is_uuid(value: &Value) -> bool {
        value.as_str().is_some_and(|text| text.parse::<Uuid>().is_ok())
    }

    fn is_text(value: &Value) -> bool {
        value.is_string()
    }

    fn is_number(value: &Value) -> bool {
        value.is_i64()
    }

    #[test]
    fn a_crash_has_every_field_of_the_contract() {
        let payload = told(Event::NodeCrashed { crash: Box::new(crash()) });
        fits(
            &payload,
            &[
                ("node_id", is_uuid),
                ("render_job_id", is_uuid),
                ("frame_job_id", is_uuid),
                ("crashed_at", |time| *time == "2023-11-14T22:13:20.123Z"),
                ("last_known_frame", |frame| *frame == 42),
                ("crash_signal", |signal| *signal == "killed by SIGSEGV"),
                ("ae_version", |version| *version == "24.6.1"),
                ("error_log_tail", |tail| *tail == "PROGRESS: (41)\nPROGRESS: (42)"),
                ("log_file_url", |url| *url == "file:///logs/1.7.log"),
                ("auto_recovery_started", Value::is_boolean),
            ],
        );
    }

    #[test]
    fn what_is_not_known_of_a_crash_is_null() {
        let other = Crash {
            renderer: "blender".to_owned(),
            last_frame: None,
            failure: Failure::new(FailureClass::OutOfMemory, "out of memory"),
            ..crash()
        };
        let payload = told(Event::NodeCrashed { crash: Box::new(other) });
        for field in ["last_known_frame", "crash_signal", "ae_version", "error_log_tail"] {
            assert_eq!(payload.get(field), Some(&Value::Null), "{field}");
        }
        assert_eq!(payload["renderer_version"], "24.6.1");
    }

    #[test]
    fn a_node_that_comes_tells_all_its_versions_of_after_effects() {
        let versions = Versions::from("25.1, 24.6.1");
        let mut capabilities = Capabilities { region: "berlin".to_owned(), ..Capabilities::default() };
        capabilities.renderers.insert(AFTER_EFFECTS.to_owned(), versions);
        let node = NodeName::new("render-07").unwrap();
        let payload = told(Event::NodeOnline { node: node.clone(), capabilities: capabilities.clone() });
        fits(
            &payload,
            &[
                ("node_id", is_uuid),
                ("region", is_text),
                ("node_agent_version", is_text),
                ("current_ae_version", |version| *version == "25.1"),
                ("available_ae_versions", |all| *all == json!(["25.1", "24.6.1"])),
                ("ram_gb", is_number),
                ("cpu_cores", is_number),
            ],
        );
        capabilities.renderers.clear();
        let payload = told(Event::NodeOnline { node, capabilities });
        assert_eq!(
            (&payload["current_ae_version"], &payload["available_ae_versions"]),
            (&json!(""), &json!([]))
        );
    }
}
