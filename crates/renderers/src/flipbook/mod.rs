//! `flipbook`: joins the pictures of an earlier step into one animated PNG, which every browser plays. It is
//! what a job ends with that wants to be looked at.
//!
//! | setting | what | default |
//! |---|---|---|
//! | `input` | the name of the step whose pictures are joined | the only step it comes after |
//! | `rate` | frames a second, 0.1 to 240 | 25 |
//! | `width` | pixels, 1 to 16384; wider pictures are made that small | as the pictures are |
//!
//! It runs in a child process of its own, as a task: it has no frames. It refuses to convert movies; `ffmpeg`
//! does that.

mod join;
mod shrink;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use callsheet_model::{Failure, FailureClass, FrameSet, StepSpec, Versions, id};
use serde_json::Value;

use crate::child::{self, ChildReader, Host};
use crate::settings::Settings;
use crate::{Assignment, Expectation, Input, Invocation, Problem, Reader, Renderer};

pub(crate) use join::join;

/// What jobs ask for.
pub(crate) const NAME: &str = "flipbook";

const KEYS: [&str; 3] = ["input", "rate", "width"];
const MAX_SIDE: u32 = 16_384;

/// The built-in renderer of animated pictures.
#[derive(Debug)]
pub struct Flipbook {
    host: Host,
}

impl Flipbook {
    /// With the program that runs it.
    #[must_use]
    pub fn new(host: Host) -> Self {
        Self { host }
    }
}

impl Renderer for Flipbook {
    fn name(&self) -> &str {
        NAME
    }

    fn probe(&self) -> Result<Versions, String> {
        self.host.program().map(|_| env!("CARGO_PKG_VERSION").into())
    }

    fn check(&self, step: &StepSpec, _: Option<&[u8]>) -> Vec<Problem> {
        let (options, mut problems) = Options::read(&step.settings);
        let mut say =
            |place: &str, message: String| problems.push(Problem { place: place.to_owned(), message });
        if step.after.is_empty() {
            say("after", "is missing: flipbook joins the pictures of a step that it comes after".to_owned());
        }
        if step.after.len() > 1 && options.input.is_none() {
            say(
                "settings.input",
                "is missing: the step comes after several, so one must be named".to_owned(),
            );
        }
        if !step.is_task() {
            say("frames", format!("{} are too much: flipbook makes one file", step.frames));
        }
        if step.template.is_some() {
            say("template", "is too much: flipbook needs none".to_owned());
        }
        match &step.output {
            None => say("output", "is missing: flipbook writes one file, such as /show/logo.png".to_owned()),
            Some(output) => {
                let animated = matches!(output.extension().as_deref(), Some("png" | "apng"));
                if output.is_sequence() || !animated {
                    say("output", format!("\"{output}\" is not one file of the kind .png or .apng"));
                }
            }
        }
        problems
    }

    fn invocations(&self, assignment: &Assignment<'_>) -> Result<Vec<Invocation>, Failure> {
        let fatal = |message: String| Failure::new(FailureClass::JobFatal, message);
        let (options, problems) = Options::read(&assignment.step.settings);
        if let Some(problem) = problems.first() {
            return Err(fatal(format!("{}: {}", problem.place, problem.message)));
        }
        let input = options.input_of(assignment.inputs).map_err(fatal)?;
        let result = assignment.result(0).ok_or_else(|| fatal("the step has no output".to_owned()))?;
        let order = join::Order {
            input: input.output.clone(),
            frames: input.frames.clone(),
            result,
            rate: options.rate,
            width: options.width,
        };
        Ok(vec![child::invocation(&self.host, NAME, &order, assignment, FrameSet::one(0))?])
    }

    fn reader(&self, _: &Assignment<'_>, _: &Invocation) -> Box<dyn Reader> {
        Box::new(ChildReader::default())
    }

    fn expectation(&self, _: &Assignment<'_>) -> Expectation {
        Expectation::default()
    }
}

struct Options {
    input: Option<String>,
    rate: f64,
    width: Option<u32>,
}

impl Options {
    fn read(settings: &BTreeMap<String, Value>) -> (Self, Vec<Problem>) {
        let mut settings = Settings::new(settings, &KEYS);
        let name = |text: &str| id::check_name(text).ok().map(|()| text.to_owned());
        let options = Self {
            input: settings.text("input", "the name of a step", name),
            rate: settings.number("rate", 0.1..=240.0).unwrap_or(25.0),
            width: settings.integer("width", 1..=MAX_SIDE),
        };
        (options, settings.problems())
    }

    fn input_of<'a>(&self, inputs: &'a BTreeMap<String, Input>) -> Result<&'a Input, String> {
        let names = || inputs.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        match &self.input {
            Some(name) => inputs.get(name).ok_or_else(|| {
                format!(
                    "settings.input: {name} is no step with an output that this one comes after: {}",
                    names()
                )
            }),
            None => match inputs.values().collect::<Vec<_>>()[..] {
                [only] => Ok(only),
                [] => Err("none of the steps it comes after has an output".to_owned()),
                _ => Err(format!("settings.input is missing: it could be {}", names())),
            },
        }
    }
}
