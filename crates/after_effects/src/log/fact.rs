//! What a line of output tells, as types.

use callsheet_model::{FailureClass, RunPhase};

use super::stamp::{Rate, Stamp};

/// Something a line tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogFact {
    /// The version of After Effects, as it is written: `24.6.1x50`.
    Version(String),
    /// The process came into this phase. It is told once for each, and never one before the last.
    Phase(RunPhase),
    /// A composition is begun.
    Started {
        /// Its name, where it can be told.
        composition: Option<String>,
    },
    /// A part of what After Effects says of a composition before it renders it.
    Header(Header),
    /// A frame is finished; its display number, told once.
    FrameFinished(i32),
    /// A frame is finished, but which one cannot be told yet: the header that its number needs has not come.
    FrameUnnumbered,
    /// A composition is finished.
    Finished {
        /// Its name, where it can be told.
        composition: Option<String>,
    },
    /// The queue is done. In seconds, where they can be read.
    Elapsed(Option<u64>),
    /// Something a person should see, which speaks against nothing.
    Warning {
        /// What it is about.
        kind: WarningKind,
        /// The message, without what stands before every one.
        text: String,
    },
    /// Something that speaks against success, whatever else is said.
    Error {
        /// What kind of failure it is.
        class: FailureClass,
        /// Whether it only says that something failed: an error that says what is worth more.
        vague: bool,
        /// The message, without what stands before every one.
        text: String,
        /// What it means, in words of this program; lower case, no full stop.
        meaning: &'static str,
    },
    /// Sounds like trouble, and is none.
    Noise,
}

/// A part of a composition's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// The first frame.
    Start(Stamp),
    /// The last frame.
    End(Stamp),
    /// How long it is.
    Duration(Stamp),
    /// How many frames that are.
    Count(u32),
    /// Frames a second.
    Rate(Rate),
}

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarningKind {
    /// Fonts are replaced: the pixels are wrong, but nothing fails.
    Fonts,
    /// Frames outside of the composition are asked for: they may be blank.
    Range,
    /// Footage is not where the project says; it may not be needed.
    Footage,
    /// A plug-in is not there or did not load; it may not be needed.
    PlugIn,
    /// The project was made with another version.
    Converted,
    /// It goes on, but not as it should.
    Degraded,
    /// Any other.
    Other,
    /// It would explain a failure of this class, but no failure follows from it: too many programs write into
    /// the same output.
    Hint {
        /// The class.
        class: FailureClass,
        /// What it means, in words of this program.
        meaning: &'static str,
    },
}

impl WarningKind {
    /// All that are about one thing; hints are about any class.
    pub const ALL: [Self; 7] =
        [Self::Fonts, Self::Range, Self::Footage, Self::PlugIn, Self::Converted, Self::Degraded, Self::Other];

    /// The word for it, everywhere.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fonts => "fonts",
            Self::Range => "range",
            Self::Footage => "footage",
            Self::PlugIn => "plug_in",
            Self::Converted => "converted",
            Self::Degraded => "degraded",
            Self::Other => "other",
            Self::Hint { .. } => "hint",
        }
    }
}
