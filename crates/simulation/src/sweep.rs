//! Many runs at once: seeds by threads, what came of all of them, and the first seed that failed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::faults::{self, Kind, Plan};
use crate::invariants::Violation;
use crate::run::{Tally, run};
use crate::scenario::{Scenario, Size};

/// Which runs.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The first seed.
    pub first: u64,
    /// How many, from there on.
    pub seeds: u64,
    /// Kinds of plans, one after the other; all kinds when there are none.
    pub kinds: Vec<Kind>,
    /// How large and how long.
    pub size: Size,
    /// Threads; as many as there are processors when 0.
    pub threads: usize,
    /// Go on after a failure.
    pub all: bool,
}

/// A seed that failed.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The seed.
    pub seed: u64,
    /// The kind of its plan.
    pub kind: Kind,
    /// Its plan.
    pub plan: Plan,
    /// What was broken.
    pub violation: Violation,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Swept {
    /// Runs.
    pub runs: u64,
    /// All that was counted.
    pub tally: Tally,
    /// Seeds that failed, lowest first.
    pub failed: Vec<Failed>,
}

impl Sweep {
    /// The kind of plan of a seed.
    #[must_use]
    pub fn kind_of(&self, seed: u64) -> Kind {
        let kinds = if self.kinds.is_empty() { &Kind::ALL[..] } else { &self.kinds[..] };
        let at = usize::try_from(seed % kinds.len() as u64).unwrap_or(0);
        kinds.get(at).copied().unwrap_or(Kind::Random)
    }

    /// Runs all of them. `heard` hears of each run that is over, from any thread.
    pub fn run(&self, heard: impl Fn(u64, &Tally) + Sync) -> Swept {
        let progress = Progress::default();
        self.run_telling(&progress, heard);
        progress.so_far()
    }

    /// The same; what has come of it can be asked for at any time, from another thread.
    pub fn run_telling(&self, progress: &Progress, heard: impl Fn(u64, &Tally) + Sync) {
        let next = AtomicU64::new(self.first);
        let stop = AtomicBool::new(false);
        let threads = match self.threads {
            0 => thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= self.first.saturating_add(self.seeds) {
                            return;
                        }
                        let kind = self.kind_of(seed);
                        let scenario = Scenario::draw(seed, self.size);
                        let plan = faults::draw(kind, seed, scenario.storm);
                        let outcome = run(scenario, plan.clone(), false);
                        heard(seed, &outcome.tally);
                        let failed = outcome.violation.map(|violation| {
                            stop.fetch_or(!self.all, Ordering::Relaxed);
                            Failed { seed, kind, plan, violation }
                        });
                        progress.add(&outcome.tally, failed);
                    }
                });
            }
        });
    }
}

/// What has come of a sweep so far.
#[derive(Debug, Default)]
pub struct Progress(Mutex<Swept>);

impl Progress {
    /// Seeds that failed are in order.
    #[must_use]
    pub fn so_far(&self) -> Swept {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, tally: &Tally, failed: Option<Failed>) {
        let mut swept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        swept.runs += 1;
        swept.tally.add(tally);
        swept.failed.extend(failed);
        swept.failed.sort_by_key(|failed| failed.seed);
    }
}
