//! A submitted job is checked whole before it is taken: its form, its templates, and what its renderers say.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use callsheet_model::{JobSpec, StepSpec};
use callsheet_renderers::Registry;
use callsheet_supervision::aside;

use crate::error::{LeaderError, Mistake};
use crate::templates::Templates;

/// A template larger than this is not read for a check; renderers that look into theirs have small ones.
const MOST_BYTES_TO_LOOK_AT: u64 = 64 << 20;

/// Checks a job; gives it back when it is sound.
pub(crate) async fn check(
    registry: &Arc<Registry>,
    templates: &Templates,
    spec: JobSpec,
) -> Result<JobSpec, LeaderError> {
    let _looking = templates.look().await?;
    let (registry, templates) = (registry.clone(), templates.clone());
    // Looking into a template takes time and eats what a stranger sent: not on the runtime, and a panic in
    // there is an answer, not an end.
    let checked = aside(move || {
        let mistakes = mistakes(&registry, &templates, &spec);
        (spec, mistakes)
    });
    match checked.await {
        Ok((spec, mistakes)) if mistakes.is_empty() => Ok(spec),
        Ok((_, mistakes)) => Err(LeaderError::Invalid(mistakes)),
        Err(_) => Err(LeaderError::Invalid(vec![Mistake {
            place: "spec".to_owned(),
            message: "a renderer could not look into a template of this job without failing".to_owned(),
        }])),
    }
}

fn mistakes(registry: &Registry, templates: &Templates, spec: &JobSpec) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> = match callsheet_config::job::check(spec) {
        Ok(()) => Vec::new(),
        Err(problems) => problems.0.into_iter().map(Mistake::from).collect(),
    };
    for (nth, step) in spec.steps.iter().enumerate() {
        let within =
            |(place, message): (String, String)| Mistake { place: format!("steps[{nth}].{place}"), message };
        mistakes.extend(step_mistakes(registry, templates, step).into_iter().map(within));
    }
    mistakes
}

fn step_mistakes(registry: &Registry, templates: &Templates, step: &StepSpec) -> Vec<(String, String)> {
    let Some(renderer) = registry.get(&step.renderer) else {
        let problem = registry.unknown(&step.renderer);
        return vec![(problem.place, problem.message)];
    };
    let bytes = match &step.template {
        None => None,
        Some(template) => match (&template.path, templates.path(template.md5)) {
            // A template that nodes read from their own storage may not be visible here.
            (Some(path), None) => read_if_small(Path::new(path)).ok().flatten(),
            (None, None) => {
                let message = format!("{} ({}) is not uploaded", template.md5, template.name);
                return vec![("template".to_owned(), message)];
            }
            (_, Some(path)) => match read_if_small(&path) {
                Ok(bytes) => bytes,
                Err(error) => return vec![("template".to_owned(), format!("cannot be read: {error}"))],
            },
        },
    };
    renderer
        .check(step, bytes.as_deref())
        .into_iter()
        .map(|problem| (problem.place, problem.message))
        .collect()
}

/// Nothing is read that is no plain file or too large: the path came from a stranger, and a file's stated
/// length need not be what comes out of it.
fn read_if_small(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES_TO_LOOK_AT + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= MOST_BYTES_TO_LOOK_AT).then_some(bytes))
}
