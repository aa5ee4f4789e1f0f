//! One pass over a log: who was there, who asked for what, what was measured.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::image::{Image, JobImage};
use callsheet_model::{
    ApprovalEvent, Capabilities, Event, FrameSet, JobId, JobSpec, Lease, NodeName, OfflineReason, Pause,
    PauseEvent, PauseKey, StepIndex, Timestamp, Token, Work,
};
use callsheet_scheduler::{Command, Policy};
use uuid::Uuid;

use super::super::Incident;
use super::{Model, Outage};
use crate::scenario::{Cost, Deed, Quirks};
use crate::world::EPOCH;
use crate::{Micros, micros};

/// A leader that was gone is taken to have been gone for so long at most: a log does not say when it died.
const LEADER_GONE: Micros = 10_000_000;
/// Work that was done before the log begins costs this much.
const NOTHING: Micros = 1_000;
/// Steps that were never measured, when no other of their renderer was.
const UNKNOWN: Micros = 1_000_000;

/// Times of frames and of loading, of all steps of a renderer.
type Others = (Vec<f64>, Vec<f64>);

/// What a step cost.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    /// Microseconds of single frames, or on the average of several.
    frames: Vec<f64>,
    loads: Vec<f64>,
    attempts: u64,
    failed: Vec<FrameSet>,
    dead: FrameSet,
    accepted: FrameSet,
}

#[derive(Default)]
pub(super) struct Gathered {
    pub(super) nodes: BTreeMap<NodeName, (Capabilities, Micros)>,
    gone: BTreeMap<NodeName, (Micros, bool)>,
    outages: Vec<Outage>,
    pub(super) jobs: BTreeMap<JobId, JobSpec>,
    deeds: Vec<Deed>,
    steps: BTreeMap<(JobId, StepIndex), Measured>,
    /// Steps that were over before the log begins.
    over: BTreeSet<(JobId, StepIndex)>,
    leases: BTreeMap<Token, Lease>,
    preflight: BTreeSet<String>,
    released: BTreeSet<JobId>,
    paused: BTreeSet<PauseKey>,
    uncharged: u64,
    last: Micros,
    leader_was_there: bool,
}

/// Goes through a log once.
pub(super) fn gather(incident: &Incident) -> Gathered {
    let mut gathered = Gathered::default();
    let begin = incident.begin();
    if let Some(image) = &incident.image {
        gathered.begin(image, begin);
    }
    for (at, event) in incident.events() {
        gathered.event(at, event, begin);
        gathered.last = at;
    }
    gathered
}

/// The model's clock begins elsewhere.
fn shifted(mut pause: Pause, begin: Timestamp) -> Pause {
    pause.until = pause.until.map(|until| Timestamp(EPOCH).plus(until.since(begin)));
    pause
}

impl Gathered {
    fn deed(&mut self, at: Micros, command: Command) {
        self.deeds.push(Deed { at, command });
    }

    /// What a snapshot says is there when the log begins.
    fn begin(&mut self, image: &Image, begin: Timestamp) {
        self.leader_was_there = true;
        for node in &image.nodes {
            if node.offline.is_none() {
                self.nodes.insert(node.name.clone(), (node.capabilities.clone(), 0));
            }
            if node.drained {
                self.deed(3_000_000, Command::DrainNode { node: node.name.clone() });
            }
        }
        self.leases.extend(image.leases.iter().map(|held| (held.lease.token, held.lease.clone())));
        for job in image.jobs.iter().filter(|job| job.end.is_none()) {
            self.open_job(job);
        }
        for pause in &image.pauses {
            self.paused.insert(pause.key.clone());
            self.deed(0, Command::SetPause { pause: shifted(pause.clone(), begin) });
        }
    }

    /// A job that was open already: what is left of it.
    fn open_job(&mut self, job: &JobImage) {
        let (id, mut spec) = (job.job.id, job.job.spec.clone());
        if job.release.as_ref().is_some_and(|release| release.granted) {
            spec.approval = None;
        }
        for (at, (step, known)) in (0..).zip(spec.steps.iter_mut().zip(&job.steps)) {
            let left = step.work().difference(&known.accepted);
            if left.is_empty() {
                self.over.insert((id, StepIndex(at)));
                // A step cannot be empty; one frame of it stands for what is done.
                step.frames = step.frames.peek_first(1);
            } else if !step.is_task() {
                step.frames = left;
            }
        }
        self.jobs.insert(id, spec.clone());
        self.deed(0, Command::SubmitJob { id, spec });
        if job.paused {
            self.deed(1_000_000, Command::PauseJob { job: id });
        }
    }

