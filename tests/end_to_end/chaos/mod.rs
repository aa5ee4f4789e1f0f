//! Everything at once. Leader, nodes and renderers are killed and frozen, wires are cut, blocked and slowed down, the
//! share is away and the disk is full, while people submit, pause, cancel and retry, and readers follow the log. Then
//! it heals, and every frame is decoded and counted, and nothing of it all is left behind.
//!
//! ```text
//!   people ───────────► leader ◄── wires ── nodes ── guards ── renderers ──► share
//!   readers ── wires ──►  ▲          ▲         ▲        ▲          ▲           ▲
//!                         └──────────┴───── storm ──────┴──────────┴───────────┘
//! ```
//!
//! A run is short, unless `CALLSHEET_CHAOS` says how long the storm lasts, in seconds or minutes: `90s`, `5m`. Its
//! seed is printed, and a run that fails says how to repeat it and keeps its directory.

mod acceptance;
mod figures;
mod listeners;
mod load;
mod people;
mod proof;
mod stage;
mod storm;

use std::time::{Duration, Instant};

use crate::harness::Dice;

use listeners::Listeners;
use people::People;
use stage::Stage;
use storm::Storm;

/// Says how long the storm lasts.
const LENGTH: &str = "CALLSHEET_CHAOS";
const SHORT: Duration = Duration::from_secs(16);

#[tokio::test(flavor = "multi_thread")]
async fn every_frame_is_there_after_everything_has_died() {
    let length = length();
    let mut dice = Dice::new("chaos");
    let _repeat = Repeat(format!("{} {LENGTH}={}s", dice.again(), length.as_secs()));
    let mut stage = Stage::set(length > SHORT).await;
    let listeners = Listeners::start(&stage.cluster, &mut dice).await;
    let people = People::start(&stage, &mut dice);
    let mut storm = Storm::new(dice.fork());
    storm.rage(&mut stage, length).await;
    let healing = Instant::now();
    let books = people.leave(&stage.cluster).await;
    proof::assert_all_over(&stage, &books).await;
    let healed = healing.elapsed();
    let heard = listeners.leave(&stage.cluster).await;
    let log = proof::assert_told(&stage.cluster, &heard, &books).await;
    proof::assert_files(&stage, &books);
    figures::print(&storm, &stage.cluster.events(), &log, &heard, &books, healed);
    proof::assert_nothing_left(&mut stage).await;
}

/// How long the storm lasts.
fn length() -> Duration {
    let Ok(text) = std::env::var(LENGTH) else { return SHORT };
    let digits = text.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        _ => 0,
    };
    match digits.parse::<u64>() {
        Ok(number @ 1..) if seconds > 0 => Duration::from_secs(number * seconds),
        _ => panic!("{LENGTH} is a time such as 90s or 5m, and not {text:?}"),
    }
}

/// Tells whoever sees a run fail how to see it again.
struct Repeat(String);

impl Drop for Repeat {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let test = "cargo test -p callsheet-tests --test end_to_end chaos -- --nocapture";
            eprintln!("the same dice again: {} {test}", self.0);
        }
    }
}
