//! Reads job files into drafts.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use callsheet_model::{
    ApprovalSpec, Chunk, FrameSet, FrameSetError, JobSpec, OutputPattern, Overdue, Requirements, StepIndex,
    limits,
};

use super::check::{MAX_APPROVAL, MIN_APPROVAL, Stage, mistakes};
use super::order::{Depends, Tangle, order};
use super::{DEFAULT_APPROVAL, DEFAULT_PRIORITY, DEFAULT_PROJECT, JobDefaults, JobDraft, Origin, StepDraft};
use crate::problem::{Problems, Why};
use crate::reader::{Reading, Table, not_a, tree_of};
use crate::source::{Format, Source};
use crate::timeouts::PartialTimeouts;
use crate::tree::{Node, Value, quoted};
use crate::values::{any_text, choice, duration, flag, integer, name, path_text, short_text, size};

/// A step and the names in its `after`.
type Raw = (StepDraft, Vec<String>);

/// The draft, and which keys there are.
pub(super) fn parse(
    text: &str,
    format: Format,
    file_name: &str,
) -> (Result<JobDraft, Problems>, Vec<String>) {
    let source = Source::new(file_name, text);
    let tree = match tree_of(format, &source) {
        Ok(tree) => tree,
        Err(problems) => return (Err(problems), Vec::new()),
    };
    let reading = Reading::new(&source);
    let (title, project, priority, approval, steps) = read(reading.root(&tree));
    let steps = sorted(steps, &reading, &tree);
    // What was read wrongly has a harmless value in its place here; its key has its problem already.
    let outline = JobSpec {
        name: title.clone(),
        project: project.clone(),
        priority,
        approval: approval.clone(),
        steps: steps.iter().map(|step| step.outline(&JobDefaults::default())).collect(),
    };
    let written = |nth: usize| steps.get(nth).map_or(nth, |step| step.written);
    for (key, why) in mistakes(&outline, Stage::Draft, &written) {
        reading.note_at(&tree, &key, why);
    }
    let keys = reading.asked().into_iter().collect();
    let problems = reading.problems();
    if !problems.is_empty() {
        return (Err(Problems(problems)), keys);
    }
    let origin = Origin { source, tree };
    (Ok(JobDraft { name: title, project, priority, approval, steps, origin }), keys)
}

fn read(mut root: Table<'_>) -> (String, String, u32, Option<ApprovalSpec>, Vec<Raw>) {
    let title = root.need("name", "what people call the job", short_text(limits::MAX_TITLE_BYTES));
    let project = root.take("project", short_text(limits::MAX_NAME_BYTES));
    let priority = root.take("priority", integer(0..=limits::MAX_PRIORITY));
    let approval = approval(root.table("approval"));
    root.must("steps", "at least one step");
    let steps = root.tables("steps").into_iter().enumerate().map(|(nth, table)| step(table, nth)).collect();
    root.done();
    let project = project.unwrap_or_else(|| DEFAULT_PROJECT.to_owned());
    (title.unwrap_or_default(), project, priority.unwrap_or(DEFAULT_PRIORITY), approval, steps)
}

const OVERDUE: [(&str, Overdue); 2] = [("escalate", Overdue::Escalate), ("deny", Overdue::Deny)];

fn approval(mut table: Table<'_>) -> Option<ApprovalSpec> {
    let kind = table.take("kind", name);
    if table.written {
        table.must("description", "what the person who releases the job is asked");
    }
    let description = table.take("description", short_text(limits::MAX_PATH_BYTES));
    let timeout = table.take("timeout", duration(MIN_APPROVAL, MAX_APPROVAL));
    let overdue = table.take("overdue", choice(&OVERDUE));
    if overdue.is_some() && !table.has("timeout") {
        table.refuse("overdue", Why::new("", "without timeout there is nothing to be overdue"));
    }
    table.done();
    let kind = kind.unwrap_or_else(|| DEFAULT_APPROVAL.to_owned());
    Some(ApprovalSpec { kind, description: description?, timeout, overdue: overdue.unwrap_or_default() })
}

