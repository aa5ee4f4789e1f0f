//! Accepted frames whose node was lost before it could say that they are in place: any able node publishes
//! them, and nothing is rendered twice.

use callsheet_model::{Event, Lease, NodeName, Outcome, ReleaseReason, StepIndex, Token, Work};

use super::release;
use crate::presence::Setback;
use crate::state::Place;
use crate::turn::Turn;

/// Hands out all that can be handed out now. Publishing is a rename: it takes no slot.
pub(super) fn hand_out(turn: &mut Turn<'_>) {
    if turn.state().index().orphans().is_empty() {
        return;
    }
    let places: Vec<Place> = turn.state().index().orphans().iter().copied().collect();
    for place in places {
        let Some(job) = turn.state().job(place.job) else { continue };
        let Some(step) = job.steps.get(place.step.at()) else { continue };
        let due =
            |of: &Token| turn.presence.setbacks.get(of).is_none_or(|setback| setback.not_before <= turn.now);
        let files: Vec<Token> = step.unpublished.keys().copied().filter(due).collect();
        let class = step.class;
        for of in files {
            let Some(node) = publisher(turn, class) else { break };
            hand_over(turn, &node, place, of);
        }
    }
}

fn hand_over(turn: &mut Turn<'_>, node: &NodeName, place: Place, of: Token) {
    let frames = turn
        .state()
        .job(place.job)
        .and_then(|job| job.steps.get(place.step.at())?.unpublished.get(&of).cloned())
        .unwrap_or_default();
    let (token, node) = (turn.state().last_token().next(), node.clone());
    let lease = Lease {
        token,
        job: place.job,
        step: place.step,
        node,
        work: Work::Publish { of },
        frames,
        gentle: false,
    };
    turn.emit(Event::FramesLeased { lease: lease.clone() });
    turn.offer(lease);
}

/// The able node with the fewest leases.
fn publisher(turn: &Turn<'_>, class: crate::state::ClassId) -> Option<NodeName> {
    let able = turn
        .state()
        .nodes()
        .iter()
        .filter(|(name, node)| node.can_run(class) && turn.presence.is_available(turn.state(), name));
    able.min_by_key(|(_, node)| node.leases.len()).map(|(name, _)| name.clone())
}

/// A node gave up on publishing without saying that the files are gone. After a while another tries, and when
/// that keeps failing the frames are rendered again: it may be the files themselves.
pub(super) fn given_up(turn: &mut Turn<'_>, node: &NodeName, token: Token, of: Token, outcome: &Outcome) {
    let Some(record) = turn.state().lease(token) else { return };
    let (job, step, frames) = (record.lease.job, record.lease.step, record.unpublished.clone());
    let now = turn.now;
    if !matches!(outcome, Outcome::Stopped) {
        let wait = turn.policy.backoff_first;
        let setback = turn.presence.setbacks.entry(of).or_insert(Setback { tries: 0, not_before: now });
        setback.not_before = now.plus(wait);
        // Storage that is away says nothing about the files.
        let waits = matches!(outcome, Outcome::Failed(failure) if failure.class.is_waited_for());
        setback.tries += u32::from(!waits);
        if setback.tries > retries(turn, job, step) {
            turn.presence.setbacks.remove(&of);
            turn.emit(Event::FramesLost { token, job, step, frames });
        }
    }
    turn.close(node, token);
    release::release(turn, token, ReleaseReason::HandedBack);
}

fn retries(turn: &Turn<'_>, job: callsheet_model::JobId, step: StepIndex) -> u32 {
    turn.state().job(job).and_then(|job| Some(job.step(step)?.0.retries)).unwrap_or(0)
}
