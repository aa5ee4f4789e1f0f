//! `events`: the log of what happened, and what happens; `events verify` checks it, `events post` adds to it.

mod post;
mod verify;

use std::time::Duration;

use anyhow::Result;
use callsheet_protocol::v1::event_message::Body;
use callsheet_protocol::{detail, v1};
use tonic::Status;

use super::Asking;
use crate::client::{Client, may_pass, told};
use crate::exit::Exit;
use crate::output::json::Json;
use crate::output::{self, show, words};
use crate::patience::Patience;

/// A leader that does not come back within this is given up.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    wanted: Wanted,
    #[command(flatten)]
    asking: Asking,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Checks that no event was altered, left out or put elsewhere
    Verify(verify::Args),
    /// Puts events of other services into the log: all of a file, or none
    Post(post::Args),
}

/// Which events.
#[derive(clap::Args)]
struct Wanted {
    /// Go on with what comes
    #[arg(long, short)]
    follow: bool,
    /// Begin after this event; 0 is the beginning. Without it: all there is, or with --follow what comes
    #[arg(long, value_name = "NUMBER")]
    after: Option<u64>,
    /// Begin with the jobs, nodes and pauses as they are, and go on from there
    #[arg(long, requires = "follow", conflicts_with = "after")]
    snapshot: bool,
    /// Only types that match: job.*, node.online.v1; can be given more than once
    #[arg(long = "type", value_name = "PATTERN")]
    types: Vec<String>,
    /// Only events of this job, by its id or the end of it
    #[arg(long, value_name = "ID")]
    job: Option<String>,
    /// Only events of this frame job: one attempt
    #[arg(long, value_name = "UUID", default_value = "", hide_default_value = true)]
    run: String,
    /// Only events of this job of several steps, and its progress
    #[arg(long, value_name = "ID")]
    workflow: Option<String>,
    /// Only events of this node
    #[arg(long, value_name = "NAME|UUID", default_value = "", hide_default_value = true)]
    node: String,
    /// Only events of this project
    #[arg(long, value_name = "NAME|UUID", default_value = "", hide_default_value = true)]
    project: String,
    /// Only events by or about this agent: a node, one of its actors, a worker
    #[arg(long, value_name = "UUID", default_value = "", hide_default_value = true)]
    agent: String,
    /// Only events of this person
    #[arg(long, value_name = "UUID", default_value = "", hide_default_value = true)]
    user: String,
    /// Only events with this correlation id
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    correlation: String,
    /// Heartbeats, progress, output and finished frames, too: they pass by and are not kept
    #[arg(long, requires = "follow")]
    signals: bool,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    match args.command {
        Some(Command::Verify(args)) => verify::run(args).await,
        Some(Command::Post(args)) => post::run(args).await,
        None => stream(args.wanted, &args.asking).await,
    }
}

