//! Bounds on one process: a renderer that stands still is killed, one that moves is not, however slowly.
//!
//! ```text
//!   (made ready) ─► Launch ─► Load ─► FirstFrame ─► Frames ─► Finalise ─► Exit ─► (ended) ─► Proving
//!    HangStart     HangStart HangStart HangStart  HangFrame  HangFrame  HangExit             OutputIo
//!
//!   a renderer that tells no phases:
//!                  Launch ── first sign of a frame ──► Frames ── all of them finished ──► Exit
//! ```
//!
//! Each phase has a budget: its floor from the config, or [`MARGIN`] times the longest silence that is usual
//! in this phase of this composition, whichever is more. Signs count anew: a word of a frame, a file that
//! grows. A tree of processes that computes has not spoken, but it does not stand still either: its time is
//! counted from when it last computed, up to [`PATIENCE`] times the budget from its last sign. So a dialog
//! or a deadlock is bitten at the budget, and a machine that computes for ever at a multiple of it.
//!
//! Where the system cannot tell a tree's processor time, nobody says that it computes, and the plain budget
//! counts. One computing sign is enough to know that the system tells it.

use std::time::Duration;

use callsheet_model::{FailureClass, FrameSet, RunPhase, Timeouts};

use crate::experience::Silences;

#[cfg(test)]
mod tests;

/// So many times the longest usual silence is waited. With the longest of 16 observations (see
/// [`crate::experience`]) and times that scatter as widely as a factor of fourteen between the fastest and the
/// slowest twentieth, one silence in a thousand is longer. Those are caught by the floor, which is a multiple
/// of what is usual for most compositions, and by the patience with a tree that computes.
pub(crate) const MARGIN: u32 = 4;
/// So many budgets a tree has that computes without a sign. Long enough for a frame that is far heavier than
/// all before it; short enough that a process that spins is not left spinning for a night.
pub(crate) const PATIENCE: u32 = 4;
/// What was learned raises a budget to no more than this, so that no accident is waited for for ever.
const LONGEST_LEARNED: Duration = Duration::from_secs(6 * 3600);
/// Called this much too late, we were away ourselves (a machine that slept, a process that was stopped): signs
/// may be waiting to be heard,
const LATE: Duration = Duration::from_secs(2);
/// and have this long to arrive.
const SECOND_LOOK: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Watchdog {
    floors: Timeouts,
    /// The longest silences of earlier attempts at this composition.
    usual: Silences,
    /// Those of this attempt, each of which ended well.
    seen: Silences,
    phase: Phase,
    /// The last sign in this phase, or its beginning.
    since: Duration,
    /// When the tree was last seen computing.
    computed: Option<Duration>,
    second_look: Option<Duration>,
    /// Frames of the process, and those of them that are not finished.
    frames: FrameSet,
    left: FrameSet,
    /// It told a phase.
    tells: bool,
    /// It counts frames that are no results of their own: those of a movie.
    counts_others: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Getting ready for the first process.
    Preparing,
    In(RunPhase),
    /// No process is left to be bitten, but what it left is still being looked at.
    Proving,
}

/// What a bite is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bite {
    pub(crate) class: FailureClass,
    pub(crate) message: String,
}

impl Watchdog {
    pub(crate) fn new(floors: Timeouts, usual: Silences, now: Duration) -> Self {
        Self {
            floors,
            usual,
            seen: Silences::default(),
            phase: Phase::Preparing,
            since: now,
            computed: None,
            second_look: None,
            frames: FrameSet::new(),
            left: FrameSet::new(),
            tells: false,
            counts_others: false,
        }
    }

    /// A process was started for these frames.
    pub(crate) fn launched(&mut self, now: Duration, frames: FrameSet) {
        (self.left, self.frames) = (frames.clone(), frames);
        (self.computed, self.tells, self.counts_others) = (None, false, false);
        self.begin(now, Phase::In(RunPhase::Launch));
    }

    /// The process says which phase it is in. Saying the same again, or an earlier one, is no sign.
    pub(crate) fn told(&mut self, now: Duration, phase: RunPhase) {
        let Phase::In(current) = self.phase else { return };
        self.tells = true;
        if phase > current {
            self.enter(now, phase);
        }
    }

    /// Its files grow. While it starts that may be anything that it writes: it moves, but nobody knows yet whether
    /// it has come to its frames, so it has the time of a start and that of a frame, whichever is more.
    pub(crate) fn grew(&mut self, now: Duration) {
        match self.phase {
            Phase::In(RunPhase::Launch | RunPhase::Load) => self.enter(now, RunPhase::FirstFrame),
            _ => self.sign(now),
        }
    }

    /// The process moves: it is past its start, began a frame, or came further with one.
    pub(crate) fn sign(&mut self, now: Duration) {
        match self.phase {
            Phase::In(RunPhase::Launch | RunPhase::Load) => {
                // One that tells its phases says itself when the first frame is behind it.
                self.enter(now, if self.tells { RunPhase::FirstFrame } else { RunPhase::Frames });
            }
            Phase::In(phase @ (RunPhase::FirstFrame | RunPhase::Frames | RunPhase::Finalise)) => {
                self.enter(now, phase);
            }
            Phase::In(RunPhase::Exit) | Phase::Preparing | Phase::Proving => {}
        }
    }

    /// The tree of processes has used the processor since the last look.
    pub(crate) fn computed(&mut self, now: Duration) {
        if matches!(self.phase, Phase::In(_)) {
            (self.computed, self.second_look) = (Some(now), None);
        }
    }

