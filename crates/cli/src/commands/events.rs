//! `events`: the log of what happened, and what happens.

use std::time::Duration;

use anyhow::Result;
use callsheet_protocol::v1;
use callsheet_protocol::v1::event_message::Body;

use super::Asking;
use crate::client::{Client, may_pass, told};
use crate::exit::Exit;
use crate::output::json::Json;
use crate::output::{self, show};
use crate::patience::Patience;

/// A leader that does not come back within this is given up.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Go on with what comes
    #[arg(long, short)]
    follow: bool,
    /// Begin after this event; 0 is the beginning. Without it: all there is, or with --follow what comes
    #[arg(long, value_name = "NUMBER")]
    after: Option<u64>,
    /// Only types that match: job.*, node.online.v1; can be given more than once
    #[arg(long = "type", value_name = "PATTERN")]
    types: Vec<String>,
    /// Only events of this job
    #[arg(long, value_name = "ID")]
    job: Option<String>,
    /// Heartbeats, progress, output and cache changes, too: they pass by and are not kept
    #[arg(long, requires = "follow")]
    signals: bool,
    #[command(flatten)]
    asking: Asking,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let json = if args.asking.json { Some(Json::new()?) } else { None };
    let job = match args.job {
        // The stream takes whole ids; people type their ends.
        Some(id) => client.jobs.get(v1::GetJobRequest { id }).await.map_err(told)?.into_inner().id,
        None => String::new(),
    };
    let after = match args.after {
        Some(after) => after,
        None if !args.follow => 0,
        // A number, so that a stream that breaks can go on without a gap.
        None => client.cluster.status(v1::StatusRequest {}).await.map_err(told)?.into_inner().sequence,
    };
    let mut request = v1::EventsRequest {
        after: Some(after),
        follow: args.follow,
        types: args.types,
        job,
        signals: args.signals,
    };
    let mut patience = Patience::of(PATIENCE);
    loop {
        let status = match client.cluster.events(request.clone()).await {
            Err(status) => status,
            Ok(stream) => {
                let mut stream = stream.into_inner();
                loop {
                    match stream.message().await {
                        Ok(Some(message)) => {
                            patience.renew();
                            if let Some(Body::Event(event)) = &message.body {
                                request.after = Some(event.sequence);
                            }
                            print(json.as_ref(), &message)?;
                        }
                        Ok(None) => return Ok(Exit::Ok),
                        Err(status) => break status,
                    }
                }
            }
        };
        if !args.follow || !may_pass(&status) {
            return Err(told(status));
        }
        if patience.is_fresh() {
            output::note(format!("the stream broke ({}), dialling again", status.message()));
        }
        if !patience.wait().await {
            return Err(told(status));
        }
    }
}

fn print(json: Option<&Json>, message: &v1::EventMessage) -> Result<()> {
    match (json, &message.body) {
        (Some(json), _) => output::line(json.value("EventMessage", message)?.to_string())?,
        (None, Some(Body::Event(event))) => output::line(show::event(event))?,
        (None, Some(Body::Signal(signal))) => {
            if let Some(line) = show::signal(signal) {
                output::line(line)?;
            }
        }
        (None, None) => {}
    }
    Ok(())
}
