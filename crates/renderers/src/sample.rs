//! Steps and assignments for the tests of this crate.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use callsheet_model::job::{Requirements, Template};
use callsheet_model::{Chunk, FrameSet, Md5, OutputPattern, StepIndex, StepSpec, Timeouts};
use tempfile::TempDir;

use crate::{Assignment, Input};

/// A step, its directories and what earlier steps left.
pub(crate) struct Desk {
    pub(crate) root: TempDir,
    pub(crate) step: StepSpec,
    pub(crate) inputs: BTreeMap<String, Input>,
    pub(crate) template: Option<PathBuf>,
}

impl Desk {
    /// `output` is a file name; `frames` may be empty for a task.
    pub(crate) fn new(renderer: &str, frames: &str, output: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        ["place", "scratch", "in"].iter().for_each(|name| fs::create_dir(root.path().join(name)).unwrap());
        let frames = if frames.is_empty() { FrameSet::new() } else { frames.parse().unwrap() };
        let step = StepSpec {
            name: "step".into(),
            renderer: renderer.into(),
            template: None,
            frames,
            chunk: Chunk::Auto,
            output: Some(OutputPattern::parse(&format!("{}/{output}", root.path().display())).unwrap()),
            retries: 0,
            timeouts: Timeouts::default(),
            requires: Requirements::default(),
            after: BTreeSet::new(),
            settings: BTreeMap::new(),
            approximate: false,
        };
        Self { root, step, inputs: BTreeMap::new(), template: None }
    }

    /// Gives the step settings.
    pub(crate) fn set(mut self, settings: serde_json::Value) -> Self {
        self.step.settings = serde_json::from_value(settings).unwrap();
        self
    }

    /// Gives the step a template with this content.
    pub(crate) fn template(mut self, name: &str, content: &[u8]) -> Self {
        let path = self.root.path().join(name);
        fs::write(&path, content).unwrap();
        let md5 = Md5([0; 16]);
        let bytes = content.len() as u64;
        self.step.template = Some(Template { md5, bytes, name: name.into(), path: None });
        self.template = Some(path);
        self
    }

    /// Lets the step come after another one, which left these frames.
    pub(crate) fn after(mut self, step: &str, frames: &str, output: &str) -> Self {
        let output = OutputPattern::parse(&format!("{}/{output}", self.input_dir().display())).unwrap();
        let frames = if frames.is_empty() { FrameSet::new() } else { frames.parse().unwrap() };
        self.step.after.insert(StepIndex(self.inputs.len() as u16));
        self.inputs.insert(step.into(), Input { output, frames });
        self
    }

    pub(crate) fn input_dir(&self) -> PathBuf {
        self.root.path().join("in")
    }

    pub(crate) fn place(&self) -> PathBuf {
        self.root.path().join("place")
    }

    pub(crate) fn scratch(&self) -> PathBuf {
        self.root.path().join("scratch")
    }

    /// Calls `with` with the assignment of these frames.
    pub(crate) fn assign<T>(&self, frames: &str, with: impl FnOnce(&Assignment<'_>) -> T) -> T {
        let frames: FrameSet = frames.parse().unwrap();
        with(&Assignment {
            step: &self.step,
            frames: &frames,
            template: self.template.as_deref(),
            inputs: &self.inputs,
            place: &self.place(),
            scratch: &self.scratch(),
            threads: 2,
            gentle: false,
        })
    }
}

/// Names of the files in a directory.
pub(crate) fn listing(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// Problems as `place: message`.
pub(crate) fn said(problems: Vec<crate::Problem>) -> Vec<String> {
    problems.into_iter().map(|problem| format!("{}: {}", problem.place, problem.message)).collect()
}

/// A program that is a shell script. It is copied into place by another process: a file that this one has open
/// for writing cannot be run, and a process that another test starts at this moment would have it open, too.
#[cfg(unix)]
pub(crate) fn program(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    let draft = path.with_extension("draft");
    fs::write(&draft, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
    let copied = std::process::Command::new("cp").arg(&draft).arg(path).status().unwrap();
    assert!(copied.success());
    fs::remove_file(&draft).unwrap();
}
