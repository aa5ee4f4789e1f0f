//! Plans drawn by chance, of several kinds.

use std::fmt;
use std::str::FromStr;

use super::{Child, Fault, Misbehaviour, Moment, Plan, Planned, Way};
use crate::Micros;
use crate::dice::Dice;

const SECOND: Micros = 1_000_000;

/// Kinds of plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing goes wrong: to show that nothing goes wrong by itself.
    None,
    /// Anything, at any time.
    Random,
    /// One after another, all of them at once in the end, and undone in another order.
    Swizzled,
    /// At the weakest moments.
    Targeted,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::None, Self::Random, Self::Swizzled, Self::Targeted];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Random => "random",
            Self::Swizzled => "swizzled",
            Self::Targeted => "targeted",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.word() == word);
        found.ok_or_else(|| format!("{word:?} is no kind of plan: none, random, swizzled, targeted"))
    }
}

/// The plan of this kind and seed.
#[must_use]
pub fn draw(kind: Kind, seed: u64, storm: Micros) -> Plan {
    let mut dice = Dice::of(seed, "faults", kind as u64);
    let mut faults = match kind {
        Kind::None => Vec::new(),
        Kind::Random => random(&mut dice, storm),
        Kind::Swizzled => swizzled(&mut dice, storm),
        Kind::Targeted => targeted(&mut dice, storm),
    };
    faults.sort_by_key(|planned| planned.at);
    Plan { faults }
}

fn random(dice: &mut Dice, storm: Micros) -> Vec<Planned> {
    // Some storms are light, others are not.
    let count = dice.magnitude(1.0, 60.0) as usize;
    let mut faults = Vec::new();
    for _ in 0..count {
        let at = dice.between(SECOND, storm);
        let lasts = dice.magnitude(0.05, 120.0) * SECOND as f64;
        let fault = any(dice);
        faults.push(Planned { at, lasts: lasts as Micros, fault });
        // What falls once may fall again, as often as its table allows and once more.
        if matches!(fault, Fault::ActorFall { .. } | Fault::SchedulerFall) && dice.one_in(3) {
            let again = dice.between(2, 25);
            let apart = dice.magnitude(0.01, 5.0) * SECOND as f64;
            let falls = (1..=again).map(|nth| Planned { at: at + nth * apart as Micros, lasts: 0, fault });
            faults.extend(falls);
        }
        faults.extend(and_cut_off(dice, at, lasts as Micros, fault));
    }
    faults
}

/// The worst moment to be cut off: when much is on its way over a slow link, or files are being moved slowly.
fn and_cut_off(dice: &mut Dice, at: Micros, lasts: Micros, fault: Fault) -> Option<Planned> {
    let (node, more) = match fault {
        Fault::SlowLink { node, .. } => (node, 0),
        Fault::StorageSlow { .. } => (node(dice), 5),
        _ => return None,
    };
    let at = at + dice.between(0, lasts);
    let (lasts, way) = (dice.between(SECOND, 120 * SECOND), Way::ToLeader);
    dice.one_in(2).then_some(Planned { at, lasts, fault: Fault::Partition { node, more, way } })
}

fn swizzled(dice: &mut Dice, storm: Micros) -> Vec<Planned> {
    let count = dice.between(3, 12);
    let (rise, fall) = (storm / 3, storm / 3);
    let mut faults = Vec::new();
    for nth in 0..count {
        let at = SECOND + rise * nth / count + dice.between(0, rise / count);
        // Undone in any order, somewhere in the last third.
        let end = storm - fall + dice.between(0, fall);
        // What the leader and its disk suffer for so long is no cluster any more.
        let fault = lasting(dice);
        faults.push(Planned { at, lasts: end.saturating_sub(at), fault });
    }
    faults
}

fn targeted(dice: &mut Dice, storm: Micros) -> Vec<Planned> {
    let moments = [
        Moment::BetweenAppendAndFlush,
        Moment::BetweenFlushAndEffect,
        Moment::AfterSnapshot,
        Moment::AfterSubmission,
    ];
    let mut faults = Vec::new();
    for _ in 0..dice.between(2, 30) {
        let at = dice.between(SECOND, storm);
        let moment = dice.one_of(&moments).copied().unwrap_or(Moment::AfterSubmission);
        faults.push(Planned { at, lasts: 0, fault: Fault::LeaderCrashAt { moment } });
        // The moment after is a bad one for a node to be cut off.
        if dice.one_in(3) {
            let lasts = dice.between(SECOND / 10, 30 * SECOND);
            faults.push(Planned { at: at + dice.between(0, 3 * SECOND), lasts, fault: any(dice) });
        }
        if dice.one_in(3) {
            faults.extend(run_out(dice, at));
        }
    }
    if dice.one_in(2) {
        let at = dice.between(SECOND, storm);
        faults.extend(given_up(dice, at));
    }
    faults
}

