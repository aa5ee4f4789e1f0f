//! `approve`, `deny`: a person's word on a job that waits for one.

use anyhow::Result;
use callsheet_protocol::v1;

use super::Asking;
use super::change::show;
use crate::client::{Client, told};
use crate::exit::Exit;
use crate::output::table::Table;
use crate::output::{self, json, words};

#[derive(clap::Args)]
pub(crate) struct ApproveArgs {
    /// The job's id, or the end of it
    #[arg(required_unless_present = "list")]
    id: Option<String>,
    /// What you want to say about it
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    comments: String,
    /// Only lists the jobs that wait for someone's release
    #[arg(long, conflicts_with_all = ["id", "comments"])]
    list: bool,
    #[command(flatten)]
    asking: Asking,
}

#[derive(clap::Args)]
pub(crate) struct DenyArgs {
    /// The job's id, or the end of it
    id: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    asking: Asking,
}

pub(crate) async fn approve(args: ApproveArgs) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let Some(id) = args.id else { return list(&mut client, &args.asking).await };
    let request = v1::ApproveRequest { id, comments: args.comments };
    let job = client.jobs.approve(request).await.map_err(told)?.into_inner();
    show(&args.asking, &job)
}

pub(crate) async fn deny(args: DenyArgs) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let request = v1::DenyRequest { id: args.id, reason: args.reason };
    let job = client.jobs.deny(request).await.map_err(told)?.into_inner();
    show(&args.asking, &job)
}

async fn list(client: &mut Client, asking: &Asking) -> Result<Exit> {
    let answer = client.cluster.list_approvals(v1::ListApprovalsRequest {}).await.map_err(told)?.into_inner();
    if asking.json {
        json::print("ListApprovalsResponse", &answer)?;
        return Ok(Exit::Ok);
    }
    if answer.approvals.is_empty() {
        output::note("no job waits for a release");
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&["ID", "ASKED", "TIME LEFT", "KIND", "PROJECT", "NAME", "QUESTION"]);
    answer.approvals.iter().for_each(|waiting| table.row(cells(waiting, words::now_ms())));
    table.print()?;
    Ok(Exit::Ok)
}

fn cells(waiting: &v1::ApprovalView, now: u64) -> [String; 7] {
    let asked = waiting.approval.clone().unwrap_or_default();
    let left = match (waiting.escalated, waiting.due_at_ms) {
        (true, _) => console::style("overdue".to_owned()).red().to_string(),
        (false, None) => "-".to_owned(),
        (false, Some(due)) => words::duration(due.saturating_sub(now)),
    };
    [
        words::short(&waiting.job),
        words::ago(waiting.asked_at_ms),
        left,
        asked.kind,
        waiting.project.clone(),
        waiting.job_name.clone(),
        asked.description,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_is_left_is_told() {
        console::set_colors_enabled(false);
        let waiting = |due_at_ms, escalated| v1::ApprovalView { due_at_ms, escalated, ..Default::default() };
        assert_eq!(cells(&waiting(None, false), 1000)[2], "-");
        assert_eq!(cells(&waiting(Some(61_000), false), 1000)[2], "1 min 00 s");
        assert_eq!(cells(&waiting(Some(61_000), false), 90_000)[2], "0 ms");
        assert_eq!(cells(&waiting(Some(61_000), true), 90_000)[2], "overdue");
    }
}
