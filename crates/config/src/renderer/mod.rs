//! `[[renderer]]`: a command-line renderer, described so well that nothing has to be programmed.
//!
//! ```text
//!   description ─┬─ args, env       ──► what to run        (never a shell string)
//!                ├─ frames          ──► how many frames one process takes, and which
//!                ├─ produces        ──► what each frame's file is called when the program has its own mind
//!                ├─ line rules      ──► what a line of output means
//!                └─ settings        ──► what a step may set, and within which bounds
//! ```
//!
//! It says what to run and how to understand it; running it is `callsheet-renderers`'.

mod arg;
mod check;
mod lines;
mod read;
mod setting;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;

use callsheet_model::FailureClass;

pub use arg::{Arg, InputForm, InputStep, Padding, Piece, Placeholder, Text, Unset};
pub use lines::{LineRule, Meaning, Pattern};
pub(crate) use read::{Described, read_all};
pub use setting::{Setting, SettingKind};

/// A command-line renderer.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandDescription {
    /// What jobs call it.
    pub name: String,
    /// The program: a name looked up in `PATH`, or a path.
    pub program: PathBuf,
    /// How its version is found out; without it the version stays empty and a start proves the program.
    pub version: Option<VersionProbe>,
    /// Its arguments, in order.
    pub args: Vec<Arg>,
    /// Variables set on top of the agent's environment; one with an unset placeholder is left out.
    pub env: BTreeMap<String, Text>,
    /// Which frames one process can take.
    pub frames: FrameUse,
    /// The lowest frame number that its command line can express.
    pub lowest_frame: i32,
    /// Whether a step needs a template.
    pub template: Need,
    /// Whether a step needs an output.
    pub output: Need,
    /// The name of each frame's file as the program itself writes it; `None` when it can be told the name.
    pub produces: Option<Text>,
    /// What kind of file comes out.
    pub result: ResultKind,
    /// The settings that tell the picture's width and height in pixels, so that every file is checked for it.
    pub size: Option<(String, String)>,
    /// What a step may set, by key. Other keys are refused.
    pub settings: BTreeMap<String, Setting>,
    /// What lines of its output mean; the first that matches counts.
    pub lines: Vec<LineRule>,
    /// Classes of failure by exit code; a code that is not here is a crash, 0 is none.
    pub exit_codes: BTreeMap<i32, FailureClass>,
}

/// How a program's version is found out.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionProbe {
    /// What it is run with.
    pub args: Vec<String>,
    /// Where the version stands in its output: the group `version`.
    pub pattern: Pattern,
}

/// Which frames one process can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameUse {
    /// A run of consecutive ones, `{first}` to `{last}`.
    Range,
    /// Any ones, `{frames}`: with commas, and this between the first and last of a run.
    List {
        /// Such as `-` or `..`.
        between: String,
    },
    /// One, `{frame}`.
    One,
    /// None: steps with this renderer are tasks.
    Task,
}

/// Whether a step must have a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Required,
    /// It may.
    Optional,
    /// It must not.
    Forbidden,
}

/// What kind of file comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultKind {
    /// A picture that must decode whole.
    Picture,
    /// A movie that must have as many frames as went in; of a task.
    Movie,
    /// Anything else: it must be there and not empty.
    File,
}
