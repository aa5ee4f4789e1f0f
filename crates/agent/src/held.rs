//! One lease in this node's hands, and what is true of it.

use std::sync::Arc;
use std::time::Duration;

use callsheet_model::{Failure, FailureClass, FrameSet};

use crate::offer::Offer;
use crate::publishing::Publishing;
use crate::watchdog::Watchdog;

#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) offer: Arc<Offer>,
    pub(crate) phase: Phase,
    /// Frames reported as proven.
    pub(crate) proven: FrameSet,
    pub(crate) publishing: Publishing,
}

#[derive(Debug)]
pub(crate) enum Phase {
    /// Its template is on its way. One that is not there by then counts as not to be had.
    Fetching { until: Duration },
    /// It could run, but no slot is free.
    Waiting,
    /// A renderer works on it.
    Running(Box<Run>),
    /// Its end was reported. Accepted frames may still have to be published.
    Ended,
    /// It never runs: it publishes what another attempt left.
    Publishing,
}

/// A running attempt.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) slot: usize,
    pub(crate) watchdog: Watchdog,
    /// The frame it works on, if the renderer tells.
    pub(crate) current: Option<i32>,
    /// Why it is being killed; its end says so instead of what the killed renderer says.
    pub(crate) killed: Option<Killed>,
}

/// Why an attempt is being killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Killed {
    /// The watchdog bit.
    Hung(FailureClass, String),
    /// The node is leaving.
    Stopped,
}

impl Run {
    /// Frames there is evidence against, when the attempt failed like this with these frames unproven.
    pub(crate) fn blamed(&self, failure: &Failure, missing: &FrameSet) -> FrameSet {
        use FailureClass as Class;
        let current = || self.current.filter(|frame| missing.contains(*frame));
        match failure.class {
            Class::BrokenOutput => missing.clone(),
            Class::HangFrame | Class::Crash | Class::OutOfMemory | Class::SilentDeath => match current() {
                Some(frame) => FrameSet::one(frame),
                // With one frame left there is no doubt which.
                None if missing.len() == 1 => missing.clone(),
                None => FrameSet::new(),
            },
            Class::JobFatal
            | Class::InputMissing
            | Class::NodeConfig
            | Class::Licence
            | Class::OutputIo
            | Class::HangStart
            | Class::HangExit
            | Class::Agent => FrameSet::new(),
        }
    }
}

impl Held {
    pub(crate) fn new(offer: Arc<Offer>, phase: Phase) -> Self {
        Self { offer, phase, proven: FrameSet::new(), publishing: Publishing::default() }
    }

    /// Whether its template is or may be needed.
    pub(crate) fn needs_template(&self) -> bool {
        matches!(self.phase, Phase::Fetching { .. } | Phase::Waiting | Phase::Running(_))
            && self.offer.brief.spec.template.is_some()
    }

    pub(crate) fn run(&self) -> Option<&Run> {
        match &self.phase {
            Phase::Running(run) => Some(run),
            _ => None,
        }
    }

    pub(crate) fn run_mut(&mut self) -> Option<&mut Run> {
        match &mut self.phase {
            Phase::Running(run) => Some(run),
            _ => None,
        }
    }

    /// The earliest moment that something has to be done about it.
    pub(crate) fn next_wake(&self) -> Option<Duration> {
        let bound = match &self.phase {
            Phase::Fetching { until } => Some(*until),
            Phase::Running(run) if run.killed.is_none() => Some(run.watchdog.deadline()),
            Phase::Running(_) | Phase::Waiting | Phase::Ended | Phase::Publishing => None,
        };
        bound.into_iter().chain(self.publishing.next_wake()).min()
    }
}
