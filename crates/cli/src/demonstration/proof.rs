//! What is on disk at the end, looked at by ourselves: the leader's word is not asked.

use std::path::{Path, PathBuf};

use callsheet_model::{JobSpec, OutputPattern};
use callsheet_renderers::Expectation;
use callsheet_renderers::proof::{Proven, Prover};

/// What was found for one step.
pub(crate) struct Found {
    pub(crate) step: String,
    pub(crate) output: OutputPattern,
    /// How many files there should be.
    pub(crate) wanted: u64,
    /// Those that are whole.
    pub(crate) proven: u64,
    pub(crate) bytes: u64,
    pub(crate) size: Option<(u32, u32)>,
    /// What is wrong with the others.
    pub(crate) broken: Vec<String>,
}

impl Found {
    pub(crate) fn is_whole(&self) -> bool {
        self.proven == self.wanted
    }
}

/// Decodes every file that the job should have left. Blocking; `each` is called after each file.
pub(crate) fn look(spec: &JobSpec, each: &mut dyn FnMut()) -> Vec<Found> {
    let outputs = spec.steps.iter().filter_map(|step| Some((step, step.output.clone()?)));
    outputs
        .map(|(step, output)| {
            let files: Vec<(PathBuf, Option<i32>)> = match output.is_sequence() {
                true => step.frames.iter().map(|frame| (file(&output, frame), Some(frame))).collect(),
                false => vec![(file(&output, 0), None)],
            };
            let mut found = Found {
                step: step.name.clone(),
                output,
                wanted: files.len() as u64,
                proven: 0,
                bytes: 0,
                size: None,
                broken: Vec::new(),
            };
            let mut prover = Prover::new(Expectation::default());
            for (path, frame) in files {
                match prover.prove(&path, frame) {
                    Ok(Proven { bytes, size }) => {
                        found.proven += 1;
                        found.bytes += bytes;
                        found.size = size.or(found.size);
                    }
                    Err(unproven) => found.broken.push(format!("{}: {unproven}", path.display())),
                }
                each();
            }
            found
        })
        .collect()
}

fn file(output: &OutputPattern, frame: i32) -> PathBuf {
    Path::new(output.directory()).join(output.file_name(frame))
}

/// How many files [`look`] will look at.
pub(crate) fn count(spec: &JobSpec) -> u64 {
    let steps = spec.steps.iter().filter_map(|step| Some((step, step.output.as_ref()?)));
    steps.map(|(step, output)| if output.is_sequence() { step.frames.len() } else { 1 }).sum()
}
