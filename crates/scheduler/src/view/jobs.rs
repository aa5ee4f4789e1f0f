//! Jobs and their steps, as seen from outside.

use std::sync::Arc;
use std::time::Duration;

use callsheet_model::approval::approval_uuid;
use callsheet_model::image::JobEnd;
use callsheet_model::{Failure, FrameSet, Job, JobId, JobState, StepIndex, StepState, Timestamp, Work};
use uuid::Uuid;

use super::Page;
use crate::scheduler::Scheduler;
use crate::state::{JobRecord, State, StepRecord};

/// Which jobs are asked for. Everything left open fits all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobFilter {
    /// Only these states.
    pub states: Vec<JobState>,
    /// Only this project.
    pub project: Option<String>,
    /// Only names with this in them, in any case.
    pub name: Option<String>,
}

/// A job, as seen from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct JobView {
    /// What was submitted.
    pub job: Arc<Job>,
    /// Its priority now.
    pub priority: u32,
    /// Where it stands.
    pub state: JobState,
    /// When it ended, if it did.
    pub ended_at: Option<Timestamp>,
    /// Why it failed, or what was said when it was cancelled.
    pub reason: Option<String>,
    /// How far its release is, if a person has to release it.
    pub release: Option<ReleaseView>,
    /// Its steps, in their order.
    pub steps: Vec<StepView>,
}

/// How far a job's release is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseView {
    /// The last request's id.
    pub approval: Uuid,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When the person's time to answer is up; never, or not any more, when there is none.
    pub due: Option<Timestamp>,
    /// Their time was up, and it was told again.
    pub escalated: bool,
    /// Someone released the job.
    pub granted: bool,
}

/// A step, as seen from outside. Every frame counts in exactly one of `waiting` (with `retrying`), `leased`,
/// `accepted` and `dead`.
#[derive(Clone, Debug, PartialEq)]
pub struct StepView {
    /// Its place.
    pub index: StepIndex,
    /// Where it stands.
    pub state: StepState,
    /// All its frames; a task counts as one.
    pub total: u64,
    /// Frames in nobody's hands that were not tried yet.
    pub waiting: u64,
    /// Frames in nobody's hands that failed before.
    pub retrying: u64,
    /// Frames in hands and not yet proven.
    pub leased: u64,
    /// Frames proven.
    pub accepted: u64,
    /// Of those, at their final path.
    pub published: u64,
    /// Frames put aside.
    pub dead: u64,
    /// Bytes of all accepted frames.
    pub bytes: u64,
    /// Render time of all accepted frames.
    pub took: Duration,
    /// The last failure seen.
    pub last_failure: Option<Failure>,
}

impl JobView {
    /// All frames, and those at their end, over all steps.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        self.steps.iter().fold((0, 0), |(done, total), step| (done + step.published, total + step.total))
    }
}

impl JobFilter {
    fn fits(&self, record: &JobRecord) -> bool {
        let spec = &record.job.spec;
        let named = |name: &String| spec.name.to_lowercase().contains(&name.to_lowercase());
        (self.states.is_empty() || self.states.contains(&record.state()))
            && self.project.as_ref().is_none_or(|project| *project == spec.project)
            && self.name.as_ref().is_none_or(named)
    }
}

impl Scheduler {
    /// One job.
    #[must_use]
    pub fn job(&self, id: JobId) -> Option<JobView> {
        self.state().job(id).map(|record| view(self.state(), record))
    }

    /// Jobs whose id ends with this text, as people type it; the whole id will do too.
    #[must_use]
    pub fn jobs_named(&self, short: &str, limit: usize) -> Vec<JobId> {
        let wanted = short.to_ascii_lowercase().replace('-', "");
        let fits = |record: &&JobRecord| record.job.id.0.simple().to_string().ends_with(&wanted);
        let jobs = self.state().jobs_after(None).filter(fits).map(|record| record.job.id);
        if wanted.is_empty() { Vec::new() } else { jobs.take(limit).collect() }
    }

    /// Jobs in the order they came, after the job `after`. A page after a job that is not remembered any more
    /// begins from the start.
    #[must_use]
    pub fn jobs(&self, filter: &JobFilter, after: Option<JobId>, limit: usize) -> Page<JobView> {
        let rank = after.and_then(|id| self.state().job(id)).map(|record| record.rank);
        let jobs = self.state().jobs_after(rank).filter(|record| filter.fits(record));
        Page::of(jobs.map(|record| view(self.state(), record)), limit)
    }

    /// Jobs, newest first, before the job `before`.
    #[must_use]
    pub fn jobs_newest_first(
        &self,
        filter: &JobFilter,
        before: Option<JobId>,
        limit: usize,
    ) -> Page<JobView> {
        let rank = before.and_then(|id| self.state().job(id)).map(|record| record.rank);
        let older = |record: &&JobRecord| rank.is_none_or(|rank| record.rank < rank);
        let jobs = self.state().jobs_after(None).rev().filter(older).filter(|record| filter.fits(record));
        Page::of(jobs.map(|record| view(self.state(), record)), limit)
    }

    /// How many jobs are in each state.
    #[must_use]
    pub fn job_counts(&self) -> std::collections::BTreeMap<JobState, u64> {
        let ends = self.state().ends().iter().filter(|(_, count)| **count > 0);
        let ends = ends.map(|(state, count)| (*state, *count)).collect();
        self.state().open_jobs().fold(ends, |mut counts: std::collections::BTreeMap<_, _>, record| {
            *counts.entry(record.state()).or_default() += 1;
            counts
        })
    }
}

fn view(state: &State, record: &JobRecord) -> JobView {
    let (reason, ended_at) = match &record.end {
        None => (None, None),
        Some((JobEnd::Succeeded, at)) => (None, Some(*at)),
        Some((JobEnd::Failed(reason) | JobEnd::Cancelled(reason), at)) => (Some(reason.clone()), Some(*at)),
    };
    JobView {
        job: Arc::clone(&record.job),
        priority: record.priority,
        state: record.state(),
        ended_at,
        reason,
        release: release_view(record),
        steps: record.all_steps().map(|(index, _, step)| step_view(state, index, step)).collect(),
    }
}

fn release_view(record: &JobRecord) -> Option<ReleaseView> {
    let release = record.release.as_ref()?;
    Some(ReleaseView {
        approval: approval_uuid(record.job.id, release.nth),
        asked_at: release.asked_at,
        due: record.release_due(),
        escalated: release.escalated,
        granted: release.granted,
    })
}

pub(super) fn step_view(state: &State, index: StepIndex, step: &StepRecord) -> StepView {
    StepView {
        index,
        state: JobRecord::step_state(step),
        total: step.total,
        waiting: step.waiting.len(),
        retrying: step.retrying.len(),
        leased: step
            .leases
            .iter()
            .filter_map(|token| state.lease(*token))
            .map(|held| held.remaining.len())
            .sum(),
        accepted: step.accepted.len(),
        published: step.published.len(),
        dead: step.dead.iter().map(|dead| dead.frames.len()).sum(),
        bytes: step.bytes,
        took: step.took,
        last_failure: step.last_failure.clone(),
    }
}

/// All frames of a step that are in hands to be rendered, and not proven.
pub(super) fn rendered_frames(state: &State, step: &StepRecord) -> FrameSet {
    let held = step.leases.iter().filter_map(|token| state.lease(*token));
    held.filter(|held| held.lease.work == Work::Render).fold(FrameSet::new(), |mut all, held| {
        all.add(&held.remaining);
        all
    })
}
