//! What a pre-flight finds, and what each finding is called for people and for the cluster.

use callsheet_model::FailureClass;
use serde::Deserialize;
use serde_json::Value;

/// One thing that was found out about a project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Finding {
    /// No composition has the name.
    CompositionMissing {
        /// The name asked for.
        name: String,
        /// Names of some that there are.
        have: Vec<String>,
    },
    /// Several compositions have the name, and only one would be rendered.
    CompositionAmbiguous {
        /// The name asked for.
        name: String,
        /// How many.
        count: u32,
    },
    /// The render queue has no item at the position.
    QueueItemMissing {
        /// The position asked for, from 1.
        index: u32,
        /// How many items there are.
        count: u32,
    },
    /// Frames are wanted that the composition has not.
    FramesOutside {
        /// First frame wanted.
        from: i64,
        /// Last frame wanted.
        to: i64,
        /// First frame there is.
        first: i64,
        /// Last frame there is.
        last: i64,
    },
    /// This machine's user has no render-settings template of the name.
    RenderSettingsMissing {
        /// The name asked for.
        name: String,
        /// Names of those that there are.
        have: Vec<String>,
    },
    /// This machine's user has no output-module template of the name.
    OutputModuleMissing {
        /// The name asked for.
        name: String,
        /// Names of those that there are.
        have: Vec<String>,
    },
    /// The output module numbers its files from its own start, so that every chunk begins anew.
    NumbersAnew,
    /// The file of some footage in the picture is not there.
    FootageMissing {
        /// The item's name in the project.
        name: String,
        /// Where the file should be; empty if that is not known.
        path: String,
        /// It stands for footage on purpose.
        placeholder: bool,
        /// The step may go on without it.
        allowed: bool,
    },
    /// A font is not there, and another is shown in its place.
    FontMissing {
        /// Its PostScript name.
        name: String,
        /// The step may go on without it.
        allowed: bool,
    },
    /// Whether a font is there cannot be found out in this version.
    FontUnknown {
        /// Its PostScript name.
        name: String,
    },
    /// An effect in the picture is not installed.
    EffectMissing {
        /// What it is called in the project.
        name: String,
        /// Its match name.
        effect: String,
        /// A layer that has it.
        layer: String,
        /// That layer's composition.
        composition: String,
        /// After Effects marks it as missing; else it is only not in the list of those there are.
        sure: bool,
    },
    /// A path is longer than Windows allows.
    PathTooLong {
        /// The path.
        path: String,
        /// Its length in characters.
        length: u32,
    },
    /// Something could not be looked at.
    Unchecked {
        /// What.
        what: String,
        /// What After Effects said, in its language.
        text: String,
    },
}

impl Finding {
    pub(super) fn read(value: Value) -> Self {
        serde_json::from_value(value)
            .unwrap_or_else(|error| Self::Unchecked { what: "a finding".to_owned(), text: error.to_string() })
    }

    /// The class of failure that it is; none if the step can be rendered nevertheless.
    #[must_use]
    pub fn class(&self) -> Option<FailureClass> {
        match self {
            Self::CompositionMissing { .. }
            | Self::CompositionAmbiguous { .. }
            | Self::QueueItemMissing { .. }
            | Self::FramesOutside { .. } => Some(FailureClass::JobFatal),
            Self::PathTooLong { .. } => Some(FailureClass::NodeConfig),
            // Before anything is rendered a template's name may as well be misspelt as its file not installed:
            // another node is asked, and when that has none either it is the job. The node stays trusted.
            Self::RenderSettingsMissing { .. }
            | Self::OutputModuleMissing { .. }
            | Self::FootageMissing { placeholder: false, allowed: false, .. }
            | Self::FontMissing { allowed: false, .. }
            | Self::EffectMissing { sure: true, .. } => Some(FailureClass::InputMissing),
            Self::FootageMissing { .. }
            | Self::FontMissing { .. }
            | Self::EffectMissing { .. }
            | Self::FontUnknown { .. }
            | Self::NumbersAnew
            | Self::Unchecked { .. } => None,
        }
    }

    /// One sentence for people, with what to do about it.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::CompositionMissing { name, have } => {
                format!("the project has no composition {name:?}: {}", there_are(have))
            }
            Self::CompositionAmbiguous { name, count } => {
                format!("the project has {count} compositions {name:?}: rename all but one of them")
            }
            Self::QueueItemMissing { index, count } => {
                format!("the render queue has no usable item {index}: there are {count}")
            }
            Self::FramesOutside { from, to, first, last } => {
                format!(
                    "frames {from} to {to} are outside the composition, which has frames {first} to {last}"
                )
            }
            Self::RenderSettingsMissing { name, have } => {
                format!("this node has no render settings template {name:?}: {}", there_are(have))
            }
            Self::OutputModuleMissing { name, have } => {
                format!("this node has no output module template {name:?}: {}", there_are(have))
            }
            Self::NumbersAnew => {
                "the output module numbers from its own start: switch on \"Use Comp Frame Number\" \
                                  in its settings, or chunks of one sequence get the same names"
                    .to_owned()
            }
            Self::FootageMissing { name, path, placeholder, .. } => match (placeholder, path.as_str()) {
                (true, _) => format!("the footage {name:?} is a placeholder"),
                (false, "") => format!("the file of the footage {name:?} is not there"),
                (false, path) => format!("the footage {name:?} is not there: {path}"),
            },
            Self::FontMissing { name, .. } => {
                format!(
                    "the font {name:?} is not there: install it on this node, or another is shown in its place"
                )
            }
            Self::FontUnknown { name } => {
                format!("whether the font {name:?} is there cannot be found out before After Effects 24.0")
            }
            Self::EffectMissing { name, effect, layer, composition, sure } => {
                let doubt = if *sure { "is" } else { "may be" };
                format!(
                    "the effect {name:?} ({effect}) on layer {layer:?} of {composition:?} {doubt} not installed"
                )
            }
            Self::PathTooLong { path, length } => {
                format!(
                    "a path has {length} characters, Windows allows 259: shorten the node's work directory ({path})"
                )
            }
            Self::Unchecked { what, text } => format!("{what} could not be looked at: {text}"),
        }
    }
}

fn there_are(names: &[String]) -> String {
    match names {
        [] => "there is none at all".to_owned(),
        names => format!("there are {}", names.join(", ")),
    }
}
