//! What a script left: the report file, read as the bytes of a stranger, and what it means.
//!
//! Reading is total: any bytes give a report or a typed error, in bounded memory. A finding that is not known is
//! kept as something that was not checked, so that one odd line does not hide the others.

mod finding;
#[cfg(test)]
mod tests;
mod verdict;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

pub use finding::Finding;
pub use verdict::judge;

use super::asset::MAX_ASSETS;

/// Largest report that is read, in bytes. Texts in it are cut and lists are short: a real one is some kilobytes.
pub const MAX_REPORT_BYTES: usize = 32 * 1024 * 1024;
/// Most findings that are kept.
const MAX_FINDINGS: usize = 1000;

/// What a run of After Effects with a script tells of itself.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Report {
    /// The version that ran, as it calls itself: `24.6x2`.
    #[serde(default)]
    pub version: String,
    /// How far it came.
    pub stage: Stage,
    /// What became of each asset, in the order of the data set. Shorter than the set where the run died.
    #[serde(default, deserialize_with = "assets")]
    pub assets: Vec<AssetReport>,
    /// What was found out about the project.
    #[serde(default, deserialize_with = "findings")]
    pub findings: Vec<Finding>,
    /// The composition that the step renders, where it is clear which.
    #[serde(default, deserialize_with = "if_readable")]
    pub composition: Option<Composition>,
    /// Whether the changed copy was saved.
    #[serde(default)]
    pub saved: bool,
    /// What ended the work early.
    #[serde(default)]
    pub error: Option<Trouble>,
}

/// How far a script came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It found the project of someone else open, and touched nothing.
    Refused,
    /// It was opening the project.
    Opening,
    /// It was putting the data in.
    Injecting,
    /// It was saving the copy.
    Saving,
    /// It was looking whether the step can be rendered.
    Inspecting,
    /// It came to its end.
    Done,
}

/// What ended the work of a script early.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Trouble {
    /// At which stage: `open`, `save`, or the name of a stage.
    pub at: String,
    /// What After Effects said, in its language.
    pub text: String,
}

/// What became of one asset.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AssetReport {
    /// What kind it is: `footage`, `data`, `script`, `static`.
    pub kind: String,
    /// What became of it.
    #[serde(rename = "result")]
    pub outcome: Outcome,
    /// How many layers it was applied to.
    pub layers: u32,
    /// Whether it may be missing.
    pub allowed: bool,
    /// The composition it was aimed at.
    pub composition: String,
    /// The layer it was aimed at: its name, or `#` and its position.
    pub layer: String,
    /// The property it was aimed at, for data.
    pub property: String,
    /// What After Effects said, in its language, where it failed.
    pub text: String,
}

/// What became of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is in. Scripts and static files have no layers to be counted.
    Applied,
    /// There is no such composition.
    MissingComposition,
    /// None of the compositions has such a layer.
    MissingLayer,
    /// None of the layers has such a property.
    MissingProperty,
    /// After Effects refused.
    Error,
}

/// The composition that a step renders.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Composition {
    /// Its name.
    pub name: String,
    /// Its first frame, as a display frame number.
    pub first: i64,
    /// How many frames it has.
    pub frames: i64,
    /// 1 in a project that counts frames from 1, else 0.
    pub base: i64,
    /// Frames per second.
    pub rate: f64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// Why a report cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is longer than any real one.
    #[error("the report has {0} bytes: at most {MAX_REPORT_BYTES} are read")]
    TooLong(usize),
    /// It is not whole, or not a report.
    #[error("the report is not whole")]
    NotWhole(#[source] serde_json::Error),
}

impl Report {
    /// Reads the bytes of a report file.
    ///
    /// # Errors
    /// It is too long, cut short, or no report.
    pub fn read(bytes: &[u8]) -> Result<Self, ReportError> {
        if bytes.len() > MAX_REPORT_BYTES {
            return Err(ReportError::TooLong(bytes.len()));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        serde_json::from_slice(bytes).map_err(ReportError::NotWhole)
    }
}

fn assets<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<AssetReport>, D::Error> {
    let mut assets = Vec::<AssetReport>::deserialize(from)?;
    assets.truncate(MAX_ASSETS);
    Ok(assets)
}

fn findings<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Finding>, D::Error> {
    let values = Vec::<Value>::deserialize(from)?;
    Ok(values.into_iter().take(MAX_FINDINGS).map(Finding::read).collect())
}

fn if_readable<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Composition>, D::Error> {
    let value = Option::<Value>::deserialize(from)?;
    Ok(value.and_then(|value| serde_json::from_value(value).ok()))
}
