//! The world: one queue of happenings, and everyone they happen to.
//!
//! ```text
//!   seed ─► scenario ─┐              ┌─► leader: shipping scheduler + journal, in what the actor does around them
//!   plan ─► faults ───┼─► queue ─────┼─► nodes: shipping agents, in what their actors do around them
//!   people ─► deeds ──┘   (time)     ├─► network, storage, renderers
//!                                    └─► sights ─► invariants, readers, trace
//! ```
//!
//! One thread, no clock but the queue's, no chance but the seed's: the same seed and plan give the same trace, byte
//! for byte.

pub mod storage;

mod happening;
mod leader;
mod network;
mod node;
mod people;
mod renderer;
mod strike;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use callsheet_model::Event;
use callsheet_scheduler::{Rejection, Reply, Scheduler};

use crate::Micros;
use crate::dice::Dice;
use crate::faults::Plan;
use crate::invariants::Watch;
use crate::run::{Tally, Tracing};
use crate::scenario::Scenario;
use crate::sight::{Sight, Weight};
use crate::words;
use happening::{Happening, Queue};
use leader::Leader;
use network::Network;
use node::Node;
use people::People;
use storage::Storage;

/// Where the world's time begins, in milliseconds since 1970: a day in 2026.
pub(crate) const EPOCH: u64 = 1_790_000_000_000;
/// How often it is looked at how large things are, and whether all is over.
const LOOK: Micros = 5_000_000;
/// Bytes of a trace of which only the end is wanted.
const LAST: usize = 1 << 20;

/// What everyone needs: the time, the queue, chance, and whoever watches.
pub(crate) struct Core {
    pub(crate) now: Micros,
    pub(crate) queue: Queue,
    pub(crate) dice: Dice,
    pub(crate) watch: Watch,
    pub(crate) tally: Tally,
    /// The leader's answers, on their way to people.
    pub(crate) answers: BTreeMap<usize, Result<Reply, Rejection>>,
    /// What happened, in words, when someone wants to read it.
    trace: Option<String>,
    tracing: Tracing,
    digest: u64,
}

impl Core {
    pub(crate) fn after(&mut self, wait: Micros, what: Happening) {
        self.queue.push(self.now + wait, what);
    }

    pub(crate) fn saw(&mut self, sight: Sight<'_>) {
        match &sight {
            Sight::Durable(event) => {
                self.mix(event.envelope.sequence);
                self.mix(event.envelope.at.0);
                self.tally.leases += u64::from(matches!(event.envelope.event, Event::FramesLeased { .. }));
                self.say(|| {
                    format!("event {} {}", event.envelope.sequence, words::of(&event.envelope.event))
                });
            }
            Sight::Started { node, offer, .. } => {
                self.say(|| format!("node {node} starts {} {}", offer.token, offer.frames));
            }
            Sight::Stopped { node, token, .. } => {
                self.say(|| format!("node {node}: nothing runs for {token}"))
            }
            Sight::Published { node, path: (job, step, frame), content, .. } => {
                let (job, step) = (job.short(), step.0);
                self.say(|| {
                    format!("node {node} publishes frame {frame} of {job}/{step}, of {}", content.attempt)
                });
            }
            _ => {}
        }
        self.watch.saw(self.now, &sight);
    }

    pub(crate) fn say(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            // Writing to a string never fails.
            let _ = writeln!(trace, "{:>14.6} {}", self.now as f64 / 1e6, what());
            if self.tracing == Tracing::Last && trace.len() > LAST {
                let line = trace.bytes().skip(LAST / 2).position(|byte| byte == b'\n');
                trace.drain(..line.map_or(0, |line| LAST / 2 + line + 1));
            }
        }
    }

    fn mix(&mut self, what: u64) {
        self.digest = (self.digest ^ what).wrapping_mul(0x0100_0000_01b3).rotate_left(17);
    }
}

/// What nodes see of the rest of the world.
pub(crate) struct Shared<'a> {
    pub(crate) core: &'a mut Core,
    net: &'a mut Network,
    storage: &'a mut Storage,
    scenario: &'a Scenario,
    licences_used: &'a mut u16,
    licences: u16,
    source_out: bool,
    leader_listens: bool,
    leader_silent: bool,
}

