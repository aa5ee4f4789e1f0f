//! `status`: the cluster in a few lines.

use anyhow::Result;
use callsheet_protocol::v1;

use super::Asking;
use crate::client::{Client, told};
use crate::exit::Exit;
use crate::output::{self, json, words};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    asking: Asking,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let status = client.cluster.status(v1::StatusRequest {}).await.map_err(told)?.into_inner();
    if args.asking.json {
        json::print("StatusResponse", &status)?;
        return Ok(Exit::Ok);
    }
    for (label, text) in lines(&status, &client.url) {
        output::line(format!("{} {text}", console::style(format!("{label:8}")).dim()))?;
    }
    Ok(Exit::Ok)
}

fn lines(status: &v1::StatusResponse, url: &str) -> [(&'static str, String); 5] {
    [
        ("cluster", format!("{} at {url}, version {}", status.cluster, status.version)),
        (
            "leader",
            format!(
                "up for {}, epoch {}",
                { words::duration(words::now_ms().saturating_sub(status.started_at_ms)) },
                status.epoch
            ),
        ),
        (
            "nodes",
            format!(
                "{} of {} online, {}, {} out",
                status.nodes_online,
                status.nodes_known,
                words::count(status.slots, "slot"),
                words::count(status.leases, "frame job"),
            ),
        ),
        (
            "jobs",
            format!(
                "{} running, {} queued, {} paused, {} over",
                status.jobs_running, status.jobs_queued, status.jobs_paused, status.jobs_over
            ),
        ),
        ("journal", words::count(status.sequence, "event")),
    ]
}
