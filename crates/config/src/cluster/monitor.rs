//! `[monitor]`: workers that are expected, and how soon one counts as gone. `[[pause]]`: when nothing is rendered.

use std::collections::BTreeSet;
use std::time::Duration;

use callsheet_model::id::check_name;
use callsheet_model::signal::WorkerKind;
use callsheet_model::{PauseScope, Running};

use crate::problem::Why;
use crate::reader::Table;
use crate::tree::{Value, quoted};
use crate::values::{any_text, choice, duration, integer, name, short_text};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);
const KINDS: [(&str, WorkerKind); 3] =
    [("render", WorkerKind::Render), ("watcher", WorkerKind::Watcher), ("trader", WorkerKind::Trader)];
const RUNNING: [(&str, Running); 2] = [("finish", Running::Finish), ("hand_back", Running::HandBack)];
/// Longest reason of a pause, in bytes.
const MAX_REASON: usize = 200;
/// Most workers, windows and holidays.
const MOST: usize = 1000;

/// How workers and nodes are watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorConfig {
    /// They are looked at this often.
    pub interval: Duration,
    /// A worker without a sign of life for this long is gone.
    pub ttl: Duration,
    /// An expected worker that has not shown up this long after the leader's start is told as down.
    pub grace: Duration,
    /// From so many dead letters on people are told.
    pub dead_letters: u64,
    /// What the leader's side of a link is called.
    pub source: String,
    /// Workers that are expected.
    pub workers: Vec<WorkerConfig>,
}

/// A worker that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerConfig {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: WorkerKind,
    /// The renderer whose frames it works on: its queue.
    pub queue: Option<String>,
    /// Where it fetches its work itself, if it does.
    pub pulls_from: Option<String>,
    /// What a watcher keeps paused while it is in mode `trading`.
    pub pauses: PauseScope,
    /// What becomes of frames in hands then.
    pub running: Running,
}

/// A window in which nothing is handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseWindow {
    /// Its name.
    pub name: String,
    /// What is paused.
    pub scope: PauseScope,
    /// Why, for people.
    pub reason: String,
    /// When it begins: a cron expression of five or six fields; none for whole days only.
    pub cron: Option<String>,
    /// How long it takes from there.
    pub lasts: Duration,
    /// Whole days, `2026-12-24`, that it covers too.
    pub holidays: Vec<String>,
    /// The IANA time zone that both are meant in.
    pub time_zone: String,
    /// What becomes of frames in hands.
    pub running: Running,
}

impl Default for MonitorConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(60),
            ttl: Duration::from_secs(45),
            grace: Duration::from_secs(120),
            dead_letters: 1,
            source: "leader".to_owned(),
            workers: Vec::new(),
        }
    }
}

pub(super) fn read(mut table: Table<'_>) -> MonitorConfig {
    let default = MonitorConfig::default();
    let mut monitor = MonitorConfig {
        interval: table.take("interval", duration(SECOND, DAY)).unwrap_or(default.interval),
        ttl: table.take("ttl", duration(SECOND, DAY)).unwrap_or(default.ttl),
        grace: table.take("grace", duration(SECOND, DAY)).unwrap_or(default.grace),
        dead_letters: table.take("dead_letters", integer(1..=1_000_000_u64)).unwrap_or(default.dead_letters),
        source: table.take("source", name).unwrap_or(default.source),
        workers: Vec::new(),
    };
    let mut names = BTreeSet::new();
    for mut worker in table.tables_up_to("worker", MOST) {
        let read = read_worker(&mut worker);
        twice(&worker, read.as_ref().map(|worker| &worker.name), &mut names, "worker");
        worker.done();
        monitor.workers.extend(read);
    }
    table.done();
    monitor
}

fn read_worker(table: &mut Table<'_>) -> Option<WorkerConfig> {
    let called = table.need("name", "the worker's name", name);
    let kind = table.need("kind", "render, watcher or trader", choice(&KINDS));
    let worker = WorkerConfig {
        name: called.clone().unwrap_or_default(),
        kind: kind.unwrap_or(WorkerKind::Render),
        queue: table.take("queue", name),
        pulls_from: table.take("pulls_from", name),
        pauses: table.take("pauses", scope).unwrap_or(PauseScope::Cluster),
        running: table.take("running", choice(&RUNNING)).unwrap_or_default(),
    };
    if worker.kind != WorkerKind::Watcher {
        for key in ["pauses", "running"].into_iter().filter(|key| table.has(key)) {
            table.refuse(key, Why::new("", "only a watcher pauses anything"));
        }
    }
    (called.is_some() && kind.is_some()).then_some(worker)
}

