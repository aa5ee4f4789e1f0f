//! What each event does to the state. Total: an event that does not fit changes nothing, and none panics, so
//! that replay always comes to an end, and comes to the same end as when it was live.
//!
//! A lease ends by itself when its last frame is accepted (without output) or published: such ends are the
//! common ones, and need no event of their own.
//!
//! Whenever frames come back into nobody's hands, every node is looked at again. That the step was ready before
//! says nothing: all it had may be waiting for one node that is busy.

use std::sync::Arc;
use std::time::Duration;

use callsheet_model::image::JobEnd;
use callsheet_model::{
    Capabilities, Envelope, Event, FrameSet, Job, JobId, Lease, NodeName, OfflineReason, StepIndex,
    Timestamp, Token, Work,
};

use super::{JobRecord, LeaseRecord, State, StepRecord};

impl State {
    /// Folds one event in.
    pub fn evolve(&mut self, envelope: &Envelope) {
        let at = envelope.at;
        self.sequence = self.sequence.max(envelope.sequence);
        match &envelope.event {
            Event::LeaderStarted { epoch } => {
                self.epoch = self.epoch.max(*epoch);
                self.last_token = self.last_token.max(Token::first_of(*epoch));
            }
            Event::JobSubmitted { job } => self.job_submitted(job),
            Event::JobPaused { job } => self.job_paused(*job, true),
            Event::JobResumed { job } => self.job_paused(*job, false),
            Event::JobCancelled { job, reason } => {
                self.job_ended(*job, JobEnd::Cancelled(reason.clone()), at)
            }
            Event::JobSucceeded { job } => self.job_ended(*job, JobEnd::Succeeded, at),
            Event::JobFailed { job, reason } => self.job_ended(*job, JobEnd::Failed(reason.clone()), at),
            Event::JobRetried { job, steps } => self.job_retried(*job, steps),
            Event::JobForgotten { job } => self.job_forgotten(*job),
            Event::StepSucceeded { job, step } => self.step_succeeded(*job, *step),
            Event::FramesLeased { lease } => self.frames_leased(lease, at),
            Event::FramesAccepted { token, frames, bytes, took, .. } => {
                self.frames_accepted(*token, frames, *bytes, *took);
            }
            Event::FramesPublished { token, frames, .. } => self.frames_published(*token, frames),
            Event::FramesFailed { token, frames, failure, not_before, charged, .. } => {
                let _ = self.with_remaining(*token, frames, |step, lease, frames| {
                    step.trouble(frames, &lease.node, *not_before, *charged);
                    step.last_failure = Some(failure.clone());
                });
                if *not_before <= at {
                    self.index.stir_all();
                }
            }
            Event::FramesDeadLettered { token, frames, failure, .. } => {
                let _ = self.with_remaining(*token, frames, |step, _, frames| {
                    step.bury(frames, failure, *token);
                    step.last_failure = Some(failure.clone());
                });
            }
            Event::FramesReturned { token, frames, .. } => {
                let _ = self.with_remaining(*token, frames, |step, _, frames| step.take_back(frames));
                self.index.stir_all();
            }
            Event::FramesLost { token, frames, .. } => self.frames_lost(*token, frames),
            Event::LeaseReleased { token, .. } => self.lease_ended(*token),
            Event::NodeOnline { node, capabilities } => self.node_online(node, capabilities, at),
            Event::NodeOffline { node, reason } => self.node_offline(node, *reason, at),
            Event::NodeDrained { node } => self.node_drained(node, true),
            Event::NodeUndrained { node } => self.node_drained(node, false),
        }
    }

    fn job_submitted(&mut self, job: &Arc<Job>) {
        if self.jobs.contains_key(&job.id) {
            return;
        }
        let rank = self.order.last_key_value().map_or(0, |(rank, _)| rank.saturating_add(1));
        let record = JobRecord { job: Arc::clone(job), rank, paused: false, end: None, steps: Vec::new() };
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
        if let Some((_, at)) = &record.end {
            self.ended.insert((*at, job.id));
        }
        self.relist_all(&mut record);
        self.jobs.insert(job.id, record);
    }