/// Everything there is.
pub(crate) struct World {
    core: Core,
    scenario: Scenario,
    plan: Plan,
    leader: Leader,
    nodes: Vec<Node>,
    net: Network,
    storage: Storage,
    people: People,
    licences_used: u16,
    licences_lost: u16,
    source_out: u32,
    calm_at: Micros,
    is_calm: bool,
    over: bool,
}

impl World {
    pub(crate) fn new(scenario: Scenario, plan: Plan, watch: Watch, tracing: Tracing) -> Self {
        let seed = scenario.seed;
        let core = Core {
            now: 0,
            queue: Queue::default(),
            dice: Dice::of(seed, "world", 0),
            watch,
            tally: Tally::default(),
            answers: BTreeMap::new(),
            trace: (tracing != Tracing::Off).then(String::new),
            tracing,
            digest: 0,
        };
        let nodes: Vec<Node> =
            scenario.machines.iter().enumerate().map(|(nth, machine)| Node::new(nth, machine)).collect();
        let net = Network::new(nodes.len(), scenario.latency, Dice::of(seed, "network", 0));
        let last = plan.faults.iter().map(|planned| planned.at + planned.lasts).max();
        let calm_at = last.unwrap_or(0).max(scenario.storm) + 1;
        let mut world = Self {
            core,
            leader: Leader::new(&scenario),
            nodes,
            net,
            storage: Storage::default(),
            people: People::new(&scenario),
            licences_used: 0,
            licences_lost: 0,
            source_out: 0,
            calm_at,
            is_calm: false,
            over: false,
            scenario,
            plan,
        };
        world.plan_everything();
        world
    }

    fn plan_everything(&mut self) {
        let queue = &mut self.core.queue;
        queue.push(0, Happening::LeaderUp);
        for (nth, machine) in self.scenario.machines.iter().enumerate() {
            let at = machine.from + self.core.dice.between(0, 2_000_000);
            queue.push(at, Happening::NodeUp(nth));
        }
        for (nth, deed) in self.people.deeds().iter().enumerate() {
            queue.push(deed.at, Happening::Deed(nth));
        }
        for (nth, planned) in self.plan.faults.iter().enumerate() {
            queue.push(planned.at, Happening::Fault(nth));
            queue.push(planned.at + planned.lasts, Happening::Mend(nth));
        }
        for reader in 0..people::READERS {
            queue.push(LOOK, Happening::Look(reader));
        }
        queue.push(self.calm_at, Happening::Calm);
    }

    /// Runs until everything is over or something is broken.
    pub(crate) fn run(&mut self) {
        while let Some((at, what)) = self.core.queue.pop() {
            self.core.now = at;
            self.core.tally.steps += 1;
            self.happens(what);
            if self.over || self.core.watch.is_broken() {
                break;
            }
        }
        self.core.tally.simulated = self.core.now;
        self.core.tally.nodes = self.nodes.len() as u64;
        let scheduler = self.leader.serving.as_ref().map(|serving| &serving.scheduler);
        let end = Sight::End { scheduler, storage: &self.storage };
        self.core.watch.saw(self.core.now, &end);
    }

    pub(crate) fn finish(self) -> (Watch, Tally, u64, Option<String>) {
        (self.core.watch, self.core.tally, self.core.digest, self.core.trace)
    }

    fn happens(&mut self, what: Happening) {
        match what {
            Happening::Fault(nth) => self.strike(nth),
            Happening::Mend(nth) => self.mend(nth),
            Happening::Deed(nth) => self.people.asks(&mut self.core, nth),
            Happening::Request(nth) => self.request(nth),
            Happening::Answer(nth) => self.people.hears(&mut self.core, nth),
            Happening::Calm => self.calm(),
            Happening::Look(reader) => self.look(reader),
            Happening::LeaderUp => self.leader.start(&mut self.core, &self.scenario),
            Happening::NodeUp(nth) => self.with_node(nth, |node, world| node.start(world)),
            Happening::Node(nth, life, what) => self.with_node(nth, |node, world| {
                if node.life == life && node.up {
                    node.happens(world, what);
                }
            }),
            what => self.for_the_leader(what),
        }
    }

