//! A snapshot told as events: what must have happened, in the simplest way, so that those who judge by events alone
//! can begin with it. Which attempt an old frame was accepted of is not in a snapshot; it gets a token of epoch 0,
//! which no leader ever gives out.

use callsheet_model::image::{Image, JobEnd, JobImage, StepImage};
use callsheet_model::{Event, FrameSet, JobId, Lease, NodeName, ReleaseReason, StepIndex, Token, Work};
use std::time::Duration;

/// The history of a snapshot.
pub(super) fn of(image: &Image) -> Vec<Event> {
    let mut told = Told { events: Vec::new(), last: Token::default(), image };
    image.jobs.iter().for_each(|job| told.job(job));
    told.leases();
    image.jobs.iter().for_each(|job| told.end(job));
    let offline = image.nodes.iter().filter_map(|node| Some((&node.name, node.offline?)));
    told.events.extend(offline.map(|(node, reason)| {
        let node = node.clone();
        Event::NodeOffline { node, reason, last_heard: None, job: None }
    }));
    told.events
}

struct Told<'a> {
    events: Vec<Event>,
    last: Token,
    image: &'a Image,
}

impl Told<'_> {
    fn job(&mut self, job: &JobImage) {
        self.events.push(Event::JobSubmitted { job: job.job.clone() });
        for (at, (step, spec)) in (0..).zip(job.steps.iter().zip(&job.job.spec.steps)) {
            self.step(job.job.id, StepIndex(at), step, spec.has_output());
        }
    }

    /// Everything that is accepted, but for what a lease still has to publish: that is told with the lease.
    fn step(&mut self, job: JobId, step: StepIndex, known: &StepImage, has_output: bool) {
        let mut accepted = known.accepted.clone();
        let leases = self.image.leases.iter().map(|held| (&held.lease, &held.unpublished));
        leases
            .filter(|(lease, _)| lease.job == job && lease.step == step && lease.work == Work::Render)
            .for_each(|(_, unpublished)| accepted.subtract(unpublished));
        // No name begins with nothing; this is one that says that nobody knows.
        let Ok(node) = NodeName::new("unknown") else { return };
        if accepted.is_empty() {
            return;
        }
        self.last = self.last.next();
        let token = self.last;
        let frames = accepted.clone();
        let lease = Lease { token, job, step, node, work: Work::Render, frames, gentle: false };
        self.events.push(Event::FramesLeased { lease });
        self.accepted(token, job, step, &accepted);
        if has_output {
            let frames = accepted.intersection(&known.published);
            let waits = !accepted.difference(&frames).is_empty();
            self.events.push(Event::FramesPublished { token, job, step, frames });
            if waits {
                self.events.push(Event::LeaseReleased { token, job, step, reason: ReleaseReason::NodeLost });
            }
        }
    }

    fn accepted(&mut self, token: Token, job: JobId, step: StepIndex, frames: &FrameSet) {
        let frames = frames.clone();
        self.events.push(Event::FramesAccepted { token, job, step, frames, bytes: 0, took: Duration::ZERO });
    }

    /// Leases in force, with what is left of them.
    fn leases(&mut self) {
        let mut leases: Vec<_> = self.image.leases.iter().collect();
        leases.sort_by_key(|held| held.lease.token);
        for held in leases {
            let mut frames = held.remaining.clone();
            frames.add(&held.unpublished);
            let lease = Lease { frames, ..held.lease.clone() };
            let (token, job, step) = (lease.token, lease.job, lease.step);
            let renders = lease.work == Work::Render;
            self.events.push(Event::FramesLeased { lease });
            if renders && !held.unpublished.is_empty() {
                self.accepted(token, job, step, &held.unpublished);
            }
        }
    }

    fn end(&mut self, known: &JobImage) {
        let job = known.job.id;
        self.events.extend(known.end.as_ref().map(|(end, _)| match end {
            JobEnd::Succeeded => Event::JobSucceeded { job },
            JobEnd::Failed(reason) => Event::JobFailed { job, reason: reason.clone() },
            JobEnd::Cancelled(reason) => Event::JobCancelled { job, reason: reason.clone() },
        }));
    }
}
