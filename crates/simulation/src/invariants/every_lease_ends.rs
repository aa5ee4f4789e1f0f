//! No lease without an end: its owner is believed alive because it was heard, or it is over. In the end there are none.

use std::collections::BTreeMap;

use callsheet_model::NodeName;

use super::Invariant;
use super::books::Books;
use super::ears::Ears;
use crate::scenario::Scenario;
use crate::sight::Sight;
use crate::{Micros, micros};

/// Beyond its silence a node is given up this soon, slow disks included.
const PATIENCE: Micros = 120_000_000;

/// Looks for leases of nodes that are gone. Without a cluster it knows of no silence.
#[derive(Default)]
pub(super) struct EveryLeaseEnds {
    names: BTreeMap<NodeName, usize>,
    silence: Micros,
    books: Books,
    ears: Ears,
}

impl EveryLeaseEnds {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let machines = scenario.machines.iter().enumerate();
        Self {
            names: machines.map(|(nth, machine)| (machine.name.clone(), nth)).collect(),
            silence: micros(scenario.policy.silence),
            books: Books::default(),
            ears: Ears::default(),
        }
    }

    /// Between batches only: within one a node goes first and its leases follow.
    fn look(&self, now: Micros) -> Result<(), String> {
        for held in self.books.leases.values() {
            let (token, node) = (held.lease.token, &held.lease.node);
            if self.books.offline.contains(node) {
                return Err(format!("{token} is in the hands of {node}, which is gone"));
            }
            let quiet = self.names.get(node).and_then(|nth| self.ears.quiet(now, *nth)).unwrap_or(0);
            if quiet > 3 * self.silence + PATIENCE {
                let quiet = quiet / 1_000_000;
                return Err(format!("{token} is in the hands of {node}, which was not heard for {quiet} s"));
            }
        }
        Ok(())
    }
}

impl Invariant for EveryLeaseEnds {
    fn name(&self) -> &'static str {
        "every_lease_ends"
    }

    fn has_ears(&self) -> bool {
        true
    }

    fn see(&mut self, now: Micros, sight: &Sight<'_>) -> Result<(), String> {
        self.ears.take(now, sight);
        match sight {
            Sight::Durable(event) => self.books.take(&event.envelope),
            Sight::Weighed(_) => self.look(now)?,
            Sight::End { scheduler: Some(scheduler), .. } => {
                let left = scheduler.leases(None, None, 1).items;
                if let (Some(token), true) = (self.books.leases.keys().next(), left.is_empty()) {
                    return Err(format!(
                        "{token} never ended in the log, and the scheduler has forgotten it"
                    ));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
