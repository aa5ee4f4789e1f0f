//! What events do to whole jobs and steps.

use std::sync::Arc;

use callsheet_model::image::JobEnd;
use callsheet_model::{FrameSet, Job, JobId, StepIndex, Timestamp, Token};

use super::{JobRecord, State, StepRecord};

impl State {
    pub(super) fn job_submitted(&mut self, job: &Arc<Job>) {
        if self.jobs.contains_key(&job.id) {
            return;
        }
        let rank = self.order.last_key_value().map_or(0, |(rank, _)| rank.saturating_add(1));
        let record = JobRecord {
            job: Arc::clone(job),
            project: job.spec.project_id(),
            rank,
            priority: job.spec.priority,
            paused: false,
            release: None,
            started: None,
            end: None,
            steps: Vec::new(),
        };
        self.add_job(record, StepRecord::fresh);
    }

    /// Puts a job into its places; its steps are made by `make`.
    pub(super) fn add_job(
        &mut self,
        mut record: JobRecord,
        mut make: impl FnMut(&callsheet_model::StepSpec, super::ClassId) -> StepRecord,
    ) {
        let job = Arc::clone(&record.job);
        for spec in &job.spec.steps {
            let class = self.index.class_of(spec, &mut self.nodes);
            record.steps.push(make(spec, class));
        }
        for (at, spec) in job.spec.steps.iter().enumerate() {
            let unmet = |step: &&StepIndex| record.steps.get(step.at()).is_some_and(|step| !step.succeeded);
            let blockers = spec.after.iter().filter(unmet).count();
            if let Some(step) = record.steps.get_mut(at) {
                step.blockers = blockers;
            }
        }
        self.order.insert(record.rank, job.id);
        self.enlist(&record);
        self.relist_all(&mut record);
        self.jobs.insert(job.id, record);
    }

    fn relist_all(&mut self, record: &mut JobRecord) {
        for at in 0..record.steps.len() {
            self.index.relist(record, StepIndex(at as u16));
        }
    }

    /// Puts a job into the lists of jobs, by how it stands.
    fn enlist(&mut self, record: &JobRecord) {
        let id = record.job.id;
        match &record.end {
            Some((_, at)) => {
                self.ended.insert((*at, id));
                *self.ends.entry(record.state()).or_default() += 1;
            }
            None => {
                self.open.insert((record.rank, id));
            }
        }
        if let Some(due) = record.release_due() {
            self.overdue.insert((due, id));
        }
    }

    /// Takes it out of them.
    fn delist(&mut self, record: &JobRecord) {
        let id = record.job.id;
        match &record.end {
            Some((_, at)) => {
                self.ended.remove(&(*at, id));
                if let Some(count) = self.ends.get_mut(&record.state()) {
                    *count = count.saturating_sub(1);
                }
            }
            None => {
                self.open.remove(&(record.rank, id));
            }
        }
        if let Some(due) = record.release_due() {
            self.overdue.remove(&(due, id));
        }
    }

    /// Changes a job, and lists its steps anew.
    pub(super) fn change_job(&mut self, id: JobId, change: impl FnOnce(&mut Self, &mut JobRecord)) {
        // Taken out and put back, so that job and indices can be changed side by side. Rare events only.
        if let Some(mut record) = self.jobs.remove(&id) {
            self.delist(&record);
            change(self, &mut record);
            self.enlist(&record);
            self.relist_all(&mut record);
            self.jobs.insert(id, record);
        }
    }

    pub(super) fn job_paused(&mut self, id: JobId, paused: bool) {
        self.change_job(id, |_, job| job.paused = paused);
    }

    pub(super) fn job_prioritised(&mut self, id: JobId, priority: u32) {
        self.change_job(id, |state, job| {
            // Out of the lists while its old place is known; it is put back in its new one.
            for at in 0..job.steps.len() {
                state.index.unlist(job, StepIndex(at as u16));
            }
            job.priority = priority;
        });
    }

    pub(super) fn job_ended(&mut self, id: JobId, end: JobEnd, at: Timestamp) {
        self.change_job(id, |_, job| job.end = Some((end, at)));
    }

    pub(super) fn job_retried(&mut self, id: JobId, steps: &[(StepIndex, FrameSet)]) {
        self.change_job(id, |state, job| {
            if job.end.take().is_some() {
                job.started = None;
            }
            for (step, frames) in steps {
                if let Some(step) = job.steps.get_mut(step.at()) {
                    step.revive(frames);
                }
            }
            state.index.stir_all();
        });
    }

    pub(super) fn job_forgotten(&mut self, id: JobId) {
        let leases: Vec<Token> = self
            .jobs
            .get(&id)
            .into_iter()
            .flat_map(|job| &job.steps)
            .flat_map(|step| &step.leases)
            .copied()
            .collect();
        leases.into_iter().for_each(|token| self.lease_ended(token));
        let Some(mut job) = self.jobs.remove(&id) else { return };
        for at in 0..job.steps.len() {
            self.index.unlist(&mut job, StepIndex(at as u16));
        }
        self.order.remove(&job.rank);
        self.delist(&job);
    }

    pub(super) fn step_succeeded(&mut self, id: JobId, done: StepIndex) {
        self.change_job(id, |_, job| {
            let Some(step) = job.steps.get_mut(done.at()) else { return };
            if std::mem::replace(&mut step.succeeded, true) {
                return;
            }
            for (spec, step) in job.job.spec.steps.iter().zip(&mut job.steps) {
                if spec.after.contains(&done) {
                    step.blockers = step.blockers.saturating_sub(1);
                }
            }
        });
    }

    pub(super) fn step_cleared(&mut self, id: JobId, cleared: StepIndex) {
        self.change_job(id, |state, job| {
            if let Some(step) = job.steps.get_mut(cleared.at()) {
                step.clear();
                state.index.stir_all();
            }
        });
    }
}
