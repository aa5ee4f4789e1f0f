//! One lease in this node's hands, and what is true of it.

use std::sync::Arc;
use std::time::Duration;

use callsheet_model::{Failure, FailureClass, FrameSet};

use crate::offer::Offer;
use crate::watchdog::Watchdog;

/// A failed move of a file is tried again this soon at first, and twice as late each further time.
const PUBLISH_RETRY: Duration = Duration::from_millis(500);
/// After this many tries the files count as lost: another node may have better access.
const PUBLISH_TRIES: u32 = 6;

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
    /// Its template is on its way.
    Fetching,
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

/// What has become of accepted frames.
#[derive(Debug, Default)]
pub(crate) struct Publishing {
    /// Accepted, and not at their final path yet as far as is known.
    pub(crate) waiting: FrameSet,
    /// An order for these is being carried out.
    pub(crate) ordered: FrameSet,
    /// At their final path. A leader that says again that they are accepted changes nothing.
    pub(crate) done: FrameSet,
    tries: u32,
    pub(crate) retry_at: Option<Duration>,
}

impl Publishing {
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.ordered.is_empty()
    }

    /// Frames that have not arrived at their final path.
    pub(crate) fn open(&self) -> FrameSet {
        let mut open = self.waiting.clone();
        open.add(&self.ordered);
        open
    }

    /// Takes what can be ordered now.
    pub(crate) fn order(&mut self, now: Duration) -> Option<FrameSet> {
        let too_soon = self.retry_at.is_some_and(|at| now < at);
        if too_soon || self.waiting.is_empty() || !self.ordered.is_empty() {
            return None;
        }
        self.retry_at = None;
        self.ordered = std::mem::take(&mut self.waiting);
        Some(self.ordered.clone())
    }

    /// The order is done, except for `failed`. Returns those given up.
    pub(crate) fn carried_out(&mut self, now: Duration, mut failed: FrameSet) -> FrameSet {
        failed = failed.intersection(&self.ordered);
        self.ordered = FrameSet::new();
        if failed.is_empty() {
            self.tries = 0;
            return failed;
        }
        self.tries += 1;
        if self.tries >= PUBLISH_TRIES {
            self.tries = 0;
            return failed;
        }
        self.retry_at = Some(now + PUBLISH_RETRY * 2u32.pow(self.tries - 1));
        self.waiting.add(&failed);
        FrameSet::new()
    }
}

impl Held {
    pub(crate) fn new(offer: Arc<Offer>, phase: Phase) -> Self {
        Self { offer, phase, proven: FrameSet::new(), publishing: Publishing::default() }
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
        let bite = self.run().filter(|run| run.killed.is_none()).map(|run| run.watchdog.deadline());
        let retry = self.publishing.retry_at.filter(|_| !self.publishing.waiting.is_empty());
        bite.into_iter().chain(retry).min()
    }
}
