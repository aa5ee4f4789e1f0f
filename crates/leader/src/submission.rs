//! A submitted job is checked whole before it is taken: its form, its templates, and what its renderers say.

use std::sync::Arc;

use callsheet_model::{JobSpec, StepSpec};
use callsheet_renderers::Registry;

use crate::error::{LeaderError, Mistake};
use crate::templates::Templates;

/// A template larger than this is not read for a check; renderers that look into theirs have small ones.
const MOST_BYTES_TO_LOOK_AT: u64 = 256 << 20;

/// Checks a job; gives it back when it is sound.
pub(crate) async fn check(
    registry: &Arc<Registry>,
    templates: &Templates,
    spec: JobSpec,
) -> Result<JobSpec, LeaderError> {
    let (registry, templates) = (registry.clone(), templates.clone());
    // Looking into a template takes time and eats what a stranger sent: not on the runtime, and a panic in
    // there is an answer, not an end.
    let checked = tokio::task::spawn_blocking(move || {
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
            (Some(path), None) => read_if_small(path),
            (None, None) => {
                let message = format!("{} ({}) is not uploaded", template.md5, template.name);
                return vec![("template".to_owned(), message)];
            }
            (_, Some(_)) if template.bytes > MOST_BYTES_TO_LOOK_AT => None,
            (_, Some(path)) => match std::fs::read(path) {
                Ok(bytes) => Some(bytes),
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

/// Nothing is read that is no plain file or too large: the path came from a stranger.
fn read_if_small(path: &str) -> Option<Vec<u8>> {
    let metadata = std::fs::metadata(path).ok()?;
    if metadata.is_file() && metadata.len() <= MOST_BYTES_TO_LOOK_AT {
        std::fs::read(path).ok()
    } else {
        None
    }
}
