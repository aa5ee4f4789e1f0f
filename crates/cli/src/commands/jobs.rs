//! `jobs`: a list, the newest first.

use anyhow::Result;
use callsheet_protocol::v1;
use clap::ValueEnum;

use super::Asking;
use crate::client::{Client, told};
use crate::exit::Exit;
use crate::output::table::Table;
use crate::output::{self, json, words};

/// Jobs shown when not all are asked for.
const LATEST: u32 = 50;
/// Jobs on a page when all are.
const PAGE: u32 = 1000;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only jobs in this state; can be given more than once
    #[arg(long, value_name = "STATE")]
    state: Vec<State>,
    /// Only jobs of this project
    #[arg(long, default_value = "", hide_default_value = true)]
    project: String,
    /// Only jobs whose name contains this
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
    /// All of them, not only the latest 50
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    asking: Asking,
}

#[derive(Clone, Copy, ValueEnum)]
enum State {
    /// A person has to release it first
    #[value(name = "awaiting_approval")]
    Awaiting,
    Queued,
    Running,
    Paused,
    Succeeded,
    Failed,
    Cancelled,
}

impl From<State> for v1::JobState {
    fn from(state: State) -> Self {
        match state {
            State::Awaiting => Self::Awaiting,
            State::Queued => Self::Queued,
            State::Running => Self::Running,
            State::Paused => Self::Paused,
            State::Succeeded => Self::Succeeded,
            State::Failed => Self::Failed,
            State::Cancelled => Self::Cancelled,
        }
    }
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let mut request = v1::ListJobsRequest {
        page_token: String::new(),
        page_size: if args.all { PAGE } else { LATEST },
        states: args.state.iter().map(|state| v1::JobState::from(*state).into()).collect(),
        project: args.project,
        name_contains: args.name,
    };
    let mut answer = client.jobs.list(request.clone()).await.map_err(told)?.into_inner();
    while args.all && !answer.next_page_token.is_empty() {
        request.page_token = std::mem::take(&mut answer.next_page_token);
        let page = client.jobs.list(request.clone()).await.map_err(told)?.into_inner();
        answer.jobs.extend(page.jobs);
        answer.next_page_token = page.next_page_token;
    }
    if args.asking.json {
        json::print("ListJobsResponse", &answer)?;
        return Ok(Exit::Ok);
    }
    if answer.jobs.is_empty() {
        output::note("no jobs");
        return Ok(Exit::Ok);
    }
    table(&answer.jobs).print()?;
    if !answer.next_page_token.is_empty() {
        output::note("there are more: --all shows them");
    }
    Ok(Exit::Ok)
}

fn table(jobs: &[v1::JobView]) -> Table {
    let mut table =
        Table::new(&["ID", "STATE", ">FRAMES", ">DEAD", ">PRIORITY", "SUBMITTED", "PROJECT", "NAME"]);
    for job in jobs {
        let spec = job.spec.clone().unwrap_or_default();
        let frames = job.frames.unwrap_or_default();
        let dead = if frames.dead == 0 { String::new() } else { frames.dead.to_string() };
        table.row([
            words::short(&job.id),
            words::job_state(job.state()).to_string(),
            format!("{}/{}", frames.published, frames.total),
            console::style(dead).red().to_string(),
            spec.priority.map(|priority| priority.to_string()).unwrap_or_default(),
            words::ago(job.submitted_at_ms),
            spec.project,
            spec.name,
        ]);
    }
    table
}
