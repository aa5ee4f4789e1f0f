//! An agent with one slot, a renderer that is played beat by beat, and a second reckoning of what is usual.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use callsheet_model::job::Timeouts;
use callsheet_model::{Failure, FailureClass, FrameSet, Md5, Outcome, Reported, RunPhase, Token};

use crate::experience::KEPT;
use crate::stories::{brief, offer};
use crate::watchdog::{MARGIN, PATIENCE};
use crate::{Action, Agent, Brief, Input, News, Offer, Welcome};

use super::TICK;

pub(super) fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Chance that is the same in every run of the test.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to and without 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// Each order of magnitude as likely as any other.
    pub(super) fn between(&mut self, least: f64, most: f64) -> f64 {
        least * (most / least).powf(self.share())
    }

    /// Half of them are longer than the median; how much longer has no bound.
    pub(super) fn log_normal(&mut self, median: f64, stray: f64) -> f64 {
        let (radius, angle) =
            ((-2.0 * (1.0 - self.share()).ln()).sqrt(), std::f64::consts::TAU * self.share());
        median * (stray * radius * angle.cos()).exp()
    }
}

/// A silence in a phase, and the word that ends it.
pub(super) struct Beat {
    pub(super) phase: RunPhase,
    pub(super) gap: Duration,
    computes: bool,
    news: News,
}

impl Beat {
    pub(super) fn computing(phase: RunPhase, gap: Duration, news: News) -> Self {
        Self { phase, gap, computes: true, news }
    }

    pub(super) fn idle(phase: RunPhase, gap: Duration, news: News) -> Self {
        Self { phase, gap, computes: false, news }
    }
}

#[derive(Debug)]
pub(super) struct Hung {
    pub(super) class: FailureClass,
    pub(super) budget: Duration,
    /// How long after its bound it was bitten.
    pub(super) late: Duration,
}

/// The longest silence of each phase, in each of the last attempts.
type Reckoning = BTreeMap<RunPhase, VecDeque<Duration>>;

pub(super) struct World {
    agent: Agent,
    pub(super) now: Duration,
    /// When the process was launched: it is looked at each second from then.
    launched: Duration,
    token: u64,
    which: usize,
    reckoning: Vec<Reckoning>,
    /// The longest silences of this attempt.
    silences: BTreeMap<RunPhase, Duration>,
    /// The watchdog has bitten with this failure.
    reported: Option<FailureClass>,
}

impl World {
    pub(super) fn new() -> Self {
        let mut agent = Agent::new(1);
        let ever = Duration::from_secs(1 << 40);
        agent.handle(Duration::ZERO, Input::SlotUp(0));
        agent.handle(Duration::ZERO, Input::LinkUp);
        agent.handle(Duration::ZERO, Input::Welcomed(Welcome { silence: ever, pulse: ever }));
        Self {
            agent,
            now: Duration::ZERO,
            launched: Duration::ZERO,
            token: 0,
            which: 0,
            reckoning: Vec::new(),
            silences: BTreeMap::new(),
            reported: None,
        }
    }

    pub(super) fn reckon(&mut self, compositions: usize) {
        self.reckoning = vec![Reckoning::new(); compositions];
    }

    pub(super) fn floor(&self, phase: RunPhase) -> Duration {
        let Timeouts { start, frame, exit } = Timeouts::default();
        match phase {
            RunPhase::Launch | RunPhase::Load => start,
            RunPhase::FirstFrame => start.max(frame),
            RunPhase::Frames | RunPhase::Finalise => frame,
            RunPhase::Exit => exit,
        }
    }

    /// As documented: the floor, or so many times the longest of the last attempts and of this one.
    fn budget(&self, phase: RunPhase) -> Duration {
        let mut all: Vec<Duration> =
            self.reckoning[self.which].get(&phase).into_iter().flatten().copied().collect();
        all.extend(self.silences.get(&phase));
        if phase == RunPhase::Frames {
            all.extend(self.silences.get(&RunPhase::FirstFrame));
        }
        let longest = all.into_iter().max().unwrap_or_default();
        self.floor(phase).max((longest * MARGIN).min(Duration::from_secs(6 * 3600)))
    }

    fn handle(&mut self, input: Input) -> Vec<Action> {
        let actions = self.agent.handle(self.now, input);
        for action in &actions {
            if let Action::Report(numbered) = action
                && let Reported::Ended { outcome, .. } = &numbered.report.what
            {
                self.reported = match outcome {
                    Outcome::Failed(failure) => Some(failure.class),
                    Outcome::Succeeded | Outcome::Stopped => None,
                };
            }
        }
        actions
    }

    fn news(&mut self, news: News) -> Vec<Action> {
        self.handle(Input::Attempt { slot: 0, token: Token(self.token), news })
    }