/// The worst moment for a lease to run out: the leader hears nothing more of most nodes while their files are moved
/// slowly, or while its last answers are still on a slow way to them.
fn run_out(dice: &mut Dice, at: Micros) -> Vec<Planned> {
    let (first, more) = (node(dice), 4);
    let lasts = dice.between(30 * SECOND, 120 * SECOND);
    let mut faults: Vec<Planned> = if dice.one_in(2) {
        let fault = Fault::StorageSlow { by: dice.magnitude(2e6, 6e7) as Micros };
        vec![Planned { at, lasts, fault }]
    } else {
        let by = dice.magnitude(2e5, 6e6) as Micros;
        let slow = |nth| Fault::SlowLink { node: first.saturating_add(nth), by };
        (0..=more).map(|nth| Planned { at, lasts, fault: slow(nth) }).collect()
    };
    let (at, lasts) = (at + dice.between(SECOND, lasts), dice.between(10 * SECOND, 180 * SECOND));
    faults.push(Planned { at, lasts, fault: Fault::Partition { node: first, more, way: Way::ToLeader } });
    faults
}

/// Files of accepted frames are on their slow way when the storage goes away, for so long that they count as lost.
fn given_up(dice: &mut Dice, at: Micros) -> [Planned; 2] {
    let lasts = dice.between(120 * SECOND, 300 * SECOND);
    let fault = Fault::StorageSlow { by: dice.magnitude(1e6, 1e7) as Micros };
    let slow = Planned { at, lasts, fault };
    let (at, lasts) = (at + dice.between(SECOND, 60 * SECOND), dice.between(60 * SECOND, 240 * SECOND));
    [slow, Planned { at, lasts, fault: Fault::StorageOut }]
}

/// Which of many.
fn node(dice: &mut Dice) -> u16 {
    u16::try_from(dice.between(0, 999)).unwrap_or(0)
}

fn any(dice: &mut Dice) -> Fault {
    match dice.between(0, 13) {
        0 => {
            Fault::LeaderCrash { kept: u8::try_from(dice.between(0, 2)).unwrap_or(0), silent: dice.one_in(3) }
        }
        1 => Fault::LeaderStall,
        2 => Fault::SchedulerFall,
        3 => match dice.between(0, 4) {
            0 => Fault::DiskFull,
            1 => Fault::SyncFails,
            2 => Fault::AppendFails,
            3 => Fault::SnapshotTorn,
            _ => Fault::DiskSlow { by: dice.magnitude(1e3, 8e6) as Micros },
        },
        4 => Fault::WallClock { by: dice.between(0, 7_200_000) as i64 - 3_600_000 },
        5 => Fault::NodeCrash { node: node(dice), disk: dice.one_in(2) },
        6 => match dice.between(0, 4) {
            0 => Fault::NodeLeaves { node: node(dice), grace: dice.between(0, 60 * SECOND) },
            _ => Fault::Reset { node: node(dice), half: dice.one_in(2) },
        },
        7 => {
            let children = [
                Child::Agent,
                Child::Cache,
                Child::Heartbeat,
                Child::LeaderLink,
                Child::AeProcess(u8::try_from(dice.between(0, 2)).unwrap_or(0)),
            ];
            let child = dice.one_of(&children).copied().unwrap_or(Child::Agent);
            Fault::ActorFall { node: node(dice), child }
        }
        _ => lasting(dice),
    }
}

/// What can go on for long.
fn lasting(dice: &mut Dice) -> Fault {
    match dice.between(0, 9) {
        0 => Fault::NodeFreeze { node: node(dice), clock: dice.one_in(3) },
        1 => Fault::AgentFreeze { node: node(dice) },
        2..=4 => {
            let way = [Way::Both, Way::ToLeader, Way::ToNode];
            let way = dice.one_of(&way).copied().unwrap_or(Way::Both);
            Fault::Partition { node: node(dice), more: u16::try_from(dice.between(0, 5)).unwrap_or(0), way }
        }
        5 => Fault::SlowLink { node: node(dice), by: dice.magnitude(1e3, 4e6) as Micros },
        6 => match dice.between(0, 5) {
            0 => Fault::StorageOut,
            4 | 5 => Fault::StorageSlow { by: dice.magnitude(1e4, 3e7) as Micros },
            1 => Fault::Licences { left: u16::try_from(dice.between(0, 1)).unwrap_or(0) },
            2 => Fault::SourceOut,
            _ => Fault::CacheDamaged { node: node(dice) },
        },
        7 => Fault::NodeCrash { node: node(dice), disk: dice.one_in(2) },
        _ => {
            let moods = [
                Misbehaviour::Crashes,
                Misbehaviour::HangsAtStart,
                Misbehaviour::HangsInFrame,
                Misbehaviour::HangsAtExit,
                Misbehaviour::Lies,
                Misbehaviour::BreaksFiles,
                Misbehaviour::DiesSilently,
                Misbehaviour::Crawls,
            ];
            let how = dice.one_of(&moods).copied().unwrap_or(Misbehaviour::Crashes);
            Fault::Renderer { node: node(dice), how }
        }
    }
}
