//! `job`: one job, whole, and why each of its frames is where it is.

use anyhow::Result;
use callsheet_protocol::v1;

use super::Asking;
use crate::client::{Client, told};
use crate::exit::Exit;
use crate::output::{self, json, show};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The job's id, or the end of it
    id: String,
    #[command(flatten)]
    asking: Asking,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let job = client.jobs.get(v1::GetJobRequest { id: args.id }).await.map_err(told)?.into_inner();
    if args.asking.json {
        json::print("JobView", &job)?;
        return Ok(Exit::Ok);
    }
    for line in show::job(&job) {
        output::line(line)?;
    }
    Ok(Exit::Ok)
}
