//! Ten thousand runs that are slow but move, and thousands that hang in each phase, in simulated time, against
//! the mind that ships, with the bounds that ship: none of the first is bitten, each of the others is, and
//! neither too early nor too late.
//!
//! What is usual is reckoned a second time here, from the documented rule and from nothing else.

mod world;

use std::time::Duration;

use callsheet_model::{FailureClass, FrameSet, RunPhase};

use crate::News;
use world::{Beat, Dice, World, secs};

/// How often an attempt looks at its processes and files, and how late a bound may be noticed.
const TICK: Duration = Duration::from_secs(1);
const COMPOSITIONS: usize = 200;
const RUNS: usize = 10_000;
const HANGS: usize = 1_000;

/// How a renderer makes itself heard.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Voice {
    /// A line for each frame.
    Lines,
    /// Multi-frame rendering: lines in bursts, out of order.
    Bursts,
    /// No line for any frame: only its files grow.
    Growth,
    /// It tells no phases.
    Terse,
}

/// A composition, with what is typical of it in seconds and how far single times stray from that.
struct Composition {
    voice: Voice,
    launch: f64,
    load: f64,
    first: f64,
    frame: f64,
    finalise: f64,
    exit: f64,
    stray: f64,
}

impl Composition {
    fn any(dice: &mut Dice) -> Self {
        let voice = [Voice::Lines, Voice::Bursts, Voice::Growth, Voice::Terse][dice.below(4)];
        // One in eight draws frames that each take longer than the bound on a frame.
        let heavy = dice.below(8) == 0;
        let frame = if heavy { dice.between(650.0, 900.0) } else { dice.between(0.5, 250.0) };
        Self {
            voice,
            launch: dice.between(8.0, 40.0),
            load: dice.between(2.0, 120.0),
            first: frame * if heavy { 1.1 } else { dice.between(1.0, 1.6) },
            frame,
            finalise: dice.between(0.2, 120.0),
            exit: dice.between(0.5, 12.0),
            stray: if heavy { 0.2 } else { dice.between(0.3, 0.65) },
        }
    }

    fn time(&self, typical: f64, dice: &mut Dice) -> Duration {
        secs(dice.log_normal(typical, self.stray))
    }

    /// A whole run of so many frames that ends well.
    fn run(&self, frames: i32, dice: &mut Dice) -> Vec<Beat> {
        let mut beats = Vec::new();
        if self.voice == Voice::Terse {
            beats.push(Beat::computing(RunPhase::Launch, self.time(self.launch, dice), News::Rendering));
        } else {
            let next = News::Phase(RunPhase::Load);
            beats.push(Beat::computing(RunPhase::Launch, self.time(self.launch, dice), next));
            let next = News::Phase(RunPhase::FirstFrame);
            beats.push(Beat::computing(RunPhase::Load, self.time(self.load, dice), next));
        }
        match self.voice {
            Voice::Lines | Voice::Terse => self.lines(frames, dice, &mut beats),
            Voice::Bursts => self.bursts(frames, dice, &mut beats),
            Voice::Growth => self.growth(frames, dice, &mut beats),
        }
        if self.voice != Voice::Terse {
            let phase = if self.voice == Voice::Growth { RunPhase::FirstFrame } else { RunPhase::Finalise };
            let next = News::Phase(RunPhase::Exit);
            beats.push(Beat::computing(phase, self.time(self.finalise, dice), next));
        }
        beats.push(Beat::computing(RunPhase::Exit, self.time(self.exit, dice), News::Proving));
        beats
    }

    fn lines(&self, frames: i32, dice: &mut Dice, beats: &mut Vec<Beat>) {
        for frame in 1..=frames {
            let terse = self.voice == Voice::Terse;
            let (phase, typical) = match frame {
                1 if !terse => (RunPhase::FirstFrame, self.first),
                _ => (RunPhase::Frames, self.frame),
            };
            if terse {
                beats.push(Beat::computing(phase, Duration::ZERO, News::FrameStarted(frame)));
            }
            let finished = News::FramesFinished(FrameSet::one(frame));
            beats.push(Beat::computing(phase, self.time(typical, dice), finished));
        }
    }

    /// Some frames at once, in any order, and the same line twice now and then.
    fn bursts(&self, frames: i32, dice: &mut Dice, beats: &mut Vec<Beat>) {
        let mut left: Vec<i32> = (1..=frames).collect();
        let mut phase = RunPhase::FirstFrame;
        while !left.is_empty() {
            let mut gap = self.time(self.first, dice);
            for _ in 0..=dice.below(6).min(left.len() - 1) {
                let frame = left.remove(dice.below(left.len()));
                let finished = || News::FramesFinished(FrameSet::one(frame));
                beats.push(Beat::computing(phase, std::mem::take(&mut gap), finished()));
                phase = RunPhase::Frames;
                if dice.below(10) == 0 && !left.is_empty() {
                    beats.push(Beat::computing(phase, secs(0.01), finished()));
                }
            }
        }
    }

