//! `cancel`, `pause`, `resume`, `prioritise`, `retry`: one word about one job.

use anyhow::Result;
use callsheet_protocol::v1;

use super::Asking;
use crate::client::{Client, told};
use crate::exit::Exit;
use crate::output::{self, json, words};

#[derive(clap::Args)]
pub(crate) struct JobArgs {
    /// The job's id, or the end of it
    id: String,
    #[command(flatten)]
    asking: Asking,
}

#[derive(clap::Args)]
pub(crate) struct CancelArgs {
    #[command(flatten)]
    job: JobArgs,
    /// Why, for whoever looks at the job later
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
}

#[derive(clap::Args)]
pub(crate) struct PrioritiseArgs {
    #[command(flatten)]
    job: JobArgs,
    /// 0 to 100; higher goes first
    #[arg(value_parser = clap::value_parser!(u32).range(..=100))]
    priority: u32,
}

#[derive(clap::Args)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    job: JobArgs,
    /// Only these frames: 1-100, 5,9-20
    #[arg(
        long,
        value_name = "SET",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    frames: String,
}

pub(crate) async fn cancel(args: CancelArgs) -> Result<Exit> {
    let CancelArgs { job: JobArgs { id, asking }, reason } = args;
    let mut client = Client::connect(&asking.reach).await?;
    let job = client.jobs.cancel(v1::CancelRequest { id, reason }).await.map_err(told)?.into_inner();
    show(&asking, &job)
}

pub(crate) async fn pause(args: JobArgs) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let job = client.jobs.pause(v1::PauseRequest { id: args.id }).await.map_err(told)?.into_inner();
    show(&args.asking, &job)
}

pub(crate) async fn resume(args: JobArgs) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let job = client.jobs.resume(v1::ResumeRequest { id: args.id }).await.map_err(told)?.into_inner();
    show(&args.asking, &job)
}

pub(crate) async fn prioritise(args: PrioritiseArgs) -> Result<Exit> {
    let PrioritiseArgs { job: JobArgs { id, asking }, priority } = args;
    let mut client = Client::connect(&asking.reach).await?;
    let request = v1::PrioritiseRequest { id, priority: Some(priority) };
    let job = client.jobs.prioritise(request).await.map_err(told)?.into_inner();
    show(&asking, &job)
}

pub(crate) async fn retry(args: RetryArgs) -> Result<Exit> {
    let RetryArgs { job: JobArgs { id, asking }, frames } = args;
    let mut client = Client::connect(&asking.reach).await?;
    let answer = client.jobs.retry(v1::RetryRequest { id, frames }).await.map_err(told)?.into_inner();
    if asking.json {
        json::print("RetryResponse", &answer)?;
    } else {
        output::line(format!("{} wait again", words::count(answer.frames, "frame")))?;
    }
    Ok(Exit::Ok)
}

/// The job, after what was done to it.
pub(super) fn show(asking: &Asking, job: &v1::JobView) -> Result<Exit> {
    if asking.json {
        json::print("JobView", job)?;
        return Ok(Exit::Ok);
    }
    let name = job.spec.as_ref().map_or("", |spec| &spec.name);
    let stands = match job.summary.as_str() {
        "" => words::job_state(job.state()).to_string(),
        summary => summary.to_owned(),
    };
    output::line(format!("{} {name:?}: {stands}", words::short(&job.id)))?;
    Ok(Exit::Ok)
}
