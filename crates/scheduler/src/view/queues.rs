//! Queues, pauses and alerts as seen from outside, and the figures of the whole.

use std::collections::BTreeMap;

use callsheet_model::image::{AlertImage, ToldImage};
use callsheet_model::{Alert, JobState, NodeName, Pause, Timestamp};

use crate::scheduler::Scheduler;
use crate::state::{StepRecord, Tally};

/// The queue of one renderer, in frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueView {
    /// In nobody's hands, tried before or not, of steps whose turn has come: of jobs that are not over and that
    /// nobody has to release. What is paused counts.
    pub waiting: u64,
    /// In hands to be rendered, and not proven.
    pub leased: u64,
    /// Put aside, of jobs that are over too.
    pub dead: u64,
}

/// Frames by where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameCounts {
    /// In nobody's hands, not tried yet; those of steps whose turn has not come too.
    pub waiting: u64,
    /// In nobody's hands, after failures.
    pub retrying: u64,
    /// In a node's hands.
    pub leased: u64,
    /// Proven, and to be published.
    pub accepted: u64,
    /// At their final path.
    pub published: u64,
    /// Put aside.
    pub dead: u64,
}

/// Where a node stands: the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeStanding {
    /// It is gone.
    Offline,
    /// It gets no more work.
    Drained,
    /// The cluster or a pool that it belongs to is paused.
    Paused,
    /// It is not trusted with some renderer.
    Quarantined,
    /// Nothing speaks against it.
    Ready,
}

impl NodeStanding {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Offline, Self::Drained, Self::Paused, Self::Quarantined, Self::Ready];

    /// The word for it, everywhere.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Drained => "drained",
            Self::Paused => "paused",
            Self::Quarantined => "quarantined",
            Self::Ready => "ready",
        }
    }
}

/// The figures of the whole cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Frames of all jobs that are not over.
    pub frames: FrameCounts,
    /// Leases in force.
    pub leases: u64,
    /// Jobs that are remembered, by where they stand. States without a job are left out.
    pub jobs: BTreeMap<JobState, u64>,
    /// Nodes ever seen, by where they stand. Standings without a node are left out.
    pub nodes: BTreeMap<NodeStanding, u64>,
    /// Pauses in force.
    pub pauses: u64,
    /// Deliveries of alerts that are still to be made.
    pub alerts_waiting: u64,
    /// Ids of events from outside that are remembered.
    pub outside_ids: u64,
}

/// An alert that a channel has not taken yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingAlert {
    /// What.
    pub alert: Alert,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// The channel.
    pub channel: String,
    /// Tries so far, one that is under way included.
    pub attempts: u32,
    /// A try is under way. When the one who sends has not begun it, a leader before this one has: nobody knows
    /// whether it arrived.
    pub sending: bool,
    /// Not tried before this.
    pub not_before: Timestamp,
}

impl Scheduler {
    /// The queue of every renderer that has frames, by its name.
    #[must_use]
    pub fn queues(&self) -> BTreeMap<String, QueueView> {
        let mut queues = BTreeMap::<String, QueueView>::new();
        for class in self.state().index().classes() {
            if class.tally != Tally::default() {
                let queue = queues.entry(class.renderer.clone()).or_default();
                queue.waiting += class.tally.waiting;
                queue.leased += class.tally.leased;
                queue.dead += class.tally.dead;
            }
        }
        queues
    }

    /// The figures of the whole cluster. It costs a look at every step of every job that is not over.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let state = self.state();
        let mut figures = Figures {
            leases: state.leases().len() as u64,
            jobs: state.ends().iter().filter(|(_, count)| **count > 0).map(|(end, n)| (*end, *n)).collect(),
            pauses: state.pauses().len() as u64,
            alerts_waiting: state.book().waiting().map(|alert| alert.waiting.len() as u64).sum(),
            outside_ids: state.outside().len() as u64,
            ..Figures::default()
        };
        let frames = &mut figures.frames;
        for job in state.open_jobs() {
            *figures.jobs.entry(job.state()).or_default() += 1;
            for step in &job.steps {
                frames.waiting += step.waiting.len();
                frames.retrying += step.retrying.len();
                frames.leased += self.leased(step);
                frames.accepted += step.accepted.len().saturating_sub(step.published.len());
                frames.published += step.published.len();
                frames.dead += dead(step);
            }
        }
        for name in state.nodes().keys() {
            if let Some(standing) = self.standing(name) {
                *figures.nodes.entry(standing).or_default() += 1;
            }
        }
        figures
    }

    /// Where a node stands.
    #[must_use]
    pub fn standing(&self, name: &NodeName) -> Option<NodeStanding> {
        let node = self.state().node(name)?;
        Some(match node {
            node if node.offline.is_some() => NodeStanding::Offline,
            node if node.drained => NodeStanding::Drained,
            node if node.is_paused => NodeStanding::Paused,
            node if !node.quarantines.is_empty() => NodeStanding::Quarantined,
            _ => NodeStanding::Ready,
        })
    }

    /// All pauses in force, with their present ends: a watcher's may be later than the log says.
    #[must_use]
    pub fn pauses(&self) -> Vec<Pause> {
        let present = |pause: &Pause| Pause { until: self.presence().pause_end(pause), ..pause.clone() };
        self.state().pauses().values().map(present).collect()
    }

    /// What people were last told of each worker and node, by its name.
    #[must_use]
    pub fn told(&self) -> &BTreeMap<String, ToldImage> {
        self.state().book().told()
    }

    /// Alerts that some channel has not taken yet, the oldest first. Whoever sends them keeps that order within a
    /// channel: that a worker went is told before it is told that it came back.
    #[must_use]
    pub fn pending_alerts(&self) -> Vec<PendingAlert> {
        self.state().book().waiting().flat_map(pending).collect()
    }

    /// How many frames were put aside whose last attempt ran on each node.
    pub(super) fn dead_by_node(&self) -> BTreeMap<NodeName, u64> {
        let mut nodes = BTreeMap::new();
        for dead in self.steps_with_dead().flat_map(|step| &step.dead) {
            if let Some(node) = &dead.node {
                *nodes.entry(node.clone()).or_default() += dead.frames.len();
            }
        }
        nodes
    }

    /// Steps with frames put aside.
    fn steps_with_dead(&self) -> impl Iterator<Item = &StepRecord> {
        let places = self.state().index().dead().iter();
        places.filter_map(|place| self.state().job(place.job)?.steps.get(place.step.at()))
    }

    fn leased(&self, step: &StepRecord) -> u64 {
        let held = step.leases.iter().filter_map(|token| self.state().lease(*token));
        held.map(|held| held.remaining.len()).sum()
    }
}

fn dead(step: &StepRecord) -> u64 {
    step.dead.iter().map(|dead| dead.frames.len()).sum()
}

fn pending(image: &AlertImage) -> impl Iterator<Item = PendingAlert> {
    image.waiting.iter().map(|(channel, delivery)| PendingAlert {
        alert: image.alert.clone(),
        raised_at: image.raised_at,
        channel: channel.clone(),
        attempts: delivery.attempts,
        sending: delivery.sending,
        not_before: delivery.not_before,
    })
}
