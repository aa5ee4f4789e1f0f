//! What the tests of alerts share: channels, alerts to raise, and what the log says became of them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use callsheet_config::{AlertChannel, AlertWay, OutwardConfig};
use callsheet_events::Filter;
use callsheet_leader::{Leader, SchedulerCommand, Wanted};
use callsheet_model::Observation;
use serde_json::Value;

pub const CHANNEL: &str = "people";
pub const TOKEN: &str = "4711:hunter2-hunter2";
pub const OK: &str = r#"{"ok":true,"result":{}}"#;

pub fn channel(way: AlertWay) -> AlertChannel {
    AlertChannel {
        name: CHANNEL.into(),
        way,
        timeout: Duration::from_millis(800),
        retry_first: Duration::from_millis(10),
        retry_max: Duration::from_millis(40),
        give_up: Duration::from_secs(3600),
    }
}

pub fn only(channel: AlertChannel) -> OutwardConfig {
    OutwardConfig { alerts: vec![channel], ..OutwardConfig::default() }
}

/// A directory with a secret in a file.
pub fn secret(text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    std::fs::write(&file, format!("{text}\n")).unwrap();
    (directory, file)
}

pub fn telegram(address: impl std::fmt::Display, token_file: &Path) -> AlertWay {
    AlertWay::Telegram {
        url: format!("http://{address}"),
        token_file: token_file.to_owned(),
        chat: "-100".into(),
    }
}

/// What is seen of a worker. The first look tells nothing, every change after it does.
pub async fn see(leader: &Leader, worker: &str, alive: bool) {
    let seen = Observation {
        worker: worker.to_owned(),
        alive: Some(alive),
        last_beat_age_s: Some(if alive { 3 } else { 60 }),
        dead_letters: 0,
        expected: true,
    };
    let channels = vec![CHANNEL.to_owned()];
    let command = SchedulerCommand::ObserveWorkers { seen: vec![seen], threshold: 1, channels };
    leader.command(command).await.unwrap();
}

/// A worker goes: one alert is raised.
pub async fn lose(leader: &Leader, worker: &str) -> String {
    see(leader, worker, true).await;
    see(leader, worker, false).await;
    format!("🔴 [{worker}] no sign of life for 60 s")
}

/// Payloads of the first so many events of a type, waited for.
pub async fn told(leader: &Leader, kind: &str, count: usize) -> Vec<Value> {
    let filter = Filter { types: vec![kind.to_owned()], ..Filter::default() };
    let mut events = leader.follow(Wanted { after: Some(0), follow: true, filter });
    let mut found = Vec::new();
    while found.len() < count {
        let page = super::within(kind, events.recv()).await.unwrap().unwrap();
        found.extend(page.iter().map(|event| {
            let mut json: Value = serde_json::from_str(&event.json).unwrap();
            json["payload"].take()
        }));
    }
    found
}

/// How many events of a type there are by now.
pub async fn count(leader: &Leader, kind: &str) -> usize {
    let filter = Filter { types: vec![kind.to_owned()], ..Filter::default() };
    let mut events = leader.follow(Wanted { after: Some(0), follow: false, filter });
    let mut count = 0;
    while let Some(page) = events.recv().await {
        count += page.unwrap().len();
    }
    count
}
