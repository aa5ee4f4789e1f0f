//! What the cluster does about each class of failure, in a word for programs and a sentence for people.
//!
//! The scheduler acts by the same table; this one refuses to act.

use callsheet_model::FailureClass;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Nothing: it succeeded.
    Accept,
    /// The job fails at once.
    FailJob,
    /// Again on another node; a retry is spent, and halves are tried until the guilty frame is alone.
    RetryElsewhere,
    /// The node renders nothing with After Effects until a canary succeeds; its frames go to others, without a retry.
    QuarantineNode,
    /// It is tried again when a licence is free, without a retry.
    WaitForLicence,
    /// It is tried again when the storage is back, without a retry.
    WaitForStorage,
    /// Again with multi-frame rendering off.
    RetryGently,
    /// What is proven counts, and only what is missing is tried again.
    KeepProven,
    /// Again, anywhere, without a retry.
    RetryFree,
}

impl Action {
    /// What is done about a class.
    #[must_use]
    pub fn of(class: FailureClass) -> Self {
        match class {
            FailureClass::JobFatal => Self::FailJob,
            FailureClass::NodeConfig => Self::QuarantineNode,
            FailureClass::Licence => Self::WaitForLicence,
            FailureClass::StorageOut => Self::WaitForStorage,
            FailureClass::OutOfMemory => Self::RetryGently,
            FailureClass::HangExit => Self::KeepProven,
            FailureClass::Agent => Self::RetryFree,
            FailureClass::InputMissing
            | FailureClass::OutputIo
            | FailureClass::Crash
            | FailureClass::HangStart
            | FailureClass::HangFrame
            | FailureClass::SilentDeath
            | FailureClass::BrokenOutput => Self::RetryElsewhere,
        }
    }

    /// The word for it, in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::FailJob => "fail_job",
            Self::RetryElsewhere => "retry_elsewhere",
            Self::QuarantineNode => "quarantine_node",
            Self::WaitForLicence => "wait_for_licence",
            Self::WaitForStorage => "wait_for_storage",
            Self::RetryGently => "retry_gently",
            Self::KeepProven => "keep_proven",
            Self::RetryFree => "retry_free",
        }
    }

    /// What is done, for people: lower case, no full stop.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Accept => "prove every file, and take the frames",
            Self::FailJob => "fail the job at once, because it would fail everywhere",
            Self::RetryElsewhere => {
                "keep the proven frames and render the rest again on another node; each time costs a retry, and \
                 halves are tried until the frame that fails is alone"
            }
            Self::QuarantineNode => {
                "give this node no more After Effects work until one frame succeeds there, and render on other \
                 nodes; it costs no retry"
            }
            Self::WaitForLicence => "wait for a licence, or go to a node that has one; it costs no retry",
            Self::WaitForStorage => "wait until the storage can be written again; it costs no retry",
            Self::RetryGently => {
                "keep the proven frames and render the rest again with multi-frame rendering off, or on a node with \
                 more memory"
            }
            Self::KeepProven => "end After Effects, keep every proven frame, and render only what is missing",
            Self::RetryFree => "render again; it costs no retry",
        }
    }
}
