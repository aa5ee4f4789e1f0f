//! How fast the simulator is: hours of a cluster of 50 nodes in a minute of this machine.

use std::time::Duration;

use super::{Clock, SECOND};
use crate::faults::Kind;
use crate::report::figure;
use crate::run::Tally;
use crate::scenario::Size;
use crate::sweep::Sweep;

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub struct Speed {
    /// The silence after which a node is lost; pulses come five times as often.
    pub silence: Duration,
    /// Nothing goes wrong in any of them.
    pub calm: bool,
    /// What was simulated.
    pub tally: Tally,
    /// Threads.
    pub threads: u64,
    /// Real time.
    pub took: Duration,
}

impl Speed {
    /// Hours of the cluster in a minute.
    #[must_use]
    pub fn hours_a_minute(&self) -> f64 {
        self.tally.simulated as f64 / 60e6 / self.took.as_secs_f64().max(1e-6)
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { silence, calm, tally, threads, took } = self;
        let plans = if *calm { "nothing goes wrong" } else { "all kinds of plans" };
        let hours = tally.simulated as f64 / 3.6e9;
        let each = |count: u64| figure((count as f64 / hours) as u64);
        format!(
            "  silence {:>2} s, {plans}: {} cluster hours a minute on {threads} threads ({hours:.0} h in {:.1} s; in an hour {} \
             steps, {} events, {} frames)",
            silence.as_secs(),
            figure(self.hours_a_minute() as u64),
            took.as_secs_f64(),
            each(tally.steps),
            each(tally.events),
            each(tally.published),
        )
    }
}

/// Hours for which things go wrong in each run; healing comes on top. With runs much longer than that the last ones
/// leave threads without work.
const SHIFT: u64 = 2;

/// Simulates about so many hours for each thread.
pub(super) fn measure(hours: u64, silence: Duration, calm: bool, clock: Clock<'_>) -> Speed {
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    // A job every five minutes.
    let storm = SHIFT * 3600 * SECOND;
    let jobs = usize::try_from(storm / (300 * SECOND)).unwrap_or(1);
    let size = Size { nodes: 50, jobs, storm, silence: Some(silence) };
    let kinds = if calm { vec![Kind::None] } else { Vec::new() };
    let seeds = threads * hours.div_ceil(SHIFT);
    let sweep = Sweep { first: 1, seeds, kinds, size, threads: 0, all: true };
    let began = clock();
    let swept = sweep.run(|_, _| {});
    Speed { silence, calm, tally: swept.tally, threads, took: clock().saturating_sub(began) }
}
