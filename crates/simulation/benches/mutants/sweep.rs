//! What the copy does, with a fault in it or without: seed after seed until something breaks.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use callsheet_simulation::faults::Kind;
use callsheet_simulation::scenario::Size;
use callsheet_simulation::sweep::Sweep;
use serde::{Deserialize, Serialize};

/// The argument that says that this is the copy.
pub(crate) const SWEEP: &str = "--sweep";

/// A sweep that takes longer goes round in circles.
const LONGEST: Duration = Duration::from_secs(900);

/// How a sweep ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ended {
    /// Seeds tried.
    pub(crate) runs: u64,
    /// What broke, and with which seed.
    pub(crate) broken: Option<Broken>,
}

/// What broke first.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Broken {
    /// The lowest seed that breaks it.
    pub(crate) seed: u64,
    /// The kind of its plan.
    pub(crate) plan: String,
    /// The invariant; `panic` when the code did not even get so far.
    pub(crate) invariant: String,
    /// How.
    pub(crate) why: String,
}

/// Sweeps in this process, and prints how it ended.
pub(crate) fn here(seeds: u64, plan: Option<&str>) -> Result<(), String> {
    let kinds = plan.map(str::parse::<Kind>).transpose()?.into_iter().collect();
    let sweep = Sweep { first: 1, seeds, kinds, size: Size::default(), threads: 0, all: false };
    let heard = Mutex::new(BTreeSet::new());
    let hear = |seed| {
        heard.lock().unwrap_or_else(PoisonError::into_inner).insert(seed);
    };
    let swept = catch_unwind(AssertUnwindSafe(|| sweep.run(|seed, _| hear(seed))));
    let heard = heard.into_inner().unwrap_or_else(PoisonError::into_inner);
    let ended = match swept {
        Ok(swept) => {
            let broken = swept.failed.into_iter().next().map(|failed| Broken {
                seed: failed.seed,
                plan: failed.kind.to_string(),
                invariant: failed.violation.invariant.to_owned(),
                why: failed.violation.why,
            });
            Ended { runs: swept.runs, broken }
        }
        Err(_) => {
            let seed = (1..).find(|seed| !heard.contains(seed)).unwrap_or(1);
            let (plan, invariant) = (sweep.kind_of(seed).to_string(), "panic".to_owned());
            let why = "the code panicked".to_owned();
            Ended { runs: heard.len() as u64 + 1, broken: Some(Broken { seed, plan, invariant, why }) }
        }
    };
    println!("{}", serde_json::to_string(&ended).map_err(|error| error.to_string())?);
    Ok(())
}

/// Lets the copy sweep.
pub(crate) fn there(program: &Path, seeds: u64, plan: Option<&str>) -> Result<Ended, String> {
    let mut command = Command::new(program);
    command.arg(SWEEP).arg(seeds.to_string()).args(plan).stdin(Stdio::null()).stderr(Stdio::null());
    let cannot = |error: std::io::Error| format!("the copy cannot be run: {error}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(cannot)?;
    let until = Instant::now() + LONGEST;
    while child.try_wait().map_err(cannot)?.is_none() {
        if Instant::now() > until {
            child.kill().and_then(|()| child.wait()).map_err(cannot)?;
            return Err(format!("the copy did not end within {} s", LONGEST.as_secs()));
        }
        thread::sleep(Duration::from_millis(50));
    }
    let output = child.wait_with_output().map_err(cannot)?;
    let told = String::from_utf8_lossy(&output.stdout);
    let last = told.lines().next_back().unwrap_or_default();
    serde_json::from_str(last).map_err(|error| format!("the copy ended ({}): {error}", output.status))
}
