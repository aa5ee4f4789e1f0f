//! Projects: a TOML text with compositions, layers, footage and a render queue. Its fingerprint is what its
//! pictures show. A file that is not such a text is damaged.
//!
//! ```toml
//! saved_by = 23            # an older version: After Effects says that it converts it
//! first_frame = 0          # the project's "start numbering frames at"
//!
//! [[composition]]
//! name = "Main"
//! width = 64
//! height = 36
//! rate = 25.0
//! frames = 100
//! start = 0                # display start frame
//! drop = false             # drop-frame timecode
//! fields = false           # two lines per frame, 12U and 12L
//!
//! [[composition.layer]]
//! name = "title"
//! text = "Hello"           # a text layer, in this font:
//! font = "Roboto-Black"
//! effects = ["Fill"]       # each is a group of properties, `Effects/Fill/...`
//! values = { "Effects/Fill/Color" = [1.0, 0.0, 0.0] }
//! expressions = { "Transform/Opacity" = "50" }
//!
//! [[composition.layer]]
//! name = "logo"
//! source = "logo.png"      # the name of a footage item or of a composition
//!
//! [[footage]]
//! name = "logo.png"
//! path = "media/logo.png"  # from the project's folder, or absolute
//!
//! [[queue]]
//! composition = "Main"     # status: queued, unqueued, needs_output, will_continue, done
//! status = "queued"
//! output = "out/[#####].png"
//! output_module = "PNG Sequence"
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::story::Installation;

/// A whole project.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) saved_by: Option<u32>,
    #[serde(default)]
    pub(crate) first_frame: i64,
    #[serde(rename = "composition")]
    pub(crate) compositions: Vec<Composition>,
    #[serde(default)]
    pub(crate) footage: Vec<Footage>,
    #[serde(default)]
    pub(crate) queue: Vec<Queued>,
}

/// A composition.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Composition {
    pub(crate) name: String,
    #[serde(default = "Composition::width")]
    pub(crate) width: u32,
    #[serde(default = "Composition::height")]
    pub(crate) height: u32,
    #[serde(default = "Composition::rate")]
    pub(crate) rate: f64,
    pub(crate) frames: u32,
    #[serde(default)]
    pub(crate) start: i64,
    #[serde(default)]
    pub(crate) drop: bool,
    #[serde(default)]
    pub(crate) fields: bool,
    #[serde(default, rename = "layer")]
    pub(crate) layers: Vec<Layer>,
}

impl Composition {
    fn width() -> u32 {
        64
    }

    fn height() -> u32 {
        36
    }

    fn rate() -> f64 {
        25.0
    }
}

/// A layer: text, footage, a nested composition, or nothing but its properties.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layer {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) font: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
    #[serde(default = "Layer::enabled")]
    pub(crate) enabled: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) effects: Vec<String>,
    /// By path of names: `Transform/Opacity`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) values: BTreeMap<String, toml::Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) expressions: BTreeMap<String, String>,
    /// Times in seconds and values, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) keys: BTreeMap<String, Vec<(f64, toml::Value)>>,
}

impl Layer {
    fn enabled() -> bool {
        true
    }
}

/// A file that the project refers to.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Footage {
    pub(crate) name: String,
    pub(crate) path: String,
}

/// A render queue item.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Queued {
    pub(crate) composition: String,
    #[serde(default)]
    pub(crate) status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) output: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) render_settings: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) output_module: Option<String>,
}

/// Whether an item renders.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    #[default]
    Queued,
    Unqueued,
    NeedsOutput,
    WillContinue,
    Done,
}

/// Compositions within compositions, at most.
const DEPTH: u32 = 16;

