//! The account: what happened, told again in the simplest words, to hold the scheduler to its promises.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::{Event, FailureClass, FrameSet, JobId, NodeName, StepIndex, Timestamp, Token, Work};
use callsheet_scheduler::Scheduler;

use super::LOOKS;

type StepKey = (JobId, StepIndex);

#[derive(Default)]
pub(super) struct Account {
    pub(super) last_token: Token,
    /// What was accepted under each token, and what each token was for.
    accepted_under: BTreeMap<Token, (NodeName, Work, FrameSet)>,
    /// What is accepted and published of each step.
    accepted: BTreeMap<StepKey, FrameSet>,
    published: BTreeMap<StepKey, FrameSet>,
    /// Steps that a node found nothing wrong with.
    cleared: BTreeSet<StepKey>,
    /// Frames that ran out of memory and were not forgiven since.
    gentle: BTreeMap<StepKey, FrameSet>,
    /// Until when nodes are not trusted with a renderer.
    quarantined: BTreeMap<(NodeName, String), Timestamp>,
    crashed: BTreeSet<Token>,
}

impl Account {
    /// What was confirmed to a node was accepted from it.
    pub(super) fn confirm(&self, node: &NodeName, token: Token, frames: &FrameSet) {
        let (holder, _, accepted) = &self.accepted_under[&token];
        assert_eq!(holder, node, "confirmed to a stranger");
        assert!(frames.is_subset(accepted), "confirmed what was not accepted under {token}");
    }

    /// Nothing is accepted or published twice, tokens only grow, nobody is trusted who is not to be.
    pub(super) fn keep(&mut self, scheduler: &Scheduler, now: Timestamp, event: &Event) {
        match event {
            Event::FramesLeased { lease } => {
                assert!(lease.token > self.last_token, "tokens grow");
                assert!(!lease.frames.is_empty());
                self.last_token = lease.token;
                let record = (lease.node.clone(), lease.work, FrameSet::new());
                self.accepted_under.insert(lease.token, record);
                let key = (lease.job, lease.step);
                let done = self.accepted.entry(key).or_default();
                match lease.work {
                    Work::Render | Work::Preflight => {
                        assert!(done.is_disjoint(&lease.frames), "rendered twice")
                    }
                    Work::Publish { .. } => assert!(lease.frames.is_subset(done), "published unproven"),
                }
                if !matches!(lease.work, Work::Publish { .. }) {
                    self.handed_out(scheduler, now, lease);
                }
            }
            Event::FramesAccepted { token, job, step, frames, .. } => {
                let done = self.accepted.entry((*job, *step)).or_default();
                assert!(done.is_disjoint(frames), "accepted twice");
                done.add(frames);
                let (_, work, accepted) = self.accepted_under.get_mut(token).unwrap();
                assert_ne!(*work, Work::Preflight, "accepted from one who only looked");
                accepted.add(frames);
                self.forgive((*job, *step), frames);
            }
            Event::FramesPublished { job, step, frames, .. } => {
                let done = self.published.entry((*job, *step)).or_default();
                assert!(done.is_disjoint(frames), "published twice");
                assert!(frames.is_subset(&self.accepted[&(*job, *step)]), "published unproven");
                done.add(frames);
            }
            Event::FramesLost { job, step, frames, .. } => {
                self.accepted.get_mut(&(*job, *step)).unwrap().subtract(frames);
            }
            Event::FramesFailed { job, step, frames, failure, charged, .. } => {
                assert!(!(failure.class.is_waited_for() && *charged), "paid for what is waited for");
                if failure.class == FailureClass::OutOfMemory {
                    self.gentle.entry((*job, *step)).or_default().add(frames);
                }
            }
            Event::FramesDeadLettered { job, step, frames, failure, .. } => {
                assert!(!failure.class.is_waited_for(), "dead of what is waited for");
                self.forgive((*job, *step), frames);
            }
            Event::JobRetried { job, steps } => {
                steps.iter().for_each(|(step, frames)| self.forgive((*job, *step), frames));
            }
            Event::StepCleared { job, step, .. } => {
                assert!(self.cleared.insert((*job, *step)), "cleared twice");
                self.gentle.remove(&(*job, *step));
            }
            Event::NodeCrashed { crash } => {
                assert!(crash.failure.class.is_a_crash());
                assert!(self.crashed.insert(crash.token), "one crash is told twice");
            }
            Event::NodeQuarantined { node, renderer, until, strike, .. } => {
                let before = self.quarantined.insert((node.clone(), renderer.clone()), *until);
                assert_eq!(before.is_some(), *strike > 1, "strikes are counted from the first");
                assert!(*until > now);
            }
            Event::NodeCleared { node, renderer, .. } => {
                let before = self.quarantined.remove(&(node.clone(), renderer.clone()));
                assert!(before.is_some(), "cleared of nothing");
            }
            Event::JobForgotten { job } => {
                self.accepted.retain(|(id, _), _| id != job);
                self.published.retain(|(id, _), _| id != job);
                self.gentle.retain(|(id, _), _| id != job);
                self.cleared.retain(|(id, _)| id != job);
            }
            _ => {}
        }
    }

    fn handed_out(&self, scheduler: &Scheduler, now: Timestamp, lease: &callsheet_model::Lease) {
        let key = (lease.job, lease.step);
        let gentle = self.gentle.get(&key).cloned().unwrap_or_default();
        if lease.gentle {
            assert!(lease.frames.is_subset(&gentle), "gentle without need");
        } else {
            assert!(lease.frames.is_disjoint(&gentle), "not gentle with {:?}", lease.frames);
        }
        let Some(view) = scheduler.job(lease.job) else { return };
        let renderer = view.job.spec.step(lease.step).unwrap().renderer.clone();
        if renderer == LOOKS && lease.work == Work::Render {
            assert!(self.cleared.contains(&key), "goes out before anyone has looked");
        }
        if let Some(until) = self.quarantined.get(&(lease.node.clone(), renderer)) {
            assert!(*until <= now, "trusted before its time is up");
            assert_eq!(lease.frames.len(), 1, "tried with more than one frame");
        }
    }

    fn forgive(&mut self, key: StepKey, frames: &FrameSet) {
        if let Some(gentle) = self.gentle.get_mut(&key) {
            gentle.subtract(frames);
        }
    }
}
