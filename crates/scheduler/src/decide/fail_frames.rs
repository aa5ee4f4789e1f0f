//! Frames failed: each waits for its next try, longer every time and on another node first, until its retries
//! are used up and it is put aside with the evidence.

use std::collections::BTreeMap;
use std::time::Duration;

use callsheet_model::{Event, Failure, FailureClass, FrameSet, ReleaseReason, Timestamp, Token};

use super::end_job::{self, Ending};
use super::release;
use crate::policy::Policy;
use crate::state::History;
use crate::turn::Turn;

/// Who is to blame for a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The frames or nobody.
    AsItsClassSays,
    /// The step: the frames pay for it, whatever the class.
    TheStep,
    /// The node, which was on trial: the frames do not pay for it.
    TheNode,
}

impl Whose {
    /// Whether the failure costs frames of this history a retry. What is nobody's fault is nobody's fault only so
    /// often, unless it passes by itself.
    pub(super) fn pays(self, policy: &Policy, class: FailureClass, history: &History) -> bool {
        let too_often = !class.is_waited_for() && history.uncharged >= policy.uncharged_max;
        // Upholds retries_on_evidence.
        match self {
            Self::TheStep => true,
            Self::AsItsClassSays => class.costs_a_retry() || too_often,
            Self::TheNode => too_often,
        }
    }
}

/// Holds a failure against frames that a lease still holds.
pub(super) fn fail_frames(
    turn: &mut Turn<'_>,
    token: Token,
    frames: &FrameSet,
    failure: Failure,
    whose: Whose,
) {
    let Some(record) = turn.state().lease(token) else { return };
    let (job, step) = (record.lease.job, record.lease.step);
    let Some((spec, known)) = turn.state().job(job).and_then(|job| job.step(step)) else { return };
    let mut dead = FrameSet::new();
    let mut again: BTreeMap<(bool, Timestamp), FrameSet> = BTreeMap::new();
    for (history, part) in known.by_history(frames) {
        let charged = whose.pays(turn.policy, failure.class, &history);
        if charged && history.charged >= spec.retries {
            dead.add(&part);
            continue;
        }
        // Upholds backs_off: every way back of a failed frame has its wait.
        let failures = history.failures();
        let not_before = turn.now.plus(backoff(turn.policy, failures));
        again.entry((charged, not_before)).or_default().add(&part);
    }
    for ((charged, not_before), frames) in again {
        let failure = failure.clone();
        turn.emit(Event::FramesFailed { token, job, step, frames, failure, not_before, charged });
    }
    if !dead.is_empty() {
        turn.emit(Event::FramesDeadLettered { token, job, step, frames: dead, failure });
    }
}

/// The job cannot be done: its frames are put aside as the evidence, and everyone else can stop.
pub(super) fn fail_job(turn: &mut Turn<'_>, token: Token, frames: &FrameSet, failure: Failure) {
    let Some(record) = turn.state().lease(token) else { return };
    let (id, node, index) = (record.lease.job, record.lease.node.clone(), record.lease.step);
    let name = turn.state().job(id).and_then(|job| Some(job.step(index)?.0.name.clone())).unwrap_or_default();
    let reason = format!("step {name} on {node}: {failure}");
    let recoverable = failure.class.is_recoverable();
    turn.emit(Event::FramesDeadLettered { token, job: id, step: index, frames: frames.clone(), failure });
    end_job::fail(turn, id, Ending { reason, step: Some(name), recoverable });
    release::release(turn, token, ReleaseReason::Failed);
    turn.close(&node, token);
    end_job::call_back(turn, id, "the job failed");
    end_job::sweep(turn, id);
}

/// How long to wait after so many failures before this one.
pub(super) fn backoff(policy: &Policy, failures_before: u32) -> Duration {
    growing(policy.backoff_first, policy.backoff_factor, policy.backoff_max, failures_before)
}

/// A wait that was made longer so many times.
pub(super) fn growing(first: Duration, factor: f64, max: Duration, times: u32) -> Duration {
    let mut wait = first;
    for _ in 0..times {
        if wait >= max {
            break;
        }
        let longer = wait.as_secs_f64() * factor.max(1.0);
        let longer = Duration::try_from_secs_f64(longer).unwrap_or(max);
        if longer == wait {
            break;
        }
        wait = longer;
    }
    wait.min(max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_up_to_a_limit() {
        let policy = Policy::default();
        let seconds: Vec<u64> = (0..10).map(|n| backoff(&policy, n).as_secs()).collect();
        assert_eq!(seconds, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(backoff(&policy, u32::MAX).as_secs(), 300);
        let odd = Policy { backoff_first: Duration::ZERO, backoff_factor: f64::NAN, ..policy };
        assert_eq!(backoff(&odd, u32::MAX), Duration::ZERO);
    }
}
