//! `simulate`: whole clusters in this process, on the shipping minds, with everything that can go wrong; many seeds at
//! once, one of them to look into, an incident to look at again, or the figures of it all.

mod aside;
mod figures;
mod incident;
mod one;
mod sweep;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use callsheet_simulation::case;
use callsheet_simulation::faults::Kind;
use callsheet_simulation::incident::Change;
use callsheet_simulation::scenario::Size;

use crate::exit::{Exit, Failure};

#[derive(clap::Args)]
#[command(after_long_help = "\
A seed that fails prints what was broken, the command that replays it, its last moments, and the shortest plan \
of faults that still breaks it; the exit code is 1.

  callsheet simulate --seeds 1000                                 all kinds of plans, as many threads as processors
  callsheet simulate --seed 17 --plan targeted --trace            one run, told line by line
  callsheet simulate --plan-file broken.plan                      what a failing seed printed
  callsheet simulate --incident log.jsonl --trace                 what a real cluster's log says
  callsheet simulate --incident log.jsonl --what-if nodes=+4      what would have happened otherwise
  callsheet simulate --figures                                    what the README promises, measured")]
pub(crate) struct Args {
    /// So many seeds
    #[arg(long, value_name = "N", default_value_t = 100)]
    seeds: u64,
    /// The first of them
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    first: u64,
    /// Only this seed
    #[arg(long, conflicts_with_all = ["seeds", "first"])]
    seed: Option<u64>,
    /// Kinds of plans: none, random, swizzled, targeted; can be given more than once, and all of them without it
    #[arg(long = "plan", value_name = "KIND", conflicts_with = "plan_file")]
    plans: Vec<Kind>,
    /// One run under the faults in this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "first"])]
    plan_file: Option<PathBuf>,
    #[command(flatten)]
    size: Sizes,
    /// Threads; as many as there are processors without it
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// Go on after a seed that fails
    #[arg(long)]
    all: bool,
    /// Tell what happens, line by line
    #[arg(long)]
    trace: bool,
    /// Look at the log of a real cluster: an export of its journal
    #[arg(long, value_name = "EXPORT", conflicts_with_all = ["seeds", "first", "plans", "plan_file", "figures"])]
    incident: Option<PathBuf>,
    /// What if this had been otherwise: nodes=+4, nodes=-NAME, nodes=NAME:slots=8, priority=JOB:90, outages=none,
    /// failures=none, policy.silence=20s; can be given more than once
    #[arg(long, value_name = "CHANGE", requires = "incident", verbatim_doc_comment)]
    what_if: Vec<Change>,
    /// What the model is to know of the cluster, changed or not: as --what-if
    #[arg(long, value_name = "CHANGE", requires = "incident")]
    given: Vec<Change>,
    /// Measure what is promised: takes some minutes, and means something only in a release build
    #[arg(long, conflicts_with_all = ["seeds", "first", "seed", "plans", "plan_file", "trace"])]
    figures: bool,
}

/// How large and how long.
#[derive(clap::Args, Clone, Copy)]
struct Sizes {
    /// Nodes of each cluster [default: 6]
    #[arg(long, value_name = "N")]
    nodes: Option<usize>,
    /// Jobs that are submitted to each [default: 8]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Hours for which things go wrong [default: 1]
    #[arg(long, value_name = "HOURS")]
    hours: Option<f64>,
    /// A node unheard of for this long is lost; chance decides without it
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    silence: Option<Duration>,
}

impl Sizes {
    /// What was not said is as `otherwise`.
    fn over(self, otherwise: Size) -> Result<Size, Failure> {
        let size = Size {
            nodes: self.nodes.unwrap_or(otherwise.nodes),
            jobs: self.jobs.unwrap_or(otherwise.jobs),
            // What is negative, or nothing, is 0, and refused as that.
            storm: self.hours.map_or(otherwise.storm, |hours| (hours * 3.6e9).round() as u64),
            silence: self.silence.or(otherwise.silence),
        };
        case::check(&size).map_err(Failure::usage)?;
        Ok(size)
    }
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    if args.figures {
        return figures::run().await;
    }
    if let Some(export) = &args.incident {
        return incident::run(export, &args).await;
    }
    if args.seed.is_some() || args.plan_file.is_some() {
        return one::run(&args).await;
    }
    sweep::run(&args).await
}
