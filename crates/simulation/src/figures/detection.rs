//! How soon it is noticed that a node is gone: from the fault to the event that says so on the platter.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use callsheet_model::{Event, NodeName};

use super::{Effort, SECOND, SILENCE, median_and_worst, one_by_one, quiet, seconds};
use crate::Micros;
use crate::faults::{Fault, Plan, Planned, Way};
use crate::invariants::Invariant;
use crate::run::{Tracing, run_watched};
use crate::scenario::{Scenario, Size};
use crate::sight::Sight;

/// Between two faults; each lasts half as long.
const APART: Micros = 60 * SECOND;

/// What strikes a node.
type Strikes = fn(u16) -> Fault;

/// How soon one kind of fault is noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// What happened to the node.
    pub what: &'static str,
    /// How often it was tried.
    pub struck: usize,
    /// How often it was noticed while it lasted.
    pub noticed: usize,
    /// The middle.
    pub median: Micros,
    /// The worst.
    pub worst: Micros,
}

impl Detection {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { what, struck, noticed, median, worst } = self;
        let (median, worst) = (seconds(*median), seconds(*worst));
        format!("  {what:<44} median {median}, worst {worst} ({noticed} of {struck} noticed)")
    }
}

/// All kinds.
pub(super) fn all(effort: Effort) -> Vec<Detection> {
    let kinds: [(&str, Strikes); 6] = [
        ("a node's process is killed (crash)", |node| Fault::NodeCrash { node, disk: false }),
        ("a node's machine is gone without a word", |node| Fault::NodeCrash { node, disk: true }),
        ("a node's machine stands still (silence)", |node| Fault::NodeFreeze { node, clock: false }),
        ("a node is cut off both ways (partition)", |node| cut(node, Way::Both)),
        ("nothing of a node arrives (partition)", |node| cut(node, Way::ToLeader)),
        ("nothing arrives at a node (partition)", |node| cut(node, Way::ToNode)),
    ];
    kinds.into_iter().map(|(what, fault)| measure(what, fault, effort)).collect()
}

fn cut(node: u16, way: Way) -> Fault {
    Fault::Partition { node, more: 0, way }
}

fn measure(what: &'static str, fault: Strikes, effort: Effort) -> Detection {
    let (mut times, mut struck) = (Vec::new(), 0);
    for seed in 0..effort.seeds {
        let storm = u64::from(effort.struck + 2) * APART;
        let size = Size { nodes: usize::from(effort.struck), jobs: 20, storm, silence: Some(SILENCE) };
        let scenario = quiet(seed, size);
        let planned = |node| Planned { at: 0, lasts: APART / 2, fault: fault(node) };
        let faults = one_by_one(seed, effort.struck, APART, planned);
        struck += faults.len();
        let bell = Bell::new(&scenario, &faults);
        let rung = bell.rung.clone();
        // Whatever an invariant may say, it is not for this to judge.
        let _ = run_watched(scenario, Plan { faults }, Tracing::Off, vec![Box::new(bell)]);
        times.extend(rung.lock().unwrap_or_else(PoisonError::into_inner).values().copied());
    }
    let noticed = times.len();
    let (median, worst) = median_and_worst(times);
    Detection { what, struck, noticed, median, worst }
}

/// Hears when a node is said to be gone.
struct Bell {
    struck: BTreeMap<NodeName, Planned>,
    rung: Arc<Mutex<BTreeMap<NodeName, Micros>>>,
}

impl Bell {
    fn new(scenario: &Scenario, faults: &[Planned]) -> Self {
        // Fault and node go by the same number.
        let names = scenario.machines.iter().map(|machine| machine.name.clone());
        Self { struck: names.zip(faults.iter().copied()).collect(), rung: Arc::default() }
    }
}

impl Invariant for Bell {
    fn name(&self) -> &'static str {
        "measured"
    }

    fn see(&mut self, now: Micros, sight: &Sight<'_>) -> Result<(), String> {
        if let Sight::Durable(event) = sight
            && let Event::NodeOffline { node, .. } = &event.envelope.event
            && let Some(planned) = self.struck.get(node)
            && (planned.at..planned.at + planned.lasts).contains(&now)
        {
            let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
            rung.entry(node.clone()).or_insert(now - planned.at);
        }
        Ok(())
    }
}
