//! `pauses`: when nothing is handed out in the cluster, a pool or a queue. A job's own pause is `pause`'s.

use std::time::Duration;

use anyhow::Result;
use callsheet_protocol::v1;

use super::Asking;
use crate::client::{Client, told};
use crate::exit::Exit;
use crate::output::table::Table;
use crate::output::{self, json, words};

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    asking: Asking,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Lists the pauses in force
    List(ListArgs),
    /// Pauses the cluster, a pool or a queue, or changes such a pause
    Set(SetArgs),
    /// Ends a pause
    Lift(LiftArgs),
}

#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    asking: Asking,
}

#[derive(clap::Args)]
struct SetArgs {
    #[command(flatten)]
    place: Place,
    /// Why, for whoever wonders
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// For how long: 90s, 2h, 1d; until it is lifted when it is not given
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    lasts: Option<Duration>,
    /// Call frames in hands back, instead of letting them be finished
    #[arg(long)]
    hand_back: bool,
    #[command(flatten)]
    asking: Asking,
}

#[derive(clap::Args)]
struct LiftArgs {
    #[command(flatten)]
    place: Place,
    /// Not the pause set by hand, but this watcher's; a watcher that still wants it sets it again
    #[arg(long, value_name = "NAME", conflicts_with = "calendar")]
    watcher: Option<String>,
    /// Not the pause set by hand, but this window's of the config's calendar
    #[arg(long, value_name = "NAME")]
    calendar: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

/// What is paused.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Place {
    /// Everything
    #[arg(long)]
    cluster: bool,
    /// Nodes with this label
    #[arg(long, value_name = "LABEL")]
    pool: Option<String>,
    /// Steps of this renderer
    #[arg(long, value_name = "RENDERER")]
    queue: Option<String>,
}

impl Place {
    fn words(self) -> (v1::PauseScope, String) {
        match (self.pool, self.queue) {
            (Some(label), _) => (v1::PauseScope::Pool, label),
            (None, Some(renderer)) => (v1::PauseScope::Queue, renderer),
            (None, None) => (v1::PauseScope::Cluster, String::new()),
        }
    }
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    let (asking, answer) = match args.command {
        None => list(args.asking).await?,
        Some(Command::List(args)) => list(args.asking).await?,
        Some(Command::Set(args)) => set(args).await?,
        Some(Command::Lift(args)) => lift(args).await?,
    };
    if asking.json {
        json::print("ListPausesResponse", &answer)?;
        return Ok(Exit::Ok);
    }
    if answer.pauses.is_empty() {
        output::note("nothing is paused");
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&["PAUSED", "BY", "ENDS", "FRAMES IN HANDS", "REASON"]);
    answer.pauses.iter().for_each(|pause| table.row(cells(pause, words::now_ms())));
    table.print()?;
    Ok(Exit::Ok)
}

async fn list(asking: Asking) -> Result<(Asking, v1::ListPausesResponse)> {
    let mut client = Client::connect(&asking.reach).await?;
    let answer = client.cluster.list_pauses(v1::ListPausesRequest {}).await.map_err(told)?;
    Ok((asking, answer.into_inner()))
}

async fn set(args: SetArgs) -> Result<(Asking, v1::ListPausesResponse)> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let (scope, name) = args.place.words();
    let running = if args.hand_back { v1::Running::HandBack } else { v1::Running::Finish };
    let request = v1::SetPauseRequest {
        scope: scope.into(),
        name,
        reason: args.reason,
        for_ms: args.lasts.map(callsheet_model::time::millis),
        running: running.into(),
    };
    let answer = client.cluster.set_pause(request).await.map_err(told)?;
    Ok((args.asking, answer.into_inner()))
}

async fn lift(args: LiftArgs) -> Result<(Asking, v1::ListPausesResponse)> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let (scope, name) = args.place.words();
    let (source, source_name) = match (args.watcher, args.calendar) {
        (Some(name), _) => (v1::PauseSource::Watcher, name),
        (None, Some(name)) => (v1::PauseSource::Calendar, name),
        (None, None) => (v1::PauseSource::Person, String::new()),
    };
    let request = v1::LiftPauseRequest { scope: scope.into(), name, source: source.into(), source_name };
    let answer = client.cluster.lift_pause(request).await.map_err(told)?;
    Ok((args.asking, answer.into_inner()))
}

fn cells(pause: &v1::PauseView, now: u64) -> [String; 5] {
    let ends = pause.until_ms.map(|until| format!("in {}", words::duration(until.saturating_sub(now))));
    let running = match pause.running() {
        v1::Running::HandBack => "handed back",
        v1::Running::Finish | v1::Running::Unspecified => "finished",
    };
    let by = match pause.source() {
        v1::PauseSource::Watcher => format!("watcher {}", pause.source_name),
        v1::PauseSource::Calendar => format!("calendar {}", pause.source_name),
        v1::PauseSource::Person | v1::PauseSource::Unspecified => "hand".to_owned(),
    };
    let ends = ends.unwrap_or_else(|| "when it is lifted".to_owned());
    [words::pause(pause), by, ends, running.to_owned(), pause.reason.clone()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_says_what_it_covers_who_set_it_and_when_it_ends() {
        let pause = v1::PauseView {
            scope: v1::PauseScope::Pool.into(),
            name: "gpu".into(),
            source: v1::PauseSource::Watcher.into(),
            source_name: "desk".into(),
            reason: "trading".into(),
            until_ms: Some(121_000),
            running: v1::Running::HandBack.into(),
        };
        assert_eq!(
            cells(&pause, 1000),
            ["pool gpu", "watcher desk", "in 2 min 00 s", "handed back", "trading"]
        );
        let by_hand = v1::PauseView { scope: v1::PauseScope::Cluster.into(), ..Default::default() };
        assert_eq!(cells(&by_hand, 1000)[..4], ["cluster", "hand", "when it is lifted", "finished"]);
    }
}
