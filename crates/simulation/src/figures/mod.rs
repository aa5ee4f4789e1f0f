//! Figures of the whole: how soon what dies is noticed, what a stall and a crash cost, how long a start takes, how
//! fast the simulator is. Measured in the world, but for two that need a real clock: whoever asks brings one.

mod again;
mod detection;
mod recovery;
mod speed;
mod stall;

use std::time::Duration;

use crate::Micros;
use crate::dice::Dice;
use crate::faults::Planned;
use crate::scenario::{Scenario, Size};
use callsheet_scheduler::Command;

pub use again::Again;
pub use detection::Detection;
pub use recovery::Recovery;
pub use speed::Speed;
pub use stall::Stall;

/// A second.
const SECOND: Micros = 1_000_000;
/// The silence that is the default.
pub const SILENCE: Duration = Duration::from_secs(5);

/// Silences, in seconds, at which the simulator's speed is measured, and whether nothing goes wrong.
pub const SPEEDS: [(u64, bool); 4] = [(5, false), (5, true), (60, false), (60, true)];

/// A clock that only goes forwards: time since some moment.
pub type Clock<'a> = &'a (dyn Fn() -> Duration + Sync);

/// How thoroughly: with fewer samples it is over sooner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Runs for each figure that is sampled.
    pub seeds: u64,
    /// Nodes of each run that are struck, one after the other, to see how soon it is noticed.
    pub struck: u16,
    /// Nodes of each run that die under load.
    pub deaths: u16,
    /// Nodes while the leader stands still.
    pub stalled_nodes: usize,
    /// Sizes of the logs that are replayed.
    pub logs: [u64; 3],
    /// Hours of the 50-node cluster by which the simulator's speed is measured, for each processor.
    pub hours: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            seeds: 5,
            struck: 40,
            deaths: 100,
            stalled_nodes: 1000,
            logs: [10_000, 100_000, 1_000_000],
            hours: 40,
        }
    }
}

/// How soon what is gone is noticed.
#[must_use]
pub fn detections(effort: Effort) -> Vec<Detection> {
    detection::all(effort)
}

/// What a leader that stands still does.
#[must_use]
pub fn stall(effort: Effort) -> Stall {
    stall::measure(effort.stalled_nodes)
}

/// What a node's death costs.
#[must_use]
pub fn again(effort: Effort) -> Again {
    again::measure(effort)
}

/// How long starts take from a journal of so many events: without a snapshot, and with one.
#[must_use]
pub fn recoveries(events: u64, clock: Clock<'_>) -> Vec<Recovery> {
    recovery::measure(events, clock)
}

/// How fast the simulator is; when `calm`, nothing goes wrong in any of its runs.
#[must_use]
pub fn speed(effort: Effort, silence: Duration, calm: bool, clock: Clock<'_>) -> Speed {
    speed::measure(effort.hours, silence, calm, clock)
}

/// All figures, line by line, as they are measured.
pub fn all(effort: Effort, clock: Clock<'_>, say: &mut dyn FnMut(&str)) {
    say("How soon it is noticed that (silence 5 s):");
    for detection in detections(effort) {
        say(&detection.text());
    }
    say("A leader that stands still:");
    say(&stall(effort).text());
    say("A node that dies:");
    say(&again(effort).text());
    say("A start of the leader (journal in memory, all of it replayed in this process):");
    for events in effort.logs {
        for recovery in recoveries(events, clock) {
            say(&recovery.text());
        }
    }
    say("The simulator (50 nodes, every invariant after every step):");
    for (silence, calm) in SPEEDS {
        say(&speed(effort, Duration::from_secs(silence), calm, clock).text());
    }
}

/// A cluster in which nothing goes wrong by itself, and nobody changes their mind.
fn quiet(seed: u64, size: Size) -> Scenario {
    let mut scenario = Scenario::draw(seed, size);
    scenario.deeds.retain(|deed| matches!(deed.command, Command::SubmitJob { .. }));
    scenario.policy.preflight.clear();
    scenario.licences = u16::MAX;
    for quirks in scenario.quirks.values_mut() {
        quirks.poison.clear();
        quirks.crashes = 0;
    }
    scenario
}

/// Faults one after the other, not quite regularly.
fn one_by_one(seed: u64, count: u16, apart: Micros, mut fault: impl FnMut(u16) -> Planned) -> Vec<Planned> {
    let mut dice = Dice::of(seed, "figures", 0);
    let at = |nth: u16, dice: &mut Dice| 60 * SECOND + u64::from(nth) * apart + dice.between(0, apart / 3);
    (0..count).map(|nth| Planned { at: at(nth, &mut dice), ..fault(nth) }).collect()
}

/// The middle and the worst.
fn median_and_worst(mut all: Vec<Micros>) -> (Micros, Micros) {
    all.sort_unstable();
    (all.get(all.len() / 2).copied().unwrap_or(0), all.last().copied().unwrap_or(0))
}

/// Seconds, for people.
fn seconds(time: Micros) -> String {
    format!("{:.3} s", time as f64 / 1e6)
}
