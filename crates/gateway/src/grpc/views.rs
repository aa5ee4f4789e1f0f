//! What the scheduler knows, as messages.

use std::collections::BTreeMap;

use callsheet_leader::{Latest, Scheduler, view};
use callsheet_model::trust::Quarantine;
use callsheet_model::{Capabilities, FrameSet, JobId, JobState, Lease, StepState, Timestamp, Token, Work};
use callsheet_protocol::{approval_to_wire, spec_to_wire, v1};

/// Runs of frames told of one step; more scattered steps are cut.
const MOST_RUNS: usize = 10_000;
/// Runs per look.
const RUNS: usize = 1000;

/// A whole job, with its leases and why its frames are where they are.
pub(crate) fn whole_job(scheduler: &Scheduler, id: JobId) -> Option<v1::JobView> {
    let view = scheduler.job(id)?;
    let mut message = job(scheduler, &view);
    message.spec = Some(v1::JobSpec { priority: Some(view.priority), ..spec_to_wire(&view.job.spec) });
    message.leases = leases(scheduler, id).into_iter().map(|lease| lease_view(&lease)).collect();
    if let Some(explanation) = scheduler.explain(id) {
        message.summary = explanation.summary;
        for (step, explained) in message.steps.iter_mut().zip(explanation.steps) {
            step.explanation = explained.why;
        }
    }
    Some(message)
}

/// A job as it stands in lists: its spec has no steps, since a page of large ones would be too long.
pub(crate) fn job(scheduler: &Scheduler, view: &view::JobView) -> v1::JobView {
    let specs = &view.job.spec.steps;
    let steps = view.steps.iter().zip(specs).map(|(step, spec)| v1::StepView {
        name: spec.name.clone(),
        state: step_state(step.state).into(),
        frames: Some(counts(step)),
        bytes: step.bytes,
        took_ms: callsheet_model::time::millis(step.took),
        last_failure: step.last_failure.as_ref().map(Into::into),
        explanation: Vec::new(),
    });
    v1::JobView {
        id: view.job.id.to_string(),
        spec: Some(head(view)),
        state: job_state(view.state).into(),
        submitted_at_ms: view.job.submitted_at.0,
        ended_at_ms: view.ended_at.map(|at| at.0),
        reason: view.reason.clone().unwrap_or_default(),
        steps: steps.collect(),
        leases: Vec::new(),
        frames: Some(view.steps.iter().map(counts).fold(v1::FrameCounts::default(), sum)),
        sequence: scheduler.sequence(),
        summary: String::new(),
    }
}

/// What a spec says of the whole job.
fn head(view: &view::JobView) -> v1::JobSpec {
    let spec = &view.job.spec;
    v1::JobSpec {
        name: spec.name.clone(),
        project: spec.project.clone(),
        priority: Some(view.priority),
        approval: spec.approval.as_ref().map(approval_to_wire),
        steps: Vec::new(),
    }
}

fn counts(step: &view::StepView) -> v1::FrameCounts {
    v1::FrameCounts {
        total: step.total,
        published: step.published,
        accepted: step.accepted,
        leased: step.leased,
        waiting: step.waiting,
        retrying: step.retrying,
        dead: step.dead,
    }
}

fn sum(a: v1::FrameCounts, b: v1::FrameCounts) -> v1::FrameCounts {
    v1::FrameCounts {
        total: a.total + b.total,
        published: a.published + b.published,
        accepted: a.accepted + b.accepted,
        leased: a.leased + b.leased,
        waiting: a.waiting + b.waiting,
        retrying: a.retrying + b.retrying,
        dead: a.dead + b.dead,
    }
}

fn leases(scheduler: &Scheduler, job: JobId) -> Vec<view::LeaseView> {
    scheduler.leases(Some(job), None, callsheet_model::limits::MAX_PAGE).items
}

fn lease_view(view: &view::LeaseView) -> v1::LeaseView {
    let Lease { token, job, step, node, work, frames, gentle } = &view.lease;
    v1::LeaseView {
        token: token.0,
        node: node.to_string(),
        step: step.0.into(),
        frames: frames.to_string(),
        remaining: view.remaining.to_string(),
        since_ms: view.since.0,
        frame_job_id: token.frame_job_uuid(*job).to_string(),
        preflight: *work == Work::Preflight,
        gentle: *gentle,
    }
}

pub(crate) fn job_state(state: JobState) -> v1::JobState {
    match state {
        JobState::Awaiting => v1::JobState::Awaiting,
        JobState::Queued => v1::JobState::Queued,
        JobState::Running => v1::JobState::Running,
        JobState::Paused => v1::JobState::Paused,
        JobState::Succeeded => v1::JobState::Succeeded,
        JobState::Failed => v1::JobState::Failed,
        JobState::Cancelled => v1::JobState::Cancelled,
    }
}

/// The state asked for; `None` for one that this leader does not know.
pub(crate) fn job_state_from_wire(state: v1::JobState) -> Option<JobState> {
    Some(match state {
        v1::JobState::Awaiting => JobState::Awaiting,
        v1::JobState::Queued => JobState::Queued,
        v1::JobState::Running => JobState::Running,
        v1::JobState::Paused => JobState::Paused,
        v1::JobState::Succeeded => JobState::Succeeded,
        v1::JobState::Failed => JobState::Failed,
        v1::JobState::Cancelled => JobState::Cancelled,
        v1::JobState::Unspecified => return None,
    })
}

fn step_state(state: StepState) -> v1::StepState {
    match state {
        StepState::Blocked => v1::StepState::Blocked,
        StepState::Open => v1::StepState::Open,
        StepState::Succeeded => v1::StepState::Succeeded,
        StepState::Failed => v1::StepState::Failed,
    }
}

