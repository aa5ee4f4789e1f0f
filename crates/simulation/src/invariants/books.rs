//! Leases and frames as the log tells of them, told a second time and in the simplest way. Whoever judges the
//! scheduler cannot ask the scheduler.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::{Envelope, Event, FrameSet, JobId, Lease, NodeName, StepIndex, Token, Work};

/// A lease in force.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) lease: Lease,
    /// Frames to be rendered under it.
    pub(super) remaining: FrameSet,
    /// Frames to be published under it.
    pub(super) unpublished: FrameSet,
}

/// Everything the log says of leases.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) leases: BTreeMap<Token, Held>,
    outputs: BTreeSet<(JobId, StepIndex)>,
    /// Nodes that are known to be gone.
    pub(super) offline: BTreeSet<NodeName>,
}

impl Books {
    /// Whether results of a step are published.
    pub(super) fn has_output(&self, job: JobId, step: StepIndex) -> bool {
        self.outputs.contains(&(job, step))
    }

    /// Takes an event down.
    pub(super) fn take(&mut self, envelope: &Envelope) {
        match &envelope.event {
            Event::JobSubmitted { job } => {
                let with_output = (0..).zip(&job.spec.steps).filter(|(_, step)| step.has_output());
                self.outputs.extend(with_output.map(|(at, _)| (job.id, StepIndex(at))));
            }
            Event::FramesLeased { lease } => self.leased(lease),
            Event::FramesAccepted { token, job, step, frames, .. } => {
                let has_output = self.has_output(*job, *step);
                self.change(*token, |held| {
                    held.remaining.subtract(frames);
                    if has_output {
                        held.unpublished.add(frames);
                    }
                });
            }
            Event::FramesPublished { token, frames, .. } | Event::FramesLost { token, frames, .. } => {
                self.change(*token, |held| held.unpublished.subtract(frames));
            }
            Event::FramesFailed { token, frames, .. }
            | Event::FramesDeadLettered { token, frames, .. }
            | Event::FramesReturned { token, frames, .. } => {
                if let Some(held) = self.leases.get_mut(token) {
                    held.remaining.subtract(frames);
                }
            }
            Event::LeaseReleased { token, .. } => {
                self.leases.remove(token);
            }
            Event::NodeOnline { node, .. } => {
                self.offline.remove(node);
            }
            Event::NodeOffline { node, .. } => {
                self.offline.insert(node.clone());
            }
            _ => {}
        }
    }

    fn leased(&mut self, lease: &Lease) {
        let (mut remaining, mut unpublished) = (FrameSet::new(), FrameSet::new());
        match lease.work {
            Work::Render | Work::Preflight => remaining = lease.frames.clone(),
            Work::Publish { .. } => unpublished = lease.frames.clone(),
        }
        let held = Held { lease: lease.clone(), remaining, unpublished };
        self.leases.insert(lease.token, held);
    }

    /// A lease ends without a word when nothing of it is left.
    fn change(&mut self, token: Token, how: impl FnOnce(&mut Held)) {
        let Some(held) = self.leases.get_mut(&token) else { return };
        how(held);
        if held.remaining.is_empty() && held.unpublished.is_empty() {
            self.leases.remove(&token);
        }
    }
}

/// Which attempt each frame was accepted of.
#[derive(Debug, Default)]
pub(super) struct Accepted(BTreeMap<(JobId, StepIndex), BTreeMap<Token, FrameSet>>);

impl Accepted {
    /// Takes an event down. Says which frames were accepted already.
    pub(super) fn take(&mut self, envelope: &Envelope) -> FrameSet {
        match &envelope.event {
            Event::FramesAccepted { token, job, step, frames, .. } => {
                let of = self.0.entry((*job, *step)).or_default();
                let twice = of.values().fold(FrameSet::new(), |mut all, known| {
                    all.add(&known.intersection(frames));
                    all
                });
                of.entry(*token).or_default().add(frames);
                return twice;
            }
            Event::FramesLost { job, step, frames, .. } => self.forget(*job, *step, frames),
            Event::JobForgotten { job } => self.0.retain(|(of, _), _| of != job),
            _ => {}
        }
        FrameSet::new()
    }

    fn forget(&mut self, job: JobId, step: StepIndex, frames: &FrameSet) {
        if let Some(of) = self.0.get_mut(&(job, step)) {
            of.values_mut().for_each(|known| known.subtract(frames));
        }
    }

    /// The attempt that a frame was accepted of.
    pub(super) fn of(&self, job: JobId, step: StepIndex, frame: i32) -> Option<Token> {
        let of = self.0.get(&(job, step))?;
        of.iter().find(|(_, frames)| frames.contains(frame)).map(|(token, _)| *token)
    }

    /// All frames of a step that are accepted.
    pub(super) fn all(&self, job: JobId, step: StepIndex) -> FrameSet {
        let of = self.0.get(&(job, step)).into_iter().flat_map(BTreeMap::values);
        of.fold(FrameSet::new(), |mut all, frames| {
            all.add(frames);
            all
        })
    }
}
