//! Any command-line renderer, made from its description in the cluster config.
//!
//! ```text
//!   description + assignment ─► fill ─► one process per run of frames (or per list, or per frame)
//!   output ─► CommandReader ─► facts, and the failure that the lines and the exit code make together
//! ```
//!
//! It refuses to know any program by name: what is particular to one stands in its description.

mod check;
mod fill;
mod length;
mod program;
mod reader;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use callsheet_config::CommandDescription;
use callsheet_config::renderer::{Arg, FrameUse, ResultKind};
use callsheet_model::{Failure, FailureClass, FrameSet, StepSpec, Versions};
use serde_json::Value;

use crate::{Assignment, Expectation, Format, Invocation, Problem, Reader, Renderer, Stdin};
use fill::Filling;
use reader::CommandReader;

/// Longest list of frames in one argument: command lines are short on Windows.
const MAX_LIST_BYTES: usize = 4000;

/// A renderer made from a description.
#[derive(Clone, Debug)]
pub struct Command {
    description: Arc<CommandDescription>,
}

impl Command {
    /// From its description.
    #[must_use]
    pub fn new(description: CommandDescription) -> Self {
        Self { description: Arc::new(description) }
    }

    /// The frames of each process.
    fn shares(&self, frames: &FrameSet) -> Vec<FrameSet> {
        match &self.description.frames {
            FrameUse::Task => vec![frames.clone()],
            FrameUse::One => frames.iter().map(FrameSet::one).collect(),
            FrameUse::Range => frames.ranges().map(|run| FrameSet::range(*run.start(), *run.end())).collect(),
            FrameUse::List { between } => {
                let mut shares: Vec<FrameSet> = Vec::new();
                let mut length = 0;
                for run in frames.ranges() {
                    let text = fill::run_text(&run, between).len() + 1;
                    length += text;
                    match shares.last_mut() {
                        Some(share) if length <= MAX_LIST_BYTES => {
                            share.insert_range(*run.start(), *run.end())
                        }
                        _ => {
                            shares.push(FrameSet::range(*run.start(), *run.end()));
                            length = text;
                        }
                    }
                }
                shares
            }
        }
    }

    fn invocation(
        &self,
        program: &std::path::Path,
        assignment: &Assignment<'_>,
        frames: FrameSet,
    ) -> Result<Invocation, Failure> {
        let filling = Filling { description: &self.description, assignment, frames: &frames };
        let value = |placeholder: &_| filling.value(placeholder);
        let mut args = Vec::new();
        for arg in &self.description.args {
            filling.write_lists(arg.texts())?;
            match arg {
                Arg::One(text) => args.push(text.fill(&value).map_err(|unset| {
                    Failure::new(FailureClass::JobFatal, format!("an argument cannot be filled in: {unset}"))
                })?),
                Arg::Group(texts) => {
                    let filled: Result<Vec<_>, _> = texts.iter().map(|text| text.fill(&value)).collect();
                    // A text of nothing but `{when:NAME}` is there for its condition only.
                    args.extend(filled.into_iter().flatten().filter(|text| !text.is_empty()));
                }
            }
        }
        let env = self.description.env.iter();
        let env = env.filter_map(|(key, text)| {
            Some((key.clone(), text.fill(&value).ok()?.to_string_lossy().into_owned()))
        });
        Ok(Invocation {
            program: program.to_owned(),
            args,
            env: env.collect(),
            directory: assignment.scratch.to_owned(),
            frames,
            stdin: Stdin::Null,
            markers: Vec::new(),
        })
    }

    /// A setting of the step, or its default.
    fn setting<'a>(&'a self, step: &'a StepSpec, name: &str) -> Option<&'a Value> {
        setting(&self.description, step, name)
    }
}

fn setting<'a>(description: &'a CommandDescription, step: &'a StepSpec, name: &str) -> Option<&'a Value> {
    step.settings.get(name).or_else(|| description.settings.get(name)?.default.as_ref())
}

impl Renderer for Command {
    fn name(&self) -> &str {
        &self.description.name
    }

    fn probe(&self) -> Result<Versions, String> {
        program::probe(&self.description).map(Versions::from)
    }

    fn check(&self, step: &StepSpec, _: Option<&[u8]>) -> Vec<Problem> {
        check::check(&self.description, step)
    }

    fn invocations(&self, assignment: &Assignment<'_>) -> Result<Vec<Invocation>, Failure> {
        if let Some(problem) = check::check(&self.description, assignment.step).into_iter().next() {
            let message = format!("{}: {}", problem.place, problem.message);
            return Err(Failure::new(FailureClass::JobFatal, message));
        }
        let program = program::find(&self.description.program)
            .map_err(|message| Failure::new(FailureClass::NodeConfig, message))?;
        let shares = self.shares(assignment.frames).into_iter();
        shares.map(|frames| self.invocation(&program, assignment, frames)).collect()
    }

    fn reader(&self, assignment: &Assignment<'_>, invocation: &Invocation) -> Box<dyn Reader> {
        Box::new(CommandReader::new(Arc::clone(&self.description), assignment, &invocation.frames))
    }

    fn produced(&self, assignment: &Assignment<'_>, frame: i32) -> Option<PathBuf> {
        let Some(produces) = &self.description.produces else { return assignment.result(frame) };
        let frames = FrameSet::one(frame);
        let filling = Filling { description: &self.description, assignment, frames: &frames };
        let name = produces.fill(&|placeholder| filling.value(placeholder)).ok()?;
        Some(assignment.place.join(name))
    }

    fn expectation(&self, assignment: &Assignment<'_>) -> Expectation {
        let format = match self.description.result {
            ResultKind::Picture => Format::Picture,
            ResultKind::Movie => length::expected(&self.description, assignment),
            ResultKind::File => Format::File,
        };
        let pixels = |key: &str| u32::try_from(self.setting(assignment.step, key)?.as_u64()?).ok();
        let size = self.description.size.as_ref();
        let size = size.and_then(|(width, height)| Some((pixels(width)?, pixels(height)?)));
        Expectation { size, format, since: None }
    }
}
