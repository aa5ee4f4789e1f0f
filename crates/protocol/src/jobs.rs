//! Job specs on the wire. Reading one reports every field that cannot be read, all at once; what a readable
//! spec must also fulfil (limits, names, cycles) is checked by `callsheet-config`, for files and wire alike.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use callsheet_model::{
    Chunk, FrameSet, JobSpec, OutputPattern, Requirements, StepIndex, StepSpec, Template, Timeouts, limits,
};

use crate::approval::{approval_from_wire, approval_to_wire};
use crate::field::{FieldError, cut, parse};
use crate::v1;

/// Steps that are named to someone who named one that is not there.
const NAMED: usize = 8;
/// The priority of a job that names none.
const DEFAULT_PRIORITY: u32 = 50;

/// What a step gets that does not say its own: the cluster's word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepDefaults {
    /// Retries of a frame after its first attempt.
    pub retries: u32,
    /// Bounds on attempts.
    pub timeouts: Timeouts,
}

/// A spec as a message.
#[must_use]
pub fn spec_to_wire(spec: &JobSpec) -> v1::JobSpec {
    let names: Vec<&str> = spec.steps.iter().map(|step| step.name.as_str()).collect();
    v1::JobSpec {
        name: spec.name.clone(),
        project: spec.project.clone(),
        priority: Some(spec.priority),
        approval: spec.approval.as_ref().map(approval_to_wire),
        steps: spec.steps.iter().map(|step| step_to_wire(step, &names)).collect(),
    }
}

/// A step as a message; `names` are the names of all steps of its job.
#[must_use]
pub fn step_to_wire(step: &StepSpec, names: &[&str]) -> v1::StepSpec {
    let settings_json = match step.settings.is_empty() {
        true => String::new(),
        false => serde_json::to_string(&step.settings).unwrap_or_default(),
    };
    v1::StepSpec {
        name: step.name.clone(),
        renderer: step.renderer.clone(),
        template: step.template.as_ref().map(template_to_wire),
        frames: step.frames.to_string(),
        chunk: match step.chunk {
            Chunk::Auto => 0,
            Chunk::Frames(count) => count.get(),
        },
        output: step.output.as_ref().map(ToString::to_string).unwrap_or_default(),
        retries: Some(step.retries),
        timeouts: Some(v1::Timeouts {
            start_ms: Some(callsheet_model::time::millis(step.timeouts.start)),
            frame_ms: Some(callsheet_model::time::millis(step.timeouts.frame)),
            exit_ms: Some(callsheet_model::time::millis(step.timeouts.exit)),
        }),
        requires: Some(v1::Requirements {
            labels: step.requires.labels.iter().cloned().collect(),
            memory_bytes: step.requires.memory,
            renderer_version: step.requires.renderer_version.clone().unwrap_or_default(),
        }),
        after: step.after.iter().filter_map(|index| names.get(index.at())).map(ToString::to_string).collect(),
        settings_json,
        approximate: step.approximate,
    }
}

/// The priority that a job is to have.
///
/// # Errors
/// When there is none, or one that no job may have.
pub fn priority_from_wire(priority: Option<u32>) -> Result<u32, FieldError> {
    match priority {
        None => Err(FieldError::missing("priority")),
        Some(priority) if priority > limits::MAX_PRIORITY => {
            Err(FieldError::new("priority", format!("{priority}, at most {}", limits::MAX_PRIORITY)))
        }
        Some(priority) => Ok(priority),
    }
}

fn template_to_wire(template: &Template) -> v1::Template {
    v1::Template {
        md5: template.md5.to_string(),
        bytes: template.bytes,
        name: template.name.clone(),
        path: template.path.clone().unwrap_or_default(),
    }
}

/// A spec from a message; what a step leaves open comes from `defaults`.
///
/// # Errors
/// Every field that cannot be read, with its path from `spec.`.
pub fn spec_from_wire(spec: &v1::JobSpec, defaults: &StepDefaults) -> Result<JobSpec, Vec<FieldError>> {
    if spec.steps.len() > limits::MAX_STEPS {
        // Nothing below may have to look at more steps than there may be.
        let message = format!("{} of them, at most {}", spec.steps.len(), limits::MAX_STEPS);
        return Err(vec![FieldError::new("spec.steps", message)]);
    }
    let names: Vec<&str> = spec.steps.iter().map(|step| step.name.as_str()).collect();
    let mut errors = Vec::new();
    let mut steps = Vec::with_capacity(spec.steps.len());
    for (nth, step) in spec.steps.iter().enumerate() {
        match step_from_wire(step, &names, defaults) {
            Ok(step) => steps.push(step),
            Err(found) => {
                errors.extend(found.into_iter().map(|error| error.within(&format!("spec.steps[{nth}]"))))
            }
        }
    }
    let approval = spec.approval.as_ref().map(approval_from_wire).transpose();
    let approval = keep(&mut errors, approval.map_err(|error| error.within("spec.approval"))).flatten();
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(JobSpec {
        name: spec.name.clone(),
        project: spec.project.clone(),
        priority: spec.priority.unwrap_or(DEFAULT_PRIORITY),
        approval,
        steps,
    })
}

