//! Jobs that wait for a person, for the doors.

use callsheet_model::approval::approval_uuid;
use callsheet_model::{ApprovalSpec, JobId, Timestamp};
use uuid::Uuid;

use crate::scheduler::Scheduler;
use crate::state::JobRecord;

/// A request for a job's release that nobody has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalView {
    /// Its id.
    pub approval: Uuid,
    /// The job.
    pub job: JobId,
    /// The job's name.
    pub name: String,
    /// The job's project.
    pub project: String,
    /// What is asked.
    pub spec: ApprovalSpec,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When the person's time to answer is up; never, or not any more, when there is none.
    pub due_at: Option<Timestamp>,
    /// Their time was up, and it was told again.
    pub escalated: bool,
}

impl Scheduler {
    /// Requests for a release that nobody has answered, the oldest first.
    #[must_use]
    pub fn approvals(&self) -> Vec<ApprovalView> {
        let waiting = self.state().open_jobs().filter(|job| job.is_awaiting());
        let mut waiting: Vec<ApprovalView> = waiting.filter_map(view).collect();
        waiting.sort_by_key(|waiting| (waiting.asked_at, waiting.job));
        waiting
    }
}

fn view(record: &JobRecord) -> Option<ApprovalView> {
    let (job, release) = (&record.job, record.release.as_ref()?);
    Some(ApprovalView {
        approval: approval_uuid(job.id, release.nth),
        job: job.id,
        name: job.spec.name.clone(),
        project: job.spec.project.clone(),
        spec: job.spec.approval.clone()?,
        asked_at: release.asked_at,
        due_at: record.release_due(),
        escalated: release.escalated,
    })
}
