//! What is known for certain: the fold of all events, and indices over it that are derived and never stored.
//!
//! Only [`State::evolve`] changes what is durable here; everyone else reads. It refuses to know time (but for
//! the mark up to which back-offs have been seen to be over), sessions and policy.
//!
//! ```text
//!   frames of a step:   waiting ──► remaining (in a lease) ──► accepted ──► published
//!                          ▲             │                        │  ▲          ▲
//!                          │             ▼                        ▼  │          │
//!                          └──────── retrying ──► dead      unpublished ► (lease to publish)
//! ```

mod alerts;
mod check;
mod evolve;
mod image;
mod index;
mod jobs;
mod nodes;
mod outside;
mod pauses;
mod releases;
mod step;
mod tally;
mod troupe;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use callsheet_model::image::{JobEnd, ReleaseImage};
use callsheet_model::trust::{Doubt, Quarantine};
use callsheet_model::{
    Capabilities, FrameSet, Job, JobId, JobState, Lease, NodeName, OfflineReason, Pause, PauseKey, Player,
    StepIndex, StepSpec, StepState, Timestamp, Token, Work,
};
use uuid::Uuid;

pub(crate) use alerts::Book;
pub use check::Damage;
pub(crate) use index::{Class, ClassId, Index, Place};
pub(crate) use outside::Outsiders;
pub(crate) use pauses::covers;
pub(crate) use step::{History, StepRecord};
pub(crate) use tally::Tally;

/// The fold of all events.
#[derive(Clone, Debug, Default)]
pub struct State {
    sequence: u64,
    epoch: u32,
    last_token: Token,
    jobs: BTreeMap<JobId, JobRecord>,
    /// Jobs in the order they came.
    order: BTreeMap<u64, JobId>,
    leases: BTreeMap<Token, LeaseRecord>,
    nodes: BTreeMap<NodeName, NodeRecord>,
    /// Pauses in force.
    pauses: BTreeMap<PauseKey, Pause>,
    /// What people were told, and what is on its way to them.
    book: Book,
    /// Events from outside.
    outside: Outsiders,

    // Derived from here on.
    /// Jobs that are not over, in the order they came.
    open: BTreeSet<(u64, JobId)>,
    /// Jobs that are over, oldest end first.
    ended: BTreeSet<(Timestamp, JobId)>,
    /// How many ended in which way.
    ends: BTreeMap<JobState, u64>,
    /// Jobs that wait for a person's release, by when the person's time is up.
    overdue: BTreeSet<(Timestamp, JobId)>,
    index: Index,
}

/// States are equal when what is durable in them is; everything else follows from that.
impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.image() == other.image()
    }
}

/// A job, and how far it is.
#[derive(Clone, Debug)]
pub(crate) struct JobRecord {
    pub(crate) job: Arc<Job>,
    /// The project's UUID, worked out once.
    pub(crate) project: Uuid,
    /// Its place in the order of submission.
    pub(crate) rank: u64,
    /// What it is now: someone may have changed what was submitted.
    pub(crate) priority: u32,
    pub(crate) paused: bool,
    /// How far its release is, once it was asked for.
    pub(crate) release: Option<ReleaseImage>,
    /// When it last began as a workflow.
    pub(crate) started: Option<Timestamp>,
    pub(crate) end: Option<(JobEnd, Timestamp)>,
    pub(crate) steps: Vec<StepRecord>,
}

/// A lease in force.
#[derive(Clone, Debug)]
pub(crate) struct LeaseRecord {
    pub(crate) lease: Lease,
    pub(crate) since: Timestamp,
    /// Frames neither accepted nor failed. While there are any, the lease counts for a slot.
    pub(crate) remaining: FrameSet,
    /// Frames accepted and not yet known to be published.
    pub(crate) unpublished: FrameSet,
    /// Its renderer is known to have begun its first frame.
    pub(crate) began: bool,
    class: ClassId,
}

impl LeaseRecord {
    /// The attempt whose private place holds this lease's accepted frames.
    pub(crate) fn files_of(&self) -> Token {
        match self.lease.work {
            Work::Render | Work::Preflight => self.lease.token,
            Work::Publish { of } => of,
        }
    }
}

/// A node ever seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeRecord {
    pub(crate) capabilities: Capabilities,
    pub(crate) offline: Option<OfflineReason>,
    pub(crate) since: Timestamp,
    /// Of one that is gone: when it was last heard, if that is known.
    pub(crate) last_heard: Option<Timestamp>,
    pub(crate) drained: bool,
    pub(crate) leases: BTreeSet<Token>,
    /// Leases that count for a slot.
    pub(crate) busy: u32,
    /// Memory that those leases need.
    pub(crate) memory: u64,
    /// Failures in a row that nothing but the node explains, by renderer.
    pub(crate) doubts: BTreeMap<String, Doubt>,
    /// Renderers that it is not trusted with.
    pub(crate) quarantines: BTreeMap<String, Quarantine>,
    /// Its actors, by the id of their present life, with how they are.
    pub(crate) players: BTreeMap<Uuid, (Player, String)>,
    /// The cluster or a pool that it belongs to is paused: it is handed nothing to render.
    pub(crate) is_paused: bool,
    able: Vec<bool>,
    stirred: bool,
}