    fn event(&mut self, at: Micros, event: &Event, begin: Timestamp) {
        match event {
            Event::LeaderStarted { .. } => self.leader(at),
            Event::JobSubmitted { job } => {
                self.jobs.insert(job.id, job.spec.clone());
                self.deed(at, Command::SubmitJob { id: job.id, spec: job.spec.clone() });
            }
            Event::NodeOnline { node, capabilities, .. } => self.online(at, node, capabilities),
            Event::NodeOffline { node, reason, last_heard, .. } => {
                let heard = last_heard.map_or(at, |heard| micros(heard.since(begin)));
                let silent = *reason == OfflineReason::HeartbeatLost;
                self.gone.insert(node.clone(), (if silent { heard.min(at) } else { at }, silent));
            }
            Event::FramesLeased { lease } => {
                if lease.work == Work::Preflight {
                    let step = self.jobs.get(&lease.job).and_then(|spec| spec.step(lease.step));
                    self.preflight.extend(step.map(|step| step.renderer.clone()));
                }
                if lease.work == Work::Render {
                    self.step(lease.job, lease.step).attempts += 1;
                }
                self.leases.insert(lease.token, lease.clone());
            }
            event => self.measured(event),
        }
        self.people(at, event, begin);
    }

    fn leader(&mut self, at: Micros) {
        if std::mem::replace(&mut self.leader_was_there, true) {
            let lasts = (at - self.last).min(LEADER_GONE);
            self.outages.push(Outage { node: None, at: at - lasts, lasts, silent: false });
        }
    }

    fn online(&mut self, at: Micros, node: &NodeName, capabilities: &Capabilities) {
        let known = self.nodes.entry(node.clone()).or_insert_with(|| (capabilities.clone(), at));
        known.0 = capabilities.clone();
        if let Some((since, silent)) = self.gone.remove(node) {
            self.outages.push(Outage { node: Some(node.clone()), at: since, lasts: at - since, silent });
        }
    }

    fn step(&mut self, job: JobId, step: StepIndex) -> &mut Measured {
        self.steps.entry((job, step)).or_default()
    }

    /// What steps cost.
    fn measured(&mut self, event: &Event) {
        match event {
            Event::AttemptBegan { job, step, loaded, .. } => {
                let loaded = micros(*loaded) as f64;
                self.step(*job, *step).loads.push(loaded);
            }
            Event::FramesAccepted { job, step, frames, took, .. } => {
                let known = self.step(*job, *step);
                known.accepted.add(frames);
                if !took.is_zero() && !frames.is_empty() {
                    known.frames.push(micros(*took) as f64 / frames.len() as f64);
                }
            }
            Event::FramesFailed { job, step, frames, charged: true, .. } => {
                self.step(*job, *step).failed.push(frames.clone());
            }
            Event::FramesFailed { charged: false, .. } => self.uncharged += 1,
            Event::FramesDeadLettered { job, step, frames, .. } => {
                let known = self.step(*job, *step);
                known.failed.push(frames.clone());
                known.dead.add(frames);
            }
            _ => {}
        }
    }

    /// What people did.
    fn people(&mut self, at: Micros, event: &Event, begin: Timestamp) {
        let command = match event {
            Event::JobPaused { job } => Command::PauseJob { job: *job },
            Event::JobResumed { job } => Command::ResumeJob { job: *job },
            Event::JobPrioritised { job, priority } => {
                Command::PrioritiseJob { job: *job, priority: *priority }
            }
            Event::JobCancelled { job, reason } => Command::CancelJob { job: *job, reason: reason.clone() },
            Event::JobRetried { job, .. } => Command::RetryJob { job: *job, frames: None },
            Event::NodeDrained { node } => Command::DrainNode { node: node.clone() },
            Event::NodeUndrained { node } => Command::UndrainNode { node: node.clone() },
            Event::Approval(ApprovalEvent::Granted { job, by, comments, .. }) => {
                self.released.insert(*job);
                Command::GrantApproval { job: *job, by: *by, comments: comments.clone() }
            }
            Event::Approval(ApprovalEvent::Denied { job, by, reason, .. }) => {
                self.released.insert(*job);
                Command::DenyApproval { job: *job, by: *by, reason: reason.clone() }
            }
            Event::Pause(PauseEvent::Paused(pause)) => {
                self.paused.insert(pause.key.clone());
                Command::SetPause { pause: shifted(pause.clone(), begin) }
            }
            Event::Pause(PauseEvent::Resumed { key, .. }) => {
                self.paused.remove(key);
                Command::LiftPause { key: key.clone() }
            }
            _ => return,
        };
        self.deed(at, command);
    }

