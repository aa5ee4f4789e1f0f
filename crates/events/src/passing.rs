//! Signals as streams show them: like events, but without number and hash, since they are passed on live and never
//! stored. The two frequent types of the contract's node family are among them.

use std::sync::Arc;

use callsheet_model::signal::{
    ForeignBeat, FrameCompleted, Heartbeat, LogChunk, Progress, Signal, WorkerBeat,
};
use callsheet_model::{Author, Event, FrameSet, JobId, NodeName, StepIndex, Timestamp, Token};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::json::Members;
use crate::payload::node::gib;
use crate::payload::{Large, Text};
use crate::scopes::Scopes;
use crate::sealed::Sealed;

/// A node's heartbeat.
pub const NODE_HEARTBEAT: &str = "node.heartbeat.v1";
/// One frame is done.
pub const FRAME_COMPLETED: &str = "node.frame.completed.v1";
/// What an attempt is doing.
pub const JOB_PROGRESS: &str = "job.progress";
/// Output of an attempt.
pub const FRAME_JOB_LOG: &str = "frame_job.log";
/// A worker's heartbeat.
pub const WORKER_HEARTBEAT: &str = "worker.heartbeat";

/// Every type that passes and is never stored.
pub const KINDS: [&str; 5] = [NODE_HEARTBEAT, FRAME_COMPLETED, JOB_PROGRESS, FRAME_JOB_LOG, WORKER_HEARTBEAT];

/// A signal as it is passed on.
#[derive(Clone, Debug, PartialEq)]
pub struct Passing {
    /// Its type: one of [`KINDS`].
    pub kind: &'static str,
    /// What it belongs to.
    pub scopes: Scopes,
    /// A line of JSON: an envelope without `id`, `sequence`, `hash` and `chain`. Its `timestamp` is null when the
    /// signal does not say when it was.
    pub json: Arc<str>,
}

#[derive(Serialize)]
struct Body<P> {
    actor_id: Option<Uuid>,
    actor_type: &'static str,
    correlation_id: Option<JobId>,
    payload: P,
    project_id: Option<Uuid>,
    timestamp: Option<Text<Timestamp>>,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct Beat<'a> {
    ae_running: bool,
    cache_used_gb: Option<u64>,
    cpu_pct: Option<u8>,
    current_frame: Option<i32>,
    current_frame_job_id: Option<Uuid>,
    current_job_id: Option<JobId>,
    node: &'a NodeName,
    node_id: Uuid,
    ram_available_mb: Option<Large>,
    recorded_at: Text<Timestamp>,
    status: &'static str,
}

#[derive(Serialize)]
struct Completed {
    completed_at: Option<Text<Timestamp>>,
    file_size_bytes: Option<Large>,
    frame_job_id: Uuid,
    frame_number: i32,
    render_job_id: JobId,
}

#[derive(Serialize)]
struct Doing<'a> {
    fraction: Option<f64>,
    frame: Option<i32>,
    frame_job_id: Uuid,
    job_id: JobId,
    node: &'a NodeName,
    node_id: Uuid,
    remaining: &'a FrameSet,
    remaining_count: u64,
    step: StepIndex,
    step_status: &'static str,
    token: Text<Token>,
}

#[derive(Serialize)]
struct Lines<'a> {
    frame_job_id: Uuid,
    job_id: JobId,
    node: &'a NodeName,
    node_id: Uuid,
    offset: Large,
    step: StepIndex,
    text: &'a str,
    token: Text<Token>,
}

/// A worker's heartbeat as the contract writes it: also what doors answer with.
#[derive(Serialize)]
struct Worker<'a> {
    name: &'a str,
    kind: &'static str,
    state: &'static str,
    ts: Text<Timestamp>,
    last_job_at: Option<Text<Timestamp>>,
    jobs_done: Large,
    jobs_failed: Large,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'a str>,
}

/// A signal as streams show it.
#[must_use]
pub fn passing(signal: &Signal) -> Passing {
    match signal {
        Signal::Heartbeat(beat) => heartbeat(beat),
        Signal::Progress(progress) => doing(progress),
        Signal::Log(chunk) => log(chunk),
        Signal::Worker(beat) => worker(beat),
        Signal::Foreign(beat) => foreign(beat),
        Signal::FrameCompleted(done) => completed(done, None, Scopes::default()),
    }
}

/// `node.frame.completed.v1` of each frame that an event says was accepted; of every other event none. They are made
/// as they are taken: one event may stand for millions of frames.
pub fn completed_frames(sealed: &Sealed) -> impl Iterator<Item = Passing> + '_ {
    let (frames, context) = match &sealed.envelope.event {
        Event::FramesAccepted { token, job, frames, bytes, .. } => {
            (Some(frames), Some((*token, *job, *bytes)))
        }
        _ => (None, None),
    };
    let numbers = frames.into_iter().flat_map(FrameSet::iter);
    numbers.filter_map(move |frame| {
        let (token, job, bytes) = context?;
        let alone = frames.is_some_and(|frames| frames.len() == 1);
        let done = FrameCompleted {
            job,
            frame_job: token.frame_job_uuid(job),
            frame,
            bytes: alone.then_some(bytes),
            completed_at: Some(sealed.envelope.at),
        };
        Some(completed(&done, sealed.scopes.node, sealed.scopes.clone()))
    })
}

