//! `config check`: reads a cluster config as the leader and every node do, and tells what would be run.

use std::path::PathBuf;

use anyhow::Result;
use callsheet_config::{ClusterConfig, CommandDescription, NodeConfig};
use clap::Subcommand;
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::files;
use crate::output::{self, words};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Tells every mistake in a config, or what would be run with it
    Check {
        /// The cluster config
        file: PathBuf,
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(args: Args) -> Result<Exit> {
    let Command::Check { file, json } = args.command;
    let config = match files::cluster_config(&file) {
        Ok(config) => config,
        Err(error) => return refuse(&error, json),
    };
    if json {
        output::line(serde_json::to_string_pretty(&document(&config))?)?;
        return Ok(Exit::Ok);
    }
    for line in lines(&config) {
        output::line(line)?;
    }
    Ok(Exit::Ok)
}

/// Mistakes are what a check is there to find: they are its result.
fn refuse(error: &anyhow::Error, json: bool) -> Result<Exit> {
    let message =
        error.downcast_ref::<Failure>().map_or_else(|| format!("{error:#}"), |said| said.message.clone());
    if json {
        let (title, mistakes) = message.split_once('\n').unwrap_or((message.as_str(), ""));
        let document = json!({ "ok": false, "error": title.trim_end_matches(':'), "mistakes": mistakes.lines().collect::<Vec<_>>() });
        output::line(serde_json::to_string_pretty(&document)?)?;
    } else {
        output::line(message)?;
    }
    Ok(Exit::Failed)
}

fn lines(config: &ClusterConfig) -> Vec<String> {
    let leader = &config.leader;
    let tls = if leader.tls.is_some() { "TLS" } else { "no TLS" };
    let tokens = if leader.tokens.is_some() { "tokens" } else { "no tokens" };
    let mut lines = vec![
        format!("cluster {}: no mistakes", config.name),
        format!(
            "  leader  listens on {}, is dialled at {} ({tls}, {tokens})",
            leader.listen, leader.advertise
        ),
        format!("          keeps its data in {}", leader.data.display()),
    ];
    lines.extend(config.nodes.iter().map(one_node));
    if config.nodes.is_empty() {
        lines.push("  no node".to_owned());
    }
    lines.extend(config.renderers.values().map(one_renderer));
    lines
}

fn one_node(node: &NodeConfig) -> String {
    let list =
        |items: &std::collections::BTreeSet<String>| items.iter().cloned().collect::<Vec<_>>().join(", ");
    let labels =
        if node.labels.is_empty() { String::new() } else { format!(", labels {}", list(&node.labels)) };
    let slots = words::count(node.slots.into(), "slot");
    format!(
        "  node    {}: {slots}, renders with {}{labels}, cache of {}",
        node.name,
        list(&node.renderers),
        words::bytes(node.cache_size)
    )
}

fn one_renderer(renderer: &CommandDescription) -> String {
    format!("  renderer {} runs {}", renderer.name, renderer.program.display())
}

fn document(config: &ClusterConfig) -> serde_json::Value {
    let nodes = config.nodes.iter().map(|node| {
        json!({
            "name": node.name,
            "slots": node.slots,
            "renderers": node.renderers,
            "labels": node.labels,
            "work": node.work,
            "cache": node.cache,
            "cache_size": node.cache_size,
        })
    });
    let renderers = config.renderers.values();
    json!({
        "ok": true,
        "cluster": config.name,
        "leader": {
            "listen": config.leader.listen,
            "advertise": config.leader.advertise,
            "data": config.leader.data,
            "tls": config.leader.tls.is_some(),
            "tokens": config.leader.tokens.is_some(),
        },
        "nodes": nodes.collect::<Vec<_>>(),
        "renderers": renderers
            .map(|renderer| json!({ "name": renderer.name, "program": renderer.program }))
            .collect::<Vec<_>>(),
    })
}
