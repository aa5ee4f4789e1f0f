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

fn lines(status: &v1::StatusResponse, url: &str) -> Vec<(&'static str, String)> {
    let awaiting = match status.jobs_awaiting {
        0 => String::new(),
        count => format!(", {count} awaiting approval (`callsheet approve --list`)"),
    };
    let mut lines = vec![
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
                "{} running, {} queued, {} paused, {} over{awaiting}",
                status.jobs_running, status.jobs_queued, status.jobs_paused, status.jobs_over
            ),
        ),
        ("journal", format!("{}, kept from {} on", words::count(status.sequence, "event"), status.oldest)),
    ];
    if status.pauses > 0 {
        lines.push(("pauses", format!("{} in force (`callsheet pauses`)", status.pauses)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_a_person_is_told_and_what_does_not_is_not() {
        let status = v1::StatusResponse { jobs_awaiting: 2, pauses: 1, ..Default::default() };
        let text =
            |status| lines(&status, "url").into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n");
        let told = text(status);
        assert!(told.contains("2 awaiting approval") && told.contains("1 in force"), "{told}");
        let told = text(v1::StatusResponse::default());
        assert!(!told.contains("awaiting") && !told.contains("in force"), "{told}");
    }
}
