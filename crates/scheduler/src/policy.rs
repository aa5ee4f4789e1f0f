//! The figures that decisions are made by, from the cluster config.

use std::collections::BTreeSet;
use std::time::Duration;

/// How the scheduler decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// A node unheard of for this long is lost.
    pub silence: Duration,
    /// After a broken stream a node has this long to come back before its frames go out again.
    pub reconnect_grace: Duration,
    /// Between a frame's first failure and its next try.
    pub backoff_first: Duration,
    /// Each further wait is this many times the last.
    pub backoff_factor: f64,
    /// No wait is longer.
    pub backoff_max: Duration,
    /// A chunk made by `auto` should take about this long.
    pub chunk_target: Duration,
    /// A node is handed work ahead of its free slots for about this long, so that short frames need not wait
    /// for the leader.
    pub ahead: Duration,
    /// Most leases in one node's hands beyond its slots.
    pub ahead_max: u32,
    /// Finished jobs are forgotten after this.
    pub keep_finished: Duration,
    /// Most jobs remembered at once.
    pub max_jobs: usize,
    /// Failures that do not count against a frame become ones that do after this many in a row, so that
    /// nothing is tried for ever but what passes by itself.
    pub uncharged_max: u32,
    /// Renderers that look at a step on one node before its frames go out.
    pub preflight: BTreeSet<String>,
    /// How long a node's first quarantine for a renderer is.
    pub quarantine_first: Duration,
    /// Each further quarantine in a row is this many times the last.
    pub quarantine_factor: f64,
    /// No quarantine is longer.
    pub quarantine_max: Duration,
    /// So many failures in a row that nothing but the node explains, and it is not trusted any more.
    pub crashes_max: u32,
    /// Where the leader's HTTP door can be reached from outside, such as `https://farm.example:8080`, if anywhere:
    /// links in events begin with it.
    pub public_url: Option<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(5),
            reconnect_grace: Duration::from_millis(100),
            backoff_first: Duration::from_secs(2),
            backoff_factor: 2.0,
            backoff_max: Duration::from_secs(300),
            chunk_target: Duration::from_secs(10),
            ahead: Duration::from_millis(20),
            ahead_max: 256,
            keep_finished: Duration::from_secs(30 * 24 * 3600),
            max_jobs: 100_000,
            uncharged_max: 20,
            preflight: BTreeSet::new(),
            quarantine_first: Duration::from_secs(30),
            quarantine_factor: 2.0,
            quarantine_max: Duration::from_secs(15 * 60),
            crashes_max: 3,
            public_url: None,
        }
    }
}
