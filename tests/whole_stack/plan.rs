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
    /// The leader crashes, at any instant and between append and sync, again and again.
    LeaderCrashes,
    /// Nodes crash, and come back with their disks or without.
    NodeCrashes,
    /// Messages take long, and connections lose some and with them all that follows.
    Loss,
    /// All of that.
    Mixed,
    /// Frames take nearly as long as the leader's patience lasts, and nodes are cut off for longer than that, as soon
    /// as a renderer begins one.
    Deadlines,
    /// Renderers crash, hang, lie and leave at frames, once or twice each.
    Renderers,
    /// They do so at some frames whoever tries, and no network is to blame.
    Poison,
    /// What the network, the hosts and the renderers do, together.
    Everything,
}

impl Weather {
    pub(crate) const ALL: [Self; 12] = [
        Self::Calm,
        Self::Cuts,
        Self::OneWayCuts,
        Self::Holds,
        Self::LeaderCrashes,
        Self::NodeCrashes,
        Self::Loss,
        Self::Mixed,
        Self::Deadlines,
        Self::Renderers,
        Self::Poison,
        Self::Everything,
    ];

    /// Those in which one kind of thing goes wrong around the renderers.
    const PLAIN: &[Self] =
        &[Self::Cuts, Self::OneWayCuts, Self::Holds, Self::LeaderCrashes, Self::NodeCrashes, Self::Loss];

    /// Whether renderers fail by themselves.
    pub(crate) fn renderers_fail(self) -> bool {
        matches!(self, Self::Renderers | Self::Poison | Self::Everything)
    }

    /// How many jobs there are.
    pub(crate) fn jobs(self) -> u64 {
        match self {
            Self::Deadlines => 2,
            Self::Calm => 3,
            _ => 5,
        }
    }

    /// A frame takes so many milliseconds at least, and at most.
    pub(crate) fn pace(self) -> (u64, u64) {
        if self == Self::Deadlines { (2500, 3500) } else { (100, 900) }
    }
}

/// Something that goes wrong, or is put right.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// Nothing goes from the first host to the second, or back.
    Cut { host: &'static str, there: bool, back: bool },
    /// The same, both ways, as soon as a renderer begins a frame there.
    CutAsItBegins(&'static str),
    /// Both ways are open again.
    Mend(&'static str),
    /// What goes between this host and the leader stands still.
    Hold(&'static str),
    /// It goes on, and comes late.
    Release(&'static str),
    /// The leader crashes; when `amid`, as soon as something waits for its disk.
    CrashLeader { amid: bool, crash: Crash },
    /// It is started again.
    BounceLeader,
    /// The leader's disk fails to sync, once.
    FailSync,
    /// A node crashes. When `silent`, its machine loses its power; otherwise its process is killed, and the system
    /// closes its connections.
    CrashNode { host: &'static str, silent: bool },
    /// It is started again, with its disk or with a new one.
    BounceNode { host: &'static str, keeps_disk: bool },
    /// Messages between this host and the leader take so many milliseconds at most,
    Slow { host: &'static str, most: u64 },
    /// and one in so many breaks the way for a while; never when 0.
    Lossy { host: &'static str, one_in: u64 },
}

/// How the leader crashes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Crash {
    /// Its machine loses its power; otherwise its process is killed, and the system closes its connections.
    pub(crate) silent: bool,
    /// Of what was not synced at most so many batches are on the disk nevertheless.
    pub(crate) kept: u64,
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
            Weather::Calm | Weather::Renderers | Weather::Poison => plan.heals = Duration::ZERO,
            Weather::Mixed | Weather::Everything => {
                for _ in 0..dice.between(6, 12) {
                    plan.add(*dice.pick(Weather::PLAIN), dice);
                }
            }
            other => (0..dice.between(3, 6)).for_each(|_| plan.add(other, dice)),
        }
        plan.faults.sort_by_key(|(at, _)| *at);
        plan
    }

    fn add(&mut self, weather: Weather, dice: &Dice) {
        let last_start = if weather == Weather::Deadlines { STORM.1 / 2 } else { STORM.1 };
        let from = dice.between(STORM.0, last_start);
        let host = *dice.pick(&NODES);
        // Shorter than the leader's patience, or longer.
        let mut long =
            if dice.between(0, 1) == 0 { dice.between(100, 2500) } else { dice.between(2500, 7000) };
        let (first, last) = match weather {
            Weather::Deadlines => {
                // Until the frame begins, and then longer than the leader's patience.
                long = dice.between(6500, 9000);
                (Fault::CutAsItBegins(host), Fault::Mend(host))
            }
            Weather::Calm | Weather::Mixed | Weather::Renderers | Weather::Poison | Weather::Everything => {
                return;
            }
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
                let crash = Crash { silent: dice.between(0, 1) == 0, kept: dice.between(0, 2) };
                (Fault::CrashLeader { amid: dice.between(0, 2) > 0, crash }, Fault::BounceLeader)
            }
            Weather::NodeCrashes => {
                let keeps_disk = dice.between(0, 1) == 0;
                let silent = dice.between(0, 1) == 0;
                (Fault::CrashNode { host, silent }, Fault::BounceNode { host, keeps_disk })
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
