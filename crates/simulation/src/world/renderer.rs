//! Renderers with costs and moods: they start, load, draw frames that take a heavy-tailed time, and end; or crash,
//! hang, lie, leave broken files. Licences are counted for all of them.

use callsheet_model::{Failure, FailureClass, FrameSet, RunPhase, Work};

use crate::Micros;
use crate::dice::Dice;
use crate::faults::Misbehaviour;
use crate::scenario::{Cost, Quirks};
use crate::sight::Guilt;
use callsheet_agent::{News, Offer};
use std::sync::Arc;
use std::time::Duration;

/// What an attempt does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    /// Its process is there.
    Launch,
    /// It has loaded the project.
    Load,
    /// A frame is finished.
    Frame(i32),
    /// All is drawn.
    Drawn,
    /// Nothing of it is left.
    Gone,
    /// Its agent learns of something that was done while it stood still.
    Learn,
}

/// How an attempt will end, decided by chance when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Well,
    CrashAt(i32),
    HangAt(Option<i32>),
    HangAtExit,
    Lie(i32),
    Break(i32),
    Silent,
}

/// One running attempt.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) offer: Arc<Offer>,
    left: FrameSet,
    fate: Fate,
    /// Times as long as usual.
    slowness: u64,
    /// How long the frame takes that is being drawn.
    pub(super) drawing: Micros,
    cost: Cost,
    /// It is being killed: nothing more is drawn.
    pub(super) dying: bool,
    /// Nothing of it is left.
    pub(super) gone: bool,
    /// Holds a licence.
    pub(super) licensed: bool,
    pub(super) verdict: Result<(), Failure>,
    /// Not whole, or not there.
    pub(super) broken: Vec<String>,
    /// The watchdog bit it.
    pub(super) bitten: bool,
    /// What its agent did not hear while it stood still.
    pub(super) unheard: Vec<News>,
}

impl Attempt {
    pub(super) fn new(
        offer: Arc<Offer>,
        quirks: &Quirks,
        mood: Option<Misbehaviour>,
        dice: &mut Dice,
    ) -> Self {
        let left = if offer.work == Work::Render { offer.frames.clone() } else { FrameSet::new() };
        let all: Vec<i32> = left.iter().take(4096).collect();
        let some = dice.one_of(&all).copied().unwrap_or(0);
        let poison = all.iter().copied().find(|frame| quirks.poison.contains(frame));
        let fate = match (mood, poison) {
            (Some(Misbehaviour::DiesSilently), _) => Fate::Silent,
            (Some(Misbehaviour::HangsAtStart), _) => Fate::HangAt(None),
            (Some(Misbehaviour::Crashes), _) => Fate::CrashAt(some),
            (Some(Misbehaviour::HangsInFrame), _) => Fate::HangAt(Some(some)),
            (Some(Misbehaviour::HangsAtExit), _) => Fate::HangAtExit,
            (Some(Misbehaviour::Lies), _) => Fate::Lie(some),
            (Some(Misbehaviour::BreaksFiles), _) => Fate::Break(some),
            (_, Some(frame)) => Fate::CrashAt(frame),
            _ if dice.one_in(quirks.crashes) => Fate::CrashAt(some),
            _ => Fate::Well,
        };
        let slowness = if mood == Some(Misbehaviour::Crawls) { 5 } else { 1 };
        Self {
            offer,
            left,
            fate,
            slowness,
            drawing: 0,
            cost: quirks.cost,
            dying: false,
            gone: false,
            bitten: false,
            licensed: false,
            verdict: Ok(()),
            broken: Vec::new(),
            unheard: Vec::new(),
        }
    }

    /// How long until its process is there.
    pub(super) fn launch(&self, dice: &mut Dice) -> (Micros, Beat) {
        (dice.between(20_000, 60_000), Beat::Launch)
    }