pub(super) fn read_pauses(root: &mut Table<'_>) -> Vec<PauseWindow> {
    let mut names = BTreeSet::new();
    let mut windows = Vec::new();
    for mut table in root.tables_up_to("pause", MOST) {
        let read = read_pause(&mut table);
        twice(&table, read.as_ref().map(|window| &window.name), &mut names, "window");
        table.done();
        windows.extend(read);
    }
    windows
}

fn read_pause(table: &mut Table<'_>) -> Option<PauseWindow> {
    let called = table.need("name", "the window's name", name);
    let window = PauseWindow {
        name: called.clone().unwrap_or_default(),
        scope: table.take("scope", scope).unwrap_or(PauseScope::Cluster),
        reason: table.take("reason", short_text(MAX_REASON)).or(called.clone()).unwrap_or_default(),
        cron: table.take("cron", cron),
        lasts: table.take("lasts", duration(60 * SECOND, 31 * DAY)).unwrap_or_default(),
        holidays: table.list("holidays", day).unwrap_or_default(),
        time_zone: table.take("time_zone", time_zone).unwrap_or_else(|| "UTC".to_owned()),
        running: table.take("running", choice(&RUNNING)).unwrap_or_default(),
    };
    if table.has("cron") != table.has("lasts") {
        table.refuse(
            "cron",
            Why::new("", "cron says when it begins and lasts how long it takes: both belong together"),
        );
    }
    if !table.has("cron") && !table.has("holidays") {
        table.must("cron", "a cron expression, such as \"0 9 * * MON-FRI\"; or else holidays");
    }
    if window.holidays.len() > MOST {
        table.refuse("holidays", Why::new("", format!("at most {MOST}")));
    }
    called.map(|_| window)
}

fn twice(table: &Table<'_>, called: Option<&String>, names: &mut BTreeSet<String>, what: &str) {
    if let Some(called) = called.filter(|called| !names.insert((*called).clone())) {
        table.refuse("name", Why::new(quoted(called), format!("another {what} has this name already")));
    }
}

/// `cluster`, `pool LABEL` or `queue RENDERER`.
pub(super) fn scope(value: &Value) -> Result<PauseScope, Why> {
    let text = any_text(value)?;
    let named = |name: &str| check_name(name).is_ok().then(|| name.to_owned());
    let scope = match text.split_once(' ') {
        None if text == "cluster" => Some(PauseScope::Cluster),
        Some(("pool", label)) => named(label).map(PauseScope::Pool),
        Some(("queue", renderer)) => named(renderer).map(PauseScope::Queue),
        _ => None,
    };
    scope.ok_or_else(|| {
        Why::new(quoted(&text), "here must be \"cluster\", \"pool LABEL\" or \"queue RENDERER\"")
    })
}

fn cron(value: &Value) -> Result<String, Why> {
    let text = any_text(value)?;
    match text.parse::<croner::Cron>() {
        Ok(_) => Ok(text),
        Err(error) => Err(Why::new(
            quoted(&text),
            format!("here must be a cron expression, such as \"0 9 * * MON-FRI\": {error}"),
        )),
    }
}

fn day(value: &Value) -> Result<String, Why> {
    let text = match value {
        Value::Date(text) => text.clone(),
        other => any_text(other)?,
    };
    match text.parse::<chrono::NaiveDate>() {
        Ok(_) => Ok(text),
        Err(_) => Err(Why::new(quoted(&text), "here must be a day, such as \"2026-12-24\"")),
    }
}

fn time_zone(value: &Value) -> Result<String, Why> {
    let text = any_text(value)?;
    match text.parse::<chrono_tz::Tz>() {
        Ok(_) => Ok(text),
        Err(_) => Err(Why::new(quoted(&text), "here must be a time zone, such as \"Europe/Berlin\"")),
    }
}
