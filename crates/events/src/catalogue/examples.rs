//! One example of each known type, made of real model values by the real serialisation, so that no page can show
//! what is never written.

use std::sync::Arc;

use callsheet_model::signal::{
    Current, FrameCompleted, Heartbeat, LogChunk, Progress, Signal, WorkerBeat, WorkerKind, WorkerState,
};
use callsheet_model::{ApprovalEvent, Author, Context, Envelope, Event, FrameSet, NodeName, NodeStatus};

use super::samples::{ALERT, AT, JOB, PERSON, PROJECT, STEP, TOKEN, events, md5, node};
use crate::digest::Digest;
use crate::ingest;
use crate::passing::{Passing, passing};
use crate::sealed::Sealed;

/// An example of a known type.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The event, if it is one that the log holds.
    pub sealed: Option<Arc<Sealed>>,
    /// As streams show it: a line of JSON.
    pub json: Arc<str>,
}

/// The example of a type; none when the type is not known.
#[must_use]
pub fn example(kind: &str) -> Option<Example> {
    let stored = |sealed: Sealed| Example { json: Arc::clone(&sealed.json), sealed: Some(Arc::new(sealed)) };
    if let Some(event) = events()?.into_iter().find(|event| event.kind() == kind) {
        let project = event.job().map(|_| PROJECT);
        let context = Context { project, author: author(&event) };
        let envelope = Envelope { sequence: 1042, at: AT, context, event };
        return Some(stored(Sealed::seal(envelope, &Digest::default())));
    }
    if let Some(found) = signals()?.iter().map(passing).find(|found| found.kind == kind) {
        let Passing { json, .. } = found;
        return Some(Example { sealed: None, json });
    }
    let (_, body) = POSTED.iter().find(|(name, _)| *name == kind)?;
    let posted = ingest::read(body.as_bytes(), AT, &mut || ALERT).ok()?.into_iter().next()?;
    let event = Event::Outside(Arc::new(posted.event));
    let envelope = Envelope { sequence: 1042, at: AT, context: posted.context, event };
    Some(stored(Sealed::seal(envelope, &Digest::default())))
}

/// What comes from a node comes from its agent; a person's wishes come from them.
fn author(event: &Event) -> Author {
    match event {
        Event::JobSubmitted { .. }
        | Event::JobPaused { .. }
        | Event::JobResumed { .. }
        | Event::JobPrioritised { .. }
        | Event::JobCancelled { .. }
        | Event::JobRetried { .. }
        | Event::Approval(ApprovalEvent::Granted { .. } | ApprovalEvent::Denied { .. })
        | Event::NodeDrained { .. }
        | Event::NodeUndrained { .. } => Author::user(Some(PERSON)),
        Event::AttemptBegan { .. } | Event::FramesAccepted { .. } | Event::FramesPublished { .. } => {
            NodeName::new("render-07").map_or(Author::SYSTEM, |node| Author::agent(node.uuid()))
        }
        Event::Troupe(event) => Author::agent(event.instance()),
        _ => Author::SYSTEM,
    }
}

fn signals() -> Option<Vec<Signal>> {
    let node = node()?;
    let (token, job, step) = (TOKEN, JOB, STEP);
    Some(vec![
        Signal::Heartbeat(Heartbeat {
            node: node.clone(),
            status: NodeStatus::Busy,
            recorded_at: AT,
            cpu_pct: Some(87),
            ram_available_mb: Some(20_480),
            cache_used_bytes: Some(13_314_398_617),
            renderer_running: true,
            current: Some(Current { token, job, frame: Some(26) }),
            cached_templates: vec![md5()?],
        }),
        Signal::FrameCompleted(FrameCompleted {
            job,
            frame_job: token.frame_job_uuid(job),
            frame: 26,
            bytes: Some(3_145_728),
            completed_at: Some(AT),
        }),
        Signal::Progress(Progress {
            node: node.clone(),
            token,
            job,
            step,
            frame: Some(26),
            fraction: Some(0.25),
            remaining: FrameSet::range(26, 48),
        }),
        Signal::Log(LogChunk { node, token, job, step, offset: 4096, text: "PROGRESS:  (26)\n".into() }),
        Signal::Worker(WorkerBeat {
            name: "market-watch".into(),
            kind: WorkerKind::Watcher,
            state: WorkerState::Trading,
            ts: AT,
            last_job_at: None,
            jobs_done: 42,
            jobs_failed: 1,
            mode: Some("trading".into()),
        }),
    ])
}

/// Examples of what other services post, in several of the forms that are accepted.
const POSTED: &[(&str, &str)] = &[
    (
        "agent.message",
        r#"{"name":"agent.message","context":{"agent_instance_id":"01972a4b-9000-7000-8000-000000000002",
            "message":"frame 26 looks dark"},"execution_id":478775660589088776,"event_id":478775660589088777,
            "node_name":"review","worker_id":"reviewer-1","created_at":"2026-05-31T03:14:15.120Z"}"#,
    ),
    (
        "issue.created",
        r#"{"type":"issue.created","id":"01972a4b-9000-7000-8000-000000000003","timestamp":"2026-05-31T03:14:15Z",
            "actor_type":"user","payload":{"issue_id":"SHOW-41","title":"frame 26 is dark","labels":["render"]}}"#,
    ),
    (
        "issue.updated",
        r#"{"type":"issue.updated","id":"01972a4b-9000-7000-8000-000000000004",
            "payload":{"issue_id":"SHOW-41","changes":{"priority":"high"}}}"#,
    ),
    (
        "issue.assigned",
        r#"{"type":"issue.assigned","id":"01972a4b-9000-7000-8000-000000000005",
            "payload":{"issue_id":"SHOW-41","assignee_id":null,"assignee_name":"Anna"}}"#,
    ),
    (
        "issue.closed",
        r#"{"type":"issue.closed","id":"01972a4b-9000-7000-8000-000000000006",
            "payload":{"issue_id":"SHOW-41","resolution":"rendered again"}}"#,
    ),
    (
        "sprint.started",
        r#"{"type":"sprint.started","id":"01972a4b-9000-7000-8000-000000000007","payload":{
            "sprint_id":"01972a4b-9000-7000-8000-0000000000f1","sprint_name":"reel 2","issue_count":12}}"#,
    ),
    (
        "sprint.completed",
        r#"{"type":"sprint.completed","id":"01972a4b-9000-7000-8000-000000000008","payload":{
            "sprint_id":"01972a4b-9000-7000-8000-0000000000f1","sprint_name":"reel 2","completed_issues":11,
            "incomplete_issues":1}}"#,
    ),
    (
        "project.created",
        r#"{"type":"project.created","id":"01972a4b-9000-7000-8000-000000000009",
            "project_id":"3f0c4b1e-6f7a-5d7e-9c56-1f0a2b3c4d5e","payload":{"name":"show"}}"#,
    ),
    (
        "project.updated",
        r#"{"type":"project.updated","id":"01972a4b-9000-7000-8000-00000000000a",
            "project_id":"3f0c4b1e-6f7a-5d7e-9c56-1f0a2b3c4d5e","payload":{"name":"the show"}}"#,
    ),
    (
        "project.archived",
        r#"{"type":"project.archived","id":"01972a4b-9000-7000-8000-00000000000b",
            "project_id":"3f0c4b1e-6f7a-5d7e-9c56-1f0a2b3c4d5e"}"#,
    ),
];