/// A step from a message; `names` are the names of all steps of its job.
///
/// # Errors
/// Every field that cannot be read.
pub fn step_from_wire(
    step: &v1::StepSpec,
    names: &[&str],
    defaults: &StepDefaults,
) -> Result<StepSpec, Vec<FieldError>> {
    let mut errors = Vec::new();
    let frames = keep(&mut errors, frames_from_wire(&step.frames));
    let output = keep(&mut errors, output_from_wire(&step.output));
    let template = keep(&mut errors, step.template.as_ref().map(template_from_wire).transpose());
    let settings = keep(&mut errors, settings_from_wire(&step.settings_json));
    let after = keep(&mut errors, after_from_wire(&step.after, names));
    match (frames, output, template, settings, after) {
        (Some(frames), Some(output), Some(template), Some(settings), Some(after)) => Ok(StepSpec {
            name: step.name.clone(),
            renderer: step.renderer.clone(),
            template,
            frames,
            chunk: NonZeroU32::new(step.chunk).map_or(Chunk::Auto, Chunk::Frames),
            output,
            retries: step.retries.unwrap_or(defaults.retries),
            timeouts: timeouts_from_wire(step.timeouts.as_ref(), defaults.timeouts),
            requires: requirements_from_wire(step.requires.as_ref()),
            after,
            settings,
            approximate: step.approximate,
        }),
        _ => Err(errors),
    }
}

fn keep<T>(errors: &mut Vec<FieldError>, result: Result<T, FieldError>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}

fn frames_from_wire(text: &str) -> Result<FrameSet, FieldError> {
    if text.is_empty() { Ok(FrameSet::new()) } else { parse("frames", text) }
}

fn output_from_wire(text: &str) -> Result<Option<OutputPattern>, FieldError> {
    if text.is_empty() {
        return Ok(None);
    }
    OutputPattern::parse_absolute(text)
        .map(Some)
        .map_err(|error| FieldError::new("output", format!("{:?}: {error}", cut(text))))
}

fn template_from_wire(template: &v1::Template) -> Result<Template, FieldError> {
    Ok(Template {
        md5: parse("template.md5", &template.md5)?,
        bytes: template.bytes,
        name: template.name.clone(),
        path: (!template.path.is_empty()).then(|| template.path.clone()),
    })
}

fn settings_from_wire(text: &str) -> Result<BTreeMap<String, serde_json::Value>, FieldError> {
    let max = limits::MAX_SETTINGS_BYTES;
    if text.len() > max {
        return Err(FieldError::new("settings_json", format!("{} bytes, at most {max}", text.len())));
    }
    if text.is_empty() {
        return Ok(BTreeMap::new());
    }
    serde_json::from_str(text)
        .map_err(|error| FieldError::new("settings_json", format!("is no JSON object: {error}")))
}

fn after_from_wire(after: &[String], names: &[&str]) -> Result<BTreeSet<StepIndex>, FieldError> {
    let place = |(nth, wanted): (usize, &String)| {
        let at = names.iter().position(|name| name == wanted).and_then(|at| u16::try_from(at).ok());
        let known = || {
            let rest = if names.len() > NAMED { ", ..." } else { "" };
            names.iter().take(NAMED).map(|name| cut(name)).collect::<Vec<_>>().join(", ") + rest
        };
        at.map(StepIndex).ok_or_else(|| {
            FieldError::new(
                format!("after[{nth}]"),
                format!("there is no step {:?}: {}", cut(wanted), known()),
            )
        })
    };
    after.iter().enumerate().map(place).collect()
}

fn timeouts_from_wire(timeouts: Option<&v1::Timeouts>, default: Timeouts) -> Timeouts {
    let Some(timeouts) = timeouts else { return default };
    let or = |given: Option<u64>, default| given.map_or(default, Duration::from_millis);
    Timeouts {
        start: or(timeouts.start_ms, default.start),
        frame: or(timeouts.frame_ms, default.frame),
        exit: or(timeouts.exit_ms, default.exit),
    }
}

fn requirements_from_wire(requires: Option<&v1::Requirements>) -> Requirements {
    let Some(requires) = requires else { return Requirements::default() };
    Requirements {
        labels: requires.labels.iter().cloned().collect(),
        memory: requires.memory_bytes,
        renderer_version: (!requires.renderer_version.is_empty()).then(|| requires.renderer_version.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults(retries: u32) -> StepDefaults {
        StepDefaults { retries, ..StepDefaults::default() }
    }

    fn wire() -> v1::JobSpec {
        v1::JobSpec {
            name: "Opening titles".into(),
            project: "show".into(),
            priority: None,
            approval: Some(v1::Approval { description: "may it?".into(), ..Default::default() }),
            steps: vec![
                v1::StepSpec {
                    name: "frames".into(),
                    renderer: "lottie".into(),
                    template: Some(v1::Template {
                        md5: "d41d8cd98f00b204e9800998ecf8427e".into(),
                        bytes: 12,
                        name: "a.json".into(),
                        path: String::new(),
                    }),
                    frames: "1-10".into(),
                    output: "/out/[####].png".into(),
                    settings_json: r#"{"scale":2}"#.into(),
                    ..Default::default()
                },
                v1::StepSpec { name: "film".into(), after: vec!["frames".into()], ..Default::default() },
            ],
        }
    }

    #[test]
    fn a_spec_comes_back_as_it_was() {
        let spec = spec_from_wire(&wire(), &defaults(3)).unwrap();
        assert_eq!((spec.priority, spec.steps[0].retries), (50, 3));
        assert_eq!(spec.steps[1].after, [StepIndex(0)].into());
        assert_eq!(spec_from_wire(&spec_to_wire(&spec), &defaults(9)), Ok(spec));
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let mut spec = wire();
        spec.steps[0].frames = "5-1".into();
        spec.steps[0].output = "relative.png".into();
        spec.steps[0].settings_json = "[]".into();
        spec.steps[1].after = vec!["flames".into()];
        spec.approval = Some(v1::Approval { overdue: 9, ..Default::default() });
        let errors = spec_from_wire(&spec, &defaults(3)).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        let step = |field: &str| format!("spec.steps[0].{field}");
        assert_eq!(
            fields,
            [
                &step("frames"),
                &step("output"),
                &step("settings_json"),
                "spec.steps[1].after[0]",
                "spec.approval.overdue"
            ]
        );
    }
}