async fn stream(wanted: Wanted, asking: &Asking) -> Result<Exit> {
    let mut client = Client::connect(&asking.reach).await?;
    let json = if asking.json { Some(Json::new()?) } else { None };
    let mut request = request(wanted, &mut client).await?;
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
                            // What was begun is gone on with: a state is told once.
                            if let Some(cursor) = cursor(&message) {
                                request.after = Some(cursor);
                                request.snapshot = false;
                            }
                            print(json.as_ref(), &message)?;
                        }
                        Ok(None) => return Ok(Exit::Ok),
                        Err(status) => break status,
                    }
                }
            }
        };
        if !request.follow || !goes_on(&status, &mut request) {
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

/// Where the stream stands after a message.
fn cursor(message: &v1::EventMessage) -> Option<u64> {
    match message.body.as_ref()? {
        Body::Event(event) => Some(event.sequence),
        // Before its last piece nothing has been told whole.
        Body::Snapshot(snapshot) => (!snapshot.more).then_some(snapshot.sequence),
        Body::Signal(_) => None,
    }
}

/// Whether a stream that broke can be taken up; if its end says from where, from there.
fn goes_on(status: &Status, request: &mut v1::EventsRequest) -> bool {
    let end: Option<v1::StreamEnd> = detail(status);
    let cursor = end.and_then(|end| end.cursor).filter(|_| !request.snapshot);
    if let Some(cursor) = cursor {
        request.after = request.after.max(Some(cursor));
    }
    cursor.is_some() || may_pass(status)
}

async fn request(wanted: Wanted, client: &mut Client) -> Result<v1::EventsRequest> {
    let Wanted { follow, snapshot, types, run, node, project, agent, user, correlation, signals, .. } =
        wanted;
    let after = match wanted.after {
        Some(after) => Some(after),
        None if snapshot => None,
        // Numbers, so that a stream that breaks can go on without a gap.
        None => {
            let status = client.cluster.status(v1::StatusRequest {}).await.map_err(told)?.into_inner();
            Some(if follow { status.sequence } else { status.oldest.saturating_sub(1) })
        }
    };
    Ok(v1::EventsRequest {
        after,
        follow,
        types,
        job: whole(client, wanted.job).await?,
        signals,
        run,
        workflow: whole(client, wanted.workflow).await?,
        node,
        project,
        agent,
        user,
        correlation,
        snapshot,
    })
}

/// The stream takes whole ids; people type their ends.
async fn whole(client: &mut Client, id: Option<String>) -> Result<String> {
    match id {
        // A whole one need not be known any more: its events may be.
        Some(id) if id.parse::<callsheet_model::JobId>().is_ok() => Ok(id),
        Some(id) => Ok(client.jobs.get(v1::GetJobRequest { id }).await.map_err(told)?.into_inner().id),
        None => Ok(String::new()),
    }
}

fn print(json: Option<&Json>, message: &v1::EventMessage) -> Result<()> {
    match (json, &message.body) {
        // As every other door serves them.
        (Some(_), Some(Body::Event(event))) => output::line(&event.json)?,
        (Some(_), Some(Body::Signal(signal))) => output::line(&signal.json)?,
        (Some(json), Some(Body::Snapshot(snapshot))) => {
            let state = json.value("Snapshot", snapshot)?;
            output::line(serde_json::json!({ "snapshot": state }).to_string())?;
        }
        (None, Some(Body::Event(event))) => output::line(show::event(event))?,
        (None, Some(Body::Signal(signal))) => show::signal(signal).map_or(Ok(()), output::line)?,
        (None, Some(Body::Snapshot(snapshot))) => state(snapshot).iter().try_for_each(output::line)?,
        (_, None) => {}
    }
    Ok(())
}

/// The state in lines, a line each.
fn state(snapshot: &v1::Snapshot) -> Vec<String> {
    let jobs = snapshot.jobs.iter().map(|job| {
        let name = job.spec.as_ref().map_or("", |spec| &spec.name);
        let frames = job.frames.unwrap_or_default();
        let done = format!("{}/{}", frames.published, frames.total);
        format!("  job {} {} {done} {name:?}", words::short(&job.id), words::job_state(job.state()))
    });
    let nodes = snapshot.nodes.iter().map(|node| {
        let stands = if node.online { "online" } else { words::offline(node.offline_reason()) };
        format!("  node {} {stands}", node.name)
    });
    let pauses = snapshot.pauses.iter().map(|pause| format!("  pause of {}", words::pause(pause)));
    let title = format!("the state after event {}", snapshot.sequence);
    let rest = (snapshot.more_jobs && !snapshot.more)
        .then(|| "  ... and more jobs: `callsheet jobs --all`".to_owned());
    std::iter::once(title).chain(pauses).chain(nodes).chain(jobs).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use callsheet_protocol::detailed;
    use tonic::Code;

    use super::*;

    fn ended(code: Code, cursor: Option<u64>) -> Status {
        detailed(code, "no", &v1::StreamEnd { code: "x".into(), cursor, ..Default::default() })
    }

    #[test]
    fn a_stream_that_was_cut_off_goes_on_where_its_end_says() {
        let mut request = v1::EventsRequest { after: Some(7), ..Default::default() };
        assert!(goes_on(&ended(Code::ResourceExhausted, Some(41)), &mut request));
        assert_eq!(request.after, Some(41), "what the filter passed over is not read again");
        assert!(goes_on(&Status::unavailable("restarting"), &mut request));
        assert!(!goes_on(&ended(Code::OutOfRange, None), &mut request), "what is gone stays gone");
        assert!(!goes_on(&Status::resource_exhausted("something else"), &mut request));
        assert_eq!(request.after, Some(41));
        let mut half = v1::EventsRequest { snapshot: true, ..Default::default() };
        assert!(!goes_on(&ended(Code::ResourceExhausted, Some(41)), &mut half));
        assert_eq!(half.after, None, "a state that was not told whole is told anew");
    }

    #[test]
    fn the_cursor_is_after_an_event_or_a_whole_state() {
        let message = |body| v1::EventMessage { body: Some(body) };
        let event = v1::StoredEvent { sequence: 5, ..Default::default() };
        assert_eq!(cursor(&message(Body::Event(event))), Some(5));
        let piece = v1::Snapshot { sequence: 5, more: true, ..Default::default() };
        assert_eq!(cursor(&message(Body::Snapshot(piece.clone()))), None);
        assert_eq!(cursor(&message(Body::Snapshot(v1::Snapshot { more: false, ..piece }))), Some(5));
        assert_eq!(cursor(&message(Body::Signal(v1::Signal::default()))), None);
    }
}