    /// What comes after a beat; nothing while it hangs.
    pub(super) fn next(&mut self, after: Beat, dice: &mut Dice) -> Option<(Micros, Beat)> {
        if self.dying || self.verdict.is_err() {
            return (after != Beat::Gone).then_some((dice.between(5_000, 50_000), Beat::Gone));
        }
        match after {
            Beat::Launch if self.fate == Fate::Silent => {
                self.verdict = Err(Failure::new(FailureClass::SilentDeath, "ended without a word"));
                Some((1_000, Beat::Gone))
            }
            Beat::Launch if self.fate == Fate::HangAt(None) => None,
            Beat::Launch => Some((dice.heavy(self.cost.load, 0.3), Beat::Load)),
            Beat::Load | Beat::Frame(_) => self.draw(dice),
            Beat::Drawn if self.fate == Fate::HangAtExit => None,
            Beat::Drawn => Some((dice.between(10_000, 500_000), Beat::Gone)),
            Beat::Gone | Beat::Learn => None,
        }
    }

    fn draw(&mut self, dice: &mut Dice) -> Option<(Micros, Beat)> {
        let first = self.left.take_first(1);
        let Some(frame) = first.first() else { return Some((20_000, Beat::Drawn)) };
        let takes = dice.heavy(self.cost.frame, self.cost.stray).saturating_mul(self.slowness);
        self.drawing = takes.max(1_000);
        match self.fate {
            Fate::CrashAt(at) if at == frame => {
                self.verdict = Err(Failure::new(FailureClass::Crash, "the renderer died"));
                Some((takes / 2, Beat::Gone))
            }
            Fate::HangAt(Some(at)) if at == frame => None,
            _ => Some((self.drawing, Beat::Frame(frame))),
        }
    }

    /// What becomes of a frame's file: none, broken, whole.
    pub(super) fn leaves(&self, frame: i32) -> Option<bool> {
        match self.fate {
            Fate::Lie(at) if at == frame => None,
            Fate::Break(at) if at == frame => Some(false),
            _ => Some(true),
        }
    }

    /// What really was wrong with it, when it ends by itself or is bitten.
    pub(super) fn guilt(&self) -> Guilt {
        if self.dying && !self.bitten {
            return Guilt::Nobody;
        }
        let passes = |failure: &Failure| failure.class.is_waited_for();
        if !self.bitten && self.verdict.as_ref().err().is_some_and(passes) {
            return Guilt::Nobody;
        }
        match self.fate {
            // At its first frame nobody can tell whether it is the frame.
            Fate::HangAt(Some(_)) if self.left.len() + 1 == self.offer.frames.len() => Guilt::Renderer,
            Fate::CrashAt(frame) | Fate::HangAt(Some(frame)) | Fate::Lie(frame) | Fate::Break(frame) => {
                Guilt::Frames(FrameSet::one(frame))
            }
            Fate::Silent | Fate::HangAt(None) | Fate::HangAtExit => Guilt::Renderer,
            // Bitten though it moved: it was slower than its job allows.
            Fate::Well if self.bitten => Guilt::Renderer,
            Fate::Well => Guilt::Nobody,
        }
    }

    /// What its agent hears at a beat, but for proofs.
    pub(super) fn news(&self, beat: Beat, took: Micros) -> Vec<News> {
        match beat {
            Beat::Launch => {
                vec![News::Launched { frames: self.offer.frames.clone() }, News::Phase(RunPhase::Load)]
            }
            Beat::Load => {
                let mut news = vec![News::Phase(RunPhase::FirstFrame)];
                news.extend(self.left.first().map(News::FrameStarted));
                news
            }
            Beat::Frame(frame) => {
                let mut news = vec![News::FramesFinished(FrameSet::one(frame))];
                let bytes = 1 << 20;
                if self.leaves(frame) == Some(true) {
                    let took = Duration::from_micros(took);
                    news.push(News::Proven { frames: FrameSet::one(frame), bytes, took });
                }
                news.extend(self.left.first().map(News::FrameStarted));
                news
            }
            Beat::Drawn => vec![News::Phase(RunPhase::Exit)],
            Beat::Gone => vec![
                News::Proving,
                News::Ended { verdict: self.verdict.clone(), broken: self.broken.clone() },
            ],
            Beat::Learn => Vec::new(),
        }
    }
}
