//! `alerts`: what people are to be told, and some channel has not taken yet. What was told is in the log:
//! `events --type 'alert.*'`.

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
    /// Lists alerts that some channel has not taken yet
    List(ListArgs),
}

#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    asking: Asking,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    let asking = match args.command {
        Some(Command::List(list)) => list.asking,
        None => args.asking,
    };
    let mut client = Client::connect(&asking.reach).await?;
    let answer = client.cluster.list_alerts(v1::ListAlertsRequest {}).await.map_err(told)?.into_inner();
    if asking.json {
        json::print("ListAlertsResponse", &answer)?;
        return Ok(Exit::Ok);
    }
    if answer.alerts.is_empty() {
        output::note("every alert has reached its channels; `callsheet events --type 'alert.*'` shows them");
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&["RAISED", "CHANNEL", ">TRIES", "NEXT", "ALERT"]);
    answer.alerts.iter().for_each(|alert| table.row(cells(alert, words::now_ms())));
    table.print()?;
    Ok(Exit::Ok)
}

fn cells(alert: &v1::AlertView, now: u64) -> [String; 5] {
    let next = match alert.not_before_ms.saturating_sub(now) {
        _ if alert.sending => "being sent".to_owned(),
        0 => "now".to_owned(),
        ms => format!("in {}", words::duration(ms)),
    };
    let attempts = alert.attempts.to_string();
    [words::ago(alert.raised_at_ms), alert.channel.clone(), attempts, next, alert.text.clone()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_try_is_told() {
        let alert = |not_before_ms, sending| v1::AlertView { not_before_ms, sending, ..Default::default() };
        assert_eq!(cells(&alert(61_000, false), 1000)[3], "in 1 min 00 s");
        assert_eq!(cells(&alert(61_000, false), 61_000)[3], "now");
        assert_eq!(cells(&alert(0, true), 61_000)[3], "being sent");
    }
}
