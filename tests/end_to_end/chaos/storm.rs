//! What goes wrong. Each fault is done at once and undone after a time of its own, so that several are there together,
//! and they go in another order than they came. Every one is told as it happens.

use std::collections::BTreeMap;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep, sleep_until};

use crate::harness::{Cut, Dice, LEADER, Way, Weather, strays};

use super::stage::{NODES, Stage};

/// One kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    KilledLeader,
    FrozenLeader,
    KilledNode,
    FrozenNode,
    EveryNodeKilled,
    EverythingKilled,
    KilledRenderer,
    EveryRendererKilled,
    FrozenRenderer,
    CutWire,
    HalfOpenWire,
    HeldWire,
    OneWayWire,
    SlowWire,
    NobodyBehindTheWire,
    StormOfReconnects,
    ShareAway,
    FullDisk,
}

use Fault::*;

/// How often each comes, beside the others.
const OFTEN: [(Fault, usize); 18] = [
    (KilledLeader, 8),
    (FrozenLeader, 5),
    (KilledNode, 10),
    (FrozenNode, 7),
    (EveryNodeKilled, 1),
    (EverythingKilled, 1),
    (KilledRenderer, 14),
    (EveryRendererKilled, 2),
    (FrozenRenderer, 6),
    (CutWire, 5),
    (HalfOpenWire, 4),
    (HeldWire, 5),
    (OneWayWire, 5),
    (SlowWire, 5),
    (NobodyBehindTheWire, 2),
    (StormOfReconnects, 3),
    (ShareAway, 4),
    (FullDisk, 3),
];