    /// A new attempt at a composition, up to its process' launch.
    pub(super) fn start(&mut self, which: usize, frames: i32) {
        (self.token, self.which) = (self.token + 1, which);
        let mut spec = brief(true, false).spec.clone();
        spec.timeouts = Timeouts::default();
        spec.template.as_mut().unwrap().md5 = Md5([u8::try_from(which % 256).unwrap(); 16]);
        spec.renderer = format!("renderer {which}");
        let brief = Arc::new(Brief { spec, ..(*brief(true, false)).clone() });
        let frames = FrameSet::range(1, frames);
        let lease = Offer { brief, frames: frames.clone(), ..offer(self.token, "1") };
        self.handle(Input::Offered(vec![lease]));
        let started = self.handle(Input::Fetched { token: Token(self.token), result: Ok(()) });
        assert!(matches!(started[..], [Action::Start { .. }]), "{started:?}");
        self.launched = self.now;
        self.news(News::Launched { frames });
    }

    /// Plays a beat; the moment of a bite, if there was one.
    pub(super) fn play(&mut self, beat: Beat) -> Option<Duration> {
        let Beat { phase, gap, computes, news } = beat;
        let bitten = self.pass(gap, computes);
        let longest = self.silences.entry(phase).or_default();
        *longest = gap.max(*longest);
        self.news(news);
        bitten
    }

    /// Lets time pass. Whoever computes is seen to do so at each look; between two looks of which nothing
    /// depends, the mind need not be told.
    fn pass(&mut self, gap: Duration, computes: bool) -> Option<Duration> {
        let until = self.now + gap;
        let mut told = self.now;
        while let Some(wake) = self.agent.next_wake().filter(|wake| *wake < until) {
            let looks = (wake - self.launched).as_secs();
            let look = self.launched + Duration::from_secs(looks);
            if computes && look > told {
                (self.now, told) = (look, look);
                self.news(News::Working);
                continue;
            }
            self.now = wake;
            let actions = self.handle(Input::Tick);
            if actions.iter().any(|action| matches!(action, Action::Bite { .. })) {
                return Some(wake);
            }
        }
        self.now = until;
        None
    }

    /// The process moves no more in this phase: it stands still at once, computes for a while, or for ever.
    pub(super) fn hang(&mut self, phase: RunPhase, dice: &mut Dice) -> Hung {
        let (since, budget) = (self.now, self.budget(phase));
        let looks = (since - self.launched).as_secs() + 1;
        let first = self.launched + Duration::from_secs(looks) - since;
        let computes = match dice.below(4) {
            0 => None,
            1 => Some(budget * (PATIENCE + 1)),
            _ => Some(secs(dice.share() * 5.0 * budget.as_secs_f64())),
        };
        // Whole looks, the last of which is the last time that it was seen computing.
        let seen = computes.map(|time| first + Duration::from_secs(time.as_secs()));
        let still = seen.map_or(since, |seen| since + seen) + budget;
        let due = still.min(since + budget * PATIENCE);
        if let Some(seen) = seen {
            if let Some(bitten) = self.pass(seen, true) {
                assert!(bitten >= due, "bitten too early");
                return Hung { class: self.end_of_bite(), budget, late: bitten - due };
            }
            self.news(News::Working);
        }
        // Just before its time nothing happens; the next tick after it has to be enough.
        self.now = self.now.max(due.saturating_sub(Duration::from_millis(1)));
        if self.now < due {
            assert_eq!(self.handle(Input::Tick), [], "bitten too early");
        }
        let ticks = (due - self.launched).as_secs() + 1;
        self.now = self.launched + TICK * u32::try_from(ticks).unwrap();
        let actions = self.handle(Input::Tick);
        assert!(matches!(actions[..], [Action::Bite { .. }]), "it is not bitten at its bound: {actions:?}");
        Hung { class: self.end_of_bite(), budget, late: self.now - due }
    }

    /// What the attempt's end is reported as, once its process is gone.
    fn end_of_bite(&mut self) -> FailureClass {
        self.news(News::Proving);
        let verdict = Err(Failure::new(FailureClass::Crash, "killed by SIGKILL"));
        self.news(News::Ended { verdict, broken: Vec::new() });
        self.reported.expect("a hang is a failure")
    }

    pub(super) fn end_well(&mut self) {
        self.news(News::Proven { frames: FrameSet::range(1, 100), bytes: 1, took: Duration::ZERO });
        self.news(News::Ended { verdict: Ok(()), broken: Vec::new() });
        assert_eq!(self.reported, None, "it did well");
        self.close();
    }

    /// The attempt is over: what it has shown is remembered. A silence that did not end well was none of it.
    pub(super) fn close(&mut self) {
        for (phase, silence) in std::mem::take(&mut self.silences) {
            let last = self.reckoning[self.which].entry(phase).or_default();
            last.push_back(silence);
            if last.len() > KEPT {
                last.pop_front();
            }
        }
        self.handle(Input::Settled { up_to: u64::MAX, accepted: Vec::new() });
        self.handle(Input::Closed(vec![Token(self.token)]));
        self.now += Duration::from_millis(500);
    }
}