    fn relist_all(&mut self, record: &mut JobRecord) {
        for at in 0..record.steps.len() {
            self.index.relist(record, StepIndex(at as u16));
        }
    }

    /// Changes a job, and lists its steps anew.
    fn change_job(&mut self, id: JobId, change: impl FnOnce(&mut Self, &mut JobRecord)) {
        // Taken out and put back, so that job and indices can be changed side by side. Rare events only.
        if let Some(mut record) = self.jobs.remove(&id) {
            change(self, &mut record);
            self.relist_all(&mut record);
            self.jobs.insert(id, record);
        }
    }

    fn job_paused(&mut self, id: JobId, paused: bool) {
        self.change_job(id, |_, job| job.paused = paused);
    }

    fn job_ended(&mut self, id: JobId, end: JobEnd, at: Timestamp) {
        self.change_job(id, |state, job| {
            if let Some((_, before)) = job.end.replace((end, at)) {
                state.ended.remove(&(before, id));
            }
            state.ended.insert((at, id));
        });
    }

    fn job_retried(&mut self, id: JobId, steps: &[(StepIndex, FrameSet)]) {
        self.change_job(id, |state, job| {
            if let Some((_, at)) = job.end.take() {
                state.ended.remove(&(at, id));
            }
            for (step, frames) in steps {
                if let Some(step) = job.steps.get_mut(step.at()) {
                    step.revive(frames);
                }
            }
            state.index.stir_all();
        });
    }

    fn job_forgotten(&mut self, id: JobId) {
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
        if let Some((_, at)) = job.end {
            self.ended.remove(&(at, id));
        }
    }

