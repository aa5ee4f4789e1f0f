//! Nodes and the leases they hold, as seen from outside.

use std::collections::BTreeMap;

use callsheet_model::trust::Quarantine;
use callsheet_model::{
    Capabilities, FrameSet, JobId, Lease, NodeName, OfflineReason, Player, SessionId, Timestamp, Token,
};
use uuid::Uuid;

use super::Page;
use crate::scheduler::Scheduler;
use crate::state::{LeaseRecord, NodeRecord};

/// A node, as seen from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeView {
    /// Its name.
    pub name: NodeName,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Why it is gone, if it is.
    pub offline: Option<OfflineReason>,
    /// Since when it is there or gone.
    pub since: Timestamp,
    /// It gets no more work.
    pub drained: bool,
    /// Its session, while a stream to it is open.
    pub session: Option<SessionId>,
    /// When it was last heard: by this leader, or by the one that took it for gone.
    pub last_heard: Option<Timestamp>,
    /// Slots with an attempt, or with a lease waiting for one.
    pub busy: u32,
    /// Its leases in force.
    pub leases: Vec<Token>,
    /// Renderers that it is not trusted with.
    pub quarantines: BTreeMap<String, Quarantine>,
    /// The cluster or a pool that it belongs to is paused: it is handed nothing to render.
    pub paused: bool,
    /// Frames put aside whose last attempt ran here.
    pub dead_letters: u64,
    /// Its actors, by the id of their present life, with how they are.
    pub players: BTreeMap<Uuid, (Player, String)>,
}

/// A lease in force, as seen from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaseView {
    /// The lease as handed out.
    pub lease: Lease,
    /// When.
    pub since: Timestamp,
    /// Frames still to be proven.
    pub remaining: FrameSet,
    /// Frames accepted, and not known to be published.
    pub unpublished: FrameSet,
}

impl Scheduler {
    /// All nodes ever seen, by name.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeView> {
        let mut dead = self.dead_by_node();
        let view = |(name, node)| self.node_view(name, node, dead.remove(name).unwrap_or(0));
        self.state().nodes().iter().map(view).collect()
    }

    /// One node.
    #[must_use]
    pub fn node(&self, name: &NodeName) -> Option<NodeView> {
        let dead = || self.dead_by_node().get(name).copied().unwrap_or(0);
        self.state().node(name).map(|node| self.node_view(name, node, dead()))
    }

    /// One lease in force.
    #[must_use]
    pub fn lease(&self, token: Token) -> Option<LeaseView> {
        self.state().lease(token).map(lease_view)
    }

    /// Leases in force, oldest first, after the token `after`; of one job only, if one is named.
    #[must_use]
    pub fn leases(&self, job: Option<JobId>, after: Option<Token>, limit: usize) -> Page<LeaseView> {
        let from = after.map_or(Token(0), |token| Token(token.0.saturating_add(1)));
        let fits = |record: &&LeaseRecord| job.is_none_or(|job| record.lease.job == job);
        let leases = self.state().leases().range(from..).map(|(_, record)| record).filter(fits);
        Page::of(leases.map(lease_view), limit)
    }

    fn node_view(&self, name: &NodeName, node: &NodeRecord, dead_letters: u64) -> NodeView {
        let here = self.presence().get(name);
        NodeView {
            name: name.clone(),
            capabilities: node.capabilities.clone(),
            offline: node.offline,
            since: node.since,
            drained: node.drained,
            session: here.and_then(|here| here.session),
            last_heard: here.map_or(node.last_heard, |here| here.heard),
            busy: node.busy.saturating_add(here.map_or(0, |here| here.finishing.len() as u32)),
            leases: node.leases.iter().copied().collect(),
            quarantines: node.quarantines.clone(),
            paused: node.is_paused,
            dead_letters,
            players: node.players.clone(),
        }
    }
}

fn lease_view(record: &LeaseRecord) -> LeaseView {
    LeaseView {
        lease: record.lease.clone(),
        since: record.since,
        remaining: record.remaining.clone(),
        unpublished: record.unpublished.clone(),
    }
}
