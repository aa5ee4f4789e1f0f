//! `logs`: the output of a job's attempts, live or after.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use callsheet_model::Token;
use callsheet_protocol::v1;
use console::style;

use super::Asking;
use crate::client::{Client, may_pass, told};
use crate::exit::Exit;
use crate::output::json::Json;
use crate::output::{self, words};
use crate::patience::Patience;

/// A leader that does not come back within this is given up.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The job's id, or the end of it
    id: String,
    /// Only this attempt, by its token: 1.17
    #[arg(long)]
    token: Option<Token>,
    /// Only attempts that held this frame
    #[arg(long, allow_negative_numbers = true)]
    frame: Option<i32>,
    /// Go on until the job is over
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    asking: Asking,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let request = v1::LogsRequest {
        id: args.id,
        token: args.token.map_or(0, |token| token.0),
        frame: args.frame,
        follow: args.follow,
    };
    let mut printer = Printer::new(args.asking.json)?;
    let mut patience = Patience::of(PATIENCE);
    loop {
        let status = match client.jobs.logs(request.clone()).await {
            Err(status) => status,
            Ok(stream) => {
                let mut stream = stream.into_inner();
                loop {
                    match stream.message().await {
                        Ok(Some(chunk)) => {
                            patience.renew();
                            printer.print(chunk)?;
                        }
                        Ok(None) => return Ok(printer.end()),
                        Err(status) => break status,
                    }
                }
            }
        };
        // The kept output is told again from its beginning; the printer leaves out what it has printed.
        if !args.follow || !may_pass(&status) || !patience.wait().await {
            return Err(told(status));
        }
    }
}

/// Prints pieces, each once.
struct Printer {
    json: Option<Json>,
    /// How far each attempt's output has been printed, in bytes.
    printed: BTreeMap<u64, u64>,
    last: Option<u64>,
}

impl Printer {
    fn new(json: bool) -> Result<Self> {
        let json = if json { Some(Json::new()?) } else { None };
        Ok(Self { json, printed: BTreeMap::new(), last: None })
    }

    fn print(&mut self, chunk: v1::LogChunk) -> Result<()> {
        let printed = self.printed.entry(chunk.token).or_insert(0);
        let end = chunk.offset + chunk.text.len() as u64;
        if end <= *printed {
            return Ok(());
        }
        *printed = end;
        if let Some(json) = &self.json {
            output::line(json.value("LogChunk", &chunk)?.to_string())?;
            return Ok(());
        }
        if self.last.replace(chunk.token) != Some(chunk.token) {
            let node = if chunk.node.is_empty() { String::new() } else { format!(" on {}", chunk.node) };
            let title = format!("--- attempt {}{node}, step {}", words::token(chunk.token), chunk.step);
            output::line(style(title).dim().to_string())?;
        }
        let mut out = std::io::stdout().lock();
        out.write_all(chunk.text.as_bytes())?;
        out.flush()?;
        Ok(())
    }

    fn end(&self) -> Exit {
        if self.printed.is_empty() {
            output::note("no attempt has said anything");
        }
        Exit::Ok
    }
}
