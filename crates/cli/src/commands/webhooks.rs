//! `webhooks`: who is told of events (webhooks, and brokers with them), and what they did not take.

use anyhow::Result;
use callsheet_protocol::v1;
use console::style;

use super::Asking;
use crate::client::{Client, told};
use crate::exit::Exit;
use crate::output::table::Table;
use crate::output::{self, json, words};

/// Events shown at once.
const PAGE: u32 = 1000;

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
    /// Lists webhooks and brokers, and how they stand
    List(ListArgs),
    /// Lists the events that one of them did not take
    Dead(DeadArgs),
    /// Has them tried once more
    Redeliver(RedeliverArgs),
}

#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    asking: Asking,
}

#[derive(clap::Args)]
struct DeadArgs {
    /// The webhook's name in the config, or nats or amqp
    name: String,
    /// Only events after this one
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    after: u64,
    #[command(flatten)]
    asking: Asking,
}

#[derive(clap::Args)]
struct RedeliverArgs {
    /// The webhook's name in the config, or nats or amqp
    name: String,
    /// Only this event
    #[arg(long, value_name = "NUMBER")]
    event: Option<u64>,
    #[command(flatten)]
    asking: Asking,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    match args.command {
        None => list(&args.asking).await,
        Some(Command::List(args)) => list(&args.asking).await,
        Some(Command::Dead(args)) => dead(args).await,
        Some(Command::Redeliver(args)) => redeliver(args).await,
    }
}

async fn list(asking: &Asking) -> Result<Exit> {
    let mut client = Client::connect(&asking.reach).await?;
    let answer = client.cluster.list_targets(v1::ListTargetsRequest {}).await.map_err(told)?.into_inner();
    if asking.json {
        json::print("ListTargetsResponse", &answer)?;
        return Ok(Exit::Ok);
    }
    if answer.targets.is_empty() {
        output::note("nobody else is told of events: [[webhook]] and [publish] in the config say who is");
        return Ok(Exit::Ok);
    }
    let heading = ["NAME", "STATE", ">UP TO", ">DELIVERED", ">FAILED TRIES", ">DEAD", "ADDRESS", "TROUBLE"];
    let mut table = Table::new(&heading);
    answer.targets.iter().for_each(|target| table.row(cells(target)));
    table.print()?;
    Ok(Exit::Ok)
}

fn cells(target: &v1::TargetView) -> [String; 8] {
    let state = match target.state.as_str() {
        "delivering" => style("delivering".to_owned()).green(),
        "away" | "fallen" => style(target.state.clone()).red(),
        _ => style(target.state.clone()),
    };
    [
        target.name.clone(),
        state.to_string(),
        target.cursor.to_string(),
        target.delivered.to_string(),
        target.failed.to_string(),
        target.dead_letters.to_string(),
        target.address.clone(),
        words::printable(&target.trouble),
    ]
}

async fn dead(args: DeadArgs) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let request = v1::ListUndeliveredRequest { target: args.name, after: args.after, page_size: PAGE };
    let answer = client.cluster.list_undelivered(request).await.map_err(told)?.into_inner();
    if args.asking.json {
        json::print("ListUndeliveredResponse", &answer)?;
        return Ok(Exit::Ok);
    }
    if answer.events.is_empty() {
        output::note("it has taken every event");
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&[">EVENT", "TYPE", "GIVEN UP", ">TRIES", "WHY"]);
    for event in &answer.events {
        table.row([
            event.sequence.to_string(),
            words::printable(&event.r#type),
            words::ago(event.at_ms),
            event.attempts.to_string(),
            words::printable(&event.why),
        ]);
    }
    table.print()?;
    if let Some(last) = answer.events.last().filter(|_| answer.events.len() == PAGE as usize) {
        output::note(format!("there may be more: --after {}", last.sequence));
    }
    Ok(Exit::Ok)
}

async fn redeliver(args: RedeliverArgs) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let request = v1::RedeliverRequest { target: args.name, sequence: args.event };
    let answer = client.cluster.redeliver(request).await.map_err(told)?.into_inner();
    if args.asking.json {
        json::print("RedeliverResponse", &answer)?;
    } else {
        output::line(format!("{} tried once more", words::count(answer.events, "event")))?;
    }
    Ok(Exit::Ok)
}
