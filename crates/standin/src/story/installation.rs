//! What this installation is like: version, language, habits of its platform, what is installed, its pace. It
//! is the same for every start; what changes from start to start is a run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::words::Locale;

/// The table `[installation]`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Installation {
    pub(crate) version: String,
    #[serde(skip)]
    major: u32,
    pub(crate) platform: Platform,
    encoding: Option<Encoding>,
    line_end: Option<LineEnd>,
    version_line: Option<VersionLine>,
    locale: Locale,
    pub(crate) format: Format,
    pub(crate) time_display: TimeDisplay,
    pub(crate) ordinal: Ordinal,
    pub(crate) duration_count: bool,
    pub(crate) repeat_lines: bool,
    pub(crate) noise: bool,
    pub(crate) pieces: Option<usize>,
    #[serde(rename = "clock")]
    clock_text: Option<String>,
    #[serde(skip)]
    pub(crate) clock: Option<jiff::civil::DateTime>,
    pub(crate) render_settings: Vec<String>,
    pub(crate) output_modules: BTreeMap<String, Module>,
    pub(crate) fonts: Option<Vec<String>>,
    pub(crate) effects: Option<Vec<String>>,
    pub(crate) mfr: usize,
    pub(crate) outside: Outside,
    pub(crate) needs_seat: bool,
    pub(crate) documents: Option<PathBuf>,
    pub(crate) another_open: bool,
    pub(crate) scripts_may_write: bool,
    pub(crate) record_env: Vec<String>,
    pub(crate) holds_output: bool,
    pub(crate) life_ms: u64,
    pub(crate) times: Times,
}

impl Default for Installation {
    fn default() -> Self {
        let movie = Module { format: ModuleFormat::Movie, ..Module::default() };
        let own = Module { comp_frame_number: false, ..Module::default() };
        let modules = [
            ("AIFF 48kHz", movie),
            ("H.264 - Match Render Settings - 15 Mbps", movie),
            ("High Quality", movie),
            ("Lossless", movie),
            ("Multi-Machine Sequence", Module::default()),
            ("PNG Sequence", Module::default()),
            ("TIFF Sequence with Alpha", own),
        ];
        let settings = ["Best Settings", "Current Settings", "DV Settings", "Draft Settings"];
        Self {
            version: "24.6x2".to_owned(),
            major: 24,
            platform: Platform::Windows,
            encoding: None,
            line_end: None,
            version_line: None,
            locale: Locale::English,
            format: Format::Stdout,
            time_display: TimeDisplay::Timecode,
            ordinal: Ordinal::Span,
            duration_count: false,
            repeat_lines: false,
            noise: false,
            pieces: None,
            clock_text: None,
            clock: None,
            render_settings: settings.map(str::to_owned).into(),
            output_modules: modules.map(|(name, module)| (name.to_owned(), module)).into(),
            fonts: None,
            effects: None,
            mfr: 4,
            outside: Outside::Blank,
            needs_seat: false,
            documents: None,
            another_open: false,
            scripts_may_write: true,
            record_env: Vec::new(),
            holds_output: true,
            life_ms: 600_000,
            times: Times::default(),
        }
    }
}

impl Installation {
    /// Reads what is told as text.
    pub(super) fn complete(&mut self) -> Result<(), String> {
        let major = self.version.split('.').next().and_then(|major| major.parse().ok());
        self.major =
            major.ok_or_else(|| format!("version: {:?} is none, such as \"24.6x2\"", self.version))?;
        let clock = self.clock_text.as_deref().map(str::parse).transpose();
        self.clock = clock.map_err(|error| format!("clock: {error}"))?;
        Ok(())
    }

    /// 24 of 24.6x2.
    pub(crate) fn major(&self) -> u32 {
        self.major
    }

    /// What it speaks now: a marker file in Documents makes it English.
    pub(crate) fn locale(&self) -> Locale {
        if self.has_marker("ae_force_english.txt") { Locale::English } else { self.locale }
    }

