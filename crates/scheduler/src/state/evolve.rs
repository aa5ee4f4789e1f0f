//! What each event does to the state. Total: an event that does not fit changes nothing, and none panics, so
//! that replay always comes to an end, and comes to the same end as when it was live.
//!
//! A lease ends by itself when its last frame is accepted (without output) or published: such ends are the
//! common ones, and need no event of their own.
//!
//! Whenever frames come back into nobody's hands, every node is looked at again. That the step was ready before
//! says nothing: all it had may be waiting for one node that is busy.

use std::time::Duration;

use callsheet_model::image::JobEnd;
use callsheet_model::{Envelope, Event, Failure, FrameSet, JobId, Lease, NodeName, Timestamp, Token, Work};

use super::nodes::Suspicion;
use super::{JobRecord, LeaseRecord, State, StepRecord};

impl State {
    /// Folds one event in.
    // Upholds replay_is_state: nothing else changes what is durable, live or in replay.
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
            Event::JobPrioritised { job, priority } => self.job_prioritised(*job, *priority),
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
                self.frames_failed(*token, frames, failure, |step, node, frames| {
                    step.trouble(frames, node, *not_before, *charged, failure.class);
                    step.await_what(failure.class, at);
                });
                if *not_before <= at {
                    self.index.stir_all();
                }
            }
            Event::FramesDeadLettered { token, frames, failure, .. } => {
                self.frames_failed(*token, frames, failure, |step, node, frames| {
                    step.bury(frames, failure, node, *token);
                });
            }
            Event::FramesReturned { token, frames, .. } => {
                let _ = self.with_remaining(*token, frames, |step, _, frames| step.take_back(frames));
                self.index.stir_all();
            }
            Event::FramesLost { token, frames, .. } => self.frames_lost(*token, frames),
            Event::LeaseReleased { token, .. } => self.lease_ended(*token),
            Event::NodeOnline { node, capabilities, .. } => self.node_online(node, capabilities, at),
            Event::NodeOffline { node, reason, last_heard, .. } => {
                self.node_offline(node, *reason, *last_heard, at);
            }
            Event::NodeDrained { node } => self.node_drained(node, true),
            Event::NodeUndrained { node } => self.node_drained(node, false),
            Event::StepCleared { job, step, .. } => self.step_cleared(*job, *step),
            // For people and for contracts: what follows from it has events of its own.
            Event::NodeCrashed { .. } | Event::CacheUpdated { .. } => {}
            Event::NodeQuarantined { node, renderer, job, step, failure, strike, until } => {
                let (of, strike, until) = ((*job, *step), *strike, *until);
                self.node_quarantined(&Suspicion { node, renderer, of, failure, strike, until }, at);
            }
            Event::NodeCleared { node, renderer, .. } => self.node_cleared(node, renderer),
            Event::AttemptBegan { token, .. } => {
                if let Some(lease) = self.leases.get_mut(token) {
                    lease.began = true;
                }
            }
            Event::Approval(event) => self.approval(event, at),
            Event::Workflow(event) => self.workflow(event, at),
            Event::Pause(event) => self.pause(event),
            Event::Alert(event) => self.book.enter(event, at),
            Event::Troupe(event) => self.troupe(event),
            Event::Outside(event) => self.outside.remember(event.id, envelope.sequence),
        }
    }

    /// Frames failed, and `place` puts them where they belong in their step.
    fn frames_failed(
        &mut self,
        token: Token,
        frames: &FrameSet,
        failure: &Failure,
        place: impl FnOnce(&mut StepRecord, &NodeName, &FrameSet),
    ) {
        let mut doubtful = None;
        let _ = self.with_remaining(token, frames, |step, lease, frames| {
            if failure.class.makes_a_node_suspect() && step.incriminates(&lease.node, frames) {
                doubtful = Some(lease.clone());
            }
            step.accuse(&lease.node, failure.class);
            place(step, &lease.node, frames);
            step.last_failure = Some(failure.clone());
        });
        if let Some(lease) = doubtful {
            self.node_doubted(&lease);
        }
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
            began: false,
            class: step.class,
        };
        match lease.work {
            Work::Render | Work::Preflight => {
                record.remaining = lease.frames.clone();
                step.waiting.subtract(&lease.frames);
                if !step.retrying.is_empty() {
                    step.retrying.subtract(&lease.frames);
                }
                if lease.work == Work::Preflight {
                    step.begin_look(lease.token);
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
                node.begin_trial(self.index.renderer(record.class), lease.token);
            }
        }
        self.leases.insert(lease.token, record);
    }

    fn frames_accepted(&mut self, token: Token, frames: &FrameSet, bytes: u64, took: Duration) {
        let mut over = false;
        let moved = self.with_remaining(token, frames, |step, _, frames| {
            step.accepted.add(frames);
            step.believe();
            step.forgive(frames);
            if !step.has_output {
                step.published.add(frames);
            }
            step.bytes = step.bytes.saturating_add(bytes);
            step.took = step.took.saturating_add(took);
            over = !step.has_output;
        });
        let Some(lease) = self.leases.get_mut(&token) else { return };
        if !moved.is_empty()
            && let Some(node) = self.nodes.get_mut(&lease.lease.node)
        {
            node.believe(self.index.renderer(lease.class));
        }
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
    // Upholds nothing_starves: whatever it still held waits again, and every node is looked at for it.
    pub(super) fn lease_ended(&mut self, token: Token) {
        let Some(record) = self.leases.remove(&token) else { return };
        if let Some(node) = self.nodes.get_mut(&record.lease.node) {
            node.leases.remove(&token);
            node.end_trial(token);
            if !record.remaining.is_empty() {
                node.busy = node.busy.saturating_sub(1);
                node.memory = node.memory.saturating_sub(self.index.memory(record.class));
            }
            self.index.stir(&record.lease.node, node);
        }
        let Some(job) = self.jobs.get_mut(&record.lease.job) else { return };
        if let Some(step) = job.steps.get_mut(record.lease.step.at()) {
            step.leases.remove(&token);
            step.looking = step.looking.filter(|looking| *looking != token);
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
}

fn step_of<'a>(
    jobs: &'a mut std::collections::BTreeMap<JobId, JobRecord>,
    lease: &Lease,
) -> Option<&'a mut StepRecord> {
    jobs.get_mut(&lease.job)?.steps.get_mut(lease.step.at())
}
