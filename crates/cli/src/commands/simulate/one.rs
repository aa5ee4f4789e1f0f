//! One run: of a seed and a kind of plan, or of a plan in a file.

use std::time::Instant;

use anyhow::Result;
use callsheet_simulation::case::Case;
use callsheet_simulation::faults::draw;
use callsheet_simulation::report;
use callsheet_simulation::run::run as simulate;
use callsheet_simulation::scenario::Size;
use callsheet_simulation::sweep::{Sweep, Swept};

use super::Args;
use super::aside::{aside, spinner};
use crate::exit::{Exit, Failure};
use crate::{files, output};

pub(super) async fn run(args: &Args) -> Result<Exit> {
    let case = case(args)?;
    let began = Instant::now();
    let bar = spinner("simulating");
    let (told, traced) = (case.clone(), args.trace);
    let outcome = aside(move || simulate(told.scenario(), told.plan, traced), || {}).await?;
    bar.finish_and_clear();
    let Some(outcome) = outcome else { return Ok(Exit::Interrupted) };
    if let Some(trace) = &outcome.trace {
        output::line(trace.trim_end())?;
    }
    let swept = Swept { runs: 1, tally: outcome.tally, failed: Vec::new() };
    output::line(report::summary(&swept, began.elapsed()).trim_end())?;
    let Some(violation) = outcome.violation else { return Ok(Exit::Ok) };
    output::line(format!("seed {}: {}", case.seed, report::violated(&violation)))?;
    let bar = spinner("looking for the shortest plan that still fails");
    let examined = aside(move || report::examine(&case, &violation), || {}).await?;
    bar.finish_and_clear();
    let Some(examined) = examined else { return Ok(Exit::Interrupted) };
    output::line(examined.text().trim_end())?;
    Ok(Exit::Failed)
}

fn case(args: &Args) -> Result<Case> {
    let seed = args.seed.unwrap_or(1);
    if let Some(path) = &args.plan_file {
        let text = files::text(path)?;
        let case = Case::parse(&text, seed, Size::default())
            .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
        // What is said here goes before what the file says.
        return Ok(Case { seed: args.seed.unwrap_or(case.seed), size: args.size.over(case.size)?, ..case });
    }
    let size = args.size.over(Size::default())?;
    let sweep = Sweep { first: seed, seeds: 1, kinds: args.plans.clone(), size, threads: 1, all: false };
    let plan = draw(sweep.kind_of(seed), seed, size.storm);
    Ok(Case { seed, size, plan })
}
