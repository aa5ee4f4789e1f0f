//! What a leader that stands still does to its nodes: none of them may be taken for dead.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use callsheet_model::{Event, OfflineReason};

use super::{SECOND, SILENCE, one_by_one, quiet};
use crate::Micros;
use crate::faults::{Fault, Plan, Planned};
use crate::invariants::Invariant;
use crate::run::{Tracing, run_watched};
use crate::scenario::Size;
use crate::sight::Sight;

/// Times that it stands still.
const STALLS: u16 = 10;
const LASTS: Micros = 10 * SECOND;
const APART: Micros = 60 * SECOND;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// Nodes.
    pub nodes: usize,
    /// Nodes that were declared dead, for silence.
    pub dead: u64,
    /// Renderers that were killed by their own nodes' clocks meanwhile.
    pub attempts: u64,
}

impl Stall {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { nodes, dead, attempts } = self;
        format!(
            "  {STALLS} times for {} s, {nodes} nodes, silence {} s: {dead} false deaths ({attempts} attempts ran)",
            LASTS / SECOND,
            SILENCE.as_secs()
        )
    }
}

/// Lets the leader stand still, again and again.
pub(super) fn measure(nodes: usize) -> Stall {
    let storm = u64::from(STALLS + 2) * APART;
    let scenario = quiet(7, Size { nodes, jobs: 60, storm, silence: Some(SILENCE) });
    let stall = |_| Planned { at: 0, lasts: LASTS, fault: Fault::LeaderStall };
    let faults = one_by_one(7, STALLS, APART, stall);
    let graves = Arc::new(AtomicU64::new(0));
    let watcher = Box::new(Graves(graves.clone()));
    let outcome = run_watched(scenario, Plan { faults }, Tracing::Off, vec![watcher]);
    Stall { nodes, dead: graves.load(Ordering::Relaxed), attempts: outcome.tally.attempts }
}

/// Counts nodes that were declared dead.
struct Graves(Arc<AtomicU64>);

impl Invariant for Graves {
    fn name(&self) -> &'static str {
        "measured"
    }

    fn see(&mut self, _: Micros, sight: &Sight<'_>) -> Result<(), String> {
        if let Sight::Durable(event) = sight
            && let Event::NodeOffline { reason: OfflineReason::HeartbeatLost, .. } = &event.envelope.event
        {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}
