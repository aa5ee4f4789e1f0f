//! What every job must fulfil, whichever door it came in by. It looks at the job alone: what depends on the
//! cluster (is there a node with this renderer?) is the scheduler's, what depends on the renderer (does it
//! know this setting?) is the renderer's.

use std::collections::BTreeSet;
use std::time::Duration;

use callsheet_model::{Chunk, JobSpec, StepSpec, Template, VersionWish, id, limits};

use super::outputs::collisions;
use crate::problem::{Problem, Problems, Why};
use crate::tree::quoted;
use crate::values::{is_absolute, shown};

/// Longest bound on an attempt.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);
/// Shortest bound on an attempt.
const SHORTEST: Duration = Duration::from_millis(100);

/// Shortest and longest time that a person may be given to release a job.
pub(super) const MIN_APPROVAL: Duration = Duration::from_secs(1);
pub(super) const MAX_APPROVAL: Duration = Duration::from_secs(365 * 24 * 3600);

/// Checks a whole job. The problems' keys are places in it, such as `steps[2].frames`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check(spec: &JobSpec) -> Result<(), Problems> {
    let problem =
        |(key, why): (String, Why)| Problem { place: String::new(), key, found: why.found, why: why.why };
    let problems: Vec<Problem> = mistakes(spec, Stage::Whole, &|nth| nth).into_iter().map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
}

/// How much of a job is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Outputs may be relative.
    Draft,
    /// Everything.
    Whole,
}

/// Everything that is wrong; `written` tells by which number the writer knows a step.
pub(super) fn mistakes(spec: &JobSpec, stage: Stage, written: &dyn Fn(usize) -> usize) -> Vec<(String, Why)> {
    let mut notes = Notes { prefix: String::new(), found: Vec::new() };
    notes.line("name", &spec.name, limits::MAX_TITLE_BYTES);
    notes.line("project", &spec.project, limits::MAX_NAME_BYTES);
    if spec.priority > limits::MAX_PRIORITY {
        notes.note(
            "priority",
            spec.priority.to_string(),
            format!("here may be 0 to {}", limits::MAX_PRIORITY),
        );
    }
    check_approval(spec, &mut notes);
    if spec.steps.is_empty() || spec.steps.len() > limits::MAX_STEPS {
        // Nothing below may have to look at more steps than there may be.
        notes.note(
            "steps",
            format!("{} steps", spec.steps.len()),
            format!("a job has 1 to {}", limits::MAX_STEPS),
        );
        return notes.found;
    }
    let frames: u64 = spec.steps.iter().map(|step| step.frames.len()).sum();
    let each_is_well = spec.steps.iter().all(|step| step.frames.len() <= limits::MAX_FRAMES);
    if each_is_well && frames > limits::MAX_JOB_FRAMES {
        let why = format!("all steps of a job have at most {} together", limits::MAX_JOB_FRAMES);
        notes.note("steps", format!("{frames} frames"), why);
    }
    let mut names = BTreeSet::new();
    for (nth, step) in spec.steps.iter().enumerate() {
        notes.prefix = format!("steps[{}].", written(nth));
        if !names.insert(&step.name) {
            notes.note("name", quoted(&step.name), "another step has this name already");
        }
        if let Some(wrong) = step.after.iter().find(|earlier| earlier.at() >= nth) {
            let why = "a step comes after earlier ones only";
            notes.note("after", format!("step {}", wrong.0), why);
        }
        check_step(step, stage, &mut notes);
    }
    for (later, earlier) in collisions(&spec.steps) {
        notes.prefix = format!("steps[{}].", written(later));
        let output = spec.steps.get(later).and_then(|step| step.output.as_ref());
        let other = spec.steps.get(earlier).map_or("", |step| &step.name);
        let found = output.map(|output| quoted(&output.to_string())).unwrap_or_default();
        notes.note("output", found, format!("the step {other} would write the same files"));
    }
    notes.found
}

fn check_approval(spec: &JobSpec, notes: &mut Notes) {
    let Some(approval) = &spec.approval else { return };
    notes.name("approval.kind", &approval.kind);
    notes.line("approval.description", &approval.description, limits::MAX_PATH_BYTES);
    let bounds = MIN_APPROVAL..=MAX_APPROVAL;
    if let Some(timeout) = approval.timeout.filter(|timeout| !bounds.contains(timeout)) {
        notes.note("approval.timeout", shown(timeout), "here may be \"1s\" to \"365d\"");
    }
}

/// Collects what is wrong with a job or one of its steps.
struct Notes {
    prefix: String,
    found: Vec<(String, Why)>,
}

impl Notes {
    fn note(&mut self, key: &str, found: impl Into<String>, why: impl Into<String>) {
        self.found.push((format!("{}{key}", self.prefix), Why::new(found, why)));
    }

    /// One line of text.
    fn line(&mut self, key: &str, text: &str, most: usize) {
        if text.trim().is_empty() || text.len() > most || text.chars().any(char::is_control) {
            self.note(key, quoted(text), format!("here must be a text in one line of 1 to {most} bytes"));
        }
    }

    fn name(&mut self, key: &str, text: &str) {
        if id::check_name(text).is_err() {
            let most = limits::MAX_NAME_BYTES;
            let why = format!(
                "a name is 1 to {most} letters, digits, '-', '_' or '.', beginning with a letter or digit"
            );
            self.note(key, quoted(text), why);
        }
    }
}

