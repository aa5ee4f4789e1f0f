//! What goes wrong, and when: drawn from a seed, for a kind of weather.

use std::time::Duration;

use crate::dice::Dice;

/// Hosts that render.
pub(crate) const NODES: [&str; 3] = ["anna", "bruno", "clara"];

/// A kind of bad time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weather {
    /// Nothing goes wrong.
    Calm,
    /// Nodes cannot reach the leader for less than its patience, or for longer, both ways.
    Cuts,
    /// The same in one direction only.
    OneWayCuts,
    /// What is on its way to and from a node stands still, and comes all at once, after its lease has moved.
    Holds,
    /// The leader's machine loses its power, at any instant and between append and sync, again and again.
    LeaderCrashes,
    /// Nodes crash, and come back with their disks or without.
    NodeCrashes,
    /// Messages take long, and connections lose some and with them all that follows.
    Loss,
    /// All of it.
    Mixed,
}

impl Weather {
    pub(crate) const ALL: [Self; 8] = [
        Self::Calm,
        Self::Cuts,
        Self::OneWayCuts,
        Self::Holds,
        Self::LeaderCrashes,
        Self::NodeCrashes,
        Self::Loss,
        Self::Mixed,
    ];
}

/// Something that goes wrong, or is put right.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// Nothing goes from the first host to the second, or back.
    Cut { host: &'static str, there: bool, back: bool },
    /// Both ways are open again.
    Mend(&'static str),
    /// What goes between this host and the leader stands still.
    Hold(&'static str),
    /// It goes on, and comes late.
    Release(&'static str),
    /// The leader's machine loses its power; when `amid`, as soon as something waits for its disk. Of what was not
    /// synced at most so many batches are on the disk nevertheless.
    CrashLeader { amid: bool, kept: u64 },
    /// It is started again.
    BounceLeader,
    /// The leader's disk fails to sync, once.
    FailSync,
    /// A node's machine loses its power.
    CrashNode(&'static str),
    /// It is started again, with its disk or with a new one.
    BounceNode { host: &'static str, keeps_disk: bool },
    /// Messages between this host and the leader take so many milliseconds at most,
    Slow { host: &'static str, most: u64 },
    /// and one in so many breaks the way for a while; never when 0.
    Lossy { host: &'static str, one_in: u64 },
}

/// What goes wrong in one run.
#[derive(Debug)]
pub(crate) struct Plan {
    /// By time.
    pub(crate) faults: Vec<(Duration, Fault)>,
    /// From then on nothing is wrong any more.
    pub(crate) heals: Duration,
}

/// The storm begins and ends, in milliseconds.
const STORM: (u64, u64) = (500, 14_000);

impl Plan {
    pub(crate) fn draw(weather: Weather, dice: &Dice) -> Self {
        let mut plan = Self { faults: Vec::new(), heals: Duration::from_millis(STORM.1) };
        match weather {
            Weather::Calm => plan.heals = Duration::ZERO,
            Weather::Mixed => {
                for _ in 0..dice.between(6, 12) {
                    let kinds = &Weather::ALL[1..7];
                    plan.add(*dice.pick(kinds), dice);
                }
            }
            other => (0..dice.between(3, 6)).for_each(|_| plan.add(other, dice)),
        }
        plan.faults.sort_by_key(|(at, _)| *at);
        plan
    }

    fn add(&mut self, weather: Weather, dice: &Dice) {
        let from = dice.between(STORM.0, STORM.1);
        let host = *dice.pick(&NODES);
        // Shorter than the leader's patience, or longer.
        let long = if dice.between(0, 1) == 0 { dice.between(100, 2500) } else { dice.between(2500, 7000) };
        let (first, last) = match weather {
            Weather::Calm | Weather::Mixed => return,
            Weather::Cuts => {
                // The one who follows is cut off, too.
                let host = *dice.pick(&[host, host, crate::client::CLIENT]);
                (Fault::Cut { host, there: true, back: true }, Fault::Mend(host))
            }
            Weather::OneWayCuts => {
                let there = dice.between(0, 1) == 0;
                (Fault::Cut { host, there, back: !there }, Fault::Mend(host))
            }
            Weather::Holds => (Fault::Hold(host), Fault::Release(host)),
            Weather::LeaderCrashes => {
                if dice.between(0, 4) == 0 {
                    return self.faults.push((Duration::from_millis(from), Fault::FailSync));
                }
                let crash = Fault::CrashLeader { amid: dice.between(0, 2) > 0, kept: dice.between(0, 2) };
                (crash, Fault::BounceLeader)
            }
            Weather::NodeCrashes => {
                let keeps_disk = dice.between(0, 1) == 0;
                (Fault::CrashNode(host), Fault::BounceNode { host, keeps_disk })
            }
            Weather::Loss => {
                if dice.between(0, 1) == 0 {
                    (Fault::Slow { host, most: dice.between(50, 1500) }, Fault::Slow { host, most: USUAL })
                } else {
                    (Fault::Lossy { host, one_in: dice.between(5, 60) }, Fault::Lossy { host, one_in: 0 })
                }
            }
        };
        self.faults.push((Duration::from_millis(from), first));
        self.faults.push((Duration::from_millis((from + long).min(STORM.1)), last));
    }
}

/// Milliseconds that a message takes at most when nothing is wrong.
pub(crate) const USUAL: u64 = 20;
