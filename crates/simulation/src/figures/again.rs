//! What a node's death costs: frames that have to be rendered again, compared with those it had in flight: begun, or
//! drawn and not yet accepted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use callsheet_model::{Event, FrameSet, JobId, StepIndex, Token, Work};

use super::{Effort, SECOND, SILENCE, one_by_one, quiet};
use crate::Micros;
use crate::faults::{Fault, Plan, Planned};
use crate::invariants::Invariant;
use crate::run::{Tracing, run_watched};
use crate::scenario::Size;
use crate::sight::Sight;

const NODES: usize = 20;
const APART: Micros = 60 * SECOND;

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// Deaths of nodes.
    pub crashes: u64,
    /// Frames that were begun and not drawn to the end when their node died.
    pub begun: u64,
    /// Frames that were drawn and not yet accepted when their node died.
    pub unaccepted: u64,
    /// Frames of attempts that died with their node, and had not been begun.
    pub untouched: u64,
    /// Frames that were begun again: drawing time that was lost.
    pub begun_again: u64,
    /// Frames that were drawn to the end twice.
    pub drawn_again: u64,
    /// Of all frames begun or drawn again, those that were not in flight at any death.
    pub needlessly: u64,
}

impl Again {
    fn add(&mut self, other: &Self) {
        self.crashes += other.crashes;
        self.begun += other.begun;
        self.unaccepted += other.unaccepted;
        self.untouched += other.untouched;
        self.begun_again += other.begun_again;
        self.drawn_again += other.drawn_again;
        self.needlessly += other.needlessly;
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let each = |count: u64| count as f64 / self.crashes.max(1) as f64;
        format!(
            "  {} deaths: each had {:.2} frames in flight ({:.2} begun, {:.2} drawn and not yet accepted) and {:.2} \
             more to come;\n  each cost {:.2} frames rendered again ({:.2} from their beginning, {:.2} drawn \
             twice), {} of them not in flight",
            self.crashes,
            each(self.begun + self.unaccepted),
            each(self.begun),
            each(self.unaccepted),
            each(self.untouched),
            each(self.begun_again + self.drawn_again),
            each(self.begun_again),
            each(self.drawn_again),
            self.needlessly,
        )
    }
}

/// Lets nodes die under load.
pub(super) fn measure(effort: Effort) -> Again {
    let mut all = Again::default();
    for seed in 0..effort.seeds {
        let storm = u64::from(effort.deaths + 2) * APART;
        let scenario = quiet(
            seed,
            Size { nodes: NODES, jobs: 2 * usize::from(effort.deaths), storm, silence: Some(SILENCE) },
        );
        let crash = |nth: u16| Fault::NodeCrash { node: nth.wrapping_mul(7), disk: nth.is_multiple_of(2) };
        let planned = |nth| Planned { at: 0, lasts: APART / 3, fault: crash(nth) };
        let faults = one_by_one(seed, effort.deaths, APART, planned);
        let ledger = Ledger::default();
        let watcher = Box::new(ledger.clone());
        let _ = run_watched(scenario, Plan { faults }, Tracing::Off, vec![watcher]);
        all.add(&ledger.0.lock().unwrap_or_else(PoisonError::into_inner).again);
    }
    all
}

type Frame = (JobId, StepIndex, i32);

/// An attempt that was started.
struct Running {
    job: JobId,
    step: StepIndex,
    frames: FrameSet,
    drawn: FrameSet,
    accepted: FrameSet,
    /// Its renderer ended by itself.
    ended: Option<Micros>,
}

#[derive(Default)]
struct Books {
    again: Again,
    running: BTreeMap<Token, Running>,
    nodes: BTreeMap<usize, BTreeSet<Token>>,
    /// Begun or drawn when their node died.
    in_flight: BTreeSet<Frame>,
    begun: BTreeSet<Frame>,
    drawn: BTreeSet<Frame>,
}

#[derive(Clone, Default)]
struct Ledger(Arc<Mutex<Books>>);

impl Invariant for Ledger {
    fn name(&self) -> &'static str {
        "measured"
    }

    fn see(&mut self, now: Micros, sight: &Sight<'_>) -> Result<(), String> {
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match sight {
            Sight::Started { node, offer, .. } if offer.work == Work::Render => {
                let (job, step) = (offer.brief.job, offer.brief.step);
                books.starts(*node, offer.token, job, step, offer.frames.clone());
            }
            Sight::Drawn { offer, frame, .. } => books.draws(offer.token, *frame),
            Sight::Stopped { token, .. } => {
                if let Some(running) = books.running.get_mut(token) {
                    running.ended = Some(now);
                }
            }
            Sight::Able { node, able: false } => books.dies(*node, now),
            Sight::Durable(event) => {
                if let Event::FramesAccepted { token, frames, .. } = &event.envelope.event
                    && let Some(running) = books.running.get_mut(token)
                {
                    running.accepted.add(frames);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Books {
    fn starts(&mut self, node: usize, token: Token, job: JobId, step: StepIndex, frames: FrameSet) {
        let first = frames.first().map(|frame| (job, step, frame));
        let (drawn, accepted) = (FrameSet::new(), FrameSet::new());
        let running = Running { job, step, frames, drawn, accepted, ended: None };
        self.running.insert(token, running);
        self.nodes.entry(node).or_default().insert(token);
        self.begins(first);
    }

    fn begins(&mut self, frame: Option<Frame>) {
        let Some(frame) = frame else { return };
        // One that was drawn before is counted when it is drawn again.
        if !self.begun.insert(frame) && !self.drawn.contains(&frame) {
            self.again.begun_again += 1;
            self.again.needlessly += u64::from(!self.in_flight.contains(&frame));
        }
    }

    fn draws(&mut self, token: Token, frame: i32) {
        let Some(running) = self.running.get_mut(&token) else { return };
        running.drawn.insert(frame);
        let (job, step) = (running.job, running.step);
        let next = running.frames.difference(&running.drawn).first().map(|frame| (job, step, frame));
        if !self.drawn.insert((job, step, frame)) {
            self.again.drawn_again += 1;
            self.again.needlessly += u64::from(!self.in_flight.contains(&(job, step, frame)));
        }
        self.begins(next);
    }

    /// Its renderers died in the same instant.
    fn dies(&mut self, node: usize, now: Micros) {
        self.again.crashes += 1;
        for token in self.nodes.remove(&node).unwrap_or_default() {
            let Some(running) = self.running.remove(&token) else { continue };
            let Running { job, step, frames, drawn, accepted, ended } = running;
            let unaccepted = drawn.difference(&accepted);
            let mut left = frames.difference(&drawn);
            let drawing =
                if ended.is_none_or(|ended| ended == now) { left.take_first(1) } else { FrameSet::new() };
            self.again.unaccepted += unaccepted.len();
            self.again.begun += drawing.len();
            self.again.untouched += left.len();
            for frame in unaccepted.iter().chain(drawing.iter()) {
                self.in_flight.insert((job, step, frame));
            }
        }
    }
}
