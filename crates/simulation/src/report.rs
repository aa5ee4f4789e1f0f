//! What people read of runs: the summary of a sweep, and of a failure what was broken, how to replay it, the shortest
//! plan that still fails, and the last moments.

use std::fmt::Write as _;
use std::time::Duration;

use crate::case::Case;
use crate::faults::Kind;
use crate::invariants::{NAMES, Violation};
use crate::run::{Tally, Tracing, run_watched};
use crate::scenario::Size;
use crate::shrink::shrink;
use crate::sweep::{Failed, Swept};
use crate::{Micros, micros};

/// Lines of the last moments.
pub const LINES: usize = 60;

/// All that was counted in a sweep that took so long.
#[must_use]
pub fn summary(swept: &Swept, took: Duration) -> String {
    let tally = &swept.tally;
    let runs = match swept.runs {
        1 => "1 run".to_owned(),
        runs => format!("{} runs", figure(runs)),
    };
    let rate = tally.simulated as f64 / 60e6 / took.as_secs_f64().max(1e-3);
    let speed = match rate {
        100.0.. => format!("{} cluster hours a minute", figure(rate as u64)),
        _ => format!("{rate:.1} cluster hours a minute"),
    };
    let took = took.as_secs_f64();
    format!("{runs} in {took:.1} s: {speed}\n{}", counted(tally))
}

/// What was counted, line by line.
fn counted(tally: &Tally) -> String {
    let hours = |time: Micros| format!("{:.1}", time as f64 / 3.6e9);
    let mut text = String::new();
    let mut line = |name: &str, what: String| {
        // Writing to a string never fails.
        let _ = writeln!(text, "  {name:<10} {what}");
    };
    line(
        "simulated",
        format!("{} cluster hours, {} node hours", hours(tally.simulated), hours(tally.node_time)),
    );
    line(
        "faults",
        format!(
            "{}: the leader died {} times, a node {} times, an actor {} times; the network was cut {} times, a node left {} times",
            figure(tally.faults),
            figure(tally.leader_crashes),
            figure(tally.node_crashes),
            figure(tally.falls),
            figure(tally.partitions),
            figure(tally.leavings),
        ),
    );
    let (leases, attempts) = (figure(tally.leases), figure(tally.attempts));
    line(
        "work",
        format!("{leases} leases, {attempts} attempts, {} frames published", figure(tally.published)),
    );
    line("log", format!("{} events, {} snapshots", figure(tally.events), figure(tally.snapshots)));
    let (steps, checked) = (figure(tally.steps), figure(tally.checked));
    line("checked", format!("{} invariants, {checked} times in {steps} steps", NAMES.len()));
    text
}

/// What was broken, and the command that breaks it again.
#[must_use]
pub fn broken(failed: &Failed, size: Size) -> String {
    let Failed { seed, kind, violation, .. } = failed;
    format!("seed {seed}, plan {kind}: {}\nreplay it: {}\n", violated(violation), command(*seed, *kind, size))
}

/// Which invariant, when and how.
#[must_use]
pub fn violated(violation: &Violation) -> String {
    let Violation { invariant, why, at } = violation;
    format!("{invariant} is broken after {:.6} s:\n  {why}", *at as f64 / 1e6)
}

/// The command that does exactly this run.
#[must_use]
pub fn command(seed: u64, kind: Kind, size: Size) -> String {
    let Size { nodes, jobs, storm, silence } = size;
    // A number prints as short as it can be read back from.
    let hours = storm as f64 / 3.6e9;
    let mut command = format!(
        "callsheet simulate --seed {seed} --plan {kind} --nodes {nodes} --jobs {jobs} --hours {hours}"
    );
    if let Some(silence) = silence {
        let _ = write!(command, " --silence {}us", micros(silence));
    }
    command
}

/// A failure, looked into.
#[derive(Clone, Debug)]
pub struct Examined {
    /// The shortest case that still fails.
    pub case: Case,
    /// Faults of the plan it was made from.
    pub before: usize,
    /// What it breaks.
    pub violation: Violation,
    /// Runs that it took to find it.
    pub tries: u32,
    /// Its last moments.
    pub moments: String,
}

/// Finds the shortest plan that breaks the same, and its last moments. Takes up to hundreds of runs.
#[must_use]
pub fn examine(case: &Case, violation: &Violation) -> Examined {
    let scenario = case.scenario();
    let (plan, violation, tries) = shrink(&scenario, &case.plan, violation);
    let outcome = run_watched(scenario, plan.clone(), Tracing::Last, Vec::new());
    let moments = last(&outcome.trace.unwrap_or_default());
    let before = case.plan.faults.len();
    Examined { case: Case { plan, ..case.clone() }, before, violation, tries, moments }
}

/// The last lines of a trace.
#[must_use]
pub fn last(trace: &str) -> String {
    let lines: Vec<&str> = trace.lines().collect();
    let from = lines.len().saturating_sub(LINES);
    lines.get(from..).unwrap_or_default().iter().map(|line| format!("{line}\n")).collect()
}

impl Examined {
    /// In words: the last moments, and the plan as lines that can be saved.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { case, before, violation, tries, moments } = self;
        let after = case.plan.faults.len();
        format!(
            "its last moments:\n{moments}\n\
             the shortest plan that still fails has {after} of {before} faults ({tries} runs tried): {}\n\
             save these lines as FILE, and replay them with: callsheet simulate --plan-file FILE --trace\n{}",
            violated(violation),
            case.to_text()
        )
    }
}

/// Everything about all failures of a sweep; only the first is looked into.
#[must_use]
pub fn failures(swept: &Swept, size: Size) -> String {
    let mut text: String = swept.failed.iter().map(|failed| broken(failed, size)).collect();
    if let Some(Failed { seed, plan, violation, .. }) = swept.failed.first() {
        let case = Case { seed: *seed, size, plan: plan.clone() };
        text.push_str(&examine(&case, violation).text());
    }
    text
}

/// `1,234,567`.
#[must_use]
pub fn figure(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_says_all_that_a_run_comes_from() {
        let size =
            Size { storm: 1_234_567_890, silence: Some(Duration::from_millis(2500)), ..Size::default() };
        let told = command(9, Kind::Swizzled, size);
        assert!(told.contains("--seed 9 --plan swizzled --nodes 6 --jobs 8"), "{told}");
        assert!(told.ends_with("--silence 2500000us"), "{told}");
        let hours: f64 = told.split("--hours ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        assert_eq!((hours * 3.6e9).round() as u64, size.storm);
    }

    #[test]
    fn only_the_last_lines_are_shown() {
        let trace: String = (0..200).map(|nth| format!("line {nth}\n")).collect();
        let shown = last(&trace);
        assert_eq!(shown.lines().count(), LINES);
        assert!(shown.ends_with("line 199\n") && shown.starts_with("line 140\n"), "{shown}");
        assert_eq!(last("one\n"), "one\n");
    }

    #[test]
    fn figures_have_commas() {
        assert_eq!([0, 999, 1000, 1_234_567].map(figure), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_summary_counts_nodes_hours_and_speed() {
        let tally =
            Tally { simulated: 7_200_000_000, nodes: 5, node_time: 36_000_000_000, ..Tally::default() };
        let swept = Swept { runs: 1, tally, failed: Vec::new() };
        let told = summary(&swept, Duration::from_secs(2));
        assert!(told.starts_with("1 run in 2.0 s: 60.0 cluster hours a minute"), "{told}");
        assert!(told.contains("2.0 cluster hours, 10.0 node hours"), "{told}");
    }
}
