//! `workers`: who gives signs of life, render nodes included, and how the ways between them are.

use anyhow::{Context, Result};
use callsheet_protocol::v1;
use console::style;
use serde_json::Value;

use super::Asking;
use crate::client::{Client, told};
use crate::exit::Exit;
use crate::output::table::Table;
use crate::output::{self, words};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    asking: Asking,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let answer = client.cluster.workers(v1::WorkersRequest {}).await.map_err(told)?.into_inner();
    let office: Value = serde_json::from_str(&answer.office_json).context("reading the leader's answer")?;
    if args.asking.json {
        output::line(serde_json::to_string_pretty(&office)?)?;
        return Ok(Exit::Ok);
    }
    notes(&office).iter().try_for_each(output::line)?;
    let mut table = Table::new(&[
        "NAME",
        "KIND",
        "STATE",
        ">LAST BEAT",
        ">QUEUE",
        ">WORKING",
        ">DEAD",
        ">DONE",
        ">FAILED",
        "LINKS",
    ]);
    let none = Vec::new();
    let list = |name: &str| office.get(name).and_then(Value::as_array).unwrap_or(&none);
    list("workers").iter().for_each(|worker| table.row(cells(worker, list("links"))));
    if table.is_empty() {
        output::note("no worker and no node is known");
        return Ok(Exit::Ok);
    }
    table.print()?;
    Ok(Exit::Ok)
}

/// What is out of the ordinary with all of them.
fn notes(office: &Value) -> Vec<String> {
    let flag = |name: &str| office.get(name).and_then(Value::as_bool);
    let mut notes = Vec::new();
    if flag("redis_ok") == Some(false) {
        notes.push(style("the state store does not answer".to_owned()).red().to_string());
    }
    if flag("paused") == Some(true) {
        let reason = text(office, "paused_reason");
        notes.push(style(format!("rendering is paused: {reason}")).yellow().to_string());
    }
    notes
}

fn cells(worker: &Value, links: &[Value]) -> [String; 10] {
    let figure = |name: &str| worker.get(name).filter(|value| !value.is_null()).map(ToString::to_string);
    let count = |name: &str| figure(name).unwrap_or_else(|| "-".to_owned());
    let age = worker.get("last_beat_age_s").and_then(Value::as_u64);
    let name = text(worker, "name");
    let alive = worker.get("alive").and_then(Value::as_bool).unwrap_or_default();
    let state = match (alive, text(worker, "state")) {
        (false, _) => style("down".to_owned()).red(),
        (true, "paused") => style("paused".to_owned()).yellow(),
        (true, state) => style(state.to_owned()).green(),
    };
    let of_it = links.iter().filter(|link| text(link, "from") == name || text(link, "to") == name);
    let links = of_it.map(link).collect::<Vec<_>>().join(", ");
    [
        name.to_owned(),
        text(worker, "kind").to_owned(),
        state.to_string(),
        age.map_or_else(|| "never".to_owned(), |age| words::duration(age.saturating_mul(1000))),
        count("queue_depth"),
        count("processing"),
        count("dead_letter"),
        count("jobs_done"),
        count("jobs_failed"),
        links,
    ]
}

/// `leader → anna healthy`.
fn link(link: &Value) -> String {
    format!("{} → {} {}", text(link, "from"), text(link, "to"), text(link, "status"))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_worker_is_told_with_its_links_and_one_that_never_came_is_down() {
        console::set_colors_enabled(false);
        let links = [
            json!({ "from": "leader", "to": "anna", "type": "redis-queue", "status": "degraded" }),
            json!({ "from": "leader", "to": "ben", "type": "redis-queue", "status": "healthy" }),
        ];
        let anna = json!({ "name": "anna", "kind": "render", "alive": true, "state": "busy", "last_beat_age_s": 3,
            "queue_depth": 12, "dead_letter": 2, "processing": 1, "jobs_done": 42, "jobs_failed": 1 });
        let told = cells(&anna, &links);
        assert_eq!(told[..3], ["anna", "render", "busy"]);
        assert_eq!(told[3..], ["3.0 s", "12", "1", "2", "42", "1", "leader → anna degraded"]);
        let ben = json!({ "name": "ben", "kind": "trader", "alive": false, "state": null, "last_beat_age_s": null });
        assert_eq!(cells(&ben, &[])[1..5], ["trader", "down", "never", "-"]);
    }

    #[test]
    fn what_holds_for_all_is_told_first() {
        console::set_colors_enabled(false);
        let office = json!({ "redis_ok": false, "paused": true, "paused_reason": "trading" });
        assert_eq!(notes(&office), ["the state store does not answer", "rendering is paused: trading"]);
        assert!(notes(&json!({ "redis_ok": true, "paused": false })).is_empty());
    }
}
