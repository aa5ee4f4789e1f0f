//! `node`: a machine's agent; serves until it is told to leave.

use std::path::PathBuf;

use anyhow::Result;
use callsheet_node::{Door, NodeSettings, Shutdown};
use callsheet_renderers::Registry;
use callsheet_telemetry::Form;

use crate::exit::{Exit, Failure};
use crate::files;
use crate::leaving::Wishes;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The cluster config
    #[arg(long, value_name = "FILE", env = "CALLSHEET_CONFIG")]
    config: PathBuf,
    /// Which of its nodes this is
    #[arg(long, env = "CALLSHEET_NODE")]
    name: String,
    /// Write diagnostics as JSON lines
    #[arg(long)]
    log_json: bool,
    /// Standard input is a lifeline: leave when it ends
    #[arg(long, hide = true)]
    lifeline: bool,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    let cluster = files::cluster_config(&args.config)?;
    let Some(node) = cluster.node(&args.name).cloned() else {
        let names: Vec<&str> = cluster.nodes.iter().map(|node| node.name.as_str()).collect();
        let message = format!("{} has no node {:?}", args.config.display(), args.name);
        let there = if names.is_empty() { "it has none".to_owned() } else { names.join(", ") };
        return Err(Failure::usage(message).hint(format!("there are: {there}")).into());
    };
    callsheet_telemetry::start(node.log_level.word(), if args.log_json { Form::Json } else { Form::Text });
    let wishes = Wishes::listen(args.lifeline)?;
    let door = Door::of(&cluster.leader).map_err(|error| Failure::usage(in_full(&error)))?;
    let renderers = Registry::of_node(&cluster, &node).into_renderers();
    let done = callsheet_node::run(NodeSettings::new(node, door, renderers), wishes.subscribe()).await;
    done.map_err(|error| Failure::new(Exit::Broken, in_full(&error)))?;
    let at_once = *wishes.subscribe().borrow() == Shutdown::Now;
    Ok(if at_once { Exit::Interrupted } else { Exit::Ok })
}

/// An error with all its causes, in one line.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
