//! A look at a step before its frames go out: one node opens what the step names, and says what is missing. A broken
//! job fails with that, before the whole farm has tried it.
//!
//! ```text
//!   not looked at ──► one lease of one frame ──► nothing wrong ──► every frame goes out
//!                          ▲        │
//!                          │        ├─ fatal to the job ────────────────► the job fails
//!                          │        ├─ something is missing, once ──┐
//!                          │        │  (twice, or nobody else ──────┼──► the job fails)
//!                          │        ├─ it died or hung, once ───────┤
//!                          │        │  (twice ──────────────────────┼──► the job fails)
//!                          │        └─ the node, a licence, storage ┤
//!                          └──────── another node, or later ◄───────┘
//! ```

use callsheet_model::{Event, Failure, FailureClass, FrameSet, ReleaseReason, StepSpec, Token};

use super::fail_frames::Whose;
use super::quarantine::Accused;
use super::{dispatch, fail_frames, release};
use crate::policy::Policy;
use crate::state::StepRecord;
use crate::turn::Turn;

/// Whether a step's frames wait for someone to look at it. Where frames were accepted, looking is late.
pub(crate) fn is_wanted(policy: &Policy, spec: &StepSpec, step: &StepRecord) -> bool {
    policy.preflight.contains(&spec.renderer) && step.is_unseen()
}

/// A node looked, and found nothing wrong.
pub(super) fn passed(turn: &mut Turn<'_>, token: Token) {
    let Some(lease) = turn.state().lease(token).map(|record| record.lease.clone()) else { return };
    let seen = turn.state().job(lease.job).and_then(|job| job.steps.get(lease.step.at()));
    if seen.is_some_and(StepRecord::is_unseen) {
        turn.emit(Event::StepCleared { job: lease.job, step: lease.step, node: lease.node.clone() });
    }
    turn.close(&lease.node, token);
    release::release(turn, token, ReleaseReason::Completed);
}

/// A node looked, and something is wrong. What may be its own is looked at again; what is missing may be there on
/// one other node. What two nodes say, or the only one, is so.
pub(super) fn failed(turn: &mut Turn<'_>, accused: &Accused, frames: &FrameSet, failure: &Failure) {
    let Some((spec, step)) = turn.state().job(accused.job).and_then(|job| job.step(accused.step)) else {
        return;
    };
    let history = step.by_history(frames).into_iter().map(|(history, _)| history).next().unwrap_or_default();
    let class = failure.class;
    let may_be_the_node = class == FailureClass::NodeConfig || class.makes_a_node_suspect();
    let whose = match accused.is_the_step {
        true => Whose::TheStep,
        false if accused.on_trial && may_be_the_node => Whose::TheNode,
        false => Whose::AsItsClassSays,
    };
    let charged = whose.pays(turn.policy, class, &history);
    let mut said_by = history.avoid.clone();
    said_by.insert(accused.node.clone());
    // The only one there is taken at its word for what is missing. That its renderer died once may be chance.
    let is_the_only_one = || {
        !class.makes_a_node_suspect()
            && !dispatch::is_someone_else_known(turn, step.class, &spec.renderer, &said_by)
    };
    let so = accused.is_the_step || history.charged > 0 || is_the_only_one();
    if charged && so {
        return fail_frames::fail_job(turn, accused.token, frames, failure.clone());
    }
    let failures = history.failures();
    let not_before = turn.now.plus(fail_frames::backoff(turn.policy, failures));
    turn.emit(Event::FramesFailed {
        token: accused.token,
        job: accused.job,
        step: accused.step,
        frames: frames.clone(),
        failure: failure.clone(),
        not_before,
        charged,
    });
}
