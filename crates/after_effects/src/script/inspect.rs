//! What a script is asked to look at before a step fans out.

use serde_json::{Value, json};

/// What must be there for a step to be rendered. The project and what the step renders are always looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// The first and the last frame wanted, as display frame numbers, if they are known.
    pub frames: Option<(i32, i32)>,
    /// The name of the render-settings template, if one is asked for.
    pub render_settings: Option<String>,
    /// The name of the output-module template, if one is asked for.
    pub output_module: Option<String>,
    /// PostScript names of fonts that must be there. `None`: every font that the rendered layers use.
    pub fonts: Option<Vec<String>>,
    /// Whether footage may be missing.
    pub may_miss_footage: bool,
    /// The longest path that will be written, with its frame number.
    pub output: Option<String>,
    /// Whether the output is numbered by frame, so that the output module must number by composition.
    pub is_sequence: bool,
}

impl Inspection {
    pub(super) fn literal(&self) -> Value {
        json!({
            "frames": self.frames.map(|(first, last)| json!([first, last])),
            "renderSettings": self.render_settings,
            "outputModule": self.output_module,
            "fonts": self.fonts,
            "missFootage": self.may_miss_footage,
            "output": self.output,
            "sequence": self.is_sequence,
        })
    }
}
