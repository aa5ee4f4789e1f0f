//! Does the scheduler decide right? Stories, told in the words of the cluster, with what came of each sentence
//! written below it: events (`*`), effects (`>`), refusals (`!`) and answers (`=`).
//!
//! After every sentence the whole state validates itself, the events so far are replayed into a fresh state,
//! and an image is taken and read back: all three must agree.
//!
//! `UPDATE_STORIES=1 cargo test -p callsheet-tests --test stories` writes anew what came of each sentence; the
//! difference is then read, and judged, like any other change.

// Whatever is wrong here ends the test, and is meant to.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod stage;
mod telling;
mod told;
mod wording;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use stage::Stage;

fn stories() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stories/told");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "story")).collect();
    found.sort();
    found
}

/// Plays the sentences of a story and writes below each what came of it.
fn play(text: &str) -> String {
    let mut stage = Stage::new();
    let mut told = String::new();
    for line in text.lines() {
        if line.starts_with("    ") {
            continue;
        }
        told.push_str(line.trim_end());
        told.push('\n');
        let sentence = line.split('#').next().unwrap_or_default().trim();
        if !sentence.is_empty() {
            for came in stage.play(sentence) {
                told.push_str("    ");
                told.push_str(&came);
                told.push('\n');
            }
        }
    }
    told
}

#[test]
fn every_story_ends_as_told() {
    let update = std::env::var_os("UPDATE_STORIES").is_some();
    let mut differ = Vec::new();
    for path in stories() {
        let text = fs::read_to_string(&path).unwrap();
        println!("story {}", path.display());
        let played = play(&text);
        if played == text {
            continue;
        }
        if update {
            fs::write(&path, &played).unwrap();
        } else {
            let first = played.lines().zip(text.lines()).find(|(now, then)| now != then);
            let (now, then) = first.unwrap_or(("(the end is different)", ""));
            differ.push(format!("{}\n  told: {then}\n  came: {now}", path.display()));
        }
    }
    assert!(
        differ.is_empty(),
        "{}\nif this is how it should be: UPDATE_STORIES=1 cargo test -p callsheet-tests --test stories",
        differ.join("\n")
    );
}

#[test]
fn there_are_stories_for_every_rule() {
    assert!(stories().len() >= 25, "only {} stories are told", stories().len());
}
