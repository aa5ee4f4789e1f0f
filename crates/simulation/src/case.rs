//! A case: everything that one run comes from, as text. It is what a failing seed leaves behind: saved, it runs the
//! same again, here and anywhere, and stays as a regression.
//!
//! ```text
//!   # for people
//!   {"run":{"seed":7,"nodes":6,"jobs":8,"storm":3600000000,"silence":null}}
//!   {"at":60000000,"lasts":5000000,"fault":{"node_crash":{"node":2,"disk":true}}}
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::faults::{Plan, PlanError};
use crate::scenario::{Scenario, Size};
use crate::{Micros, micros};

/// Most nodes of a run.
pub const MOST_NODES: usize = 10_000;
/// Most jobs of a run.
pub const MOST_JOBS: usize = 100_000;
/// The longest storm: a year.
pub const LONGEST_STORM: Micros = 366 * 24 * 3600 * 1_000_000;

/// What one run comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Where the cluster and chance come from.
    pub seed: u64,
    /// How large and how long.
    pub size: Size,
    /// What goes wrong.
    pub plan: Plan,
}

/// The line that says all but the plan. Times are microseconds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    run: Header,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    seed: u64,
    nodes: usize,
    jobs: usize,
    storm: Micros,
    silence: Option<Micros>,
}

impl Case {
    /// Reads a case. What the text does not say of seed and size is `otherwise`.
    ///
    /// # Errors
    /// The first line that makes no sense.
    pub fn parse(text: &str, seed: u64, otherwise: Size) -> Result<Self, PlanError> {
        let first = text.lines().enumerate().find(|(_, line)| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#')
        });
        let Some((nth, line)) = first.filter(|(_, line)| line.trim_start().starts_with("{\"run\"")) else {
            return Ok(Self { seed, size: otherwise, plan: Plan::parse(text)? });
        };
        let wrong = |why: String| PlanError { line: nth + 1, why };
        let Line { run } = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        let size = Size {
            nodes: run.nodes,
            jobs: run.jobs,
            storm: run.storm,
            silence: run.silence.map(Duration::from_micros),
        };
        check(&size).map_err(wrong)?;
        // What stands before the header is for people; lines keep their numbers.
        let rest: String = text
            .lines()
            .enumerate()
            .map(|(at, line)| if at == nth { "\n".into() } else { format!("{line}\n") })
            .collect();
        Ok(Self { seed: run.seed, size, plan: Plan::parse(&rest)? })
    }

    /// Its text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Size { nodes, jobs, storm, silence } = self.size;
        let run = Header { seed: self.seed, nodes, jobs, storm, silence: silence.map(micros) };
        // Numbers only.
        let header = serde_json::to_string(&Line { run }).unwrap_or_default();
        format!("{header}\n{}", self.plan.to_text())
    }

    /// Its cluster.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        Scenario::draw(self.seed, self.size)
    }
}

/// Whether a size can be simulated.
///
/// # Errors
/// A sentence that names what is too much.
pub fn check(size: &Size) -> Result<(), String> {
    let Size { nodes, jobs, storm, silence } = *size;
    let second = Duration::from_secs(1);
    match () {
        () if nodes == 0 || nodes > MOST_NODES => {
            Err(format!("nodes: found {nodes}, allowed are 1 to {MOST_NODES}"))
        }
        () if jobs > MOST_JOBS => Err(format!("jobs: found {jobs}, allowed are 0 to {MOST_JOBS}")),
        () if !(60_000_000..=LONGEST_STORM).contains(&storm) => {
            Err(format!("storm: found {} s, allowed are 60 s to 366 days", storm / 1_000_000))
        }
        () if silence.is_some_and(|silence| silence < second || silence > 3600 * second) => {
            Err(format!("silence: found {:?}, allowed are 1 s to 1 h", silence.unwrap_or_default()))
        }
        () => Ok(()),
    }
}
