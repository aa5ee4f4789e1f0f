//! `timeline`: what became of each frame job of a job.

use std::io::Write;

use anyhow::Result;
use callsheet_protocol::v1;

use super::Asking;
use crate::client::{Client, told};
use crate::exit::Exit;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The job's id, or the end of it
    id: String,
    #[command(flatten)]
    asking: Asking,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let request = v1::TimelineRequest { id: args.id, readable: !args.asking.json };
    let mut pieces = client.jobs.timeline(request).await.map_err(told)?.into_inner();
    let mut ends_a_line = true;
    while let Some(piece) = pieces.message().await.map_err(told)? {
        let mut out = std::io::stdout().lock();
        out.write_all(piece.text.as_bytes())?;
        ends_a_line = piece.text.ends_with('\n');
    }
    let mut out = std::io::stdout().lock();
    if !ends_a_line {
        writeln!(out)?;
    }
    out.flush()?;
    Ok(Exit::Ok)
}
