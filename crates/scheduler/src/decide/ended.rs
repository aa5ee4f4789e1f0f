//! An attempt is over. Its slot is free; what it did not prove goes out again or is held against it. The lease
//! itself goes on for as long as accepted frames of it are to be published.

use callsheet_model::{
    Event, Failure, FailureClass, FrameSet, NodeName, Outcome, ReleaseReason, Token, Work,
};

use super::fail_frames::Whose;
use super::quarantine::Accused;
use super::{crash, fail_frames, preflight, progress, publish, quarantine, release};
use crate::turn::Turn;

pub(super) fn ended(
    turn: &mut Turn<'_>,
    token: Token,
    outcome: Outcome,
    blamed: &FrameSet,
    last_frame: Option<i32>,
) {
    let Some(record) = turn.state().lease(token) else { return };
    let (node, work, job, step) =
        (record.lease.node.clone(), record.lease.work, record.lease.job, record.lease.step);
    let remaining = record.remaining.clone();
    if let Work::Publish { of } = work {
        return publish::given_up(turn, &node, token, of, &outcome);
    }
    match outcome {
        Outcome::Stopped => hand_back(turn, &node, token, ReleaseReason::HandedBack),
        Outcome::Succeeded if work == Work::Preflight => preflight::passed(turn, token),
        _ if remaining.is_empty() => hand_back(turn, &node, token, ReleaseReason::Completed),
        Outcome::Succeeded => {
            let failure = Failure::new(
                FailureClass::BrokenOutput,
                "the renderer claims success, but these frames were never proven",
            );
            failed(turn, token, &remaining, failure, None);
        }
        Outcome::Failed(failure) => {
            let proven_guilty = remaining.intersection(blamed);
            // Evidence against no frame of the lease is evidence against all of it: something has to give, or
            // it would fail like this for ever.
            let guilty = if proven_guilty.is_empty() { remaining } else { proven_guilty };
            failed(turn, token, &guilty, failure.bounded(), last_frame);
        }
    }
    progress::progress(turn, job, step);
}

/// Holds a failure against whom it concerns: the job, the frames, the node.
fn failed(turn: &mut Turn<'_>, token: Token, guilty: &FrameSet, failure: Failure, last_frame: Option<i32>) {
    if failure.class.is_fatal_to_job() {
        return fail_frames::fail_job(turn, token, guilty, failure);
    }
    let Some(accused) = Accused::of(turn, token, failure.class) else { return };
    let Some(record) = turn.state().lease(token) else { return };
    let (work, held) = (record.lease.work, record.remaining.clone());
    if work == Work::Preflight {
        preflight::failed(turn, &accused, guilty, &failure);
    } else {
        let whose = match (accused.is_the_step, accused.on_trial) {
            (true, _) => Whose::TheStep,
            (false, true) => Whose::TheNode,
            (false, false) => Whose::AsItsClassSays,
        };
        fail_frames::fail_frames(turn, token, guilty, failure.clone(), whose);
    }
    crash::tell(turn, &accused, &held, last_frame, &failure);
    hand_back(turn, &accused.node, token, ReleaseReason::Failed);
    quarantine::judge(turn, &accused, failure);
}

/// Lets go of what remains. Accepted frames that are not published keep the lease in force.
fn hand_back(turn: &mut Turn<'_>, node: &NodeName, token: Token, reason: ReleaseReason) {
    let Some(record) = turn.state().lease(token) else { return };
    if record.unpublished.is_empty() {
        turn.close(node, token);
        release::release(turn, token, reason);
    } else if !record.remaining.is_empty() {
        let (job, step, frames) = (record.lease.job, record.lease.step, record.remaining.clone());
        turn.emit(Event::FramesReturned { token, job, step, frames });
    }
}
