//! `nodes`: who is there, what they are doing, and who is not trusted with what; `nodes clear` trusts again.

use anyhow::Result;
use callsheet_protocol::v1;
use console::style;

use super::Asking;
use crate::client::{Client, told};
use crate::exit::Exit;
use crate::output::table::Table;
use crate::output::{self, json, show, words};

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    asking: Asking,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Trusts a node again that is in quarantine: it gets frames at once
    Clear(ClearArgs),
}

#[derive(clap::Args)]
struct ClearArgs {
    /// The node's name
    node: String,
    /// Only with this renderer; with every one when it is not given
    #[arg(long, value_name = "NAME")]
    renderer: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    match args.command {
        Some(Command::Clear(args)) => clear(args).await,
        None => list(args).await,
    }
}

async fn clear(args: ClearArgs) -> Result<Exit> {
    let ClearArgs { node, renderer, asking } = args;
    let mut client = Client::connect(&asking.reach).await?;
    let request = v1::ClearNodeRequest { node, renderer: renderer.unwrap_or_default() };
    let node = client.cluster.clear_node(request).await.map_err(told)?.into_inner();
    if asking.json {
        json::print("NodeView", &node)?;
        return Ok(Exit::Ok);
    }
    if node.quarantines.is_empty() {
        output::line(format!("{} is trusted with every renderer it has", node.name))?;
    }
    quarantines(&node).try_for_each(output::line)?;
    Ok(Exit::Ok)
}

async fn list(args: Args) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let answer = client.cluster.list_nodes(v1::ListNodesRequest {}).await.map_err(told)?.into_inner();
    if args.asking.json {
        json::print("ListNodesResponse", &answer)?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&[
        "NODE",
        "STATE",
        ">SLOTS",
        ">CPU",
        ">FREE RAM",
        ">CACHE",
        "RENDERERS",
        "LABELS",
        "DOING",
    ]);
    answer.nodes.iter().for_each(|node| table.row(cells(node)));
    if table.is_empty() {
        output::note("no node has come yet: start one with `callsheet node --config FILE --name NAME`");
        return Ok(Exit::Ok);
    }
    table.print()?;
    answer.nodes.iter().flat_map(quarantines).try_for_each(output::line)?;
    Ok(Exit::Ok)
}

/// What a node is not trusted with, why, and until when.
fn quarantines(node: &v1::NodeView) -> impl Iterator<Item = String> {
    node.quarantines.iter().map(|held| {
        let failure = held.failure.clone().unwrap_or_default();
        let why = show::failure(&failure).next().unwrap_or_default();
        let times = if held.strike > 1 { format!(", {} times in a row", held.strike) } else { String::new() };
        let now = words::now_ms();
        let next = match held.canary {
            0 if held.until_ms > now => format!("tried again in {}", words::duration(held.until_ms - now)),
            0 => "tried again with the next frame there is".to_owned(),
            canary => format!("being tried with one frame ({})", words::token(canary)),
        };
        let since = words::ago(held.since_ms);
        let title = style(format!("{} is in quarantine for {}", node.name, held.renderer)).yellow();
        format!("{title} since {since}{times}: {why}; {next}")
    })
}

fn cells(node: &v1::NodeView) -> [String; 9] {
    let can = node.capabilities.clone().unwrap_or_default();
    let beat = node.heartbeat.as_ref().filter(|_| node.online);
    let figure = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let mut renderers: Vec<String> = can.renderers.iter().map(renderer).collect();
    renderers.sort_unstable();
    [
        node.name.clone(),
        state(node),
        format!("{}/{}", node.leases.len().min(can.slots as usize), can.slots),
        figure(beat.and_then(|beat| beat.cpu_pct).map(|percent| format!("{percent} %"))),
        figure(beat.and_then(|beat| beat.ram_available_mb).map(|mb| words::bytes(mb << 20))),
        figure(beat.and_then(|beat| beat.cache_used_bytes).map(words::bytes)),
        renderers.join(", "),
        figure(Some(can.labels.join(",")).filter(|labels| !labels.is_empty())),
        figure(
            Some(node.leases.iter().map(doing).collect::<Vec<_>>().join("; "))
                .filter(|text| !text.is_empty()),
        ),
    ]
}

/// A renderer and what of it there is, the version that renders unless a step asks for another first.
fn renderer((name, versions): (&String, &String)) -> String {
    if versions.is_empty() { name.clone() } else { format!("{name} {}", versions.replace(", ", "/")) }
}

fn state(node: &v1::NodeView) -> String {
    let state = match (node.online, node.drained) {
        (true, false) => style("online".to_owned()).green(),
        (true, true) => style("drained".to_owned()).yellow(),
        (false, _) => {
            style(format!("{} {}", words::offline(node.offline_reason()), words::ago(node.since_ms))).red()
        }
    };
    state.to_string()
}

fn doing(lease: &v1::NodeLease) -> String {
    let at = lease.frame.map(|frame| format!(" at {frame}")).unwrap_or_default();
    let frames = if lease.remaining.is_empty() { &lease.frames } else { &lease.remaining };
    if lease.preflight {
        return format!("{} looks at {}", words::short(&lease.job), lease.step);
    }
    format!("{} {} {frames}{at}", words::short(&lease.job), lease.step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_node_shows_no_old_figures() {
        console::set_colors_enabled(false);
        let node = v1::NodeView {
            name: "anna".into(),
            offline_reason: v1::OfflineReason::HeartbeatLost.into(),
            since_ms: words::now_ms(),
            heartbeat: Some(v1::Heartbeat { cpu_pct: Some(99), ..Default::default() }),
            ..Default::default()
        };
        let cells = cells(&node);
        assert!(cells[1].starts_with("lost "), "{cells:?}");
        assert_eq!(cells[3], "-");
    }

    #[test]
    fn a_renderer_is_shown_with_all_its_versions() {
        let renderers = [("flipbook", ""), ("after_effects", "25.1, 24.6")];
        let renderers = renderers.map(|(name, versions)| (name.to_owned(), versions.to_owned()));
        let capabilities = v1::Capabilities { renderers: renderers.into(), ..Default::default() };
        let node = v1::NodeView { capabilities: Some(capabilities), ..Default::default() };
        assert_eq!(cells(&node)[6], "after_effects 25.1/24.6, flipbook");
    }

    #[test]
    fn a_quarantine_is_told_with_its_reason_and_its_end() {
        console::set_colors_enabled(false);
        let failure = v1::Failure {
            class: v1::FailureClass::NodeConfig.into(),
            message: "no output module template named EXR".into(),
            ..Default::default()
        };
        let held = v1::Quarantine {
            renderer: "after_effects".into(),
            failure: Some(failure),
            strike: 2,
            since_ms: words::now_ms(),
            until_ms: words::now_ms() + 120_000,
            ..Default::default()
        };
        let node = |held| v1::NodeView { name: "anna".into(), quarantines: vec![held], ..Default::default() };
        let told: Vec<String> = quarantines(&node(held.clone())).collect();
        let begin = "anna is in quarantine for after_effects since ";
        let reason = ", 2 times in a row: node config: no output module template named EXR; tried again in ";
        assert!(told.len() == 1 && told[0].starts_with(begin) && told[0].contains(reason), "{told:?}");
        let tried = v1::Quarantine { canary: (1 << 32) | 7, ..held };
        let told: Vec<String> = quarantines(&node(tried)).collect();
        assert!(told[0].ends_with("; being tried with one frame (1.7)"), "{told:?}");
    }
}