    /// Whether a marker file is in Documents.
    pub(crate) fn has_marker(&self, name: &str) -> bool {
        self.documents.as_deref().is_some_and(|documents| Path::new(documents).join(name).exists())
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding.unwrap_or(match (self.locale, self.platform) {
            (Locale::Japanese, _) => Encoding::ShiftJis,
            (Locale::Korean, _) => Encoding::EucKr,
            (_, Platform::Windows) => Encoding::Cp850,
            (_, Platform::Macos) => Encoding::Utf8,
        })
    }

    pub(crate) fn line_end(&self) -> LineEnd {
        self.line_end.unwrap_or(match self.platform {
            Platform::Windows => LineEnd::Crlf,
            Platform::Macos => LineEnd::Lf,
        })
    }

    pub(crate) fn version_line(&self) -> VersionLine {
        self.version_line.unwrap_or(match self.platform {
            Platform::Windows => VersionLine::First,
            Platform::Macos => VersionLine::Last,
        })
    }

    /// Whether this font is installed.
    pub(crate) fn has_font(&self, name: &str) -> bool {
        self.fonts.as_ref().is_none_or(|fonts| fonts.iter().any(|font| font == name))
    }

    /// Whether this effect is installed.
    pub(crate) fn has_effect(&self, name: &str) -> bool {
        self.effects.as_ref().is_none_or(|effects| effects.iter().any(|effect| effect == name))
    }
}

/// Whose habits it has.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Platform {
    Windows,
    Macos,
}

/// How its text becomes bytes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    Cp850,
    Latin1,
    ShiftJis,
    EucKr,
    Mojibake,
}

/// What ends a line.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LineEnd {
    Crlf,
    Lf,
    Cr,
}

/// When aerender's own lines appear.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VersionLine {
    First,
    Last,
    Never,
}

/// Which of its two formats it speaks.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    Stdout,
    AeLog,
}

/// How it shows times.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimeDisplay {
    Timecode,
    Frames,
    Feet,
}

/// What the number in brackets counts, from 1.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ordinal {
    Span,
    Composition,
}

/// What becomes of frames outside the composition.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outside {
    Blank,
    Nothing,
}

/// An output module template.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Module {
    pub(crate) format: ModuleFormat,
    /// "Use Comp Frame Number"; without it every run counts from 0.
    pub(crate) comp_frame_number: bool,
    /// Some modules print no frame lines.
    pub(crate) frame_lines: bool,
}

impl Default for Module {
    fn default() -> Self {
        Self { format: ModuleFormat::ByExtension, comp_frame_number: true, frame_lines: true }
    }
}

/// What a module writes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ModuleFormat {
    ByExtension,
    Png,
    Movie,
}

/// How long each phase takes, in real milliseconds.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Times {
    pub(crate) launch_ms: Option<u64>,
    pub(crate) load_ms: Option<u64>,
    pub(crate) first_frame_ms: Option<u64>,
    pub(crate) frame_ms: Option<u64>,
    pub(crate) finalise_ms: Option<u64>,
    pub(crate) exit_ms: Option<u64>,
    pub(crate) how: Option<Pace>,
}

impl Times {
    /// These, and where they are silent the others.
    pub(crate) fn or(self, others: Self) -> Self {
        Self {
            launch_ms: self.launch_ms.or(others.launch_ms),
            load_ms: self.load_ms.or(others.load_ms),
            first_frame_ms: self.first_frame_ms.or(others.first_frame_ms),
            frame_ms: self.frame_ms.or(others.frame_ms),
            finalise_ms: self.finalise_ms.or(others.finalise_ms),
            exit_ms: self.exit_ms.or(others.exit_ms),
            how: self.how.or(others.how),
        }
    }
}

/// What is done meanwhile.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pace {
    #[default]
    Sleep,
    Burn,
    Grow,
}
