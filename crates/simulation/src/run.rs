//! One run: a seed and a plan, from the first event to the last, and what came of it.

use serde::Serialize;

use crate::Micros;
use crate::faults::Plan;
use crate::invariants::{Invariant, Violation, Watch};
use crate::scenario::Scenario;
use crate::world::World;

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Time of the cluster.
    pub simulated: Micros,
    /// Nodes in it.
    pub nodes: u64,
    /// Time of all nodes together.
    pub node_time: Micros,
    /// Things that happened.
    pub steps: u64,
    /// Faults of the plan.
    pub faults: u64,
    /// Deaths of the leader.
    pub leader_crashes: u64,
    /// Deaths of nodes.
    pub node_crashes: u64,
    /// Actors that fell.
    pub falls: u64,
    /// Nodes that left in good order.
    pub leavings: u64,
    /// Times that the network was cut.
    pub partitions: u64,
    /// Events decided.
    pub events: u64,
    /// Snapshots written.
    pub snapshots: u64,
    /// Leases given out.
    pub leases: u64,
    /// Attempts started.
    pub attempts: u64,
    /// Frames moved to their final path.
    pub published: u64,
    /// Sights that invariants were checked at.
    pub checked: u64,
}

impl Tally {
    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.simulated += other.simulated;
        self.nodes = self.nodes.max(other.nodes);
        self.node_time += other.node_time;
        self.steps += other.steps;
        self.faults += other.faults;
        self.leader_crashes += other.leader_crashes;
        self.node_crashes += other.node_crashes;
        self.falls += other.falls;
        self.leavings += other.leavings;
        self.partitions += other.partitions;
        self.events += other.events;
        self.snapshots += other.snapshots;
        self.leases += other.leases;
        self.attempts += other.attempts;
        self.published += other.published;
        self.checked += other.checked;
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was broken first, if anything.
    pub violation: Option<Violation>,
    /// What was counted.
    pub tally: Tally,
    /// The same for the same run, and for hardly any other.
    pub digest: u64,
    /// What happened, in words, if it was asked for.
    pub trace: Option<String>,
}

/// How much of what happens is kept in words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tracing {
    /// Nothing.
    #[default]
    Off,
    /// The end of it.
    Last,
    /// All of it.
    All,
}

/// Runs a scenario under a plan.
#[must_use]
pub fn run(scenario: Scenario, plan: Plan, traced: bool) -> Outcome {
    run_watched(scenario, plan, if traced { Tracing::All } else { Tracing::Off }, Vec::new())
}

/// The same, watched by others too: an invariant may also be someone who only measures.
#[must_use]
pub fn run_watched(
    scenario: Scenario,
    plan: Plan,
    tracing: Tracing,
    watchers: Vec<Box<dyn Invariant>>,
) -> Outcome {
    let watch = Watch::new(&scenario).with(watchers);
    let mut world = World::new(scenario, plan, watch, tracing);
    world.run();
    let (watch, mut tally, digest, trace) = world.finish();
    tally.checked = watch.checked();
    tally.node_time = tally.simulated * tally.nodes;
    Outcome { violation: watch.into_violation(), tally, digest, trace }
}
