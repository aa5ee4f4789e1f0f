//! An incident as a scenario: the jobs as they were submitted, what people did, the nodes with what they can do and
//! when they were gone, and what steps cost, as events measured it. What it leaves out is in [`Model::notes`].

mod gather;

use std::collections::BTreeMap;
use std::time::Duration;

use callsheet_model::{Capabilities, JobId, NodeName, StepIndex};
use callsheet_scheduler::{Command, Policy};

use super::Incident;
use super::change::{Change, ChangeError};
use super::measure::{Figures, Meter};
use crate::Micros;
use crate::faults::{Fault, Plan, Planned};
use crate::invariants::Violation;
use crate::run::{Tracing, run_watched};
use crate::scenario::{Deed, Machine, Quirks, Scenario};

/// Messages take about so long, and a sync of the leader's disk: a log says nothing of either.
const LATENCY: Micros = 1_000;
const SYNC: Micros = 3_000;
/// Templates that fit into a node's cache: a log says nothing of that.
const CACHE: usize = 64;

/// A log that no scenario can be made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Nobody asked for anything.
    #[error("no job was submitted in it, and none was open when it began: there is nothing to simulate")]
    NoJobs,
    /// Nobody was there.
    #[error("no node was ever online in it: there is nothing to simulate it with")]
    NoNodes,
    /// It is too large.
    #[error("it has {found} {what}, and at most {most} can be simulated")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
}

/// A time that someone was gone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outage {
    /// A node; the leader when there is none.
    pub(super) node: Option<NodeName>,
    pub(super) at: Micros,
    pub(super) lasts: Micros,
    /// Nobody said goodbye.
    pub(super) silent: bool,
}

/// An incident as a scenario.
#[derive(Clone, Debug)]
pub struct Model {
    /// Nodes, what they can do, and since when they are there.
    pub(super) nodes: BTreeMap<NodeName, (Capabilities, Micros)>,
    pub(super) outages: Vec<Outage>,
    pub(super) deeds: Vec<Deed>,
    pub(super) quirks: BTreeMap<(JobId, StepIndex), Quirks>,
    pub(super) policy: Policy,
    pub(super) span: Micros,
    notes: Vec<String>,
}

/// What came of simulating it.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// The middle of all runs.
    pub figures: Figures,
    /// What was broken, if anything.
    pub violation: Option<Violation>,
}

impl Incident {
    /// Makes a scenario of it.
    ///
    /// # Errors
    /// There is nothing to simulate in it, or too much.
    pub fn model(&self) -> Result<Model, ModelError> {
        let gathered = gather::gather(self);
        if gathered.nodes.is_empty() {
            return Err(ModelError::NoNodes);
        }
        if gathered.jobs.is_empty() {
            return Err(ModelError::NoJobs);
        }
        let limits = [
            ("nodes", gathered.nodes.len(), crate::case::MOST_NODES),
            ("jobs", gathered.jobs.len(), crate::case::MOST_JOBS),
        ];
        if let Some((what, found, most)) = limits.into_iter().find(|(_, found, most)| found > most) {
            return Err(ModelError::TooMany { what, found, most });
        }
        Ok(gathered.model(self))
    }
}

impl Model {
    /// What the model is, and what it leaves out, in sentences for people.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The same with changes.
    ///
    /// # Errors
    /// The first change that makes no sense here.
    pub fn with(&self, changes: &[Change]) -> Result<Self, ChangeError> {
        let mut changed = self.clone();
        changes.iter().try_for_each(|change| change.apply(&mut changed))?;
        Ok(changed)
    }

    /// Simulates it, once for each seed.
    #[must_use]
    pub fn simulate(&self, seeds: std::ops::Range<u64>) -> Simulated {
        let (mut all, mut violation) = (Vec::new(), None);
        for seed in seeds {
            let (scenario, plan) = self.scenario(seed);
            let meter = Meter::default();
            let outcome = run_watched(scenario, plan, Tracing::Off, vec![Box::new(meter.clone())]);
            all.push(meter.figures());
            violation = violation.or(outcome.violation);
        }
        Simulated { figures: Figures::median(&all), violation }
    }

    /// Names of jobs, for people.
    pub fn jobs(&self) -> impl Iterator<Item = (JobId, &str)> {
        self.deeds.iter().filter_map(|deed| match &deed.command {
            Command::SubmitJob { id, spec } => Some((*id, spec.name.as_str())),
            _ => None,
        })
    }

    fn scenario(&self, seed: u64) -> (Scenario, Plan) {
        let machine = |(name, (capabilities, from)): (&NodeName, &(Capabilities, Micros))| Machine {
            name: name.clone(),
            capabilities: capabilities.clone(),
            drift: 0,
            cache: CACHE,
            from: *from,
        };
        let mut deeds = self.deeds.clone();
        deeds.sort_by_key(|deed| deed.at);
        let scenario = Scenario {
            seed,
            machines: self.nodes.iter().map(machine).collect(),
            policy: self.policy.clone(),
            pulse: self.policy.silence / 5,
            heartbeat: self.policy.silence / 2,
            snapshot_every: 10_000,
            keep_events: u64::MAX,
            latency: LATENCY,
            sync: SYNC,
            deeds,
            quirks: self.quirks.clone(),
            licences: u16::MAX,
            storm: self.span,
        };
        (scenario, self.plan())
    }

    /// Who was gone, as faults. An outage of a node that is not there any more is none.
    fn plan(&self) -> Plan {
        let places: BTreeMap<&NodeName, usize> = self.nodes.keys().zip(0..).collect();
        let fault = |outage: &Outage| match &outage.node {
            None => Some(Fault::LeaderCrash { kept: 0, silent: false }),
            Some(name) => {
                let node = u16::try_from(*places.get(name)?).ok()?;
                Some(Fault::NodeCrash { node, disk: outage.silent })
            }
        };
        let planned =
            |outage: &Outage| Some(Planned { at: outage.at, lasts: outage.lasts, fault: fault(outage)? });
        let mut faults: Vec<Planned> = self.outages.iter().filter_map(planned).collect();
        faults.sort_by_key(|planned| planned.at);
        Plan { faults }
    }

    /// How long the log goes on.
    #[must_use]
    pub fn span(&self) -> Duration {
        Duration::from_micros(self.span)
    }
}
