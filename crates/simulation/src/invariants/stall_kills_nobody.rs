//! No node is declared dead while the leader itself was stalled or dead, nor any other that was there and in contact
//! all the while.

use std::collections::BTreeMap;

use callsheet_model::{Event, OfflineReason};

use super::Invariant;
use super::ears::Ears;
use crate::scenario::Scenario;
use crate::sight::Sight;
use crate::{Micros, micros};

/// Knows since when each node is in contact.
pub(super) struct StallKillsNobody {
    names: BTreeMap<callsheet_model::NodeName, usize>,
    silence: Micros,
    /// In contact since then, without a break.
    since: BTreeMap<usize, Micros>,
    ears: Ears,
}

impl StallKillsNobody {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let machines = scenario.machines.iter().enumerate();
        let names = machines.map(|(nth, machine)| (machine.name.clone(), nth)).collect();
        let silence = micros(scenario.policy.silence);
        Self { names, silence, since: BTreeMap::new(), ears: Ears::default() }
    }

    /// A leader gives a node up for its silence. It may take short naps without noticing, never as long as that.
    fn judge(&self, now: Micros, node: usize) -> Result<(), String> {
        if let Some(since) = self.since.get(&node).filter(|since| now - **since > 2 * self.silence) {
            let contact = (now - since) / 1_000_000;
            return Err(format!("node {node} is declared dead after {contact} s of contact"));
        }
        match self.ears.quiet(now, node) {
            Some(quiet) if self.ears.only_silent(node) && quiet < self.silence * 6 / 10 => Err(format!(
                "node {node} is declared dead, and was quiet for {quiet} µs of the leader's time"
            )),
            _ => Ok(()),
        }
    }
}

impl Invariant for StallKillsNobody {
    fn name(&self) -> &'static str {
        "stall_kills_nobody"
    }

    fn has_ears(&self) -> bool {
        true
    }

    fn see(&mut self, now: Micros, sight: &Sight<'_>) -> Result<(), String> {
        self.ears.take(now, sight);
        match sight {
            Sight::Contact { node, good: true } => drop(self.since.entry(*node).or_insert(now)),
            Sight::Contact { node, good: false } | Sight::Able { node, able: false } => {
                self.since.remove(node);
            }
            // Streams end with a leader; who is heard again is in contact again.
            Sight::LeaderDown => self.since.clear(),
            Sight::Decided(envelope) => {
                let Event::NodeOffline { node, reason: OfflineReason::HeartbeatLost, .. } = &envelope.event
                else {
                    return Ok(());
                };
                self.names.get(node).map_or(Ok(()), |nth| self.judge(now, *nth))?;
            }
            _ => {}
        }
        Ok(())
    }
}