fn step(mut table: Table<'_>, written: usize) -> Raw {
    let draft = StepDraft {
        name: table.need("name", "the step's name", name).unwrap_or_default(),
        renderer: table.need("renderer", "the renderer's name", name).unwrap_or_default(),
        template: table.take("template", path_text),
        frames: table.take("frames", frames).unwrap_or_default(),
        chunk: table.take("chunk", chunk).unwrap_or_default(),
        output: table.take("output", output),
        retries: table.take("retries", integer(0..=limits::MAX_RETRIES)),
        timeouts: PartialTimeouts::read(table.table("timeouts")),
        requires: requirements(table.table("requires")),
        after: BTreeSet::new(),
        settings: table.map("settings", |_, value| Ok(value.to_json())).unwrap_or_default(),
        approximate: table.take("approximate", flag).unwrap_or(false),
        written,
    };
    let after = table.list("after", any_text).unwrap_or_default();
    table.done();
    (draft, after)
}

fn requirements(mut table: Table<'_>) -> Requirements {
    let requires = Requirements {
        labels: table.list("labels", name).unwrap_or_default().into_iter().collect(),
        memory: table.take("memory", size(1, 1 << 60)),
        renderer_version: table.take("renderer_version", short_text(limits::MAX_NAME_BYTES)),
    };
    table.done();
    requires
}

/// The steps in their order, knowing each other by it.
fn sorted(steps: Vec<Raw>, reading: &Reading<'_>, tree: &Node) -> Vec<StepDraft> {
    if steps.len() > limits::MAX_STEPS {
        return steps.into_iter().map(|(step, _)| step).collect();
    }
    let depends: Vec<Depends<'_>> =
        steps.iter().map(|(step, after)| Depends { name: &step.name, after }).collect();
    let order = order(&depends).unwrap_or_else(|tangles| {
        for tangle in tangles {
            let (key, why) = told(&tangle, &depends);
            reading.note_at(tree, &key, why);
        }
        (0..steps.len()).collect()
    });
    let mut places = BTreeMap::new();
    for (place, step) in order.iter().filter_map(|written| steps.get(*written)).enumerate() {
        places.entry(step.0.name.clone()).or_insert(place);
    }
    let known = |place: usize, name: &String| {
        let earlier = places.get(name).filter(|earlier| **earlier < place)?;
        u16::try_from(*earlier).ok().map(StepIndex)
    };
    let mut steps: Vec<Option<Raw>> = steps.into_iter().map(Some).collect();
    let in_order = order.into_iter().filter_map(|written| steps.get_mut(written).and_then(Option::take));
    let numbered = in_order.enumerate().map(|(place, (mut step, after))| {
        step.after = after.iter().filter_map(|name| known(place, name)).collect();
        step
    });
    numbered.collect()
}

fn told(tangle: &Tangle, steps: &[Depends<'_>]) -> (String, Why) {
    let name = |step: &usize| steps.get(*step).map_or("", |step| step.name);
    match tangle {
        Tangle::Unknown { step, entry } => {
            let found = steps.get(*step).and_then(|step| step.after.get(*entry)).map_or("", String::as_str);
            let all: BTreeSet<&str> =
                steps.iter().map(|step| step.name).filter(|name| !name.is_empty()).collect();
            let all = all.into_iter().collect::<Vec<_>>().join(", ");
            let why = format!("there is no such step; there are {all}");
            (format!("steps[{step}].after[{entry}]"), Why::new(quoted(found), why))
        }
        Tangle::Circle(circle) => {
            let first = circle.first().copied().unwrap_or_default();
            let names: Vec<&str> = circle.iter().chain([&first]).map(name).collect();
            let why = format!("these steps wait for each other: {}", names.join(" after "));
            (format!("steps[{first}].after"), Why::new("a circle", why))
        }
    }
}

/// `"1-100x2,7"`, or a single number.
fn frames(value: &Value) -> Result<FrameSet, Why> {
    let text = match value {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        other => return Err(not_a("frames such as \"1-100\", \"1-100x2\" or \"1,5,9-20\"", other)),
    };
    text.parse().map_err(|error: FrameSetError| {
        // Most of its sentences begin with the part that is meant; then the whole need not be said again.
        let why = error.to_string();
        Why::new(if why.starts_with('"') { String::new() } else { value.shown() }, why)
    })
}

fn chunk(value: &Value) -> Result<Chunk, Why> {
    if matches!(value, Value::Text(text) if text == "auto") {
        return Ok(Chunk::Auto);
    }
    let count = integer(1..=limits::MAX_CHUNK)(value).ok().and_then(NonZeroU32::new);
    count
        .map(Chunk::Frames)
        .ok_or_else(|| not_a(&format!("\"auto\" or a whole number from 1 to {}", limits::MAX_CHUNK), value))
}

fn output(value: &Value) -> Result<OutputPattern, Why> {
    let text = path_text(value)?;
    OutputPattern::parse(&text).map_err(|error| Why::new(quoted(&text), error.to_string()))
}
