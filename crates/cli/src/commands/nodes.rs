//! `nodes`: who is there, and what they are doing.

use anyhow::Result;
use callsheet_protocol::v1;
use console::style;

use super::Asking;
use crate::client::{Client, told};
use crate::exit::Exit;
use crate::output::table::Table;
use crate::output::{self, json, words};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    asking: Asking,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
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
    Ok(Exit::Ok)
}

fn cells(node: &v1::NodeView) -> [String; 9] {
    let can = node.capabilities.clone().unwrap_or_default();
    let beat = node.heartbeat.as_ref().filter(|_| node.online);
    let figure = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let renderers: Vec<&str> = can.renderers.keys().map(String::as_str).collect();
    let mut renderers = renderers;
    renderers.sort_unstable();
    [
        node.name.clone(),
        state(node),
        format!("{}/{}", node.leases.len().min(can.slots as usize), can.slots),
        figure(beat.and_then(|beat| beat.cpu_pct).map(|percent| format!("{percent} %"))),
        figure(beat.and_then(|beat| beat.ram_available_mb).map(|mb| words::bytes(mb << 20))),
        figure(beat.and_then(|beat| beat.cache_used_bytes).map(words::bytes)),
        renderers.join(","),
        figure(Some(can.labels.join(",")).filter(|labels| !labels.is_empty())),
        figure(
            Some(node.leases.iter().map(doing).collect::<Vec<_>>().join("; "))
                .filter(|text| !text.is_empty()),
        ),
    ]
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
}