    pub(crate) fn finished(&mut self, now: Duration, frames: &FrameSet) {
        let Phase::In(phase) = self.phase else { return };
        if phase == RunPhase::Exit {
            return;
        }
        self.left.subtract(frames);
        self.counts_others |= !frames.is_subset(&self.frames);
        let all = self.left.is_empty() && !self.counts_others;
        self.enter(
            now,
            match (all, self.tells) {
                (true, true) => RunPhase::Finalise,
                (true, false) => RunPhase::Exit,
                (false, _) => RunPhase::Frames,
            },
        );
    }

    /// The process is gone, and proving what it left comes forward. `well`: nobody killed it.
    pub(crate) fn proving(&mut self, now: Duration, well: bool) {
        if well && self.phase == Phase::In(RunPhase::Exit) {
            self.note(now);
        }
        self.begin(now, Phase::Proving);
    }

    /// Frames were proven. That a frame of the past is whole says nothing of the one being drawn, but it keeps
    /// the disk busy, which starting and ending wait for.
    pub(crate) fn proven(&mut self, now: Duration) {
        if !matches!(self.phase, Phase::In(RunPhase::FirstFrame | RunPhase::Frames | RunPhase::Finalise)) {
            self.since = now;
        }
    }

    pub(crate) fn is_proving(&self) -> bool {
        self.phase == Phase::Proving
    }

    /// Whether a process runs.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::In(_))
    }

    /// What can be learned from this attempt so far.
    pub(crate) fn seen(&self) -> &Silences {
        &self.seen
    }

    /// When it bites, if nothing happens.
    pub(crate) fn deadline(&self) -> Duration {
        let due = match self.phase {
            Phase::Preparing => self.since.saturating_add(self.floors.start),
            Phase::Proving => self.since.saturating_add(self.proof()),
            Phase::In(phase) => {
                let budget = self.budget(phase);
                let still = self.computed.unwrap_or_default().max(self.since);
                still.saturating_add(budget).min(self.since.saturating_add(budget.saturating_mul(PATIENCE)))
            }
        };
        due.max(self.second_look.unwrap_or_default())
    }

    /// What it says when its time has come.
    pub(crate) fn bites(&mut self, now: Duration) -> Option<Bite> {
        let deadline = self.deadline();
        if now < deadline {
            return None;
        }
        if self.second_look.is_none() && now >= deadline.saturating_add(LATE) {
            self.second_look = Some(now.saturating_add(SECOND_LOOK));
            return None;
        }
        Some(self.bite(now))
    }

    fn bite(&self, now: Duration) -> Bite {
        let Phase::In(phase) = self.phase else {
            let (class, message) = if self.phase == Phase::Proving {
                (
                    FailureClass::OutputIo,
                    format!("no file could be read to its end within {:?}", self.proof()),
                )
            } else {
                (
                    FailureClass::HangStart,
                    format!("it could not be made ready within {:?}", self.floors.start),
                )
            };
            return Bite { class, message };
        };
        let class = match phase {
            RunPhase::Launch | RunPhase::Load | RunPhase::FirstFrame => FailureClass::HangStart,
            RunPhase::Frames | RunPhase::Finalise => FailureClass::HangFrame,
            RunPhase::Exit => FailureClass::HangExit,
        };
        let budget = self.budget(phase);
        let spins = now >= self.since.saturating_add(budget.saturating_mul(PATIENCE));
        let message = if spins && self.computed.is_some_and(|at| at.saturating_add(budget) > now) {
            let bound = budget.saturating_mul(PATIENCE);
            format!("in phase {phase} it computed without a sign for {bound:?}, its bound")
        } else {
            format!("in phase {phase} it stood still for {budget:?}, its bound")
        };
        Bite { class, message }
    }

    /// How long the process may stand still in a phase.
    fn budget(&self, phase: RunPhase) -> Duration {
        let Timeouts { start, frame, exit } = self.floors;
        let floor = match phase {
            RunPhase::Launch | RunPhase::Load => start,
            RunPhase::FirstFrame => start.max(frame),
            RunPhase::Frames | RunPhase::Finalise => frame,
            RunPhase::Exit => exit,
        };
        let mut longest = self.usual.of(phase).max(self.seen.of(phase));
        if phase == RunPhase::Frames {
            // The next frame may take as long as the first did.
            longest = longest.max(self.seen.of(RunPhase::FirstFrame));
        }
        floor.max(longest.saturating_mul(MARGIN).min(LONGEST_LEARNED))
    }

    /// A file that took that long to draw may take as long to read.
    fn proof(&self) -> Duration {
        let Timeouts { start, frame, exit } = self.floors;
        start.max(frame).max(exit)
    }

    /// The silence up to here ended well.
    fn enter(&mut self, now: Duration, phase: RunPhase) {
        self.note(now);
        self.begin(now, Phase::In(phase));
    }

    fn begin(&mut self, now: Duration, phase: Phase) {
        (self.phase, self.since, self.second_look) = (phase, now, None);
    }

    fn note(&mut self, now: Duration) {
        if let Phase::In(phase) = self.phase {
            // A longer silence than is borne was seen only because we were away ourselves.
            let borne = self.budget(phase).saturating_mul(PATIENCE);
            self.seen.note(phase, now.saturating_sub(self.since).min(borne));
        }
    }
}