impl NodeRecord {
    /// Whether it may be handed work, as far as events tell.
    // Upholds people_are_heeded.
    pub(crate) fn is_willing(&self) -> bool {
        self.offline.is_none() && !self.drained
    }

    /// Whether it could run steps of this class.
    pub(crate) fn can_run(&self, class: ClassId) -> bool {
        self.able.get(class.0).copied().unwrap_or(false)
    }
}

impl JobRecord {
    pub(crate) fn step(&self, index: StepIndex) -> Option<(&StepSpec, &StepRecord)> {
        Some((self.job.spec.step(index)?, self.steps.get(index.at())?))
    }

    /// All steps with their places.
    pub(crate) fn all_steps(&self) -> impl Iterator<Item = (StepIndex, &StepSpec, &StepRecord)> {
        let specs = self.job.spec.steps.iter().zip(&self.steps);
        // A job has at most `MAX_STEPS` steps, far fewer than an index can count.
        specs.enumerate().map(|(at, (spec, record))| (StepIndex(at as u16), spec, record))
    }

    pub(crate) fn state(&self) -> JobState {
        match &self.end {
            Some((JobEnd::Succeeded, _)) => JobState::Succeeded,
            Some((JobEnd::Failed(_), _)) => JobState::Failed,
            Some((JobEnd::Cancelled(_), _)) => JobState::Cancelled,
            None if self.is_awaiting() => JobState::Awaiting,
            None if self.paused => JobState::Paused,
            None if self.steps.iter().any(StepRecord::has_begun) => JobState::Running,
            None => JobState::Queued,
        }
    }

    pub(crate) fn step_state(step: &StepRecord) -> StepState {
        if step.succeeded {
            StepState::Succeeded
        } else if step.blockers > 0 {
            StepState::Blocked
        } else if step.is_stuck() {
            StepState::Failed
        } else {
            StepState::Open
        }
    }

    /// Whether frames of it may be handed out to be rendered.
    fn is_open(&self) -> bool {
        self.end.is_none() && !self.paused && !self.is_awaiting()
    }

    fn place(&self, step: StepIndex) -> Place {
        Place::new(self.priority, self.rank, step, self.job.id)
    }
}

impl State {
    /// The last event's number.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(crate) fn last_token(&self) -> Token {
        self.last_token
    }

    pub(crate) fn job(&self, id: JobId) -> Option<&JobRecord> {
        self.jobs.get(&id)
    }

    pub(crate) fn job_count(&self) -> usize {
        self.jobs.len()
    }

    /// Jobs in the order they came, after the job of this rank.
    pub(crate) fn jobs_after(&self, rank: Option<u64>) -> impl DoubleEndedIterator<Item = &JobRecord> {
        let from = rank.map_or(0, |rank| rank.saturating_add(1));
        self.order.range(from..).filter_map(|(_, id)| self.jobs.get(id))
    }

    /// Jobs that are not over, in the order they came.
    pub(crate) fn open_jobs(&self) -> impl Iterator<Item = &JobRecord> {
        self.open.iter().filter_map(|(_, id)| self.jobs.get(id))
    }

    /// How many jobs ended in which way, of those that are remembered.
    pub(crate) fn ends(&self) -> &BTreeMap<JobState, u64> {
        &self.ends
    }

    pub(crate) fn book(&self) -> &Book {
        &self.book
    }

    pub(crate) fn outside(&self) -> &Outsiders {
        &self.outside
    }

    pub(crate) fn lease(&self, token: Token) -> Option<&LeaseRecord> {
        self.leases.get(&token)
    }

    pub(crate) fn leases(&self) -> &BTreeMap<Token, LeaseRecord> {
        &self.leases
    }

    pub(crate) fn node(&self, name: &NodeName) -> Option<&NodeRecord> {
        self.nodes.get(name)
    }

    pub(crate) fn nodes(&self) -> &BTreeMap<NodeName, NodeRecord> {
        &self.nodes
    }

    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    /// The job that has been over for longest.
    pub(crate) fn first_ended(&self) -> Option<(Timestamp, JobId)> {
        self.ended.first().copied()
    }

    /// A node's situation changed in a way that events do not tell: look at it at the next dispatch.
    pub(crate) fn stir(&mut self, name: &NodeName) {
        if let Some(node) = self.nodes.get_mut(name) {
            self.index.stir(name, node);
        }
    }

    /// Look at every node at the next dispatch.
    pub(crate) fn stir_all(&mut self) {
        self.index.stir_all();
    }

    /// Nodes to look at, each once; nobody while there is nothing to hand out. Afterwards none is stirred.
    pub(crate) fn take_stirred(&mut self) -> Vec<NodeName> {
        let (all, some) = self.index.take_stirred();
        for name in &some {
            if let Some(node) = self.nodes.get_mut(name) {
                node.stirred = false;
            }
        }
        match all {
            _ if self.index.is_idle() => Vec::new(),
            true => self.nodes.keys().cloned().collect(),
            false => some,
        }
    }

    /// Lists what has waited long enough by now. Every node is looked at for it: the step may have been ready all
    /// the while, with frames that no idle node may take.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        while let Some(name) = self.index.pop_trial(now) {
            self.stir(&name);
        }
        while let Some(place) = self.index.pop_woken(now) {
            self.index.stir_all();
            if let Some(job) = self.jobs.get_mut(&place.job) {
                self.index.relist(job, place.step);
            }
        }
    }
}