    fn step_succeeded(&mut self, id: JobId, done: StepIndex) {
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

    fn frames_leased(&mut self, lease: &Lease, at: Timestamp) {
        self.last_token = self.last_token.max(lease.token);
        let Some(job) = self.jobs.get_mut(&lease.job) else { return };
        let Some(step) = job.steps.get_mut(lease.step.at()) else { return };
        if self.leases.contains_key(&lease.token) {
            return;
        }
        let mut record = LeaseRecord {
            lease: lease.clone(),
            since: at,
            remaining: FrameSet::new(),
            unpublished: FrameSet::new(),
            class: step.class,
        };
        match lease.work {
            Work::Render => {
                record.remaining = lease.frames.clone();
                step.waiting.subtract(&lease.frames);
                if !step.retrying.is_empty() {
                    step.retrying.subtract(&lease.frames);
                }
            }
            Work::Publish { of } => {
                record.unpublished = lease.frames.clone();
                if let Some(orphans) = step.unpublished.get_mut(&of) {
                    orphans.subtract(&lease.frames);
                    if orphans.is_empty() {
                        step.unpublished.remove(&of);
                    }
                }
            }
        }
        step.leases.insert(lease.token);
        self.index.relist(job, lease.step);
        if let Some(node) = self.nodes.get_mut(&lease.node) {
            node.leases.insert(lease.token);
            if !record.remaining.is_empty() {
                node.busy = node.busy.saturating_add(1);
                node.memory = node.memory.saturating_add(self.index.memory(record.class));
            }
        }
        self.leases.insert(lease.token, record);
    }

    fn frames_accepted(&mut self, token: Token, frames: &FrameSet, bytes: u64, took: Duration) {
        let mut over = false;
        let moved = self.with_remaining(token, frames, |step, _, frames| {
            step.accepted.add(frames);
            step.forgive(frames);
            if !step.has_output {
                step.published.add(frames);
            }
            step.bytes = step.bytes.saturating_add(bytes);
            step.took = step.took.saturating_add(took);
            over = !step.has_output;
        });
        let Some(lease) = self.leases.get_mut(&token) else { return };
        if !over {
            lease.unpublished.add(&moved);
        } else if lease.remaining.is_empty() {
            self.lease_ended(token);
        }
    }

    fn frames_published(&mut self, token: Token, frames: &FrameSet) {
        let Some(lease) = self.leases.get_mut(&token) else { return };
        let frames = &lease.unpublished.intersection(frames);
        lease.unpublished.subtract(frames);
        let over = lease.unpublished.is_empty() && lease.remaining.is_empty();
        if let Some(step) = step_of(&mut self.jobs, &lease.lease) {
            step.published.add(frames);
        }
        if over {
            self.lease_ended(token);
        }
    }

    fn frames_lost(&mut self, token: Token, frames: &FrameSet) {
        let Some(lease) = self.leases.get_mut(&token) else { return };
        let frames = &lease.unpublished.intersection(frames);
        lease.unpublished.subtract(frames);
        let over = lease.unpublished.is_empty() && lease.remaining.is_empty();
        let (job, index) = (lease.lease.job, lease.lease.step);
        if let Some(step) = step_of(&mut self.jobs, &lease.lease) {
            step.accepted.subtract(frames);
            step.waiting.add(frames);
        }
        self.index.stir_all();
        if let Some(job) = self.jobs.get_mut(&job) {
            self.index.relist(job, index);
        }
        if over {
            self.lease_ended(token);
        }
    }

    /// Takes frames out of what remains of a lease and puts them elsewhere in its step. The slot is free when
    /// nothing remains. Returns the frames that were taken.
    fn with_remaining(
        &mut self,
        token: Token,
        frames: &FrameSet,
        place: impl FnOnce(&mut StepRecord, &Lease, &FrameSet),
    ) -> FrameSet {
        let Some(record) = self.leases.get_mut(&token) else { return FrameSet::new() };
        let frames = record.remaining.intersection(frames);
        if frames.is_empty() {
            return frames;
        }
        record.remaining.subtract(&frames);
        if record.remaining.is_empty()
            && let Some(node) = self.nodes.get_mut(&record.lease.node)
        {
            node.busy = node.busy.saturating_sub(1);
            node.memory = node.memory.saturating_sub(self.index.memory(record.class));
            self.index.stir(&record.lease.node, node);
        }
        if let Some(job) = self.jobs.get_mut(&record.lease.job)
            && let Some(step) = job.steps.get_mut(record.lease.step.at())
        {
            place(step, &record.lease, &frames);
            self.index.relist(job, record.lease.step);
        }
        frames
    }

    /// The one way out of the state for a lease.
    fn lease_ended(&mut self, token: Token) {
        let Some(record) = self.leases.remove(&token) else { return };
        if let Some(node) = self.nodes.get_mut(&record.lease.node) {
            node.leases.remove(&token);
            if !record.remaining.is_empty() {
                node.busy = node.busy.saturating_sub(1);
                node.memory = node.memory.saturating_sub(self.index.memory(record.class));
            }
            self.index.stir(&record.lease.node, node);
        }
        let Some(job) = self.jobs.get_mut(&record.lease.job) else { return };
        if let Some(step) = job.steps.get_mut(record.lease.step.at()) {
            step.leases.remove(&token);
            if !record.remaining.is_empty() {
                step.take_back(&record.remaining);
                self.index.stir_all();
            }
            if !record.unpublished.is_empty() {
                step.unpublished.entry(record.files_of()).or_default().add(&record.unpublished);
            }
        }
        self.index.relist(job, record.lease.step);
    }

    fn node_online(&mut self, name: &NodeName, capabilities: &Capabilities, at: Timestamp) {
        let node = self.nodes.entry(name.clone()).or_default();
        node.capabilities = capabilities.clone();
        node.offline = None;
        node.since = at;
        self.index.judge(node);
        self.index.stir_all();
    }

    fn node_offline(&mut self, name: &NodeName, reason: OfflineReason, at: Timestamp) {
        if let Some(node) = self.nodes.get_mut(name) {
            node.offline = Some(reason);
            node.since = at;
            self.index.stir_all();
        }
    }

    fn node_drained(&mut self, name: &NodeName, drained: bool) {
        if let Some(node) = self.nodes.get_mut(name) {
            node.drained = drained;
            self.index.stir_all();
        }
    }
}

fn step_of<'a>(
    jobs: &'a mut std::collections::BTreeMap<JobId, JobRecord>,
    lease: &Lease,
) -> Option<&'a mut StepRecord> {
    jobs.get_mut(&lease.job)?.steps.get_mut(lease.step.at())
}
