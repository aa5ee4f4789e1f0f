//! Pauses in force, and whom they cover: marks on nodes and classes that dispatch only has to look at.
//!
//! How long a pause lasts is known for certain only up to a point: a watcher prolongs its own every few seconds, and
//! not every time is worth an event. What is beyond that is in the presence.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::{Capabilities, Pause, PauseEvent, PauseKey, PauseScope, Token};

use super::{LeaseRecord, State};

impl State {
    pub(super) fn pause(&mut self, event: &PauseEvent) {
        match event {
            PauseEvent::Paused(pause) => {
                self.pauses.insert(pause.key.clone(), pause.clone());
            }
            PauseEvent::Resumed { key, .. } => {
                self.pauses.remove(key);
            }
        }
        self.mark_paused();
    }

    /// Marks what the pauses cover.
    pub(super) fn mark_paused(&mut self) {
        for node in self.nodes.values_mut() {
            node.is_paused = cover(&self.pauses, &node.capabilities);
        }
        let queue = |key: &PauseKey| match &key.scope {
            PauseScope::Queue(renderer) => Some(renderer.clone()),
            PauseScope::Cluster | PauseScope::Pool(_) => None,
        };
        let queues: BTreeSet<String> = self.pauses.keys().filter_map(queue).collect();
        self.index.pause_queues(queues);
        self.index.stir_all();
    }

    pub(crate) fn pauses(&self) -> &BTreeMap<PauseKey, Pause> {
        &self.pauses
    }

    /// Leases in a scope that have frames in hands.
    pub(crate) fn leases_in(&self, scope: &PauseScope) -> Vec<Token> {
        let is_in = |record: &LeaseRecord| match scope {
            PauseScope::Cluster => true,
            PauseScope::Pool(label) => self
                .nodes
                .get(&record.lease.node)
                .is_some_and(|node| node.capabilities.labels.contains(label)),
            PauseScope::Queue(renderer) => self.index.renderer(record.class) == renderer,
        };
        let held = self.leases.iter().filter(|(_, record)| !record.remaining.is_empty() && is_in(record));
        held.map(|(token, _)| *token).collect()
    }
}

/// Whether the cluster or a pool of such a node is paused.
pub(super) fn cover(pauses: &BTreeMap<PauseKey, Pause>, capabilities: &Capabilities) -> bool {
    pauses.keys().any(|key| covers(&key.scope, capabilities))
}

/// Whether a scope is the cluster, or a pool of such a node.
pub(crate) fn covers(scope: &PauseScope, capabilities: &Capabilities) -> bool {
    match scope {
        PauseScope::Cluster => true,
        PauseScope::Pool(label) => capabilities.labels.contains(label),
        PauseScope::Queue(_) => false,
    }
}
