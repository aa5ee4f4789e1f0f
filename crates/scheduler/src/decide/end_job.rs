//! What every end of a job has in common: frames in hands are called back, and leftovers swept.

use std::sync::Arc;
use std::time::Duration;

use callsheet_model::{Event, JobId, NodeName, ReleaseReason, Timestamp, Token};

use super::{release, workflow};
use crate::rejection::Rejection;
use crate::state::{JobRecord, State};
use crate::turn::Turn;

/// The job, if it is not over.
pub(super) fn open_job<'a>(
    state: &'a State,
    id: JobId,
    verb: &'static str,
) -> Result<&'a JobRecord, Rejection> {
    let job = state.job(id).ok_or(Rejection::UnknownJob { job: id })?;
    match &job.end {
        Some(_) => Err(Rejection::JobIsOver { job: id, state: job.state().word(), verb }),
        None => Ok(job),
    }
}

/// Why a job cannot be finished.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    /// For people.
    pub(super) reason: String,
    /// The step that failed, if one did.
    pub(super) step: Option<String>,
    /// Whether a retry could help.
    pub(super) recoverable: bool,
}

/// The job cannot be finished as it is. What is in hands is for the caller to call back.
pub(super) fn fail(turn: &mut Turn<'_>, id: JobId, why: Ending) {
    turn.emit(Event::JobFailed { job: id, reason: why.reason.clone() });
    workflow::failed(turn, id, why);
}

/// Calls back every frame of the job that is in someone's hands.
// Upholds people_are_heeded: of a job that is over nothing is in force.
pub(super) fn call_back(turn: &mut Turn<'_>, id: JobId, why: &'static str) {
    let Some(job) = turn.state().job(id) else { return };
    let tokens: Vec<Token> = job.steps.iter().flat_map(|step| &step.leases).copied().collect();
    for token in tokens {
        if let Some(node) = turn.state().lease(token).map(|record| record.lease.node.clone()) {
            release::release(turn, token, ReleaseReason::Revoked);
            turn.revoke(&node, token, why);
        }
    }
}

/// A job that ended this long before the last one may still have been swept in vain when a leader died: a node
/// is told within milliseconds, but its connection may have been slow.
const SWEEP_DOUBT: Duration = Duration::from_secs(60);

/// Notes the jobs whose sweep may have been lost with the last leader. Sweeping twice is harmless.
pub(super) fn doubt_sweeps(turn: &mut Turn<'_>) {
    let ended = |record: &JobRecord| record.end.as_ref().map(|(_, at)| (record.job.id, *at));
    let ends: Vec<_> = turn.state().jobs_after(None).filter_map(ended).collect();
    let Some(last) = ends.iter().map(|(_, at)| *at).max() else { return };
    let doubtful = ends.into_iter().filter(|(_, at)| last.since(*at) <= SWEEP_DOUBT).map(|(id, _)| id);
    turn.presence.unswept.extend(doubtful);
}

/// Notes the jobs whose sweep a node may never have heard of, as its stream is over. Sweeping twice is harmless.
pub(super) fn doubt_sweeps_of(turn: &mut Turn<'_>, node: &NodeName) {
    let Some(here) = turn.presence.get_mut(node) else { return };
    let told = std::mem::take(&mut here.told_to_sweep);
    let (now, doubt) = (turn.now, doubt(turn));
    let doubtful = told.into_iter().filter(|(_, ended)| now.since(*ended) <= doubt).map(|(id, _)| id);
    turn.presence.unswept.extend(doubtful);
}

/// A stream that carries nothing any more is noticed after the silence.
fn doubt(turn: &Turn<'_>) -> Duration {
    SWEEP_DOUBT + turn.policy.silence
}

/// Lets nodes that are there by now sweep what nobody may have been told to.
pub(super) fn sweep_unswept(turn: &mut Turn<'_>) {
    for id in std::mem::take(&mut turn.presence.unswept) {
        // One that was retried is swept at its next end.
        if turn.state().job(id).is_some_and(|record| record.end.is_some()) {
            sweep(turn, id);
        }
    }
}

/// Lets one node sweep what attempts left behind beside the job's outputs; the next able one that comes, when
/// none is there.
pub(super) fn sweep(turn: &mut Turn<'_>, id: JobId) {
    let state = turn.state();
    let Some(record) = state.job(id) else { return };
    let mut classes = record.steps.iter().filter(|step| step.has_output).map(|step| step.class).peekable();
    if classes.peek().is_none() {
        return;
    }
    let classes: Vec<_> = classes.collect();
    let able = |class| {
        let here = |name: &&callsheet_model::NodeName| {
            turn.presence.session(name).is_some() && state.node(name).is_some_and(|node| node.can_run(class))
        };
        state.nodes().keys().find(here).cloned()
    };
    let (found, job) = (classes.into_iter().find_map(able), Arc::clone(&record.job));
    match found {
        Some(node) => {
            let (now, doubt) = (turn.now, doubt(turn));
            let ended = record.end.as_ref().map_or(now, |(_, at)| *at);
            turn.sweep(&node, job);
            if let Some(here) = turn.presence.get_mut(&node) {
                let is_old = |(_, ended): &mut (JobId, Timestamp)| now.since(*ended) > doubt;
                while here.told_to_sweep.pop_front_if(is_old).is_some() {}
                here.told_to_sweep.push_back((id, ended));
            }
        }
        None => {
            turn.presence.unswept.insert(id);
        }
    }
}
