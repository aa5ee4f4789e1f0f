//! Whether a failure speaks against the node, and what follows: a node that is not set up for a renderer, or whose
//! attempts die one after the other, is not trusted with it for a while, and then tried with one frame.
//!
//! It may also be the job. A second node that says the same of a step nobody has rendered a frame of makes it the
//! step's failure, and acquits the first.

use std::time::Duration;

use callsheet_model::{ClearedBy, Event, Failure, FailureClass, JobId, NodeName, StepIndex, Token};

use crate::policy::Policy;
use crate::turn::Turn;

/// Who failed at what, as it was before anything was held against anyone.
#[derive(Clone, Debug)]
pub(super) struct Accused {
    pub(super) node: NodeName,
    pub(super) renderer: String,
    pub(super) token: Token,
    pub(super) job: JobId,
    pub(super) step: StepIndex,
    /// It was being tried with this.
    pub(super) on_trial: bool,
    /// Another node said the same of the step, and nobody has rendered a frame of it.
    pub(super) is_the_step: bool,
}

impl Accused {
    /// Of the lease that failed like this.
    pub(super) fn of(turn: &Turn<'_>, token: Token, class: FailureClass) -> Option<Self> {
        let lease = &turn.state().lease(token)?.lease;
        let (spec, step) = turn.state().job(lease.job)?.step(lease.step)?;
        let node = turn.state().node(&lease.node)?;
        let others_too = step.unfit.iter().any(|other| *other != lease.node);
        Some(Self {
            node: lease.node.clone(),
            renderer: spec.renderer.clone(),
            token,
            job: lease.job,
            step: lease.step,
            on_trial: node.trial(token).is_some(),
            is_the_step: class == FailureClass::NodeConfig && step.accepted.is_empty() && others_too,
        })
    }
}

/// Judges the node, after the failure was held against the frames.
pub(super) fn judge(turn: &mut Turn<'_>, accused: &Accused, failure: Failure) {
    if accused.is_the_step {
        return acquit(turn, accused);
    }
    let Some(node) = turn.state().node(&accused.node) else { return };
    let strike = match node.quarantines.get(&accused.renderer) {
        Some(held) if accused.on_trial && failure.class.speaks_against_a_node() => {
            held.strike.saturating_add(1)
        }
        // What it was given before it was found out, or a trial that showed nothing.
        Some(_) => return,
        None => {
            let doubt = node.doubts.get(&accused.renderer);
            let too_often = doubt.is_some_and(|doubt| {
                doubt.last == accused.token && doubt.failures >= turn.policy.crashes_max
            });
            if failure.class != FailureClass::NodeConfig && !too_often {
                return;
            }
            1
        }
    };
    let until = turn.now.plus(sentence(turn.policy, strike));
    let Accused { node, renderer, job, step, .. } = accused.clone();
    turn.emit(Event::NodeQuarantined { node, renderer, job, step, failure, strike, until });
    turn.stir_all();
}

/// Trusts a node again.
pub(super) fn clear(turn: &mut Turn<'_>, node: &NodeName, renderer: String, by: ClearedBy) {
    turn.emit(Event::NodeCleared { node: node.clone(), renderer, by });
    turn.stir_all();
}

/// It was the step: those who were found out by it are trusted again.
fn acquit(turn: &mut Turn<'_>, accused: &Accused) {
    let by_the_step = |(name, node): (&NodeName, &crate::state::NodeRecord)| {
        let held = node.quarantines.get(&accused.renderer)?;
        let same = (held.job, held.step) == (accused.job, accused.step);
        (same && held.failure.class == FailureClass::NodeConfig).then(|| name.clone())
    };
    let innocent: Vec<NodeName> = turn.state().nodes().iter().filter_map(by_the_step).collect();
    for node in innocent {
        clear(turn, &node, accused.renderer.clone(), ClearedBy::Acquittal);
    }
}

/// How long the nth quarantine in a row is.
fn sentence(policy: &Policy, strike: u32) -> Duration {
    super::fail_frames::growing(
        policy.quarantine_first,
        policy.quarantine_factor,
        policy.quarantine_max,
        strike.saturating_sub(1),
    )
}
