//! Arguments with placeholders, `+O{output}`: taken apart once, when the config is read, so that a misspelt
//! placeholder is a mistake in the config and not in the middle of a render.

use std::ffi::OsString;

/// One argument of a command line, or a group that is there only as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// Always there; an unset placeholder in it is an error.
    One(Text),
    /// Dropped as a whole when a placeholder in it is unset, or a flag it depends on is false.
    Group(Vec<Text>),
}

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub Vec<Piece>);

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Literal(String),
    /// To be filled in.
    Value(Placeholder),
}

/// Something to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// `{template}`: the template's path on this machine.
    Template,
    /// `{first}`: the first frame of this process.
    First,
    /// `{last}`: the last frame of this process.
    Last,
    /// `{frame}`: the frame, of a process that takes one; in `produces`, the file's.
    Frame(Padding),
    /// `{frames}`: all frames of this process as a list.
    Frames,
    /// `{step_first}`: the first frame of the whole step, whatever this process renders of it.
    StepFirst,
    /// `{step_last}`: the last frame of the whole step.
    StepLast,
    /// `{output}`: the path of the one file that this process makes (a task, or a single frame).
    Output,
    /// `{output_printf}`: the path with `%05d` for the frame's number.
    OutputPrintf,
    /// `{output_hash}`: the path with `#####` for the frame's number.
    OutputHash,
    /// `{output_dir}`: the attempt's directory, without a separator at its end.
    OutputDir,
    /// `{output_prefix}`: the file name before the number, without its directory.
    OutputPrefix,
    /// `{output_suffix}`: the file name after the number, with its dot and extension.
    OutputSuffix,
    /// `{output_extension}`: the extension in lower case, without its dot.
    OutputExtension,
    /// `{digits}`: how many digits the output's number has at least.
    Digits,
    /// `{scratch}`: a directory that is removed afterwards.
    Scratch,
    /// `{threads}`: how many threads the program may use.
    Threads,
    /// `{setting.NAME}`: what the step sets, or the setting's default.
    Setting(String),
    /// `{when:NAME}`: nothing at all, but its group is dropped unless the flag NAME is true.
    When(String),
    /// `{input:FORM}` or `{input.NAME:FORM}`: what an earlier step left.
    Input(InputStep, InputForm),
}

/// How a frame's number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// `{frame}`: as it is.
    Plain,
    /// `{frame:4}`: at least so many digits.
    Digits(u8),
    /// `{frame:output}`: as many digits as the output pattern has.
    Output,
    /// `{frame:step_last}`: as many digits as the last frame of the step has.
    StepLast,
}

/// Which earlier step is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputStep {
    /// `{input:...}`: the one step that this one comes after.
    Only,
    /// `{input.NAME:...}`: the step that the setting NAME, of the kind `step`, names.
    Setting(String),
}

/// What of an earlier step's output is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputForm {
    /// `path`: the path of its one file.
    Path,
    /// `printf`: the path with `%05d` for the frame's number.
    Printf,
    /// `hash`: the path with `#####` for the frame's number.
    Hash,
    /// `dir`: its directory.
    Dir,
    /// `first`: its first frame.
    First,
    /// `last`: its last frame.
    Last,
    /// `count`: how many frames it has.
    Count,
    /// `list`: the path of a list of all its files in their order, as ffmpeg's `concat` reads it.
    List,
}

/// A placeholder that had to have a value and has none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{placeholder} has no value here")]
pub struct Unset {
    /// As it is written.
    pub placeholder: String,
}

impl Arg {
    /// Its texts, one or more.
    #[must_use]
    pub fn texts(&self) -> &[Text] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Group(texts) => texts,
        }
    }
}

impl Text {
    /// Fills the placeholders in. `None` from `value` says that one is unset.
    ///
    /// # Errors
    /// `Unset` names the first that is.
    pub fn fill(&self, value: &dyn Fn(&Placeholder) -> Option<OsString>) -> Result<OsString, Unset> {
        let mut filled = OsString::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => filled.push(text),
                Piece::Value(placeholder) => {
                    let unset = || Unset { placeholder: placeholder.to_string() };
                    filled.push(value(placeholder).ok_or_else(unset)?);
                }
            }
        }
        Ok(filled)
    }
}
