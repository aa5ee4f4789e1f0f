//! Payloads of `frame_job.*`: what becomes of the frames in one node's hands.

use std::time::Duration;

use callsheet_model::{Event, FrameSet, JobId, Lease, NodeName, StepIndex, Timestamp, Token, Work};
use serde::Serialize;
use uuid::Uuid;

use super::{Failed, Large, Text, ms, time};

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Payload<'a> {
    Leased {
        frame_job_id: Uuid,
        frames: &'a FrameSet,
        gentle: bool,
        job_id: JobId,
        node: &'a NodeName,
        node_id: Uuid,
        preflight: bool,
        publish_of: Option<Text<Token>>,
        step: StepIndex,
        token: Text<Token>,
    },
    Began {
        fetched_ms: Large,
        frame_job_id: Uuid,
        job_id: JobId,
        loaded_ms: Large,
        step: StepIndex,
        token: Text<Token>,
    },
    Accepted {
        bytes: Large,
        frame_job_id: Uuid,
        frames: &'a FrameSet,
        job_id: JobId,
        step: StepIndex,
        token: Text<Token>,
        took_ms: Large,
    },
    Frames {
        frame_job_id: Uuid,
        frames: &'a FrameSet,
        job_id: JobId,
        step: StepIndex,
        token: Text<Token>,
    },
    Failed {
        charged: bool,
        failure: Failed<'a>,
        frame_job_id: Uuid,
        frames: &'a FrameSet,
        job_id: JobId,
        not_before: Text<Timestamp>,
        step: StepIndex,
        token: Text<Token>,
    },
    DeadLettered {
        failure: Failed<'a>,
        frame_job_id: Uuid,
        frames: &'a FrameSet,
        job_id: JobId,
        step: StepIndex,
        token: Text<Token>,
    },
    Released {
        frame_job_id: Uuid,
        job_id: JobId,
        reason: &'static str,
        step: StepIndex,
        token: Text<Token>,
    },
}

/// The payload of an event about a frame job; none for all others.
pub(super) fn payload(event: &Event) -> Option<Payload<'_>> {
    Some(match event {
        Event::FramesLeased { lease } => leased(lease),
        Event::AttemptBegan { token, job, step, fetched, loaded } => {
            began(*token, *job, *step, (*fetched, *loaded))
        }
        Event::FramesAccepted { token, job, step, frames, bytes, took } => Payload::Accepted {
            bytes: Large(*bytes),
            frame_job_id: token.frame_job_uuid(*job),
            frames,
            job_id: *job,
            step: *step,
            token: Text(*token),
            took_ms: ms(*took),
        },
        Event::FramesPublished { token, job, step, frames }
        | Event::FramesReturned { token, job, step, frames }
        | Event::FramesLost { token, job, step, frames } => Payload::Frames {
            frame_job_id: token.frame_job_uuid(*job),
            frames,
            job_id: *job,
            step: *step,
            token: Text(*token),
        },
        Event::FramesFailed { token, job, step, frames, failure, not_before, charged } => Payload::Failed {
            charged: *charged,
            failure: Failed::of(failure),
            frame_job_id: token.frame_job_uuid(*job),
            frames,
            job_id: *job,
            not_before: time(*not_before),
            step: *step,
            token: Text(*token),
        },
        Event::FramesDeadLettered { token, job, step, frames, failure } => Payload::DeadLettered {
            failure: Failed::of(failure),
            frame_job_id: token.frame_job_uuid(*job),
            frames,
            job_id: *job,
            step: *step,
            token: Text(*token),
        },
        Event::LeaseReleased { token, job, step, reason } => Payload::Released {
            frame_job_id: token.frame_job_uuid(*job),
            job_id: *job,
            reason: reason.word(),
            step: *step,
            token: Text(*token),
        },
        _ => return None,
    })
}

fn leased(lease: &Lease) -> Payload<'_> {
    Payload::Leased {
        frame_job_id: lease.token.frame_job_uuid(lease.job),
        frames: &lease.frames,
        gentle: lease.gentle,
        job_id: lease.job,
        node: &lease.node,
        node_id: lease.node.uuid(),
        preflight: lease.work == Work::Preflight,
        publish_of: match lease.work {
            Work::Publish { of } => Some(Text(of)),
            Work::Render | Work::Preflight => None,
        },
        step: lease.step,
        token: Text(lease.token),
    }
}

fn began(
    token: Token,
    job: JobId,
    step: StepIndex,
    (fetched, loaded): (Duration, Duration),
) -> Payload<'static> {
    Payload::Began {
        fetched_ms: ms(fetched),
        frame_job_id: token.frame_job_uuid(job),
        job_id: job,
        loaded_ms: ms(loaded),
        step,
        token: Text(token),
    }
}
