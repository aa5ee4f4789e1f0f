//! A node out of contact stops rendering before its frames go out again, and publishes nothing under a lease that has
//! run out. One that cannot act, since it stands still, is judged by what it publishes; one whose machine slept, clock
//! and all, cannot know, and is judged by the bytes.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::{Event, NodeName, OfflineReason, Token};

use super::Invariant;
use super::books::Books;
use super::ears::Ears;
use crate::scenario::Scenario;
use crate::sight::Sight;
use crate::{Micros, micros};

/// Knows what runs where.
pub(super) struct StopsBeforeReassigned {
    names: BTreeMap<NodeName, usize>,
    silence: Micros,
    books: Books,
    ears: Ears,
    running: BTreeMap<Token, usize>,
    /// Able to act since then.
    able: BTreeMap<usize, Micros>,
    /// Whose machine slept since it last started.
    slept: BTreeSet<usize>,
    /// Leases whose node was given up for its silence.
    run_out: BTreeSet<Token>,
}

impl StopsBeforeReassigned {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let machines = scenario.machines.iter().enumerate();
        Self {
            names: machines.map(|(nth, machine)| (machine.name.clone(), nth)).collect(),
            silence: micros(scenario.policy.silence),
            books: Books::default(),
            ears: Ears::default(),
            running: BTreeMap::new(),
            able: BTreeMap::new(),
            slept: BTreeSet::new(),
            run_out: BTreeSet::new(),
        }
    }

    /// A node is given up for its silence.
    fn given_up(&mut self, now: Micros, name: &NodeName) -> Result<(), String> {
        let Some(nth) = self.names.get(name).filter(|nth| self.ears.only_silent(**nth)) else {
            return Ok(());
        };
        let own = self.books.leases.values().filter(|held| held.lease.node == *name);
        let own: Vec<Token> = own.map(|held| held.lease.token).collect();
        let able = self.able.get(nth).is_some_and(|since| now - since > self.silence);
        let runs = own.iter().find(|token| self.running.contains_key(token));
        self.run_out.extend(&own);
        match runs {
            Some(token) if able && !self.slept.contains(nth) => {
                Err(format!("{name} was not heard and still renders {token} as its frames go out"))
            }
            _ => Ok(()),
        }
    }
}

impl Invariant for StopsBeforeReassigned {
    fn name(&self) -> &'static str {
        "stops_before_reassigned"
    }

    fn has_ears(&self) -> bool {
        true
    }

    fn see(&mut self, now: Micros, sight: &Sight<'_>) -> Result<(), String> {
        self.ears.take(now, sight);
        match sight {
            Sight::Started { node, offer, .. } => drop(self.running.insert(offer.token, *node)),
            Sight::Stopped { token, .. } => drop(self.running.remove(token)),
            Sight::Able { node, able: true } => drop(self.able.insert(*node, now)),
            Sight::Able { node, able: false } => drop(self.able.remove(node)),
            Sight::Suspended { node } => drop(self.slept.insert(*node)),
            Sight::Published { node, token, path, .. }
                if self.run_out.contains(token) && !self.slept.contains(node) =>
            {
                return Err(format!("node {node} publishes {path:?} under {token}, which has run out"));
            }
            Sight::Durable(event) => {
                let offline = match &event.envelope.event {
                    Event::NodeOffline { node, reason: OfflineReason::HeartbeatLost, .. } => {
                        self.given_up(now, node)
                    }
                    _ => Ok(()),
                };
                self.books.take(&event.envelope);
                offline?;
            }
            _ => {}
        }
        Ok(())
    }
}
