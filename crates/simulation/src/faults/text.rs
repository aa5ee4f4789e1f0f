//! A plan as text: one fault a line, as JSON, in order of time. Lines that begin with `#` are for people.

use super::{Fault, Plan, Planned};
use crate::Micros;

/// Nothing begins later or lasts longer: a year.
const LONGEST: Micros = 366 * 24 * 3600 * 1_000_000;
/// No wall clock is further off: a hundred years, in milliseconds.
const FURTHEST: u64 = 100 * 366 * 24 * 3600 * 1000;

/// A line that is no fault.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the plan: {why}")]
pub struct PlanError {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// The first line that is no fault.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let mut faults: Vec<Planned> = Vec::new();
        for (nth, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |why| PlanError { line: nth + 1, why };
            let planned = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
            check(&planned).map_err(wrong)?;
            faults.push(planned);
        }
        faults.sort_by_key(|planned| planned.at);
        Ok(Self { faults })
    }

    /// The text of a plan.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for planned in &self.faults {
            // A fault is numbers and words.
            text.push_str(&serde_json::to_string(planned).unwrap_or_default());
            text.push('\n');
        }
        text
    }
}

/// Times that would go beyond all counting are refused where they come in.
fn check(planned: &Planned) -> Result<(), String> {
    let time = |field: &str, found: Micros| {
        let why = format!("{field}: found {found}, allowed are 0 to {LONGEST} (microseconds: a year)");
        if found > LONGEST { Err(why) } else { Ok(()) }
    };
    time("at", planned.at)?;
    time("lasts", planned.lasts)?;
    match planned.fault {
        Fault::DiskSlow { by } | Fault::StorageSlow { by } | Fault::SlowLink { by, .. } => time("by", by),
        Fault::NodeLeaves { grace, .. } => time("grace", grace),
        Fault::WallClock { by } if by.unsigned_abs() > FURTHEST => {
            Err(format!("by: found {by}, allowed are {FURTHEST} both ways (milliseconds: a hundred years)"))
        }
        _ => Ok(()),
    }
}
