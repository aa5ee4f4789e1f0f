//! One `[[run]]` of the story: which starts it is about, and what goes wrong in them. It only tells; what is
//! told happens elsewhere.

use serde::Deserialize;

use super::installation::Times;
use crate::complaint::Reason;
use crate::phase::{Phase, Stuck};
use crate::span::Frames;

/// What a start asks for, as far as stories look at it.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) program: Program,
    pub(crate) composition: Option<&'a str>,
    /// Display numbers, where `-s` and `-e` are given.
    pub(crate) frames: Option<(i64, i64)>,
    pub(crate) multi_frame: bool,
}

/// Which program was started.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Program {
    #[default]
    Aerender,
    Afterfx,
}

/// A run that goes wrong.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Run {
    pub(super) program: Program,
    pub(super) nth: Option<Nth>,
    pub(super) times: Option<u64>,
    composition: Option<String>,
    frames: Option<Frames>,
    multi_frame: Option<bool>,

    pub(crate) hang: Option<Hang>,
    pub(crate) crash: Option<Crash>,
    pub(crate) orphan: Option<Orphan>,
    pub(crate) deaf: bool,
    pub(crate) lie: Option<Lie>,
    pub(crate) spoil: Option<Spoil>,
    pub(crate) refuse: Option<Refuse>,
    pub(crate) slow: Times,
    pub(crate) say: Vec<Say>,
}

impl Run {
    /// Whether it is about this start, the `nth` of its program, having matched `before` times.
    pub(super) fn is_about(&self, asked: &Asked<'_>, nth: u64, before: u64) -> bool {
        let frames = |wanted: &Frames| match asked.frames {
            Some((first, last)) => wanted.touches(first, last),
            None => true,
        };
        self.program == asked.program
            && self.nth.as_ref().is_none_or(|wanted| wanted.has(nth))
            && self.times.is_none_or(|times| before < times)
            && self.composition.as_deref().is_none_or(|name| asked.composition == Some(name))
            && self.frames.as_ref().is_none_or(frames)
            && self.multi_frame.is_none_or(|on| on == asked.multi_frame)
    }
}

/// One start, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Nth {
    One(u64),
    Of(Vec<u64>),
}

impl Nth {
    fn has(&self, nth: u64) -> bool {
        match self {
            Self::One(one) => *one == nth,
            Self::Of(several) => several.contains(&nth),
        }
    }
}

/// Where in a run something happens: a phase, and within its frames which one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) phase: Phase,
    pub(crate) at: Option<i64>,
}

impl Moment {
    /// From the keys `in` and `at`: a frame alone is a frame's moment.
    fn of(phase: Option<Phase>, at: Option<i64>) -> Self {
        Self { phase: phase.unwrap_or(Phase::Frame), at }
    }

    /// Whether it has come.
    pub(crate) fn is(self, phase: Phase, frame: Option<i64>) -> bool {
        self.phase == phase && self.at.is_none_or(|at| frame.is_none_or(|frame| frame == at))
    }
}

/// Defines a table with `in` and `at` among its keys.
macro_rules! with_moment {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            #[serde(rename = "in")]
            phase: Option<Phase>,
            at: Option<i64>,
            $(#[serde(default)] pub(crate) $field: $kind,)*
        }

        impl $name {
            /// When it happens.
            pub(crate) fn moment(&self) -> Moment {
                Moment::of(self.phase, self.at)
            }
        }
    };
}

with_moment! {
    /// It stops and stays.
    Hang { how: Stuck, who: Who, }
}
with_moment! {
    /// It dies.
    Crash { by: How, victim: Victim, exit: Option<i32>, leaves: Option<Ruin>, movie: Option<Left>, }
}
with_moment! {
    /// Aerender leaves, AfterFX stays.
    Orphan { exit: i32, }
}
with_moment! {
    /// Words, or bytes, that nobody asked for.
    Say { text: String, repeat: Option<usize>, garbage: usize, noise: bool, }
}

/// Which of the two programs.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Who {
    #[default]
    Afterfx,
    Aerender,
}

/// Who dies.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Victim {
    #[default]
    Afterfx,
    Aerender,
    Both,
}

/// How it dies.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum How {
    #[default]
    Exit,
    Segv,
    Abort,
    Kill,
}

/// What is left of a movie.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Left {
    Short,
    Unfinished,
}

/// Exit 0, and yet.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lie {
    pub(crate) how: Untruth,
    #[serde(default)]
    pub(crate) frames: Option<Frames>,
    #[serde(default)]
    pub(crate) by: i64,
    #[serde(default)]
    pub(crate) exit: i32,
}

/// What is not true.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Untruth {
    Silent,
    FramesMissing,
    WrongRange,
    LoggedError,
    Unfinished,
}

/// Files that are not what they should be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spoil {
    pub(crate) how: Ruin,
    #[serde(default)]
    pub(crate) frames: Option<Frames>,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ruin {
    Truncated,
    Empty,
    Stale,
    WrongSize,
    Garbage,
}

/// After Effects says no.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refuse {
    pub(crate) with: Reason,
    #[serde(default)]
    pub(crate) at: Option<i64>,
    #[serde(default)]
    pub(crate) exit: Option<i32>,
    /// The file, script or thing it is about.
    #[serde(default)]
    pub(crate) path: Option<String>,
}
