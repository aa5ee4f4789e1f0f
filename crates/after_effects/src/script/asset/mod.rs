//! The data set of a step: what is put into its template, where, in which order.
//!
//! Read from the setting `assets`, a list of objects. Keys are those of nexrender's job files, in snake_case or
//! as nexrender writes them: `type`, `src`, `name`, `composition`, `layer_name` or `layer_index`, `property`,
//! `value` or `expression`, `continue_on_missing`. A key that an asset's type has no use for is refused, since
//! whoever wrote it expected something of it.

mod fields;
mod property;
mod read;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use property::Property;

use super::source::Source;

/// Most assets in one data set.
pub const MAX_ASSETS: usize = 1000;
/// Longest name of a composition, layer, property or file, in bytes.
pub const MAX_NAME_BYTES: usize = 1024;
/// Longest text or expression, in bytes.
pub const MAX_TEXT_BYTES: usize = 32 * 1024;
/// Most numbers in a list.
const MAX_LIST: usize = 1024;
/// Most steps of a path through compositions or properties.
const MAX_STEPS: usize = 32;

/// What is put into a template, in this order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataSet {
    /// The assets. Reports and [`super::Injection::files`] name them by their place here, from 0.
    pub assets: Vec<Asset>,
}

/// Something wrong with a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `settings.assets[2].layer_name`.
    pub place: String,
    /// What was found and what is allowed: lower case, no full stop.
    pub message: String,
}

/// One thing that is put into a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Asset {
    /// A file that becomes the source of layers.
    Footage {
        /// What kind of file.
        media: Media,
        /// Where it comes from.
        source: Source,
        /// Which layers.
        target: Target,
    },
    /// A value or an expression for a property of layers.
    Data {
        /// Which layers.
        target: Target,
        /// Which property of each.
        property: Property,
        /// What it becomes.
        change: Change,
    },
    /// An ExtendScript file that is evaluated at its place in the order, in the global scope, with the project
    /// open as `app.project`.
    Script {
        /// Where it comes from.
        source: Source,
    },
    /// A file that is put beside the project. No script takes part in it: the caller puts it there.
    Static {
        /// Where it comes from.
        source: Source,
        /// Its name there: a plain file name on every system.
        name: String,
    },
}

/// What kind of footage a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// A still picture.
    Image,
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
}

/// Which layers are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// In which compositions.
    pub scope: Scope,
    /// Which layers of each.
    pub layer: Layer,
    /// Whether it is no failure when composition, layer or property are not there.
    pub may_be_missing: bool,
}

/// In which compositions layers are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The one that the step renders.
    Rendered,
    /// Every composition that has the layer.
    Every,
    /// Every composition of this name or, where none has it and it has `->` in it, every composition that is
    /// nested as it says: `Main->Lower third` is `Lower third` used in `Main`. A nested composition is one
    /// thing wherever it is used: what changes in it changes everywhere.
    Named {
        /// The whole text.
        name: String,
        /// Its parts, outermost first, without the spaces around them. Never empty.
        path: Vec<String>,
    },
}

/// Which layers of a composition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    /// All layers of this name.
    Name(String),
    /// The one at this position, from 1 at the top.
    Index(u32),
}

/// What a property becomes.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A constant: a text, a number, a boolean or a list of numbers. Keyframes that the property has are
    /// removed: the value holds at all times. An expression stays and sees the new value.
    Value(Value),
    /// An expression, which is computed with. Keyframes stay below it; an empty one takes an expression away.
    Expression(String),
}

impl DataSet {
    /// Reads the setting `assets`.
    ///
    /// # Errors
    /// Everything that is wrong with it, each at its place.
    pub fn read(setting: &Value) -> Result<Self, Vec<Problem>> {
        read::data_set(setting)
    }

    /// What must be fetched before a script can run: place in the set, and where it comes from.
    pub fn sources(&self) -> impl Iterator<Item = (usize, &Source)> {
        self.assets.iter().enumerate().filter_map(|(index, asset)| Some((index, asset.source()?)))
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.assets.is_empty()
    }
}

impl Asset {
    /// Where its file comes from, if it has one.
    #[must_use]
    pub fn source(&self) -> Option<&Source> {
        match self {
            Self::Footage { source, .. } | Self::Script { source } | Self::Static { source, .. } => {
                Some(source)
            }
            Self::Data { .. } => None,
        }
    }
}

impl Media {
    /// The word for it in job files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
        }
    }
}