    fn for_the_leader(&mut self, what: Happening) {
        let Some(what) = self.leader.defer(&mut self.core, what) else { return };
        let (leader, core, net, scenario) = (&mut self.leader, &mut self.core, &mut self.net, &self.scenario);
        match what {
            Happening::SchedulerUp(life) if life == leader.life && leader.listens => {
                leader.recover(core, scenario);
            }
            Happening::Turn(life) if life == leader.life => leader.turn(core, net, scenario),
            Happening::Alarm(life) if life == leader.life => leader.alarm(core),
            Happening::Snapshot(life) if life == leader.life => leader.written(core, net),
            Happening::Synced(life) if life == leader.life => leader.synced(core, net, scenario),
            Happening::ToLeader(stream, said) => leader.hears(core, net, scenario, stream, said),
            Happening::StreamLost(stream) => leader.lost(core, net, scenario, stream),
            _ => {}
        }
    }

    fn request(&mut self, nth: usize) {
        if let Some(until) = self.leader.stalled_until {
            return self.core.queue.push(until, Happening::Request(nth));
        }
        let Some(command) = self.people.deeds().get(nth).map(|deed| deed.command.clone()) else { return };
        self.leader.asked(&mut self.core, nth, command);
    }

    fn with_node(&mut self, nth: usize, then: impl FnOnce(&mut Node, &mut Shared<'_>)) {
        let Some(node) = self.nodes.get_mut(nth) else { return };
        let mut shared = Shared {
            core: &mut self.core,
            net: &mut self.net,
            storage: &mut self.storage,
            scenario: &self.scenario,
            licences_used: &mut self.licences_used,
            licences: self.scenario.licences.saturating_sub(self.licences_lost),
            source_out: self.source_out > 0,
            leader_listens: self.leader.listens,
            leader_silent: self.leader.silent,
        };
        then(node, &mut shared);
    }

    /// From now on nothing goes wrong, and everything has to come to its end.
    fn calm(&mut self) {
        self.is_calm = true;
        self.core.say(|| "calm".to_owned());
        self.core.saw(Sight::Calm);
        self.people.settle(&mut self.core, &self.scenario);
        // Whatever a strike left down comes up again.
        self.core.queue.push(self.core.now + 1, Happening::LeaderUp);
        for nth in 0..self.nodes.len() {
            self.core.queue.push(self.core.now + 1, Happening::NodeUp(nth));
        }
    }

    fn look(&mut self, reader: usize) {
        let wait = self.core.dice.between(LOOK / 2, LOOK * 2);
        self.core.after(wait, Happening::Look(reader));
        if reader == 0 {
            self.weigh();
            self.over = self.is_calm && self.is_all_over();
        }
        if let (Some(serving), None) = (&self.leader.serving, self.leader.stalled_until) {
            self.people.reads(&mut self.core, reader, &*serving.journal);
        }
    }

    fn weigh(&mut self) {
        let weight = Weight {
            leases: self.nodes.iter().map(Node::held).sum(),
            slots: self.scenario.machines.iter().map(|machine| machine.capabilities.slots as usize).sum(),
            unsettled: self.nodes.iter().map(Node::unsettled).max().unwrap_or(0),
            stray_pins: self.nodes.iter().map(Node::stray_pins).sum(),
            keep_events: self.scenario.keep_events,
            ..self.leader.weight(self.scenario.snapshot_every)
        };
        self.core.saw(Sight::Weighed(weight));
    }

    fn scheduler(&self) -> Option<&Scheduler> {
        self.leader.serving.as_ref().map(|serving| &serving.scheduler)
    }

    fn is_all_over(&self) -> bool {
        let Some(scheduler) = self.scheduler() else { return false };
        let open = scheduler.job_counts().into_iter().filter(|(state, _)| !state.is_final());
        let open: u64 = open.map(|(_, count)| count).sum();
        let caught_up = self
            .leader
            .serving
            .as_ref()
            .is_some_and(|serving| self.people.have_read(serving.journal.range().1));
        open == 0
            && caught_up
            && self.people.is_answered()
            && scheduler.leases(None, None, 1).items.is_empty()
            && self.nodes.iter().all(|node| node.held() == 0)
    }
}