impl Project {
    /// From a file's bytes; none when they are no project.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let project: Self = toml::from_str(std::str::from_utf8(bytes).ok()?).ok()?;
        let sound = |comp: &Composition| {
            let sides = 1..=30_000;
            sides.contains(&comp.width) && sides.contains(&comp.height) && (1.0..=999.0).contains(&comp.rate)
        };
        project.compositions.iter().all(sound).then_some(project)
    }

    /// The first composition of this name.
    pub(crate) fn composition(&self, name: &str) -> Option<&Composition> {
        self.compositions.iter().find(|comp| comp.name == name)
    }

    /// All layers that a composition shows, nested ones too.
    fn layers<'a>(&'a self, comp: &'a Composition, depth: u32, all: &mut Vec<&'a Layer>) {
        for layer in comp.layers.iter().filter(|layer| layer.enabled) {
            all.push(layer);
            let nested = layer.source.as_deref().and_then(|name| self.composition(name));
            if let (Some(nested), 1..) = (nested, depth) {
                self.layers(nested, depth - 1, all);
            }
        }
    }

    /// All layers that a composition shows.
    pub(crate) fn shown<'a>(&'a self, comp: &'a Composition) -> Vec<&'a Layer> {
        let mut all = Vec::new();
        self.layers(comp, DEPTH, &mut all);
        all
    }

    /// The files that a composition shows.
    pub(crate) fn files(&self, comp: &Composition, folder: &Path) -> BTreeSet<PathBuf> {
        let names = self.shown(comp).into_iter().filter_map(|layer| layer.source.as_deref());
        let footage = names.filter_map(|name| self.footage.iter().find(|footage| footage.name == name));
        footage.map(|footage| folder.join(&footage.path)).collect()
    }

    /// Fonts that are asked for and not installed.
    pub(crate) fn missing_fonts<'a>(&'a self, installation: &Installation) -> BTreeSet<&'a str> {
        let layers = self.compositions.iter().flat_map(|comp| &comp.layers);
        let fonts = layers.filter_map(|layer| layer.font.as_deref());
        fonts.filter(|font| !installation.has_font(font)).collect()
    }

    /// Effects that are used and not installed.
    pub(crate) fn missing_effects<'a>(&'a self, installation: &Installation) -> BTreeSet<&'a str> {
        let layers = self.compositions.iter().flat_map(|comp| &comp.layers);
        let effects = layers.flat_map(|layer| &layer.effects).map(String::as_str);
        effects.filter(|effect| !installation.has_effect(effect)).collect()
    }

    /// A number that is another when the composition shows anything else: text, values, footage, fonts and
    /// effects that are not installed.
    pub(crate) fn fingerprint(&self, comp: &Composition, folder: &Path, installation: &Installation) -> u64 {
        let mut print = Print::default();
        for layer in self.shown(comp) {
            let font = layer.font.as_deref().map(|font| (font, installation.has_font(font)));
            let effects: Vec<_> =
                layer.effects.iter().map(|effect| (effect, installation.has_effect(effect))).collect();
            print.add(format!("{:?} {font:?} {effects:?}", layer.text).as_bytes());
            for (path, value) in &layer.values {
                print.add(format!("{path} {}", plain(value)).as_bytes());
            }
            for (path, keys) in &layer.keys {
                let keys: Vec<_> = keys.iter().map(|(time, value)| (time, plain(value))).collect();
                print.add(format!("{path} {keys:?}").as_bytes());
            }
            print.add(format!("{:?}", layer.expressions).as_bytes());
        }
        for file in self.files(comp, folder) {
            print.add(&std::fs::read(file).unwrap_or_default());
        }
        print.0
    }
}

/// A value as text, whichever way its numbers are written: a script knows one kind only.
fn plain(value: &toml::Value) -> String {
    match value {
        // Numbers that are written whole are small.
        #[allow(clippy::cast_precision_loss)]
        toml::Value::Integer(number) => format!("{:?}", *number as f64),
        toml::Value::Array(values) => format!("{:?}", values.iter().map(plain).collect::<Vec<_>>()),
        toml::Value::Float(number) => format!("{number:?}"),
        other => other.to_string(),
    }
}

/// FNV-1a: small, and the same for ever.
struct Print(u64);

impl Default for Print {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Print {
    fn add(&mut self, bytes: &[u8]) {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes();
        for byte in bytes.iter().chain(&length) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[[composition]]\nname = 'A'\nframes = 2\n[[composition.layer]]\nname = 't'\ntext = 'x'\n\
                        [[composition]]\nname = 'B'\nframes = 2\n[[composition.layer]]\nname = 'a'\nsource = 'A'\n";

    #[test]
    fn a_nested_text_changes_the_outer_fingerprint() {
        let installation = Installation::default();
        let print = |text: &str| {
            let project = Project::read(text.as_bytes()).unwrap();
            project.fingerprint(&project.compositions[1], Path::new("."), &installation)
        };
        assert_eq!(print(TEXT), print(TEXT));
        assert_ne!(print(TEXT), print(&TEXT.replace("'x'", "'y'")));
    }

    #[test]
    fn anything_else_is_damaged() {
        assert!(Project::read(b"RIFX").is_none());
        assert!(Project::read(b"").is_none());
        assert!(Project::read(&TEXT.as_bytes()[..30]).is_none());
        assert!(Project::read(b"[[composition]]\nname = 'A'\nframes = 1\nwidth = 0\n").is_none());
    }

    #[test]
    fn a_project_survives_being_written() {
        let project = Project::read(TEXT.as_bytes()).unwrap();
        let again = Project::read(toml::to_string(&project).unwrap().as_bytes()).unwrap();
        assert_eq!(format!("{project:?}"), format!("{again:?}"));
    }
}
