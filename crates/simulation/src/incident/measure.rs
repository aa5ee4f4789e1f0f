//! What is compared: when jobs end, how long nodes were there and renderers at work, what went out more than once.
//! The same fold of the same events for what did happen and for what would have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use callsheet_model::{Event, FrameSet, JobId, NodeName, StepIndex, Work};

use super::Incident;
use crate::invariants::Invariant;
use crate::sight::Sight;
use crate::{Micros, micros};

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every frame is there.
    Succeeded,
    /// It could not be finished.
    Failed,
    /// Someone ended it.
    Cancelled,
}

impl Ending {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// When and how a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Since the log began.
    pub at: Micros,
    /// How.
    pub how: Ending,
}

/// What is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Jobs that ended.
    pub jobs: BTreeMap<JobId, Ended>,
    /// Time that nodes were there, all together, until the last job ended.
    pub node_time: Micros,
    /// Time that renderers took for frames that were accepted.
    pub render_time: Micros,
    /// Frames that were accepted.
    pub accepted: u64,
    /// Frames that were handed out a second time or more often.
    pub again: u64,
    /// Frames that were drawn to their end a second time or more often; a log does not say.
    pub twice: Option<u64>,
}

impl Figures {
    /// When the last job ended.
    #[must_use]
    pub fn last(&self) -> Micros {
        self.jobs.values().map(|ended| ended.at).max().unwrap_or(0)
    }

    /// The middle of several: for each job and each figure by itself.
    pub(super) fn median(all: &[Self]) -> Self {
        let mut jobs: BTreeMap<JobId, Vec<Ended>> = BTreeMap::new();
        for (job, ended) in all.iter().flat_map(|figures| &figures.jobs) {
            jobs.entry(*job).or_default().push(*ended);
        }
        // One that mostly does not end, does not.
        jobs.retain(|_, ends| ends.len() * 2 > all.len());
        let middle = |mut ends: Vec<Ended>| {
            ends.sort_by_key(|ended| ended.at);
            ends.get(ends.len() / 2).copied()
        };
        let of = |what: fn(&Self) -> u64| {
            let mut values: Vec<u64> = all.iter().map(what).collect();
            values.sort_unstable();
            values.get(values.len() / 2).copied().unwrap_or(0)
        };
        Self {
            jobs: jobs.into_iter().filter_map(|(job, ends)| Some((job, middle(ends)?))).collect(),
            node_time: of(|figures| figures.node_time),
            render_time: of(|figures| figures.render_time),
            accepted: of(|figures| figures.accepted),
            again: of(|figures| figures.again),
            twice: all
                .iter()
                .any(|figures| figures.twice.is_some())
                .then(|| of(|figures| figures.twice.unwrap_or(0))),
        }
    }
}

/// The fold.
#[derive(Debug, Default)]
pub(super) struct Measure {
    figures: Figures,
    leased: BTreeMap<(JobId, StepIndex), FrameSet>,
    drawn: BTreeSet<(JobId, StepIndex, i32)>,
    /// When nodes came and went, in order.
    nodes: Vec<(Micros, NodeName, bool)>,
}

impl Measure {
    pub(super) fn event(&mut self, at: Micros, event: &Event) {
        let mut end = |job: &JobId, how| {
            self.figures.jobs.insert(*job, Ended { at, how });
        };
        match event {
            Event::JobSucceeded { job } => end(job, Ending::Succeeded),
            Event::JobFailed { job, .. } => end(job, Ending::Failed),
            Event::JobCancelled { job, .. } => end(job, Ending::Cancelled),
            Event::JobRetried { job, .. } => {
                self.figures.jobs.remove(job);
            }
            Event::NodeOnline { node, .. } => self.nodes.push((at, node.clone(), true)),
            Event::NodeOffline { node, .. } => self.nodes.push((at, node.clone(), false)),
            Event::FramesLeased { lease } if lease.work == Work::Render => {
                let known = self.leased.entry((lease.job, lease.step)).or_default();
                self.figures.again += known.intersection(&lease.frames).len();
                known.add(&lease.frames);
            }
            Event::FramesAccepted { frames, took, .. } => {
                self.figures.accepted += frames.len();
                self.figures.render_time += micros(*took);
            }
            _ => {}
        }
    }

    fn drawn(&mut self, job: JobId, step: StepIndex, frame: i32) {
        let twice = self.figures.twice.get_or_insert(0);
        *twice += u64::from(!self.drawn.insert((job, step, frame)));
    }

    /// All that was measured; `there` were online before the first event.
    pub(super) fn figures(&self, there: impl Iterator<Item = NodeName>) -> Figures {
        let end = self.figures.last();
        let mut since: BTreeMap<NodeName, Micros> = there.map(|name| (name, 0)).collect();
        let mut node_time = 0;
        for (at, node, online) in &self.nodes {
            let at = (*at).min(end);
            if *online {
                since.entry(node.clone()).or_insert(at);
            } else {
                node_time += since.remove(node).map_or(0, |since| at - since);
            }
        }
        node_time += since.values().map(|since| end - since).sum::<Micros>();
        Figures { node_time, ..self.figures.clone() }
    }
}

impl Incident {
    /// What did happen, measured.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let mut measure = Measure::default();
        self.events().for_each(|(at, event)| measure.event(at, event));
        let nodes = self.image.iter().flat_map(|image| &image.nodes);
        measure.figures(nodes.filter(|node| node.offline.is_none()).map(|node| node.name.clone()))
    }
}

/// Measures a world from outside, as invariants see it.
#[derive(Clone, Default)]
pub(super) struct Meter(Arc<Mutex<Measure>>);

impl Meter {
    pub(super) fn figures(&self) -> Figures {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).figures(std::iter::empty())
    }
}

impl Invariant for Meter {
    fn name(&self) -> &'static str {
        "measured"
    }

    fn see(&mut self, now: Micros, sight: &Sight<'_>) -> Result<(), String> {
        let mut measure = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match sight {
            Sight::Durable(event) => measure.event(now, &event.envelope.event),
            Sight::Drawn { offer, frame, .. } => measure.drawn(offer.brief.job, offer.brief.step, *frame),
            _ => {}
        }
        Ok(())
    }
}
