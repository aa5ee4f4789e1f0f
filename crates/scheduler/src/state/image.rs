//! The state as plain data and back. What is derived is left out on the way there and rebuilt on the way back.

use std::collections::BTreeMap;

use callsheet_model::image::{Image, JobImage, LeaseImage, NodeImage, StepImage, TroubleImage};
use callsheet_model::{FrameSet, StepSpec, Work};

use super::{Book, ClassId, History, JobRecord, LeaseRecord, NodeRecord, State, StepRecord};

impl State {
    /// A picture of everything durable.
    #[must_use]
    pub fn image(&self) -> Image {
        Image {
            sequence: self.sequence,
            epoch: self.epoch,
            last_token: self.last_token,
            jobs: self.order.values().filter_map(|id| self.jobs.get(id)).map(job_image).collect(),
            leases: self.leases.values().map(lease_image).collect(),
            nodes: self
                .nodes
                .iter()
                .map(|(name, node)| NodeImage {
                    name: name.clone(),
                    capabilities: node.capabilities.clone(),
                    offline: node.offline,
                    since: node.since,
                    last_heard: node.last_heard,
                    drained: node.drained,
                    doubts: node.doubts.clone(),
                    quarantines: node.quarantines.clone(),
                    players: node.players.clone(),
                })
                .collect(),
            pauses: self.pauses.values().cloned().collect(),
            told: self.book.told().clone(),
            alerts: self.book.waiting().cloned().collect(),
            outside: self.outside.all(),
        }
    }

    /// The state of an image. What does not fit together in it is left out.
    #[must_use]
    pub fn from_image(image: Image) -> Self {
        let mut state = Self {
            sequence: image.sequence,
            epoch: image.epoch,
            last_token: image.last_token,
            pauses: image.pauses.into_iter().map(|pause| (pause.key.clone(), pause)).collect(),
            book: Book::of(image.told, image.alerts),
            ..Self::default()
        };
        image.outside.into_iter().for_each(|(id, sequence)| state.outside.remember(id, sequence));
        for node in image.nodes {
            let record = NodeRecord {
                capabilities: node.capabilities,
                offline: node.offline,
                since: node.since,
                last_heard: node.last_heard,
                drained: node.drained,
                doubts: node.doubts,
                quarantines: node.quarantines,
                players: node.players,
                ..NodeRecord::default()
            };
            for (renderer, held) in &record.quarantines {
                state.index.await_trial(held.until, &node.name, renderer);
            }
            state.nodes.insert(node.name, record);
        }
        for (rank, job) in (0..).zip(image.jobs) {
            let JobImage { job, priority, paused, release, started, end, steps } = job;
            if state.jobs.contains_key(&job.id) {
                continue;
            }
            let mut steps = steps.into_iter();
            let project = job.spec.project_id();
            let record =
                JobRecord { job, project, rank, priority, paused, release, started, end, steps: Vec::new() };
            state.add_job(record, |spec, class| step_of_image(spec, class, steps.next().unwrap_or_default()));
        }
        for lease in image.leases {
            state.add_lease(lease);
        }
        state.mark_paused();
        state
    }

    fn add_lease(&mut self, image: LeaseImage) {
        let LeaseImage { lease, since, remaining, unpublished, began } = image;
        let Some(job) = self.jobs.get_mut(&lease.job) else { return };
        let Some(step) = job.steps.get_mut(lease.step.at()) else { return };
        step.waiting.subtract(&remaining);
        step.retrying.subtract(&remaining);
        step.leases.insert(lease.token);
        if lease.work == Work::Preflight {
            step.looking = Some(lease.token);
        }
        let class = step.class;
        self.index.relist(job, lease.step);
        if let Some(node) = self.nodes.get_mut(&lease.node) {
            node.leases.insert(lease.token);
            if !remaining.is_empty() {
                node.busy = node.busy.saturating_add(1);
                node.memory = node.memory.saturating_add(self.index.memory(class));
            }
        }
        self.leases.insert(lease.token, LeaseRecord { lease, since, remaining, unpublished, began, class });
    }
}

fn job_image(record: &JobRecord) -> JobImage {
    JobImage {
        job: record.job.clone(),
        priority: record.priority,
        paused: record.paused,
        release: record.release.clone(),
        started: record.started,
        end: record.end.clone(),
        steps: record.steps.iter().map(step_image).collect(),
    }
}

fn lease_image(record: &LeaseRecord) -> LeaseImage {
    debug_assert!(!matches!(record.lease.work, Work::Publish { .. }) || record.remaining.is_empty());
    LeaseImage {
        lease: record.lease.clone(),
        since: record.since,
        remaining: record.remaining.clone(),
        unpublished: record.unpublished.clone(),
        began: record.began,
    }
}

fn step_image(step: &StepRecord) -> StepImage {
    let mut troubles: Vec<TroubleImage> = Vec::new();
    for (history, frames) in &step.troubles {
        troubles.extend(frames.iter().map(|frame| TroubleImage {
            frame,
            charged: history.charged,
            uncharged: history.uncharged,
            waited: history.waited,
            not_before: history.not_before,
            avoid: history.avoid.clone(),
            gentle: history.gentle,
        }));
    }
    troubles.sort_by_key(|trouble| trouble.frame);
    StepImage {
        accepted: step.accepted.clone(),
        published: step.published.clone(),
        dead: step.dead.clone(),
        troubles,
        unpublished: step.unpublished.iter().map(|(token, frames)| (*token, frames.clone())).collect(),
        succeeded: step.succeeded,
        bytes: step.bytes,
        took: step.took,
        last_failure: step.last_failure.clone(),
        look: step.look,
        unfit: step.unfit.clone(),
        died_on: step.died_on.clone(),
        awaits: step.awaits,
    }
}

fn step_of_image(spec: &StepSpec, class: ClassId, image: StepImage) -> StepRecord {
    let mut troubles: BTreeMap<History, FrameSet> = BTreeMap::new();
    let mut retrying = FrameSet::new();
    for TroubleImage { frame, charged, uncharged, waited, not_before, avoid, gentle } in image.troubles {
        let history = History { not_before, charged, uncharged, waited, avoid, gentle };
        troubles.entry(history).or_default().insert(frame);
        retrying.insert(frame);
    }
    let mut step = StepRecord {
        accepted: image.accepted,
        published: image.published,
        dead: image.dead,
        troubles,
        unpublished: image.unpublished.into_iter().collect(),
        succeeded: image.succeeded,
        bytes: image.bytes,
        took: image.took,
        last_failure: image.last_failure,
        look: image.look,
        unfit: image.unfit,
        died_on: image.died_on,
        awaits: image.awaits,
        ..StepRecord::fresh(spec, class)
    };
    step.waiting.subtract(&step.accepted);
    step.waiting.subtract(&step.dead_frames());
    step.waiting.subtract(&retrying);
    step.retrying = retrying;
    step
}
