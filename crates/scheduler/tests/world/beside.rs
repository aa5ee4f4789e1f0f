//! The account of what is not frames: releases, pauses, workflows, events from outside, alerts, actors.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::{
    AlertEvent, AlertKind, ApprovalEvent, Event, JobId, Lease, Pause, PauseEvent, PauseKey, PauseScope,
    Token, TroupeEvent, Work, WorkflowEvent,
};
use callsheet_scheduler::Scheduler;
use uuid::Uuid;

#[derive(Default)]
pub(super) struct Beside {
    /// Requests for release that wait for an answer, and jobs that were released.
    asked: BTreeMap<JobId, Uuid>,
    released: BTreeSet<JobId>,
    approvals: BTreeSet<(JobId, Uuid)>,
    pauses: BTreeMap<PauseKey, Pause>,
    /// Workflows under way, with the steps that are done.
    flows: BTreeMap<JobId, BTreeSet<u16>>,
    outside: BTreeSet<Uuid>,
    down: BTreeMap<String, bool>,
    alerts: BTreeSet<Uuid>,
    sent: BTreeSet<(Uuid, String)>,
    players: BTreeSet<Uuid>,
    began: BTreeSet<Token>,
}

impl Beside {
    pub(super) fn keep(&mut self, scheduler: &Scheduler, event: &Event) {
        match event {
            Event::FramesLeased { lease } if !matches!(lease.work, Work::Publish { .. }) => {
                self.handed_out(scheduler, lease);
            }
            Event::Approval(event) => self.approval(event),
            Event::Workflow(event) => self.workflow(event),
            Event::Pause(PauseEvent::Paused(pause)) => {
                self.pauses.insert(pause.key.clone(), pause.clone());
            }
            Event::Pause(PauseEvent::Resumed { key, .. }) => {
                assert!(self.pauses.remove(key).is_some(), "what was not paused goes on");
            }
            Event::Outside(event) => assert!(self.outside.insert(event.id), "taken twice"),
            Event::Alert(event) => self.alert(event),
            Event::Troupe(TroupeEvent::Spawned { player, .. }) => {
                assert!(self.players.insert(player.instance), "spawned twice");
            }
            Event::Troupe(TroupeEvent::StatusChanged { instance, previous, status, .. }) => {
                assert!(self.players.contains(instance) && previous != status);
            }
            Event::Troupe(TroupeEvent::Terminated { instance, .. }) => {
                assert!(self.players.remove(instance), "ended twice");
            }
            Event::AttemptBegan { token, .. } => assert!(self.began.insert(*token), "began twice"),
            Event::JobSucceeded { job } => assert!(!self.asked.contains_key(job), "done without a release"),
            Event::JobCancelled { job, .. } | Event::JobFailed { job, .. } => {
                self.asked.remove(job);
            }
            Event::JobForgotten { job } => {
                self.asked.remove(job);
                self.released.remove(job);
                self.flows.remove(job);
                self.approvals.retain(|(of, _)| of != job);
            }
            _ => {}
        }
    }

    fn handed_out(&self, scheduler: &Scheduler, lease: &Lease) {
        let (Some(job), Some(node)) = (scheduler.job(lease.job), scheduler.node(&lease.node)) else { return };
        let spec = &job.job.spec;
        assert!(spec.approval.is_none() || self.released.contains(&lease.job), "nobody released {lease:?}");
        let renderer = &spec.step(lease.step).unwrap().renderer;
        for key in self.pauses.keys() {
            let covered = match &key.scope {
                PauseScope::Cluster => true,
                PauseScope::Pool(label) => node.capabilities.labels.contains(label),
                PauseScope::Queue(queue) => queue == renderer,
            };
            assert!(!covered, "{lease:?} was handed out although {} is paused", key.scope);
        }
    }

    fn approval(&mut self, event: &ApprovalEvent) {
        let job = event.job();
        match event {
            ApprovalEvent::Requested { approval, .. } => {
                assert!(self.approvals.insert((job, *approval)), "asked twice under one id");
                assert!(self.asked.insert(job, *approval).is_none(), "asked before it was answered");
                assert!(!self.released.contains(&job), "asked for what was given");
            }
            ApprovalEvent::Granted { approval, .. } => {
                assert_eq!(self.asked.remove(&job).as_ref(), Some(approval));
                self.released.insert(job);
            }
            ApprovalEvent::Denied { approval, .. } => {
                assert_eq!(self.asked.remove(&job).as_ref(), Some(approval));
            }
            ApprovalEvent::Escalated { approval, .. } => assert_eq!(self.asked.get(&job), Some(approval)),
        }
    }

    fn workflow(&mut self, event: &WorkflowEvent) {
        let job = event.job();
        match event {
            WorkflowEvent::Started { total, .. } => {
                assert!(*total > 1 && self.flows.insert(job, BTreeSet::new()).is_none(), "starts twice");
            }
            WorkflowEvent::StepCompleted { number, total, .. } => {
                assert!((1..=*total).contains(number));
                assert!(self.flows.get_mut(&job).unwrap().insert(*number), "a step is done twice");
            }
            WorkflowEvent::Completed { .. } => assert!(self.flows.remove(&job).is_some()),
            // One that was denied never started.
            WorkflowEvent::Failed { .. } => {
                self.flows.remove(&job);
            }
        }
    }

    fn alert(&mut self, event: &AlertEvent) {
        match event {
            AlertEvent::Noted { worker, alive, .. } => {
                let known = self.down.insert(worker.clone(), *alive == Some(false));
                assert!(known.is_none_or(|down| Some(!down) == *alive), "a change was noted and not told");
            }
            AlertEvent::Raised { alert, .. } => {
                assert!(self.alerts.insert(alert.id), "raised twice");
                let down = self.down.get(&alert.worker).copied();
                match alert.what {
                    AlertKind::Down => assert_ne!(down, Some(true), "told twice that it went"),
                    AlertKind::Up => assert_eq!(down, Some(true), "came back from nowhere"),
                    AlertKind::DeadLetters(count) => assert!(count > 0),
                }
                if !matches!(alert.what, AlertKind::DeadLetters(_)) {
                    self.down.insert(alert.worker.clone(), alert.what == AlertKind::Down);
                }
            }
            AlertEvent::Sent { alert, channel } => {
                assert!(self.sent.insert((*alert, channel.clone())), "sent twice");
            }
            AlertEvent::Sending { alert, channel, .. } => {
                assert!(!self.sent.contains(&(*alert, channel.clone())), "sent again");
            }
            AlertEvent::Failed { .. } | AlertEvent::Unconfirmed { .. } => {}
        }
    }
}
