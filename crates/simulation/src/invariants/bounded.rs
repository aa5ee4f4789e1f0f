//! Memory and log stay within their bounds: what a start has to replay, what the log keeps, what nodes hold and run,
//! what waits.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_agent::MAX_UNSETTLED;
use callsheet_model::Token;

use super::Invariant;
use crate::Micros;
use crate::scenario::Scenario;
use crate::sight::Sight;

/// Leases in one node's hands beyond its slots, as the policy has it.
const AHEAD: usize = 256;

/// Looks at sizes.
pub(super) struct Bounded {
    /// Slots of each node.
    slots: Vec<usize>,
    /// What runs on each.
    running: BTreeMap<usize, BTreeSet<Token>>,
}

impl Bounded {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let slots = scenario.machines.iter().map(|machine| machine.capabilities.slots as usize).collect();
        Self { slots, running: BTreeMap::new() }
    }

    fn started(&mut self, node: usize, token: Token) -> Result<(), String> {
        let running = self.running.entry(node).or_default();
        running.insert(token);
        let slots = self.slots.get(node).copied().unwrap_or(0);
        if running.len() > slots {
            return Err(format!("node {node} has {slots} slots and runs {running:?}"));
        }
        Ok(())
    }
}

impl Invariant for Bounded {
    fn name(&self) -> &'static str {
        "bounded"
    }

    fn see(&mut self, _: Micros, sight: &Sight<'_>) -> Result<(), String> {
        let weight = match sight {
            Sight::Started { node, offer, .. } => return self.started(*node, offer.token),
            Sight::Stopped { node, token, .. } => {
                self.running.entry(*node).or_default().remove(token);
                return Ok(());
            }
            Sight::Weighed(weight) => weight,
            _ => return Ok(()),
        };
        // A batch may take the log beyond the mark, and the next snapshot waits for the one before it.
        if weight.since_snapshot > 3 * weight.snapshot_every + 5000 {
            return Err(format!("{} events since the last snapshot", weight.since_snapshot));
        }
        let kept = weight.keep_events.saturating_add(8 * weight.snapshot_every + 20_000);
        if weight.events_kept > kept {
            return Err(format!("{} events are kept, at most {kept} have to be", weight.events_kept));
        }
        if weight.stray_pins > 0 {
            return Err(format!("{} templates are kept for leases that are over", weight.stray_pins));
        }
        if weight.leases > weight.slots + AHEAD * self.slots.len() {
            return Err(format!("nodes hold {} leases with {} slots", weight.leases, weight.slots));
        }
        if weight.unsettled > MAX_UNSETTLED {
            return Err(format!("{} reports are not settled", weight.unsettled));
        }
        Ok(())
    }
}