    pub(super) fn model(mut self, incident: &Incident) -> Model {
        let span = self.last + 1_000_000;
        let never_back: Vec<_> = std::mem::take(&mut self.gone).into_iter().collect();
        let away = never_back.len();
        for (node, (at, silent)) in never_back {
            self.outages.push(Outage { node: Some(node), at, lasts: span.saturating_sub(at), silent });
        }
        let waiting: Vec<JobId> = self
            .jobs
            .iter()
            .filter(|(job, spec)| spec.approval.is_some() && !self.released.contains(job))
            .map(|(job, _)| *job)
            .collect();
        for job in &waiting {
            self.deed(span, Command::GrantApproval { job: *job, by: Uuid::nil(), comments: None });
        }
        let paused = std::mem::take(&mut self.paused);
        paused.into_iter().for_each(|key| self.deed(span, Command::LiftPause { key }));
        let (quirks, unmeasured) = self.quirks();
        let notes = self.notes(incident, away, waiting.len(), unmeasured);
        let policy = Policy { preflight: self.preflight, ..Policy::default() };
        Model { nodes: self.nodes, outages: self.outages, deeds: self.deeds, quirks, policy, span, notes }
    }

    /// What every step costs; also how many were never measured.
    fn quirks(&self) -> (BTreeMap<(JobId, StepIndex), Quirks>, u64) {
        let mut by_renderer: BTreeMap<&str, Others> = BTreeMap::new();
        for ((job, step), known) in &self.steps {
            if let Some(step) = self.jobs.get(job).and_then(|spec| spec.step(*step)) {
                let all = by_renderer.entry(&step.renderer).or_default();
                all.0.extend(&known.frames);
                all.1.extend(&known.loads);
            }
        }
        let (mut quirks, mut unmeasured) = (BTreeMap::new(), 0);
        for (job, spec) in &self.jobs {
            for (at, step) in (0..).zip(&spec.steps) {
                let key = (*job, StepIndex(at));
                let known = self.steps.get(&key).cloned().unwrap_or_default();
                unmeasured += u64::from(known.frames.is_empty() && !self.over.contains(&key));
                let others = by_renderer.get(step.renderer.as_str()).cloned().unwrap_or_default();
                let mut cost = known.cost(&others);
                if self.over.contains(&key) {
                    cost = Cost { load: NOTHING, frame: NOTHING, stray: 0.0 };
                }
                quirks.insert(key, known.quirks(cost));
            }
        }
        (quirks, unmeasured)
    }

    fn notes(&self, incident: &Incident, away: usize, waiting: usize, unmeasured: u64) -> Vec<String> {
        let mut notes = vec![
            "what a step costs is what its own accepted frames took and its attempts' loading, as a median and a \
             spread; one node is as fast as another"
                .to_owned(),
            format!(
                "messages take about {} ms and a sync {} ms; templates are fetched in about 2 s and stay cached; the \
                 policy is the default one but for what --given and --what-if say",
                super::LATENCY / 1000,
                super::SYNC / 1000
            ),
            "nodes and the leader are gone when the log says so, whatever is changed; renderers die as often as \
             their steps' did; frames that were put aside and never accepted are put aside again"
                .to_owned(),
        ];
        let mut note = |count: u64, what: &str| {
            if count > 0 {
                notes.push(format!("{count} {what}"));
            }
        };
        note(
            unmeasured,
            "steps were never measured: they cost what others of their renderer do, or a second a frame",
        );
        note(self.uncharged, "failures that were nobody's fault (licences, storage, settings) are left out");
        note(away as u64, "nodes were gone at the end of the log: they are taken to come back then");
        note(
            waiting as u64,
            "jobs waited for a release at the end of the log: they are taken to get it then",
        );
        if incident.begins_with_snapshot() {
            notes.push(
                "the log begins with a snapshot: of jobs that were open, what was left is simulated"
                    .to_owned(),
            );
        }
        notes
    }
}

impl Measured {
    fn cost(&self, others: &Others) -> Cost {
        let frames = if self.frames.is_empty() { &others.0 } else { &self.frames };
        let loads = if self.loads.is_empty() { &others.1 } else { &self.loads };
        Cost {
            load: median(loads).unwrap_or(UNKNOWN as f64) as Micros,
            frame: median(frames).unwrap_or(UNKNOWN as f64) as Micros,
            stray: spread(frames),
        }
    }

    fn quirks(&self, cost: Cost) -> Quirks {
        let dead = self.dead.difference(&self.accepted);
        let by_chance = self.failed.iter().filter(|frames| frames.is_disjoint(&dead)).count() as u64;
        let crashes = self.attempts.checked_div(by_chance).map_or(0, |rate| rate.max(2));
        Quirks { cost, poison: dead.iter().take(10_000).collect(), licensed: false, crashes }
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// How far single values stray from their median, as the model's chance has it; not further than it can be followed.
fn spread(values: &[f64]) -> f64 {
    let logs: Vec<f64> = values.iter().map(|value| value.max(1.0).ln()).collect();
    let count = logs.len().max(1) as f64;
    let mean = logs.iter().sum::<f64>() / count;
    let variance = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / count;
    variance.sqrt().min(1.0)
}
