//! What stands for each placeholder in one process' command line.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use callsheet_config::CommandDescription;
use callsheet_config::renderer::{FrameUse, InputForm, InputStep, Padding, Placeholder, Text};
use callsheet_model::{Failure, FailureClass, FrameSet, OutputPattern};
use serde_json::Value;

use super::setting;
use crate::{Assignment, Input};

/// One process, as its command line needs to know it.
pub(super) struct Filling<'a> {
    pub(super) description: &'a CommandDescription,
    pub(super) assignment: &'a Assignment<'a>,
    pub(super) frames: &'a FrameSet,
}

impl Filling<'_> {
    /// The text for a placeholder; `None` when it is unset.
    pub(super) fn value(&self, placeholder: &Placeholder) -> Option<OsString> {
        let (assignment, step) = (self.assignment, self.assignment.step);
        let output = step.output.as_ref();
        let number = |frame: Option<i32>| frame.map(|frame| OsString::from(frame.to_string()));
        match placeholder {
            Placeholder::Template => assignment.template.map(OsString::from),
            Placeholder::First => number(self.frames.first()),
            Placeholder::Last => number(self.frames.last()),
            Placeholder::Frame(padding) => self.padded(*padding).map(OsString::from),
            Placeholder::Frames => self.list().map(OsString::from),
            Placeholder::StepFirst => number(step.frames.first()),
            Placeholder::StepLast => number(step.frames.last()),
            Placeholder::Output => Some(assignment.result(self.frames.first()?)?.into()),
            Placeholder::OutputPrintf => Some(printf(assignment.place, output?)?.into()),
            Placeholder::OutputHash => hash(assignment.place, output?),
            Placeholder::OutputDir => Some(assignment.place.into()),
            Placeholder::OutputPrefix => Some(output?.prefix().into()),
            Placeholder::OutputSuffix => Some(output?.suffix().into()),
            Placeholder::OutputExtension => output?.extension().map(OsString::from),
            Placeholder::Digits => Some(output?.digits()?.to_string().into()),
            Placeholder::Scratch => Some(assignment.scratch.into()),
            Placeholder::Threads => Some(assignment.threads.to_string().into()),
            Placeholder::Setting(name) => {
                let kind = self.description.settings.get(name)?;
                kind.written(setting(self.description, step, name)?).map(OsString::from)
            }
            Placeholder::When(name) => {
                let set = setting(self.description, step, name) == Some(&Value::Bool(true));
                set.then(OsString::new)
            }
            Placeholder::Input(which, InputForm::List) => {
                Some(list_path(self.assignment.scratch, self.input(which)?).into())
            }
            Placeholder::Input(which, form) => of_input(self.input(which)?, *form),
        }
    }

    fn padded(&self, padding: Padding) -> Option<String> {
        let frame = self.frames.first()?;
        let digits = match padding {
            Padding::Plain => 0,
            Padding::Digits(digits) => usize::from(digits),
            Padding::Output => self.assignment.step.output.as_ref()?.digits()?,
            Padding::StepLast => self.assignment.step.frames.last()?.unsigned_abs().to_string().len(),
        };
        let sign = if frame < 0 { "-" } else { "" };
        Some(format!("{sign}{:0digits$}", frame.unsigned_abs()))
    }

    fn list(&self) -> Option<String> {
        let FrameUse::List { between } = &self.description.frames else { return None };
        let runs: Vec<String> = self.frames.ranges().map(|run| run_text(&run, between)).collect();
        Some(runs.join(","))
    }

    fn input(&self, which: &InputStep) -> Option<&Input> {
        input(self.description, self.assignment, which)
    }

    /// Writes the lists that the placeholders of these texts name.
    pub(super) fn write_lists(&self, texts: &[Text]) -> Result<(), Failure> {
        for placeholder in texts.iter().flat_map(Text::placeholders) {
            let Placeholder::Input(which, InputForm::List) = placeholder else { continue };
            let Some(input) = self.input(which) else { continue };
            let path = list_path(self.assignment.scratch, input);
            let text = list_text(input).map_err(|name| {
                let message = format!("{name} cannot stand in a list: it is no Unicode or has a line break");
                Failure::new(FailureClass::NodeConfig, message)
            })?;
            std::fs::write(&path, text).map_err(|error| {
                let message = format!("{} cannot be written: {error}", path.display());
                Failure::new(FailureClass::OutputIo, message)
            })?;
        }
        Ok(())
    }
}

/// The earlier step that a placeholder means.
pub(super) fn input<'a>(
    description: &CommandDescription,
    assignment: &'a Assignment<'_>,
    which: &InputStep,
) -> Option<&'a Input> {
    match which {
        InputStep::Only if assignment.inputs.len() == 1 => assignment.inputs.values().next(),
        InputStep::Only => None,
        InputStep::Setting(name) => {
            assignment.inputs.get(setting(description, assignment.step, name)?.as_str()?)
        }
    }
}

/// A run of frames as it stands in a list.
pub(super) fn run_text(run: &RangeInclusive<i32>, between: &str) -> String {
    let (first, last) = (run.start(), run.end());
    if first == last { first.to_string() } else { format!("{first}{between}{last}") }
}

fn of_input(Input { output, frames }: &Input, form: InputForm) -> Option<OsString> {
    let directory = Path::new(output.directory());
    match form {
        InputForm::Path if output.is_sequence() => None,
        InputForm::Path => Some(directory.join(output.file_name(0)).into()),
        InputForm::Printf => Some(printf(directory, output)?.into()),
        InputForm::Hash => hash(directory, output),
        InputForm::Dir => Some(directory.into()),
        InputForm::First => Some(frames.first()?.to_string().into()),
        InputForm::Last => Some(frames.last()?.to_string().into()),
        InputForm::Count => Some(frames.len().to_string().into()),
        InputForm::List => None,
    }
}

/// Where the list of an earlier step's files stands.
fn list_path(scratch: &Path, input: &Input) -> PathBuf {
    let name = input.output.file_pattern();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    scratch.join(format!("{name}.ffconcat"))
}

/// The list as ffmpeg's `concat` reads it: a path in single quotes a line, where a quote ends the quoting, stands
/// behind a backslash and begins it anew.
fn list_text(Input { output, frames }: &Input) -> Result<String, String> {
    let numbers: Vec<i32> = if output.is_sequence() { frames.iter().collect() } else { vec![0] };
    let mut text = "ffconcat version 1.0\n".to_owned();
    for number in numbers {
        let path = Path::new(output.directory()).join(output.file_name(number));
        let shown = || path.to_string_lossy().into_owned();
        let name = path.to_str().filter(|name| !name.contains(['\n', '\r', '\0'])).ok_or_else(shown)?;
        text.push_str(&format!("file '{}'\n", name.replace('\'', "'\\''")));
    }
    Ok(text)
}

/// The path with `%05d` for the number. What is a percent sign itself is doubled, so that the program writes
/// where the agent looks. Paths that are no Unicode cannot be written this way.
fn printf(directory: &Path, output: &OutputPattern) -> Option<String> {
    let directory = directory.join("").to_str()?.replace('%', "%%");
    let (prefix, suffix) = (output.prefix().replace('%', "%%"), output.suffix().replace('%', "%%"));
    Some(format!("{directory}{prefix}%0{}d{suffix}", output.digits()?))
}

fn hash(directory: &Path, output: &OutputPattern) -> Option<OsString> {
    let name = format!("{}{}{}", output.prefix(), "#".repeat(output.digits()?), output.suffix());
    Some(directory.join(name).into())
}