    /// Each frame is drawn without a word, and then written: a file that grows, by a program that waits for a
    /// slow disk and computes nothing.
    fn growth(&self, frames: i32, dice: &mut Dice, beats: &mut Vec<Beat>) {
        for _ in 0..frames {
            beats.push(Beat::computing(RunPhase::FirstFrame, self.time(self.frame, dice), News::Grew));
            for _ in 0..dice.below(4) {
                beats.push(Beat::idle(RunPhase::FirstFrame, secs(dice.log_normal(8.0, 1.0)), News::Grew));
            }
        }
    }
}

fn compositions(world: &mut World, dice: &mut Dice) -> Vec<Composition> {
    world.reckon(COMPOSITIONS);
    (0..COMPOSITIONS).map(|_| Composition::any(dice)).collect()
}

#[test]
fn ten_thousand_slow_but_moving_runs_are_never_bitten() {
    let (mut dice, mut world) = (Dice(20_261_120), World::new());
    let compositions = compositions(&mut world, &mut dice);
    let (mut beyond, mut longest) = (0, 0.0_f64);
    for nth in 0..RUNS {
        let which = dice.below(COMPOSITIONS);
        let frames = i32::try_from(2 + dice.below(24)).unwrap();
        let beats = compositions[which].run(frames, &mut dice);
        world.start(which, frames);
        let mut would_be_dead = false;
        for beat in beats {
            let share = beat.gap.as_secs_f64() / world.floor(beat.phase).as_secs_f64();
            (longest, would_be_dead) = (longest.max(share), would_be_dead || share >= 1.0);
            let (phase, gap) = (beat.phase, beat.gap);
            assert_eq!(world.play(beat), None, "run {nth} was bitten in {phase} after {gap:?}");
        }
        beyond += usize::from(would_be_dead);
        world.end_well();
    }
    println!(
        "{RUNS} runs of {COMPOSITIONS} compositions, {:.0} days of rendering: no false kill. A plain bound \
         would have killed {beyond} of them; the longest silence was {longest:.1} times its bound",
        world.now.as_secs_f64() / 86_400.0
    );
    assert!(beyond > RUNS / 50, "the runs are slow: {beyond}");
}

#[test]
fn every_hang_is_bitten_at_its_bound_and_named_for_what_it_is() {
    for (seed, phase) in (1..).zip(RunPhase::ALL) {
        let (mut dice, mut world) = (Dice(seed), World::new());
        let compositions = compositions(&mut world, &mut dice);
        let (mut latest, mut learned) = (Duration::ZERO, 0);
        let mut hangs = 0;
        while hangs < HANGS {
            let which = dice.below(COMPOSITIONS);
            // Some are known from runs before, others are new here.
            for _ in 0..dice.below(3) {
                let beats = compositions[which].run(3, &mut dice);
                world.start(which, 3);
                beats.into_iter().for_each(|beat| assert_eq!(world.play(beat), None));
                world.end_well();
            }
            let mut beats = compositions[which].run(4, &mut dice);
            let reached: Vec<usize> = (0..beats.len()).filter(|nth| beats[*nth].phase == phase).collect();
            // Not every renderer tells of every phase.
            let Some(at) = reached.get(dice.below(reached.len().max(1))) else { continue };
            beats.truncate(*at);
            world.start(which, 4);
            beats.into_iter().for_each(|beat| assert_eq!(world.play(beat), None));
            let hung = world.hang(phase, &mut dice);
            learned += usize::from(hung.budget > world.floor(phase));
            latest = latest.max(hung.late);
            assert!(hung.late <= TICK, "{phase}: {hung:?}");
            assert_eq!(hung.class, class_of(phase));
            world.close();
            hangs += 1;
        }
        println!(
            "{hangs} hangs in {phase}: each bitten, the latest {latest:?} after its bound; \
             {learned} of the bounds were learned"
        );
        assert!(learned > 0, "{phase}: what was learned counts");
    }
}

fn class_of(phase: RunPhase) -> FailureClass {
    match phase {
        RunPhase::Launch | RunPhase::Load | RunPhase::FirstFrame => FailureClass::HangStart,
        RunPhase::Frames | RunPhase::Finalise => FailureClass::HangFrame,
        RunPhase::Exit => FailureClass::HangExit,
    }
}
