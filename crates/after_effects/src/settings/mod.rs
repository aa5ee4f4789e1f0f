//! What a step may set for After Effects, read whole: every mistake is named, all at once.
//!
//! | setting | what | default |
//! |---|---|---|
//! | `composition` | the composition's name; of several with one name the first is rendered | |
//! | `queue_index` | or an item of the project's render queue, counted from 1 | |
//! | `render_settings`, `output_module` | the name of a template, or a table of keys and values (After Effects 22 and later) | the project's own, or the program's default |
//! | `multi_frame` | `true`, `false` or `{"cpu": 1..100}`: the share of processors in per cent | as the user set it |
//! | `memory` | `{"cache": 1..100, "max": 1..100}`, in per cent | as the user set it |
//! | `sound` | whether a movie has sound, where the version can be told (22 and later); before, its output module says | its output module's |
//! | `continue_on_missing_footage` | render although footage is not there | `false` |
//! | `env` | variables for the program | none |
//! | `fonts` | PostScript names of fonts that must be there | none |
//! | `size` | `[width, height]` in pixels: what every picture must have to count | what the attempt's first picture has |
//! | `assets` | the data that is put into the project first | none |
//! | `movie` | `{"frames": "0-99", "segment": 50}`: what a movie shows, and how many frames each of its segments has | pictures |
//!
//! Nothing here looks at a machine: the leader asks at submission.

mod check;
mod movie;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

pub use check::check;
pub use movie::{Movie, Product};

/// What a step sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What is rendered.
    pub target: Target,
    /// The render settings, if not the project's.
    pub render_settings: Option<Preset>,
    /// The output module, if not the project's.
    pub output_module: Option<Preset>,
    /// Multi-frame rendering, if the step says anything of it.
    pub multi_frame: Option<MultiFrame>,
    /// Bounds on memory.
    pub memory: Option<Memory>,
    /// Whether a movie has sound, if the step says anything of it.
    pub sound: Option<bool>,
    /// Whether it renders although footage is missing.
    pub continue_on_missing_footage: bool,
    /// Variables for the program.
    pub env: BTreeMap<String, String>,
    /// PostScript names of fonts that must be there.
    pub fonts: Vec<String>,
    /// Width and height that every picture must have, in pixels.
    pub size: Option<(u32, u32)>,
    /// The data set as it is written: [`crate::script`] reads it.
    pub assets: Option<Value>,
    /// What the movie shows; without it every frame is a picture.
    pub movie: Option<Movie>,
}

/// What is rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The first composition of this name.
    Composition(String),
    /// An item of the render queue, counted from 1.
    QueueIndex(u32),
}

/// Render settings or an output module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preset {
    /// The name of a template.
    Template(String),
    /// Keys and values, each as the program writes it.
    Values(BTreeMap<String, String>),
}

/// Several frames rendered at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultiFrame {
    /// One at a time.
    Off,
    /// Several.
    On {
        /// The share of processors, in per cent.
        cpu: u8,
    },
}

/// Bounds on memory, in per cent of what the machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// For images that are kept.
    pub cache: u8,
    /// For everything.
    pub max: u8,
}

/// Something wrong with a step, in the words of a job file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `settings.composition`, `output`.
    pub place: String,
    /// What was found and what is allowed: lower case, no full stop.
    pub message: String,
}

impl Problem {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl Settings {
    /// Reads a step's settings.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn read(values: &BTreeMap<String, Value>) -> Result<Self, Vec<Problem>> {
        let (settings, problems) = read::read(values);
        match settings {
            Some(settings) if problems.is_empty() => Ok(settings),
            _ => Err(problems),
        }
    }
}
