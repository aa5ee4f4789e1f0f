//! How far a target has been told, on disk: the file says that every event up to a number is delivered, not wanted, or
//! in the dead letters. It is written after the target confirmed, so a crash in between repeats events and loses none.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::disk;

/// The form of the file.
const VERSION: u32 = 1;
/// No cursor file is longer.
const MOST: u64 = 64 << 10;

/// Where a cursor is kept.
#[derive(Clone, Debug)]
pub(crate) struct CursorFile {
    path: PathBuf,
    /// Whose it is.
    target: String,
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// No file: the target is new.
    Nothing,
    /// Told up to here.
    At(u64),
    /// The file says nothing that can be relied on.
    Damaged {
        /// What is wrong with it.
        why: String,
        /// Where it was put for a person to look at.
        aside: PathBuf,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    version: u32,
    target: String,
    delivered: u64,
}

impl CursorFile {
    pub(crate) fn new(path: PathBuf, target: &str) -> Self {
        Self { path, target: target.to_owned() }
    }

    /// Reads it; a damaged one is put aside.
    ///
    /// # Errors
    /// The disk's, or a file of a newer program, which is left alone.
    pub(crate) fn load(&self) -> io::Result<Found> {
        let why = match std::fs::metadata(&self.path) {
            Ok(about) if about.len() > MOST => format!("it is {} bytes long", about.len()),
            Ok(_) => match self.understand(&std::fs::read(&self.path)?) {
                Ok(delivered) => return Ok(Found::At(delivered)),
                Err(Wrong::Newer(version)) => {
                    let path = self.path.display();
                    let why =
                        format!("{path} has version {version}, and this program knows {VERSION}: update it");
                    return Err(io::Error::new(io::ErrorKind::InvalidData, why));
                }
                Err(Wrong::Damaged(why)) => why,
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(error),
        };
        Ok(Found::Damaged { why, aside: disk::set_aside(&self.path)? })
    }

    fn understand(&self, bytes: &[u8]) -> Result<u64, Wrong> {
        let value: serde_json::Value =
            serde_json::from_slice(bytes).map_err(|error| Wrong::Damaged(error.to_string()))?;
        if let Some(version) = value["version"].as_u64().filter(|version| *version > u64::from(VERSION)) {
            return Err(Wrong::Newer(version));
        }
        let saved: Saved =
            serde_json::from_value(value).map_err(|error| Wrong::Damaged(error.to_string()))?;
        if saved.version != VERSION || saved.target != self.target {
            return Err(Wrong::Damaged(format!("version {} for target {:?}", saved.version, saved.target)));
        }
        Ok(saved.delivered)
    }

    /// Writes it, durably.
    pub(crate) fn store(&self, delivered: u64) -> io::Result<()> {
        let saved = Saved { version: VERSION, target: self.target.clone(), delivered };
        disk::replace(&self.path, &serde_json::to_vec(&saved).map_err(io::Error::other)?)
    }
}

enum Wrong {
    Newer(u64),
    Damaged(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(directory: &tempfile::TempDir) -> CursorFile {
        CursorFile::new(directory.path().join("nats.json"), "nats")
    }

    #[test]
    fn what_is_stored_is_found_again_and_nothing_else_lies_about() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(file(&directory).load().unwrap(), Found::Nothing);
        for delivered in [0, 17, u64::MAX] {
            file(&directory).store(delivered).unwrap();
            assert_eq!(file(&directory).load().unwrap(), Found::At(delivered));
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_file_is_put_aside_and_never_taken_for_a_new_target() {
        let whole = br#"{"version":1,"target":"nats","delivered":17}"#;
        let cases: Vec<Vec<u8>> = (0..whole.len())
            .map(|end| whole[..end].to_vec())
            .chain([
                b"{}".to_vec(),
                br#"{"version":0,"target":"nats","delivered":17}"#.to_vec(),
                br#"{"version":1,"target":"other","delivered":17}"#.to_vec(),
                br#"{"version":1,"target":"nats","delivered":-1}"#.to_vec(),
                br#"{"version":1,"target":"nats","delivered":17,"more":1}"#.to_vec(),
                vec![b' '; 65 << 10],
            ])
            .collect();
        for case in cases {
            let directory = tempfile::tempdir().unwrap();
            let file = file(&directory);
            std::fs::write(&file.path, &case).unwrap();
            let found = file.load().unwrap();
            let Found::Damaged { aside, .. } = found else { panic!("{found:?}") };
            assert_eq!(std::fs::read(aside).unwrap(), case);
            assert_eq!(file.load().unwrap(), Found::Nothing);
        }
    }

    #[test]
    fn a_file_of_a_newer_program_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let file = file(&directory);
        std::fs::write(&file.path, br#"{"version":2,"epoch":1}"#).unwrap();
        let error = file.load().unwrap_err().to_string();
        assert!(error.contains("has version 2"), "{error}");
        assert!(file.path.exists());
    }
}
