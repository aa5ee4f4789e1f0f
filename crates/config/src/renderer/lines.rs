//! What a line of a renderer's output means.

use std::ops::Deref;

use callsheet_model::FailureClass;
use regex::{Regex, RegexBuilder};

use crate::problem::Why;
use crate::reader::Table;
use crate::tree::{Value, quoted};
use crate::values::{any_text, choice};

/// A pattern, and what a line that it matches means.
#[derive(Clone, Debug, PartialEq)]
pub struct LineRule {
    /// What the line looks like. Groups: `frame`, `nth`, `percent`, `done`, `total`, `message`.
    pub pattern: Pattern,
    /// What it means.
    pub means: Meaning,
}

/// What a line means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing, although a later rule would match it.
    Nothing,
    /// The program is past its start.
    Rendering,
    /// The frame in the group `frame` begins, or the `nth` frame of this process, counted from 1.
    FrameStarted,
    /// The frame in the group `frame` is finished, or the `nth` frame of this process, counted from 1.
    FrameFinished,
    /// How far it is: the group `percent`, or `done` of `total` (of all frames of its input, when there is
    /// no such group).
    Progress,
    /// Something a person should see: the group `message`, or the whole line.
    Warning,
    /// Something that speaks against success: the group `message`, or the whole line.
    Error(FailureClass),
}

/// A regular expression that compiled. Two are equal when they are written alike.
#[derive(Clone, Debug)]
pub struct Pattern(pub(crate) Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Deref for Pattern {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        &self.0
    }
}

impl Pattern {
    /// Most bytes that a compiled expression may take.
    const SIZE: usize = 1 << 20;

    pub(super) fn read(value: &Value) -> Result<Self, Why> {
        let text = any_text(value)?;
        let compiled = RegexBuilder::new(&text).size_limit(Self::SIZE).build();
        compiled.map(Self).map_err(|error| {
            // The library draws an arrow over several lines; its last line is the sentence.
            let message = error.to_string();
            let sentence = message.lines().last().unwrap_or_default().trim_start_matches("error: ");
            Why::new(quoted(&text), format!("this is no regular expression: {sentence}"))
        })
    }

    pub(super) fn has_group(&self, name: &str) -> bool {
        self.0.capture_names().flatten().any(|group| group == name)
    }
}

/// The meanings by their words; an error's class comes from a key beside it.
const MEANINGS: [(&str, Meaning); 7] = [
    ("nothing", Meaning::Nothing),
    ("rendering", Meaning::Rendering),
    ("frame_started", Meaning::FrameStarted),
    ("frame_finished", Meaning::FrameFinished),
    ("progress", Meaning::Progress),
    ("warning", Meaning::Warning),
    ("error", Meaning::Error(FailureClass::Crash)),
];

pub(super) fn read_all(renderer: &mut Table<'_>) -> Vec<LineRule> {
    renderer.tables("line").into_iter().filter_map(read).collect()
}

fn read(mut table: Table<'_>) -> Option<LineRule> {
    let pattern = table.need("match", "a regular expression", Pattern::read);
    let means = table.need("means", "what such a line means", choice(&MEANINGS));
    let class = table.take("class", class);
    if table.has("class") && !matches!(means, None | Some(Meaning::Error(_))) {
        table.refuse("class", Why::new("", "only an error has a class"));
    }
    if let (Some(pattern), Some(means)) = (&pattern, means) {
        let wanted = match means {
            Meaning::FrameStarted | Meaning::FrameFinished => {
                pattern.has_group("frame") || pattern.has_group("nth")
            }
            Meaning::Progress => pattern.has_group("percent") || pattern.has_group("done"),
            _ => true,
        };
        if !wanted {
            let why = "a frame's line has the group (?<frame>...) or (?<nth>...), a progress line (?<percent>...) or \
                 (?<done>...)";
            table.refuse("match", Why::new(quoted(pattern.as_str()), why));
        }
    }
    table.done();
    let means = match (means?, class) {
        (Meaning::Error(_), Some(class)) => Meaning::Error(class),
        (means, _) => means,
    };
    Some(LineRule { pattern: pattern?, means })
}

/// A class of failure by its word.
pub(super) fn class(value: &Value) -> Result<FailureClass, Why> {
    let text = any_text(value)?;
    FailureClass::ALL.into_iter().find(|class| class.word() == text).ok_or_else(|| {
        let all: Vec<&str> = FailureClass::ALL.iter().map(|class| class.word()).collect();
        Why::new(quoted(&text), format!("here must be one of {}", all.join(", ")))
    })
}
