//! What the leader hands to a node: leases, with all that is needed to work on them.

use std::collections::BTreeMap;
use std::sync::Arc;

use callsheet_model::{FrameSet, JobId, OutputPattern, StepIndex, StepSpec, Token, Work};
use uuid::Uuid;

/// A step, as a node needs to know it. Leases of one step share it.
#[derive(Clone, Debug, PartialEq)]
pub struct Brief {
    /// The job.
    pub job: JobId,
    /// The job's name, for people.
    pub job_name: String,
    /// The project it belongs to; nil when the leader does not say.
    pub project: Uuid,
    /// Which step of the job.
    pub step: StepIndex,
    /// The step itself.
    pub spec: StepSpec,
    /// What the steps before it leave behind, by step name.
    pub inputs: BTreeMap<String, StepInput>,
}

/// What an earlier step leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepInput {
    /// Where, as the job says it.
    pub output: OutputPattern,
    /// Which frames.
    pub frames: FrameSet,
}

/// A lease offered to this node.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// The lease.
    pub token: Token,
    /// Its step.
    pub brief: Arc<Brief>,
    /// Its frames.
    pub frames: FrameSet,
    /// What is to be done with them.
    pub work: Work,
    /// Earlier attempts ran out of memory: use as little of it as can be.
    pub gentle: bool,
}

impl Offer {
    /// The attempt whose place holds the files: this one's own, or the one that is published for.
    #[must_use]
    pub fn attempt(&self) -> Token {
        match self.work {
            Work::Render | Work::Preflight => self.token,
            Work::Publish { of } => of,
        }
    }
}
