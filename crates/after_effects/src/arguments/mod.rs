//! The command lines of After Effects' two programs, for exactly the version at hand.
//!
//! What is never said: `-log` (it takes the output away), `-reuse` (exit code and time mean nothing then), and a
//! line without `-comp` or `-rqindex` (it renders the whole queue and ignores the rest).
//!
//! By Adobe's help `-sound` is no more than a chime at the end; whether a movie has sound is its output module's
//! business, which can be told from version 22 on. A step that says anything of sound has both said for it.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::settings::{MultiFrame, Preset, Product, Settings, Target};

/// The first version with `-mfr`, `-renderSettings` and `-outputSettings`.
const SINCE_2022: u32 = 22;
/// What says in an output module whether there is sound.
const OUTPUT_AUDIO: &str = "Output Audio";

/// One process of `aerender`.
#[derive(Clone, Debug)]
pub struct Render<'a> {
    /// The project's path: ASCII.
    pub project: &'a str,
    /// What the step sets.
    pub settings: &'a Settings,
    /// What it makes.
    pub product: Product,
    /// The first and last frame, by the composition's own numbers.
    pub span: (i32, i32),
    /// Where to, with `[#####]` for pictures: ASCII.
    pub output: &'a str,
    /// Whether it should use as little memory as it can.
    pub gentle: bool,
}

/// A setting that a version cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "settings.{setting} has keys and values, which After Effects understands from version 22 on; this is {version}: \
     ask for a node that has it with requires.renderer_version = \">=22\", or name a template"
)]
pub struct TooOld {
    /// The setting.
    pub setting: &'static str,
    /// The version at hand.
    pub version: String,
}

/// The first number of a version: `24.6.1x2` is 24.
#[must_use]
pub fn major(version: &str) -> Option<u32> {
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The version that a folder's year stands for: 2025 is 25. Before 2022 years and versions went apart.
#[must_use]
pub fn version_of_year(year: u32) -> Option<u32> {
    match year {
        2014 => Some(13),
        2015 => Some(13),
        2017 => Some(14),
        2018 => Some(15),
        2019 => Some(16),
        2020 => Some(17),
        2021 => Some(18),
        2022..=2099 => Some(year - 2000),
        _ => None,
    }
}

/// The arguments of one process of `aerender`.
///
/// # Errors
/// `TooOld` when the version cannot do what the step asks for.
pub fn render(render: &Render<'_>, version: &str) -> Result<Vec<String>, TooOld> {
    let Render { settings, span, .. } = render;
    let modern = major(version).is_some_and(|major| major >= SINCE_2022);
    let too_old = |setting| TooOld { setting, version: version.to_owned() };
    let mut line = Line::default();
    line.pair("-project", render.project);
    match &settings.target {
        Target::Composition(name) => line.pair("-comp", name),
        Target::QueueIndex(index) => line.pair("-rqindex", index.to_string()),
    }
    match &settings.render_settings {
        Some(Preset::Template(name)) => line.pair("-RStemplate", name),
        Some(Preset::Values(values)) if modern => line.pair("-renderSettings", in_one(values)),
        Some(Preset::Values(_)) => return Err(too_old("render_settings")),
        None => {}
    }
    let mut output = BTreeMap::new();
    match &settings.output_module {
        Some(Preset::Template(name)) => line.pair("-OMtemplate", name),
        Some(Preset::Values(_)) if !modern => return Err(too_old("output_module")),
        Some(Preset::Values(values)) => output.clone_from(values),
        None => {}
    }
    if let Some(audio) = audio(render).filter(|_| modern) {
        output.entry(OUTPUT_AUDIO.to_owned()).or_insert_with(|| audio.to_owned());
    }
    if !output.is_empty() {
        line.pair("-outputSettings", in_one(&output));
    }
    line.pair("-output", render.output);
    line.pair("-s", span.0.to_string());
    line.pair("-e", span.1.to_string());
    line.pair("-sound", if settings.sound == Some(true) { "ON" } else { "OFF" });
    if modern && let Some(multi_frame) = multi_frame(settings, render.gentle) {
        let (word, cpu) = match multi_frame {
            MultiFrame::Off => ("OFF", 100),
            MultiFrame::On { cpu } => ("ON", cpu),
        };
        line.pair("-mfr", word);
        line.0.push(cpu.to_string());
    }
    if let Some(memory) = settings.memory {
        line.pair("-mem_usage", memory.cache.to_string());
        line.0.push(memory.max.to_string());
    }
    if settings.continue_on_missing_footage {
        line.0.push("-continueOnMissingFootage".to_owned());
    }
    line.pair("-close", "DO_NOT_SAVE_CHANGES");
    line.pair("-v", "ERRORS_AND_PROGRESS");
    Ok(line.0)
}

/// Whether several frames may be rendered at once, as far as anyone can tell: memory texts and kills mean something
/// else then. A version that is not known may do it.
#[must_use]
pub fn may_be_multi_frame(settings: &Settings, gentle: bool, version: Option<&str>) -> bool {
    // Where nobody says anything, the program's own preference counts, and that is on from version 22.
    let modern = version.and_then(major).is_none_or(|major| major >= SINCE_2022);
    modern && multi_frame(settings, gentle) != Some(MultiFrame::Off)
}

/// The arguments of the program itself, to run a script and nothing else.
#[must_use]
pub fn script(path: &str) -> Vec<String> {
    ["-noui", "-r", path].map(str::to_owned).into()
}

/// After running out of memory, one frame at a time.
fn multi_frame(settings: &Settings, gentle: bool) -> Option<MultiFrame> {
    if gentle { Some(MultiFrame::Off) } else { settings.multi_frame }
}

/// What the output module is told of sound.
fn audio(render: &Render<'_>) -> Option<&'static str> {
    match (render.product, render.settings.sound) {
        (Product::Pictures, _) | (_, None) => None,
        (_, Some(true)) => Some("On"),
        (_, Some(false)) => Some("Off"),
    }
}

fn in_one(values: &BTreeMap<String, String>) -> String {
    values.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join("; ")
}

#[derive(Default)]
struct Line(Vec<String>);

impl Line {
    fn pair(&mut self, flag: &str, value: impl Into<String>) {
        self.0.push(flag.to_owned());
        self.0.push(value.into());
    }
}
