//! A lease as it is stored. The plain form is the older one, and the common one: what it has no place for is said
//! beside it.

use callsheet_model::{Lease, StepIndex, Work};
use serde::{Deserialize, Serialize};

use super::scalar::{StoredFrames, StoredJobId, StoredNode, StoredToken};

/// A lease.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredLease<'a> {
    token: StoredToken,
    job: StoredJobId,
    step: u16,
    node: StoredNode,
    /// The attempt whose files are to be published; nothing for a lease that renders or looks.
    publish_of: Option<StoredToken>,
    frames: StoredFrames<'a>,
}

/// What a plain lease has no place for.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct LeaseNotes {
    /// It only looks.
    preflight: bool,
    gentle: bool,
}

impl LeaseNotes {
    /// Nothing for a lease whose plain form says it all.
    pub(crate) fn of(live: &Lease) -> Option<Self> {
        let notes = Self { preflight: live.work == Work::Preflight, gentle: live.gentle };
        (notes.preflight || notes.gentle).then_some(notes)
    }

    /// The lease that plain form and notes say together.
    pub(crate) fn join(self, plain: Lease) -> Lease {
        let work = if self.preflight { Work::Preflight } else { plain.work };
        Lease { work, gentle: self.gentle, ..plain }
    }
}

impl<'a> From<&'a Lease> for StoredLease<'a> {
    fn from(live: &'a Lease) -> Self {
        let publish_of = match live.work {
            Work::Render | Work::Preflight => None,
            Work::Publish { of } => Some(of.into()),
        };
        Self {
            token: live.token.into(),
            job: StoredJobId(live.job),
            step: live.step.0,
            node: StoredNode(live.node.clone()),
            publish_of,
            frames: (&live.frames).into(),
        }
    }
}

impl From<StoredLease<'_>> for Lease {
    fn from(stored: StoredLease<'_>) -> Self {
        Self {
            token: stored.token.into(),
            job: stored.job.0,
            step: StepIndex(stored.step),
            node: stored.node.0,
            work: stored.publish_of.map_or(Work::Render, |of| Work::Publish { of: of.into() }),
            frames: stored.frames.live(),
            gentle: false,
        }
    }
}
