//! What the older records of a job in an image have no place for: its release, when it began as a workflow, and
//! where its dead letters died.

use std::sync::Arc;

use callsheet_model::image::JobImage;
use callsheet_model::{Job, Timestamp};
use serde::{Deserialize, Serialize};

use super::super::approval::{StoredApproval, StoredRelease};
use super::super::scalar::StoredNode;

/// Notes on a job.
#[derive(Serialize, Deserialize)]
pub(crate) struct JobNotes {
    approval: Option<StoredApproval>,
    release: Option<StoredRelease>,
    started_ms: Option<u64>,
    died: Vec<StoredDied>,
}

/// The node that a set of dead letters comes from.
#[derive(Serialize, Deserialize)]
struct StoredDied {
    /// The step's place in the job.
    step: u16,
    /// The set's place in the step.
    dead: u32,
    on: StoredNode,
}

impl JobNotes {
    /// Nothing for a job whose older record says it all.
    pub(crate) fn of(live: &JobImage) -> Option<Self> {
        let mut died = Vec::new();
        for (step, image) in (0_u16..).zip(&live.steps) {
            let known = (0_u32..).zip(&image.dead).filter_map(|(at, dead)| Some((at, dead.node.clone()?)));
            died.extend(known.map(|(dead, on)| StoredDied { step, dead, on: StoredNode(on) }));
        }
        let approval = live.job.spec.approval.as_ref().map(StoredApproval::from);
        let release = live.release.as_ref().map(StoredRelease::from);
        let started_ms = live.started.map(|at| at.0);
        let any = approval.is_some() || release.is_some() || started_ms.is_some() || !died.is_empty();
        any.then_some(Self { approval, release, started_ms, died })
    }

    /// Adds what was noted to its job.
    pub(crate) fn add_to(self, image: &mut JobImage) -> Result<(), &'static str> {
        if let Some(approval) = self.approval {
            let mut job = Job::clone(&image.job);
            job.spec.approval = Some(approval.into());
            image.job = Arc::new(job);
        }
        image.release = self.release.map(Into::into);
        image.started = self.started_ms.map(Timestamp);
        for StoredDied { step, dead, on } in self.died {
            let step = image.steps.get_mut(usize::from(step));
            let dead = step.and_then(|step| step.dead.get_mut(dead as usize));
            dead.ok_or("a note on dead letters that are not there")?.node = Some(on.0);
        }
        Ok(())
    }
}
