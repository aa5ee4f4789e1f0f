//! Dead letters: events that a target did not take, kept for a person to look at and send again.
//!
//! They are in memory, within bounds, and in a file of lines of JSON that only grows, until it is written anew:
//! `{"list": ..}` once at its head, `{"letter": ..}` for each put in, `{"gone": SEQUENCE}` for each that left. When the
//! list is full the oldest goes, and is counted. A last line that a crash cut off is dropped; any other line that
//! cannot be read makes the file a damaged one, which is put aside after what can be read was taken from it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use callsheet_leader::DeadLetter;
use callsheet_model::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::disk;

/// The form of the file.
const VERSION: u32 = 1;
/// Lines beyond twice the letters before the file is written anew ...
const SLACK: usize = 1000;
/// ... and bytes beyond twice what it had when it was.
const SLACK_BYTES: usize = 4 << 20;

/// How much a list may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) letters: usize,
    /// Of their JSON; one letter is always kept.
    pub(crate) bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { letters: 10_000, bytes: 32 << 20 }
    }
}

/// A target's list.
#[derive(Debug)]
pub(crate) struct Letters {
    path: PathBuf,
    bounds: Bounds,
    by_sequence: BTreeMap<u64, DeadLetter>,
    bytes: usize,
    dropped: u64,
    /// Lines in the file.
    lines: usize,
    /// Bytes in the file when it was written anew, and since.
    bytes_anew: usize,
    bytes_since: usize,
    /// Open at its end; none when the file must be written anew first.
    file: Option<File>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    List { version: u32, dropped: u64 },
    Letter(Saved),
    Gone(u64),
}

#[derive(Serialize, Deserialize)]
struct Saved {
    sequence: u64,
    id: Uuid,
    kind: String,
    at: Timestamp,
    attempts: u32,
    why: String,
    json: Arc<str>,
}

impl Letters {
    /// Opens a list; also says what was damaged, if something was.
    ///
    /// # Errors
    /// The disk's, or a file of a newer program, which is left alone.
    pub(crate) fn open(path: &Path, bounds: Bounds) -> io::Result<(Self, Option<String>)> {
        let mut list = Self {
            path: path.to_owned(),
            bounds,
            by_sequence: BTreeMap::new(),
            bytes: 0,
            dropped: 0,
            lines: 0,
            bytes_anew: 0,
            bytes_since: 0,
            file: None,
        };
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((list, None)),
            Err(error) => return Err(error),
        };
        let mut unreadable = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match serde_json::from_slice(line) {
                Ok(Line::List { version, .. }) if version > VERSION => {
                    let why = format!("version {version}, and this program knows {VERSION}: update it");
                    return Err(io::Error::new(io::ErrorKind::InvalidData, why));
                }
                Ok(line) => list.replay(line),
                // The last one, cut off: whoever wrote it has told nobody.
                Err(_) if !line.ends_with(b"\n") => {}
                Err(_) => unreadable += 1,
            }
        }
        if unreadable == 0 {
            return Ok((list, None));
        }
        let aside = disk::set_aside(path)?;
        list.rewrite()?;
        let kept = list.by_sequence.len();
        Ok((
            list,
            Some(format!("{unreadable} lines cannot be read, {kept} letters can; see {}", aside.display())),
        ))
    }

    fn replay(&mut self, line: Line) {
        match line {
            Line::List { dropped, .. } => self.dropped = dropped,
            Line::Letter(saved) => self.keep(saved.into()),
            Line::Gone(sequence) => self.forget(sequence),
        }
    }

    /// Letters in the list, and how many were dropped from it, ever.
    pub(crate) fn count(&self) -> (u64, u64) {
        (self.by_sequence.len() as u64, self.dropped)
    }

    pub(crate) fn get(&self, sequence: u64) -> Option<&DeadLetter> {
        self.by_sequence.get(&sequence)
    }

    pub(crate) fn sequences(&self) -> impl Iterator<Item = u64> {
        self.by_sequence.keys().copied()
    }

    /// Letters with sequences above `after`, ascending.
    pub(crate) fn page(&self, after: u64, limit: usize) -> Vec<DeadLetter> {
        let Some(from) = after.checked_add(1) else { return Vec::new() };
        self.by_sequence.range(from..).take(limit).map(|(_, letter)| letter.clone()).collect()
    }

    /// Puts a letter in, durably. One with the same sequence is replaced: the same event, given up again.
    ///
    /// # Errors
    /// The disk's; then it is not in the list.
    pub(crate) fn put(&mut self, letter: DeadLetter) -> io::Result<()> {
        let line = Line::Letter(Saved::from(&letter));
        self.write(&line)?;
        self.keep(letter);
        Ok(())
    }

    /// Takes a letter out, durably.
    ///
    /// # Errors
    /// The disk's; then it is still in the list.
    pub(crate) fn remove(&mut self, sequence: u64) -> io::Result<()> {
        if self.by_sequence.contains_key(&sequence) {
            self.write(&Line::Gone(sequence))?;
            self.forget(sequence);
        }
        Ok(())
    }

    fn keep(&mut self, letter: DeadLetter) {
        self.forget(letter.sequence);
        self.bytes += letter.json.len();
        self.by_sequence.insert(letter.sequence, letter);
        while self.by_sequence.len() > 1
            && (self.by_sequence.len() > self.bounds.letters || self.bytes > self.bounds.bytes)
        {
            let Some((_, oldest)) = self.by_sequence.pop_first() else { break };
            self.bytes -= oldest.json.len();
            self.dropped += 1;
        }
    }

    fn forget(&mut self, sequence: u64) {
        if let Some(letter) = self.by_sequence.remove(&sequence) {
            self.bytes -= letter.json.len();
        }
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        let long = self.lines > 2 * self.by_sequence.len() + SLACK;
        if self.file.is_none() || long || self.bytes_since > self.bytes_anew + SLACK_BYTES {
            self.rewrite()?;
        }
        let Some(mut file) = self.file.take() else { return Ok(()) };
        // Until it is known to be whole on disk the file is not gone on with.
        let line = bytes(line)?;
        file.write_all(&line)?;
        file.sync_data()?;
        self.file = Some(file);
        self.lines += 1;
        self.bytes_since += line.len();
        Ok(())
    }

    fn rewrite(&mut self) -> io::Result<()> {
        self.file = None;
        let mut all = bytes(&Line::List { version: VERSION, dropped: self.dropped })?;
        for letter in self.by_sequence.values() {
            all.extend(bytes(&Line::Letter(letter.into()))?);
        }
        disk::replace(&self.path, &all)?;
        self.lines = self.by_sequence.len() + 1;
        (self.bytes_anew, self.bytes_since) = (all.len(), 0);
        self.file = Some(OpenOptions::new().append(true).open(&self.path)?);
        Ok(())
    }
}

fn bytes(line: &Line) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(line).map_err(io::Error::other)?;
    bytes.push(b'\n');
    Ok(bytes)
}

impl From<Saved> for DeadLetter {
    fn from(saved: Saved) -> Self {
        let Saved { sequence, id, kind, at, attempts, why, json } = saved;
        Self { sequence, id, kind, at, attempts, why, json }
    }
}

impl From<&DeadLetter> for Saved {
    fn from(letter: &DeadLetter) -> Self {
        let DeadLetter { sequence, id, kind, at, attempts, why, json } = letter.clone();
        Self { sequence, id, kind, at, attempts, why, json }
    }
}

#[cfg(test)]
#[path = "letters_tests.rs"]
mod tests;
