//! What events do to jobs that a person has to release, and to jobs as workflows.

use callsheet_model::image::ReleaseImage;
use callsheet_model::{ApprovalEvent, JobId, Timestamp, WorkflowEvent};

use super::{JobRecord, State};

impl JobRecord {
    /// Whether a person has to release it before anything goes out.
    pub(crate) fn is_awaiting(&self) -> bool {
        self.end.is_none()
            && self.job.spec.approval.is_some()
            && !self.release.as_ref().is_some_and(|release| release.granted)
    }

    /// When the person's time to answer is up. Once that has been told, there is nothing more to come.
    pub(crate) fn release_due(&self) -> Option<Timestamp> {
        let timeout = self.job.spec.approval.as_ref()?.timeout?;
        let release = self.release.as_ref().filter(|release| !release.escalated)?;
        self.is_awaiting().then(|| release.asked_at.plus(timeout))
    }

    /// The how manieth request for its release would be the next.
    pub(crate) fn next_request(&self) -> u32 {
        self.release.as_ref().map_or(0, |release| release.nth).saturating_add(1)
    }
}

impl State {
    pub(super) fn approval(&mut self, event: &ApprovalEvent, at: Timestamp) {
        self.change_job(event.job(), |_, job| match event {
            ApprovalEvent::Requested { .. } => {
                let nth = job.next_request();
                job.release = Some(ReleaseImage { nth, asked_at: at, escalated: false, granted: false });
            }
            ApprovalEvent::Granted { .. } => {
                if let Some(release) = &mut job.release {
                    release.granted = true;
                }
            }
            ApprovalEvent::Escalated { .. } => {
                if let Some(release) = &mut job.release {
                    release.escalated = true;
                }
            }
            // The job fails of it, by an event of its own.
            ApprovalEvent::Denied { .. } => {}
        });
    }

    pub(super) fn workflow(&mut self, event: &WorkflowEvent, at: Timestamp) {
        if let WorkflowEvent::Started { job, .. } = event
            && let Some(job) = self.jobs.get_mut(job)
        {
            job.started = Some(at);
        }
    }

    /// The job whose person has been asked in vain for longest, if that is up by `now`.
    pub(crate) fn first_overdue(&self, now: Timestamp) -> Option<JobId> {
        self.overdue.first().filter(|(at, _)| *at <= now).map(|(_, job)| *job)
    }

    /// When the next person's time to answer is up.
    pub(crate) fn next_overdue(&self) -> Option<Timestamp> {
        self.overdue.first().map(|(at, _)| *at)
    }
}