/// What undoes a fault.
enum Undo {
    Lead,
    Start(&'static str),
    Continue(String),
    ContinueRenderer(i32),
    /// The wire is whole again; connections that it held may be broken all the same.
    Clear(&'static str, Option<Cut>),
    ShareBack,
    FreeDisk,
}

pub(super) struct Storm {
    dice: Dice,
    began: Instant,
    undo: Vec<(Instant, Undo)>,
    /// How often each has happened.
    pub(super) counts: BTreeMap<Fault, u64>,
}

impl Storm {
    pub(super) fn new(dice: Dice) -> Self {
        Self { dice, began: Instant::now(), undo: Vec::new(), counts: BTreeMap::new() }
    }

    /// Breaks things for so long, and mends them all.
    pub(super) async fn rage(&mut self, stage: &mut Stage, length: Duration) {
        self.began = Instant::now();
        let end = self.began + length;
        let mut next = self.began + self.dice.millis(200, 900);
        loop {
            let due = self.undo.iter().map(|(at, _)| *at).min().unwrap_or(end);
            sleep_until(next.min(due).min(end)).await;
            stage.cluster.assert_all_run();
            let now = Instant::now();
            if now >= end {
                break;
            }
            if let Some(nth) = self.undo.iter().position(|(at, _)| *at <= now) {
                let (_, undo) = self.undo.swap_remove(nth);
                self.mend(stage, undo).await;
            }
            if now >= next {
                self.strike(stage).await;
                next = Instant::now() + self.dice.millis(150, 1100);
            }
        }
        self.heal(stage).await;
    }

    fn tell(&self, what: &str) {
        println!("{:>6.1} s  {what}", self.began.elapsed().as_secs_f64());
    }

    async fn strike(&mut self, stage: &mut Stage) {
        let fault = self.dice.weighed(&OFTEN);
        let node = NODES[self.dice.below(NODES.len())];
        let done = match fault {
            KilledLeader | FrozenLeader | EverythingKilled => self.strike_leader(stage, fault).await,
            KilledNode | FrozenNode | EveryNodeKilled => self.strike_node(stage, fault, node).await,
            KilledRenderer | EveryRendererKilled | FrozenRenderer => self.strike_renderer(stage, fault),
            ShareAway | FullDisk => self.strike_share(stage, fault),
            _ => self.strike_wire(stage, fault, node).await,
        };
        if let Some(what) = done {
            *self.counts.entry(fault).or_default() += 1;
            self.tell(&what);
        }
    }

    /// A time that is mostly short, and sometimes longer than anybody may be silent.
    fn a_while(&mut self) -> Duration {
        if self.dice.percent(70) { self.dice.millis(100, 2000) } else { self.dice.millis(5300, 8000) }
    }

    fn later(&mut self, after: Duration, undo: Undo) -> String {
        self.undo.push((Instant::now() + after, undo));
        format!("for {} ms", after.as_millis())
    }

    async fn kill_node(&mut self, stage: &mut Stage, node: &'static str) -> Option<String> {
        if !stage.cluster.runs(node) {
            return None;
        }
        stage.cluster.kill(node).await;
        let away = self.dice.millis(0, 3000);
        Some(format!("{node} is killed, {}", self.later(away, Undo::Start(node))))
    }

    async fn strike_leader(&mut self, stage: &mut Stage, fault: Fault) -> Option<String> {
        if !stage.cluster.runs(LEADER) {
            return None;
        }
        if fault == FrozenLeader {
            let frozen = self.a_while();
            stage.cluster.signal(LEADER, Signal::SIGSTOP);
            let undo = Undo::Continue(LEADER.into());
            return Some(format!("the leader is frozen, {}", self.later(frozen, undo)));
        }
        stage.cluster.kill(LEADER).await;
        let away = self.dice.millis(0, 1500);
        let mut what = format!("the leader is killed, {}", self.later(away, Undo::Lead));
        if fault == EverythingKilled {
            for node in NODES {
                what.extend(self.kill_node(stage, node).await.map(|also| format!("; {also}")));
            }
        }
        Some(what)
    }

    async fn strike_node(&mut self, stage: &mut Stage, fault: Fault, node: &'static str) -> Option<String> {
        match fault {
            FrozenNode => {
                stage.cluster.runs(node).then_some(())?;
                let frozen = self.a_while();
                stage.cluster.signal(node, Signal::SIGSTOP);
                Some(format!("{node} is frozen, {}", self.later(frozen, Undo::Continue(node.into()))))
            }
            EveryNodeKilled => {
                let mut what = Vec::new();
                for node in NODES {
                    what.extend(self.kill_node(stage, node).await);
                }
                (!what.is_empty()).then(|| what.join("; "))
            }
            _ => self.kill_node(stage, node).await,
        }
    }

    /// Whatever nodes have started: renderers, what renderers have started, and their guards.
    fn strike_renderer(&mut self, stage: &Stage, fault: Fault) -> Option<String> {
        let found = strays::below_agents(stage.cluster.root());
        let (pid, what) = *found.get(self.dice.below(found.len().max(1)))?;
        let frozen = self.a_while();
        // Any of them may have ended since they were looked for.
        if fault == EveryRendererKilled {
            let killed = found.iter().filter(|(pid, _)| kill(Pid::from_raw(*pid), Signal::SIGKILL).is_ok());
            return Some(format!("{} renderers and guards are killed", killed.count()));
        }
        if fault == FrozenRenderer {
            kill(Pid::from_raw(pid), Signal::SIGSTOP).ok()?;
            Some(format!("{what} {pid} is frozen, {}", self.later(frozen, Undo::ContinueRenderer(pid))))
        } else {
            kill(Pid::from_raw(pid), Signal::SIGKILL).ok()?;
            Some(format!("{what} {pid} is killed"))
        }
    }

    fn strike_share(&mut self, stage: &Stage, fault: Fault) -> Option<String> {
        let away = self.dice.millis(100, 3000);
        if fault == ShareAway {
            stage.share.go_away();
            return Some(format!("the share is away, {}", self.later(away, Undo::ShareBack)));
        }
        stage.share.fill().then(|| format!("the disk is full, {}", self.later(away, Undo::FreeDisk)))
    }

    async fn strike_wire(&mut self, stage: &Stage, fault: Fault, node: &'static str) -> Option<String> {
        let wire = stage.wire(node);
        let (length, breaks) = (self.a_while(), self.dice.percent(50).then_some(Cut::Reset));
        let what = match fault {
            CutWire => {
                wire.cut([Cut::Closed, Cut::Reset][self.dice.below(2)]);
                return Some(format!("{node}'s wire is cut"));
            }
            HalfOpenWire => {
                let how = [Cut::LeaderOnly, Cut::DiallerOnly][self.dice.below(2)];
                wire.cut(how);
                return Some(format!("{node}'s wire is cut, which is told by half: {how:?}"));
            }
            StormOfReconnects => {
                let times = 5 + self.dice.below(15);
                for _ in 0..times {
                    wire.cut(Cut::Reset);
                    sleep(self.dice.millis(5, 60)).await;
                }
                return Some(format!("{node}'s wire was cut {times} times in a row"));
            }
            HeldWire => {
                wire.set(Weather::both(Way::Held));
                "is silent"
            }
            OneWayWire if self.dice.percent(50) => {
                wire.set(Weather { up: Way::Held, ..Weather::default() });
                "carries nothing to the leader"
            }
            OneWayWire => {
                wire.set(Weather { down: Way::Held, ..Weather::default() });
                "carries nothing from the leader"
            }
            NobodyBehindTheWire => {
                wire.set(Weather { nobody: true, ..Weather::default() });
                wire.cut(Cut::Reset);
                "leads nowhere"
            }
            _ => {
                let bytes_per_second = [2_000, 20_000, 200_000][self.dice.below(3)];
                let delay = self.dice.millis(5, 300);
                wire.set(Weather::both(Way::Slow { delay, bytes_per_second }));
                "is slow"
            }
        };
        // Who was connected to nobody is told.
        let breaks = if fault == NobodyBehindTheWire { Some(Cut::Closed) } else { breaks };
        Some(format!("{node}'s wire {what}, {}", self.later(length, Undo::Clear(node, breaks))))
    }

    async fn mend(&self, stage: &mut Stage, undo: Undo) {
        match undo {
            Undo::Lead if !stage.cluster.runs(LEADER) => {
                stage.cluster.start_leader().await;
                self.tell("  the leader is back");
            }
            Undo::Start(node) if !stage.cluster.runs(node) => {
                stage.start(node);
                self.tell(&format!("  {node} is back"));
            }
            Undo::Continue(name) if stage.cluster.runs(&name) => {
                stage.cluster.signal(&name, Signal::SIGCONT);
                self.tell(&format!("  {name} goes on"));
            }
            Undo::ContinueRenderer(pid) => {
                // Its number may be somebody else's by now.
                if strays::below_agents(stage.cluster.root()).iter().any(|(living, _)| *living == pid) {
                    let _ = kill(Pid::from_raw(pid), Signal::SIGCONT);
                }
            }
            Undo::Clear(node, breaks) => {
                stage.wire(node).set(Weather::default());
                breaks.into_iter().for_each(|how| stage.wire(node).cut(how));
                self.tell(&format!("  {node}'s wire is whole"));
            }
            Undo::ShareBack => stage.share.come_back(),
            Undo::FreeDisk => stage.share.free(),
            // Somebody else has done it.
            Undo::Lead | Undo::Start(_) | Undo::Continue(_) => {}
        }
    }

    /// Undoes whatever is left, in no particular order.
    async fn heal(&mut self, stage: &mut Stage) {
        while !self.undo.is_empty() {
            let (_, undo) = self.undo.swap_remove(self.dice.below(self.undo.len()));
            self.mend(stage, undo).await;
        }
        stage.clear_up();
        self.tell("nothing is broken any more");
    }
}
