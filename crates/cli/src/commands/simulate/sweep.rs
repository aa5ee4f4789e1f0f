//! Many seeds, in parallel.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use callsheet_simulation::case::Case;
use callsheet_simulation::report;
use callsheet_simulation::scenario::Size;
use callsheet_simulation::sweep::{Progress, Sweep};
use indicatif::{ProgressBar, ProgressStyle};

use super::Args;
use super::aside::{aside, spinner};
use crate::exit::{Exit, Failure};
use crate::output;

pub(super) async fn run(args: &Args) -> Result<Exit> {
    if args.trace {
        return Err(Failure::usage("--trace tells of one run: say which with --seed or --plan-file").into());
    }
    let sweep = Sweep {
        first: args.first,
        seeds: args.seeds,
        kinds: args.plans.clone(),
        size: args.size.over(Size::default())?,
        threads: args.threads,
        all: args.all,
    };
    let (size, began) = (sweep.size, Instant::now());
    let progress = Arc::new(Progress::default());
    let bar = bar(args.seeds)?;
    let look = || {
        let so_far = progress.so_far();
        bar.set_position(so_far.runs);
        bar.set_message(format!("{:.0} cluster hours", so_far.tally.simulated as f64 / 3.6e9));
    };
    let told = progress.clone();
    let finished = aside(move || sweep.run_telling(&told, |_, _| {}), look).await?;
    bar.finish_and_clear();
    let swept = progress.so_far();
    output::line(report::summary(&swept, began.elapsed()).trim_end())?;
    for failed in &swept.failed {
        output::line(report::broken(failed, size).trim_end())?;
    }
    if finished.is_none() {
        return Ok(Exit::Interrupted);
    }
    let Some(failed) = swept.failed.first().cloned() else { return Ok(Exit::Ok) };
    let bar = spinner("looking for the shortest plan that still fails");
    let case = Case { seed: failed.seed, size, plan: failed.plan };
    let examined = aside(move || report::examine(&case, &failed.violation), || {}).await?;
    bar.finish_and_clear();
    let Some(examined) = examined else { return Ok(Exit::Interrupted) };
    output::line(examined.text().trim_end())?;
    Ok(Exit::Failed)
}

fn bar(seeds: u64) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:40.cyan/dim} {pos}/{len} seeds, {msg}, {eta} left")?;
    Ok(ProgressBar::new(seeds).with_style(style.progress_chars("━━╌")))
}
