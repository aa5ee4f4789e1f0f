//! What is wrong with a step before anything runs.

use callsheet_config::CommandDescription;
use callsheet_config::renderer::{Arg, FrameUse, InputStep, Need, Placeholder, SettingKind, Text};
use callsheet_model::StepSpec;

use super::setting;
use crate::Problem;
use crate::settings::{problem, unknown_key};

pub(super) fn check(description: &CommandDescription, step: &StepSpec) -> Vec<Problem> {
    let mut problems = settings(description, step);
    let mut say = |place: &str, message: String| problems.push(Problem { place: place.to_owned(), message });
    let name = &description.name;
    match (description.template, &step.template) {
        (Need::Required, None) => say("template", format!("is missing: {name} needs one")),
        (Need::Forbidden, Some(_)) => say("template", format!("is too much: {name} takes none")),
        _ => {}
    }
    match (description.output, &step.output) {
        (Need::Required, None) => say("output", format!("is missing: {name} needs one")),
        (Need::Forbidden, Some(_)) => say("output", format!("is too much: {name} takes none")),
        (_, Some(output)) if output.is_sequence() == (description.frames == FrameUse::Task) => say(
            "output",
            match description.frames {
                FrameUse::Task => format!("\"{output}\" has a frame's number in it: {name} makes one file"),
                _ => format!("\"{output}\" needs the frame's number in its name: [#####]"),
            },
        ),
        _ => {}
    }
    match (&description.frames, step.frames.first()) {
        (FrameUse::Task, Some(_)) => say("frames", format!("are too much: {name} makes one file at once")),
        (FrameUse::Task, None) => {}
        (_, None) => say("frames", format!("are missing: {name} renders frames, such as 1-100")),
        (_, Some(first)) if first < description.lowest_frame => {
            let lowest = description.lowest_frame;
            say("frames", format!("begin at {first}: the lowest that {name} can be told is {lowest}"));
        }
        _ => {}
    }
    if step.after.len() != 1 && needs_only_input(description) {
        let found = if step.after.is_empty() { "is missing" } else { "names several steps" };
        say("after", format!("{found}: {name} takes what exactly one earlier step left"));
    }
    problems
}

fn settings(description: &CommandDescription, step: &StepSpec) -> Vec<Problem> {
    let known: Vec<&str> = description.settings.keys().map(String::as_str).collect();
    let mut problems = Vec::new();
    for (key, value) in &step.settings {
        match description.settings.get(key) {
            None => problems.push(problem(key, unknown_key(key, &known))),
            Some(kind) => problems.extend(kind.check(value).err().map(|message| problem(key, message))),
        }
    }
    for (key, kind) in &description.settings {
        if kind.required && setting(description, step, key).is_none() {
            problems.push(problem(key, format!("is missing: here must be {}", kind.kind.wanted())));
        }
        if matches!(kind.kind, SettingKind::Step) && step.after.is_empty() && step.settings.contains_key(key)
        {
            problems.push(problem(key, "names a step, but this one comes after none".to_owned()));
        }
    }
    problems
}

/// Whether a command line cannot be filled in without exactly one earlier step.
fn needs_only_input(description: &CommandDescription) -> bool {
    let only = |placeholder: &Placeholder| matches!(placeholder, Placeholder::Input(InputStep::Only, _));
    let always = |arg: &Arg| match arg {
        Arg::One(text) => Text::placeholders(text).any(only),
        Arg::Group(_) => false,
    };
    description.args.iter().any(always)
}
