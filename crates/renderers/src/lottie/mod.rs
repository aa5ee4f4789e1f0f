//! `lottie`: draws Lottie animations exported from After Effects, in a child process of its own.
//!
//! | setting | what | default |
//! |---|---|---|
//! | `width`, `height` | pixels, 1 to 16384; with one of them the other follows | the animation's |
//! | `scale` | multiplies the size, 0.01 to 16 | 1 |
//! | `background` | `#rrggbb`, `#rrggbbaa` or `transparent` | `transparent` |
//! | `pace` | least time for each frame (`200ms`), so that a preview leaves the machine to others; up to `1m` | none |
//!
//! A file is analysed before it is drawn: what would be drawn wrong, or not at all, is named with its layer,
//! and the step is refused unless it says `approximate = true`. Nodes ask again, since a leader does not
//! always have the template.

mod check;
mod options;
mod render;
mod size;
#[cfg(test)]
mod tests;

use callsheet_lottie::Animation;
use callsheet_model::{Failure, FailureClass, StepSpec, Versions};

use crate::child::{self, ChildReader, Host, in_full};
use crate::{Assignment, Expectation, Invocation, Problem, Reader, Renderer};
use options::Options;

pub(crate) use render::render;

/// What jobs ask for.
pub(crate) const NAME: &str = "lottie";

/// The built-in renderer of Lottie animations.
#[derive(Debug)]
pub struct Lottie {
    host: Host,
}

impl Lottie {
    /// With the program that runs it.
    #[must_use]
    pub fn new(host: Host) -> Self {
        Self { host }
    }
}

impl Renderer for Lottie {
    fn name(&self) -> &str {
        NAME
    }

    fn probe(&self) -> Result<Versions, String> {
        self.host.program().map(|_| env!("CARGO_PKG_VERSION").into())
    }

    fn check(&self, step: &StepSpec, template: Option<&[u8]>) -> Vec<Problem> {
        check::check(step, template)
    }

    fn invocations(&self, assignment: &Assignment<'_>) -> Result<Vec<Invocation>, Failure> {
        let fatal = |message: &str| Failure::new(FailureClass::JobFatal, message);
        let output = assignment.step.output.as_ref().ok_or_else(|| fatal("the step has no output"))?;
        let template = assignment.template.ok_or_else(|| fatal("the step has no template"))?;
        let options = Options::read(&assignment.step.settings).map_err(|problems| {
            let said: Vec<_> =
                problems.iter().map(|problem| format!("{}: {}", problem.place, problem.message)).collect();
            fatal(&said.join("; "))
        })?;
        let order = render::Order {
            template: template.to_owned(),
            frames: assignment.frames.clone(),
            place: assignment.place.to_owned(),
            output: output.clone(),
            options,
            approximate: assignment.step.approximate,
        };
        Ok(vec![child::invocation(&self.host, NAME, &order, assignment, assignment.frames.clone())?])
    }

    fn reader(&self, _: &Assignment<'_>, _: &Invocation) -> Box<dyn Reader> {
        Box::new(ChildReader::default())
    }

    fn expectation(&self, assignment: &Assignment<'_>) -> Expectation {
        // Without a size, frames must still agree with each other.
        let size = assignment.template.and_then(|template| {
            let options = Options::read(&assignment.step.settings).ok()?;
            size::size(template, &options)
        });
        Expectation { size, ..Expectation::default() }
    }
}

/// Reads an animation and says what speaks against drawing it.
fn open(bytes: &[u8], approximate: bool) -> Result<Animation, String> {
    let animation = Animation::load(bytes).map_err(|error| in_full(&error))?;
    let findings = &animation.analysis().findings;
    if approximate || findings.is_empty() {
        return Ok(animation);
    }
    const NAMED: usize = 12;
    let mut named: Vec<String> = findings.iter().take(NAMED).map(ToString::to_string).collect();
    if let Some(more) = findings.len().checked_sub(NAMED).filter(|more| *more > 0) {
        named.push(format!("and {more} more"));
    }
    let named = named.join("; ");
    Err(format!("it would not look as it was made: {named}; approximate = true renders it all the same"))
}
