//! One lease in this node's hands, and what is true of it.

use std::sync::Arc;
use std::time::Duration;

use callsheet_model::{Failure, FailureClass, FrameSet, Reported, Work};

use crate::experience::Composition;
use crate::offer::Offer;
use crate::publishing::Publishing;
use crate::watchdog::{Bite, Watchdog};

#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) offer: Arc<Offer>,
    pub(crate) phase: Phase,
    /// When it was taken, and how long its template took to come.
    since: Duration,
    fetched: Duration,
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
    pub(crate) composition: Composition,
    work: Work,
    /// The frame it works on, if the renderer tells.
    pub(crate) current: Option<i32>,
    /// The highest frame that is finished. Frames that are drawn beside each other finish in any order.
    last: Option<i32>,
    /// Why it is being killed; its end says so instead of what the killed renderer says.
    pub(crate) killed: Option<Killed>,
    /// Not even what it left is waited for any more.
    pub(crate) given_up: bool,
    /// When it got its slot.
    since: Duration,
    /// When its first process was started.
    launched: Option<Duration>,
    /// It was reported that its first frame began.
    began: bool,
}

/// Why an attempt is being killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Killed {
    /// The watchdog bit.
    Hung(Bite),
    /// The node is leaving.
    Stopped,
}

impl Run {
    pub(crate) fn new(slot: usize, offer: &Offer, watchdog: Watchdog, now: Duration) -> Self {
        Self {
            slot,
            watchdog,
            composition: Composition::of(offer),
            work: offer.work,
            current: None,
            last: None,
            killed: None,
            given_up: false,
            since: now,
            launched: None,
            began: false,
        }
    }

    /// A process was started; the first counts.
    pub(crate) fn launched(&mut self, now: Duration) {
        self.launched.get_or_insert(now);
    }

    /// Its first frame begins, or is there already: how long getting ready took, and how long the renderer took from
    /// its start. Told once.
    fn begin(&mut self, now: Duration) -> Option<(Duration, Duration)> {
        if std::mem::replace(&mut self.began, true) || self.work != Work::Render {
            return None;
        }
        let launched = self.launched.unwrap_or(now);
        Some((launched.saturating_sub(self.since), now.saturating_sub(launched)))
    }

    pub(crate) fn finished(&mut self, frames: &FrameSet) {
        self.current = self.current.filter(|frame| !frames.contains(*frame));
        self.last = self.last.max(frames.last());
    }

    /// The frame it is at, or else the last one it finished.
    pub(crate) fn frame(&self) -> Option<i32> {
        self.current.or(self.last)
    }

    /// Whether the watchdog is to be asked: once it has bitten, it only watches what is left to be proven.
    pub(crate) fn is_watched(&self) -> bool {
        !self.given_up && (self.killed.is_none() || self.watchdog.is_proving())
    }

    /// Frames there is evidence against, when the attempt failed like this with these frames unproven.
    pub(crate) fn blamed(&self, failure: &Failure, missing: &FrameSet) -> FrameSet {
        // Upholds retries_on_evidence: the frame it was at, where that is known.
        use FailureClass as Class;
        if self.work == Work::Preflight {
            // None of them was drawn.
            return FrameSet::new();
        }
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
            | Class::Agent
            | Class::StorageOut => FrameSet::new(),
        }
    }
}

impl Held {
    pub(crate) fn new(offer: Arc<Offer>, phase: Phase, now: Duration) -> Self {
        let (since, fetched) = (now, Duration::ZERO);
        Self { offer, phase, since, fetched, proven: FrameSet::new(), publishing: Publishing::default() }
    }

    /// Its template is there.
    pub(crate) fn has_come(&mut self, now: Duration) {
        self.fetched = now.saturating_sub(self.since);
        self.phase = Phase::Waiting;
    }

    /// Its renderer's first frame begins, or is there already. What is to be reported of it, unless it was.
    pub(crate) fn begin(&mut self, now: Duration) -> Option<Reported> {
        let fetched = self.fetched;
        let (prepared, loaded) = self.run_mut()?.begin(now)?;
        let fetched = fetched.saturating_add(prepared);
        // One that took no time at all is not worth a record.
        (fetched + loaded > Duration::ZERO).then_some(Reported::Began { fetched, loaded })
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
            Phase::Running(run) if run.is_watched() => Some(run.watchdog.deadline()),
            Phase::Running(_) | Phase::Waiting | Phase::Ended | Phase::Publishing => None,
        };
        bound.into_iter().chain(self.publishing.next_wake()).min()
    }
}