/// Where the frames of a job's steps are; of one step only, if one is named.
pub(crate) fn frames(scheduler: &Scheduler, id: JobId, only: &str) -> Option<Vec<v1::StepFrames>> {
    let job = scheduler.job(id)?;
    let dead = scheduler.dead_letters(Some(id), None, callsheet_model::limits::MAX_PAGE).items;
    let steps =
        job.steps.iter().zip(&job.job.spec.steps).filter(|(_, spec)| only.is_empty() || spec.name == only);
    let told = steps.map(|(step, spec)| {
        let mut told = by_state(scheduler, id, step);
        told.step.clone_from(&spec.name);
        let dead = dead.iter().filter(|dead| dead.step == step.index);
        told.dead = dead
            .map(|dead| v1::DeadLetter {
                frames: dead.frames.to_string(),
                token: dead.token.0,
                failure: Some((&dead.failure).into()),
            })
            .collect();
        told
    });
    Some(told.collect())
}

fn by_state(scheduler: &Scheduler, id: JobId, step: &view::StepView) -> v1::StepFrames {
    let mut sets: BTreeMap<&str, FrameSet> = BTreeMap::new();
    let mut retrying: BTreeMap<(u32, u64), FrameSet> = BTreeMap::new();
    let (mut after, mut runs, mut truncated) = (None, 0, false);
    while let Some(page) = scheduler.frames(id, step.index, after, RUNS) {
        for run in &page.items {
            let (first, last) = (*run.frames.start(), *run.frames.end());
            after = Some(last);
            match &run.state {
                view::FrameState::Retrying { failures, not_before } => {
                    retrying.entry((*failures, not_before.0)).or_default().insert_range(first, last);
                }
                state => sets.entry(state.word()).or_default().insert_range(first, last),
            }
        }
        runs += page.items.len();
        truncated = page.more && runs >= MOST_RUNS;
        if !page.more || truncated {
            break;
        }
    }
    let mut text = |word: &str| sets.remove(word).unwrap_or_default().to_string();
    v1::StepFrames {
        step: String::new(),
        waiting: text("waiting"),
        leased: text("leased"),
        accepted: text("accepted"),
        published: text("published"),
        retrying: retrying
            .into_iter()
            .map(|((failures, not_before_ms), frames)| v1::FrameTrouble {
                frames: frames.to_string(),
                failures,
                not_before_ms,
            })
            .collect(),
        dead: Vec::new(),
        truncated,
    }
}

/// A node, with what it holds and its last heartbeat.
pub(crate) fn node(scheduler: &Scheduler, latest: &Latest, view: &view::NodeView) -> v1::NodeView {
    v1::NodeView {
        name: view.name.to_string(),
        node_id: view.name.uuid().to_string(),
        online: view.offline.is_none(),
        offline_reason: view.offline.map_or(v1::OfflineReason::Unspecified, Into::into).into(),
        since_ms: view.since.0,
        drained: view.drained,
        capabilities: Some(capabilities(&view.capabilities)),
        leases: view.leases.iter().filter_map(|token| node_lease(scheduler, latest, *token)).collect(),
        heartbeat: latest.heartbeats.get(&view.name).map(Into::into),
        quarantines: view.quarantines.iter().map(quarantine).collect(),
    }
}

fn quarantine((renderer, held): (&String, &Quarantine)) -> v1::Quarantine {
    v1::Quarantine {
        renderer: renderer.clone(),
        failure: Some((&held.failure).into()),
        job: held.job.to_string(),
        step: held.step.0.into(),
        strike: held.strike,
        since_ms: held.since.0,
        until_ms: held.until.0,
        canary: held.canary.map_or(0, |canary| canary.0),
    }
}

fn capabilities(capabilities: &Capabilities) -> v1::Capabilities {
    capabilities.into()
}

fn node_lease(scheduler: &Scheduler, latest: &Latest, token: Token) -> Option<v1::NodeLease> {
    let lease = scheduler.lease(token)?;
    let job = scheduler.job(lease.lease.job)?.job;
    Some(v1::NodeLease {
        token: token.0,
        job: lease.lease.job.to_string(),
        job_name: job.spec.name.clone(),
        step: job.spec.step(lease.lease.step).map(|step| step.name.clone()).unwrap_or_default(),
        frames: lease.lease.frames.to_string(),
        remaining: lease.remaining.to_string(),
        frame: latest.progress.get(&token).and_then(|progress| progress.frame),
        preflight: lease.lease.work == Work::Preflight,
    })
}

/// The cluster in figures; `oldest` is the first event that is kept.
pub(crate) fn status(
    scheduler: &Scheduler,
    cluster: String,
    started: Timestamp,
    oldest: u64,
) -> v1::StatusResponse {
    let counts = scheduler.job_counts();
    let count = |state| counts.get(&state).copied().unwrap_or(0);
    let nodes = scheduler.nodes();
    let online = || nodes.iter().filter(|node| node.offline.is_none());
    v1::StatusResponse {
        cluster,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        epoch: scheduler.epoch(),
        started_at_ms: started.0,
        sequence: scheduler.sequence(),
        jobs_queued: count(JobState::Queued),
        jobs_running: count(JobState::Running),
        jobs_paused: count(JobState::Paused),
        jobs_over: count(JobState::Succeeded) + count(JobState::Failed) + count(JobState::Cancelled),
        nodes_online: online().count() as u64,
        nodes_known: nodes.len() as u64,
        slots: online().map(|node| u64::from(node.capabilities.slots)).sum(),
        leases: nodes.iter().map(|node| node.leases.len() as u64).sum(),
        oldest,
        jobs_awaiting: count(JobState::Awaiting),
        pauses: scheduler.pauses().len() as u64,
    }
}
