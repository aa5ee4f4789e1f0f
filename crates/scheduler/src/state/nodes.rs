//! What events do to nodes: that they come and go, and how far each is trusted with each renderer.
//!
//! A failure in a row counts against a node only when nothing else explains it: not of frames that failed before,
//! and not of a step that dies on other nodes too and was never accepted anywhere.

use callsheet_model::trust::Quarantine;
use callsheet_model::{
    Capabilities, Failure, FrameSet, JobId, Lease, NodeName, OfflineReason, StepIndex, Timestamp, Token,
};

use super::{NodeRecord, State, StepRecord, pauses};

/// A quarantine as its event tells of it.
pub(super) struct Suspicion<'e> {
    pub(super) node: &'e NodeName,
    pub(super) renderer: &'e str,
    pub(super) of: (JobId, StepIndex),
    pub(super) failure: &'e Failure,
    pub(super) strike: u32,
    pub(super) until: Timestamp,
}

impl NodeRecord {
    /// Whether it is trusted with a renderer.
    pub(crate) fn is_trusted_with(&self, renderer: &str) -> bool {
        self.quarantines.is_empty() || !self.quarantines.contains_key(renderer)
    }

    /// Renderers that it can be tried with at `now`.
    pub(crate) fn due_for_trial(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        let due = move |held: &&Quarantine| held.until <= now && held.canary.is_none();
        self.quarantines.iter().filter(move |(_, held)| due(held)).map(|(renderer, _)| renderer.as_str())
    }

    /// It is tried with this lease, if it is in quarantine for the lease's renderer.
    pub(super) fn begin_trial(&mut self, renderer: &str, token: Token) {
        if !self.quarantines.is_empty()
            && let Some(held) = self.quarantines.get_mut(renderer)
        {
            held.canary = Some(token);
        }
    }

    /// A frame of this renderer was accepted from it: what failed before was chance.
    pub(super) fn believe(&mut self, renderer: &str) {
        if !self.doubts.is_empty() {
            self.doubts.remove(renderer);
        }
    }

    /// Whatever it was tried with under this token is over.
    pub(super) fn end_trial(&mut self, token: Token) {
        for held in self.quarantines.values_mut() {
            held.canary = held.canary.filter(|canary| *canary != token);
        }
    }

    /// The renderer that it is tried with under this token, if it is.
    pub(crate) fn trial(&self, token: Token) -> Option<&str> {
        let (renderer, _) = self.quarantines.iter().find(|(_, held)| held.canary == Some(token))?;
        Some(renderer)
    }
}

impl State {
    pub(super) fn node_online(&mut self, name: &NodeName, capabilities: &Capabilities, at: Timestamp) {
        let node = self.nodes.entry(name.clone()).or_default();
        node.capabilities = capabilities.clone();
        node.offline = None;
        node.since = at;
        node.last_heard = None;
        node.is_paused = pauses::cover(&self.pauses, &node.capabilities);
        self.index.judge(node);
        self.index.stir_all();
    }

    pub(super) fn node_offline(
        &mut self,
        name: &NodeName,
        reason: OfflineReason,
        last_heard: Option<Timestamp>,
        at: Timestamp,
    ) {
        if let Some(node) = self.nodes.get_mut(name) {
            node.offline = Some(reason);
            node.since = at;
            node.last_heard = last_heard;
            self.index.stir_all();
        }
    }

    pub(super) fn node_drained(&mut self, name: &NodeName, drained: bool) {
        if let Some(node) = self.nodes.get_mut(name) {
            node.drained = drained;
            self.index.stir_all();
        }
    }

    pub(super) fn node_quarantined(&mut self, new: &Suspicion<'_>, at: Timestamp) {
        let Some(node) = self.nodes.get_mut(new.node) else { return };
        node.doubts.remove(new.renderer);
        let before = node.quarantines.remove(new.renderer);
        if let Some(before) = &before {
            self.index.forget_trial(before.until, new.node, new.renderer);
        }
        let (job, step) = new.of;
        let quarantine = Quarantine {
            job,
            step,
            failure: new.failure.clone(),
            strike: new.strike,
            since: before.map_or(at, |before| before.since),
            until: new.until,
            versions: node.capabilities.renderers.get(new.renderer).cloned().unwrap_or_default(),
            canary: None,
        };
        node.quarantines.insert(new.renderer.to_owned(), quarantine);
        self.index.await_trial(new.until, new.node, new.renderer);
        // What only this node was to have is anyone's now.
        self.index.stir_all();
    }

    pub(super) fn node_cleared(&mut self, name: &NodeName, renderer: &str) {
        let Some(node) = self.nodes.get_mut(name) else { return };
        node.doubts.remove(renderer);
        if let Some(before) = node.quarantines.remove(renderer) {
            self.index.forget_trial(before.until, name, renderer);
            self.index.stir_all();
        }
    }

    /// A node's renderer died or hung, and nothing but the node explains it.
    pub(super) fn node_doubted(&mut self, lease: &Lease) {
        let Some(node) = self.nodes.get_mut(&lease.node) else { return };
        let Some(spec) = self.jobs.get(&lease.job).and_then(|job| job.job.spec.step(lease.step)) else {
            return;
        };
        if !node.is_trusted_with(&spec.renderer) {
            return;
        }
        let doubt = node.doubts.entry(spec.renderer.clone()).or_default();
        // Frames with different histories fail in events of their own.
        if doubt.last != lease.token {
            doubt.last = lease.token;
            doubt.failures = doubt.failures.saturating_add(1);
        }
    }
}

impl StepRecord {
    /// Whether a failure of these frames on a node can be explained by nothing but the node.
    pub(super) fn incriminates(&self, node: &NodeName, frames: &FrameSet) -> bool {
        let dies_everywhere = self.accepted.is_empty() && self.died_on.iter().any(|other| other != node);
        !dies_everywhere && self.by_history(frames).iter().any(|(history, _)| history.charged == 0)
    }
}
