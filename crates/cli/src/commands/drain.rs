//! `drain`, `undrain`: whether a node gets work.

use anyhow::Result;
use callsheet_protocol::v1;

use super::Asking;
use crate::client::{Client, told};
use crate::exit::Exit;
use crate::output::{self, json, words};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The node's name
    node: String,
    #[command(flatten)]
    asking: Asking,
}

pub(crate) async fn drain(args: Args) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let node = client.cluster.drain(v1::DrainRequest { node: args.node }).await.map_err(told)?;
    show(&args.asking, &node.into_inner())
}

pub(crate) async fn undrain(args: Args) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let node = client.cluster.undrain(v1::UndrainRequest { node: args.node }).await.map_err(told)?;
    show(&args.asking, &node.into_inner())
}

fn show(asking: &Asking, node: &v1::NodeView) -> Result<Exit> {
    if asking.json {
        json::print("NodeView", node)?;
        return Ok(Exit::Ok);
    }
    let what = match (node.drained, node.leases.len() as u64) {
        (false, _) => "gets work".to_owned(),
        (true, 0) => "gets no more work, and has none".to_owned(),
        (true, held) => format!("gets no more work, and finishes {}", words::count(held, "frame job")),
    };
    output::line(format!("{} {what}", node.name))?;
    Ok(Exit::Ok)
}
