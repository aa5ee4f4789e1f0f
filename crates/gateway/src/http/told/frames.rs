//! Where the frames of a job's steps are.

use callsheet_protocol::v1;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Failure, moment};

/// Where the frames of a step are, as sets: `1-100,105`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepFrames {
    /// The step's name.
    step: String,
    /// In nobody's hands, not tried yet.
    #[schema(example = "41-100")]
    waiting: String,
    /// In a node's hands.
    leased: String,
    /// Proven, and to be published.
    accepted: String,
    /// At their final path.
    published: String,
    /// In nobody's hands, after failures.
    retrying: Vec<FrameTrouble>,
    /// Put aside.
    dead: Vec<DeadLetter>,
    /// They are too scattered to be told whole; the counts of the job are right all the same.
    truncated: bool,
}

/// Frames that wait for another try.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FrameTrouble {
    /// Which.
    frames: String,
    /// Failures that counted.
    failures: u32,
    /// Not handed out before this.
    #[schema(format = DateTime)]
    not_before: String,
}

/// Frames put aside after their last failure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetter {
    /// Which.
    frames: String,
    /// Under which token the last attempt was.
    token: u64,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

impl From<v1::StepFrames> for StepFrames {
    fn from(step: v1::StepFrames) -> Self {
        let retrying = step.retrying.into_iter().map(|trouble| FrameTrouble {
            frames: trouble.frames,
            failures: trouble.failures,
            not_before: moment(trouble.not_before_ms),
        });
        let dead = step.dead.into_iter().map(|dead| DeadLetter {
            frames: dead.frames,
            token: dead.token,
            failure: dead.failure.map(Into::into),
        });
        Self {
            step: step.step,
            waiting: step.waiting,
            leased: step.leased,
            accepted: step.accepted,
            published: step.published,
            retrying: retrying.collect(),
            dead: dead.collect(),
            truncated: step.truncated,
        }
    }
}
