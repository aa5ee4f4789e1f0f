//! The job file: what a person submits, in TOML, JSON or YAML.
//!
//! ```text
//!   text ─► JobFile::parse ─► JobDraft ─► into_spec (templates and defaults come in) ─► JobSpec ─► check
//!                └── every mistake, with its place in the file                             │
//!   wire ──────────────────────────────────────────────────────────────────────► JobSpec ─┘
//! ```
//!
//! What a [`JobSpec`] must fulfil stands in [`check`], once, for files and for the wire. Steps may be written
//! in any order: a draft has them sorted so that each comes after those it depends on, and otherwise as
//! written.

mod check;
mod order;
mod outputs;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::{
    ApprovalSpec, Chunk, FrameSet, JobSpec, OutputPattern, Requirements, StepIndex, StepSpec, Template,
    Timeouts,
};

pub use check::check;

use crate::cluster::{ClusterConfig, RetryConfig};
use crate::problem::{Problem, Problems, Why};
use crate::source::{Format, Source};
use crate::timeouts::PartialTimeouts;
use crate::tree::Node;
use crate::values::is_absolute;

/// A job's priority when its file does not say.
pub const DEFAULT_PRIORITY: u32 = 50;
/// A job's project when its file does not say.
pub const DEFAULT_PROJECT: &str = "default";
/// What is asked for when a job needs a release and does not say which.
pub(crate) const DEFAULT_APPROVAL: &str = "release";

/// The reader of job files.
pub struct JobFile;

impl JobFile {
    /// Reads and checks a job file. `file_name` is what mistakes are told with.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn parse(text: &str, format: Format, file_name: &str) -> Result<JobDraft, Problems> {
        read::parse(text, format, file_name).0
    }
}

/// A job as it was written, checked as far as it can be without its templates.
#[derive(Clone, Debug, PartialEq)]
pub struct JobDraft {
    /// What people call it.
    pub name: String,
    /// The project it belongs to.
    pub project: String,
    /// 0 to 100; higher goes first.
    pub priority: u32,
    /// The release it needs from a person, if it needs one.
    pub approval: Option<ApprovalSpec>,
    /// The steps; each comes after the steps it depends on.
    pub steps: Vec<StepDraft>,
    origin: Origin,
}

/// One step as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct StepDraft {
    /// Its name, unique in the job.
    pub name: String,
    /// The renderer's name.
    pub renderer: String,
    /// The project file's path as written.
    pub template: Option<String>,
    /// The frames; empty for a task.
    pub frames: FrameSet,
    /// How many frames go out at once.
    pub chunk: Chunk,
    /// Where the results end up; it may be relative.
    pub output: Option<OutputPattern>,
    /// Retries of a frame after its first attempt, if the file says.
    pub retries: Option<u32>,
    /// Bounds on attempts, as far as the file says.
    pub timeouts: PartialTimeouts,
    /// What a node must have.
    pub requires: Requirements,
    /// Steps that must have succeeded before, by their place in [`JobDraft::steps`].
    pub after: BTreeSet<StepIndex>,
    /// What only the renderer understands.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// The submitter accepts a picture that the renderer is known to draw wrong.
    pub approximate: bool,
    /// Its place in the file, from 0: mistakes name it by this.
    pub written: usize,
}

/// What a job file need not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobDefaults {
    /// Retries of a frame after its first attempt.
    pub retries: u32,
    /// Bounds on attempts.
    pub timeouts: Timeouts,
}

impl Default for JobDefaults {
    fn default() -> Self {
        Self { retries: RetryConfig::default().retries, timeouts: Timeouts::default() }
    }
}

impl From<&ClusterConfig> for JobDefaults {
    fn from(config: &ClusterConfig) -> Self {
        Self { retries: config.retry.retries, timeouts: config.timeouts }
    }
}

/// The text that a draft came from, for telling places once more is known.
#[derive(Clone, Debug, PartialEq)]
struct Origin {
    source: Source,
    tree: Node,
}

impl Origin {
    fn problem(&self, key: &str, why: Why) -> Problem {
        let place = self.source.place(self.tree.locate(key));
        Problem { place, key: key.to_owned(), found: why.found, why: why.why }
    }
}

impl JobDraft {
    /// The whole job. `template` is given each template's path as written and finds out what it is; relative
    /// outputs start at `output_base`, an absolute directory as nodes know it.
    ///
    /// # Errors
    /// Every template that `template` has a complaint about, and what [`check`] finds, with their places in
    /// the file.
    pub fn into_spec(
        self,
        defaults: &JobDefaults,
        output_base: &str,
        template: &mut dyn FnMut(&str) -> Result<Template, String>,
    ) -> Result<JobSpec, Problems> {
        let mut problems = Vec::new();
        let mut steps = Vec::with_capacity(self.steps.len());
        for draft in &self.steps {
            let mut step = draft.outline(defaults);
            if let Some(path) = &draft.template {
                match template(path) {
                    Ok(found) => step.template = Some(found),
                    Err(why) => {
                        let key = format!("steps[{}].template", draft.written);
                        problems.push(self.origin.problem(&key, Why::new(format!("{path:?}"), why)));
                    }
                }
            }
            if let Some(output) = step.output.as_ref().filter(|output| !output.is_absolute()) {
                // What does not fit is found by the check below, as a relative output.
                step.output =
                    OutputPattern::parse(&join(output_base, &output.to_string())).ok().or(step.output);
            }
            steps.push(step);
        }
        let spec = JobSpec {
            name: self.name,
            project: self.project,
            priority: self.priority,
            approval: self.approval,
            steps,
        };
        let written = |nth: usize| self.steps.get(nth).map_or(nth, |step| step.written);
        for (key, why) in check::mistakes(&spec, check::Stage::Whole, &written) {
            problems.push(self.origin.problem(&key, why));
        }
        if problems.is_empty() { Ok(spec) } else { Err(Problems(problems)) }
    }
}

impl StepDraft {
    /// The step without its template, and with its output as written.
    fn outline(&self, defaults: &JobDefaults) -> StepSpec {
        StepSpec {
            name: self.name.clone(),
            renderer: self.renderer.clone(),
            template: None,
            frames: self.frames.clone(),
            chunk: self.chunk,
            output: self.output.clone(),
            retries: self.retries.unwrap_or(defaults.retries),
            timeouts: self.timeouts.or(defaults.timeouts),
            requires: self.requires.clone(),
            after: self.after.clone(),
            settings: self.settings.clone(),
            approximate: self.approximate,
        }
    }
}

/// A relative path under a directory, with the directory's own kind of separator.
fn join(base: &str, relative: &str) -> String {
    let windows = is_absolute(base) && !base.starts_with('/');
    let separator = if windows { '\\' } else { '/' };
    let relative = relative.trim_start_matches("./").trim_start_matches(".\\");
    format!("{}{separator}{relative}", base.trim_end_matches(['/', '\\']))
}

/// Which keys there are, for the test of their documentation.
#[cfg(test)]
pub(crate) fn asked_keys(text: &str) -> Vec<String> {
    read::parse(text, Format::Toml, "all.toml").1
}

#[cfg(test)]
mod tests;