fn body<P: Serialize>(
    kind: &'static str,
    author: Author,
    at: Option<Timestamp>,
    scopes: Scopes,
    payload: P,
) -> Passing {
    let body = Body {
        actor_id: author.id,
        actor_type: author.kind.word(),
        correlation_id: scopes.job.map(JobId),
        payload,
        project_id: scopes.project,
        timestamp: at.map(Text),
        kind,
    };
    // Texts and numbers, written into memory: it cannot fail.
    let json = serde_json::to_string(&body).unwrap_or_default();
    Passing { kind, scopes, json: json.into() }
}

/// What a signal of a node belongs to.
fn scopes(node: Uuid, job: Option<JobId>, run: Option<Uuid>) -> Scopes {
    Scopes {
        job: job.map(|job| job.0),
        run,
        node: Some(node),
        agent: Some(node),
        correlation: job.map(|job| job.to_string()),
        ..Scopes::default()
    }
}

fn heartbeat(beat: &Heartbeat) -> Passing {
    let node = beat.node.uuid();
    let current = beat.current.as_ref();
    let run = current.map(|current| current.token.frame_job_uuid(current.job));
    let payload = Beat {
        ae_running: beat.renderer_running,
        cache_used_gb: beat.cache_used_bytes.map(gib),
        cpu_pct: beat.cpu_pct,
        current_frame: current.and_then(|current| current.frame),
        current_frame_job_id: run,
        current_job_id: current.map(|current| current.job),
        node: &beat.node,
        node_id: node,
        ram_available_mb: beat.ram_available_mb.map(Large),
        recorded_at: Text(beat.recorded_at),
        status: beat.status.word(),
    };
    let scopes = scopes(node, current.map(|current| current.job), run);
    body(NODE_HEARTBEAT, Author::agent(node), Some(beat.recorded_at), scopes, payload)
}

fn foreign(beat: &ForeignBeat) -> Passing {
    let payload: &RawValue = serde_json::from_str(&beat.payload).unwrap_or(RawValue::NULL);
    let Members(members) = serde_json::from_str(&beat.payload).unwrap_or(Members(Vec::new()));
    let uuid = |name: &str| {
        let (_, raw) = members.iter().find(|(key, _)| key == name)?;
        serde_json::from_str(raw.get()).ok()
    };
    let scopes = scopes(beat.node_id, uuid("current_job_id").map(JobId), uuid("current_frame_job_id"));
    body(NODE_HEARTBEAT, Author::agent(beat.node_id), Some(beat.recorded_at), scopes, payload)
}

fn doing(progress: &Progress) -> Passing {
    let node = progress.node.uuid();
    let run = progress.token.frame_job_uuid(progress.job);
    // Four digits are more than a bar can show.
    let rounded = |fraction: f32| (f64::from(fraction.clamp(0.0, 1.0)) * 10_000.0).round() / 10_000.0;
    let payload = Doing {
        fraction: progress.fraction.filter(|fraction| fraction.is_finite()).map(rounded),
        frame: progress.frame,
        frame_job_id: run,
        job_id: progress.job,
        node: &progress.node,
        node_id: node,
        remaining: &progress.remaining,
        remaining_count: progress.remaining.len(),
        step: progress.step,
        step_status: "running",
        token: Text(progress.token),
    };
    body(JOB_PROGRESS, Author::agent(node), None, scopes(node, Some(progress.job), Some(run)), payload)
}

fn log(chunk: &LogChunk) -> Passing {
    let node = chunk.node.uuid();
    let run = chunk.token.frame_job_uuid(chunk.job);
    let payload = Lines {
        frame_job_id: run,
        job_id: chunk.job,
        node: &chunk.node,
        node_id: node,
        offset: Large(chunk.offset),
        step: chunk.step,
        text: &chunk.text,
        token: Text(chunk.token),
    };
    body(FRAME_JOB_LOG, Author::agent(node), None, scopes(node, Some(chunk.job), Some(run)), payload)
}

fn worker(beat: &WorkerBeat) -> Passing {
    let payload = Worker {
        name: &beat.name,
        kind: beat.kind.word(),
        state: beat.state.word(),
        ts: Text(beat.ts),
        last_job_at: beat.last_job_at.map(Text),
        jobs_done: Large(beat.jobs_done),
        jobs_failed: Large(beat.jobs_failed),
        mode: beat.mode.as_deref(),
    };
    let author = Author { kind: callsheet_model::AuthorKind::Agent, id: None };
    body(WORKER_HEARTBEAT, author, Some(beat.ts), Scopes::default(), payload)
}

fn completed(done: &FrameCompleted, node: Option<Uuid>, known: Scopes) -> Passing {
    let payload = Completed {
        completed_at: done.completed_at.map(Text),
        file_size_bytes: done.bytes.map(Large),
        frame_job_id: done.frame_job,
        frame_number: done.frame,
        render_job_id: done.job,
    };
    let scopes = Scopes {
        job: Some(done.job.0),
        run: Some(done.frame_job),
        correlation: Some(done.job.to_string()),
        ..known
    };
    let author = Author { kind: callsheet_model::AuthorKind::Agent, id: node };
    body(FRAME_COMPLETED, author, done.completed_at, scopes, payload)
}