fn check_step(step: &StepSpec, stage: Stage, notes: &mut Notes) {
    notes.name("name", &step.name);
    notes.name("renderer", &step.renderer);
    check_frames(step, notes);
    check_output(step, stage, notes);
    if let Some(template) = &step.template {
        check_template(template, notes);
    }
    if step.retries > limits::MAX_RETRIES {
        notes.note("retries", step.retries.to_string(), format!("here may be 0 to {}", limits::MAX_RETRIES));
    }
    let timeouts = step.timeouts;
    for (key, bound) in [
        ("timeouts.start", timeouts.start),
        ("timeouts.frame", timeouts.frame),
        ("timeouts.exit", timeouts.exit),
    ] {
        if bound < SHORTEST || bound > LONGEST {
            notes.note(key, shown(bound), format!("here may be {} to {}", shown(SHORTEST), shown(LONGEST)));
        }
    }
    check_requirements(step, notes);
    check_settings(step, notes);
}

fn check_frames(step: &StepSpec, notes: &mut Notes) {
    let most = limits::MAX_FRAME_NUMBER;
    if step.frames.len() > limits::MAX_FRAMES {
        notes.note(
            "frames",
            format!("{} frames", step.frames.len()),
            format!("a step has at most {}", limits::MAX_FRAMES),
        );
    }
    if !step.frames.can_be_written() {
        notes.note(
            "frames",
            format!("{} scattered frames", step.frames.len()),
            format!("they cannot be written in {} bytes: use ranges and steps", limits::MAX_FRAME_TEXT_BYTES),
        );
    }
    for frame in [step.frames.first(), step.frames.last()].into_iter().flatten() {
        // `i32::MIN` has no positive twin.
        if frame.unsigned_abs() > most.unsigned_abs() {
            notes.note("frames", frame.to_string(), format!("frame numbers lie between -{most} and {most}"));
        }
    }
    match step.chunk {
        Chunk::Frames(count) if count.get() > limits::MAX_CHUNK => {
            notes.note(
                "chunk",
                count.to_string(),
                format!("here may be \"auto\" or 1 to {}", limits::MAX_CHUNK),
            );
        }
        _ => {}
    }
}

/// Frames are handed out, proven and published one by one, so each needs a file of its own; and a task, which
/// has no frame number, makes one file. A movie is the output of a task.
fn check_output(step: &StepSpec, stage: Stage, notes: &mut Notes) {
    let Some(output) = &step.output else { return };
    let written = output.to_string();
    if written.len() > limits::MAX_PATH_BYTES {
        notes.note("output", quoted(&written), format!("longer than {} bytes", limits::MAX_PATH_BYTES));
    }
    if stage == Stage::Whole && !output.is_absolute() {
        let why = "here must be an absolute path: nodes have no common place to start from";
        notes.note("output", quoted(&written), why);
    }
    if output.is_sequence() && step.is_task() {
        let why = "the output has a frame's number in it, so frames are needed, such as \"1-100\"";
        notes.note("frames", "none", why);
    }
    if !output.is_sequence() && step.frames.len() > 1 {
        let why = "each frame needs a file of its own: put [#####] where its number goes; or leave frames out, and \
                   the step is one task with one file";
        notes.note("output", quoted(&written), why);
    }
}

fn check_template(template: &Template, notes: &mut Notes) {
    notes.line("template.name", &template.name, 255);
    if template.name.contains(['/', '\\']) || template.name == ".." || template.name == "." {
        notes.note(
            "template.name",
            quoted(&template.name),
            "here must be a file's name without its directory",
        );
    }
    if template.bytes > limits::MAX_TEMPLATE_BYTES {
        let why = format!("a template has at most {} bytes", limits::MAX_TEMPLATE_BYTES);
        notes.note("template", format!("{} bytes", template.bytes), why);
    }
    if let Some(path) = &template.path {
        notes.line("template.path", path, limits::MAX_PATH_BYTES);
        if !is_absolute(path) || path.split(['/', '\\']).any(|part| part == "..") {
            notes.note("template.path", quoted(path), "here must be an absolute path without '..'");
        }
    }
}

fn check_requirements(step: &StepSpec, notes: &mut Notes) {
    let requires = &step.requires;
    if requires.labels.len() > limits::MAX_LABELS {
        let why = format!("a step asks for at most {}", limits::MAX_LABELS);
        notes.note("requires.labels", format!("{} labels", requires.labels.len()), why);
    }
    if let Some(wrong) = requires.labels.iter().find(|label| id::check_name(label).is_err()) {
        notes.name("requires.labels", wrong);
    }
    if let Some(version) = &requires.renderer_version {
        match version.parse::<VersionWish>() {
            Ok(_) => notes.line("requires.renderer_version", version, limits::MAX_NAME_BYTES),
            Err(why) => notes.note("requires.renderer_version", quoted(version), why.to_string()),
        }
    }
}

fn check_settings(step: &StepSpec, notes: &mut Notes) {
    if step.settings.len() > limits::MAX_SETTINGS {
        let why = format!("a step has at most {}", limits::MAX_SETTINGS);
        notes.note("settings", format!("{} settings", step.settings.len()), why);
    }
    let bytes = serde_json::to_string(&step.settings).map_or(usize::MAX, |text| text.len());
    if bytes > limits::MAX_SETTINGS_BYTES {
        let why = format!("as JSON they have at most {}", limits::MAX_SETTINGS_BYTES);
        notes.note("settings", format!("{bytes} bytes"), why);
    }
    for key in step.settings.keys() {
        if key.is_empty() || key.len() > limits::MAX_NAME_BYTES || key.chars().any(char::is_control) {
            let why = format!("a setting's key has 1 to {} bytes", limits::MAX_NAME_BYTES);
            notes.note("settings", quoted(key), why);
        }
    }
}
