//! The log of a real cluster, looked at again: what did happen, and what would have happened otherwise.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::Result;
use callsheet_journal::{Exported, Exports};
use callsheet_simulation::incident::{Incident, Model, Simulated, side_by_side};
use callsheet_simulation::report;

use super::Args;
use super::aside::{aside, spinner};
use crate::exit::{Exit, Failure};
use crate::output::{self, words};

/// Runs of the model, of which the middle is shown.
const RUNS: u64 = 5;

pub(super) async fn run(export: &Path, args: &Args) -> Result<Exit> {
    let incident = read(export)?;
    let exit = replay(&incident, args.trace)?;
    if args.what_if.is_empty() && args.given.is_empty() {
        output::note("--what-if CHANGE shows what would have happened otherwise");
        return Ok(exit);
    }
    let usage = |error: &dyn std::error::Error| Failure::usage(format!("{}: {error}", export.display()));
    let model = incident.model().map_err(|error| usage(&error))?;
    let unchanged = model.with(&args.given).map_err(|error| usage(&error))?;
    let changed = unchanged.with(&args.what_if).map_err(|error| usage(&error))?;
    let first = args.seed.unwrap_or(1);
    let Some(one) = simulate(&unchanged, first).await? else { return Ok(Exit::Interrupted) };
    let Some(other) = simulate(&changed, first).await? else { return Ok(Exit::Interrupted) };
    let other = (!args.what_if.is_empty()).then_some(&other);
    let table =
        side_by_side(&unchanged, &incident.figures(), &one.figures, other.map(|other| &other.figures));
    output::line(table.trim_end())?;
    output::note(format!("The model, of which the middle of {RUNS} runs is shown:"));
    model.notes().iter().for_each(|note| output::note(format!("- {note}")));
    let broken = [one.violation.as_ref(), other.and_then(|other| other.violation.as_ref())];
    let mut broken = broken.into_iter().flatten().peekable();
    let exit = if broken.peek().is_some() { Exit::Failed } else { exit };
    broken.for_each(|violation| output::note(format!("in the model {}", report::violated(violation))));
    Ok(exit)
}

async fn simulate(model: &Model, first: u64) -> Result<Option<Simulated>> {
    let bar = spinner("simulating");
    let model = model.clone();
    let simulated = aside(move || model.simulate(first..first.saturating_add(RUNS)), || {}).await;
    bar.finish_and_clear();
    simulated
}

fn read(export: &Path) -> Result<Incident, Failure> {
    let bad = |error: &dyn std::error::Error| {
        Failure::usage(format!("{}: {error}", export.display()))
            .hint("`callsheet journal export DIRECTORY --output FILE` writes what can be read here")
    };
    let file = File::open(export).map_err(|error| bad(&error))?;
    let (mut images, mut events) = (Vec::new(), Vec::new());
    for exported in Exports::new(BufReader::new(file)) {
        match exported.map_err(|error| bad(&error))? {
            Exported::Snapshot(image) => images.push(*image),
            Exported::Event(event) => events.push(*event),
        }
    }
    Incident::new(images, events).map_err(|error| bad(&error))
}

/// What did happen.
fn replay(incident: &Incident, traced: bool) -> Result<Exit> {
    let mut printed = Ok(());
    let replayed = incident.replay(&mut |line| {
        if traced && printed.is_ok() {
            let at = words::moment(line.at.0);
            printed = output::line(format!("{:>8}  {at}  {}", line.sequence, line.what));
        }
    });
    printed?;
    let span = words::duration(callsheet_model::time::millis(incident.span()));
    let jobs: Vec<String> = replayed.jobs.iter().map(|(state, count)| format!("{count} {state}")).collect();
    output::line(format!(
        "{} over {span}: jobs {}; {} in force",
        words::count(replayed.events, "event"),
        if jobs.is_empty() { "none".to_owned() } else { jobs.join(", ") },
        words::count(replayed.leases as u64, "lease"),
    ))?;
    output::line(format!("asked of the events alone: {}", replayed.asked.join(", ")))?;
    for violation in &replayed.violations {
        output::line(report::violated(violation))?;
    }
    if replayed.violations.is_empty() {
        output::line("all of it holds")?;
    }
    Ok(if replayed.violations.is_empty() { Exit::Ok } else { Exit::Failed })
}
