//! Whether two steps of a job would write the same file.
//!
//! Exactly for patterns that differ only in their frames; where the fixed part of one name could be digits of
//! the other's number (`a_[##].png`, `a_1[#].png`), they are taken to collide: such names confuse people too.

use std::collections::BTreeMap;

use callsheet_model::{FrameSet, StepSpec};

/// A file name around its number.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    directory: String,
    before: String,
    /// `None` for a name without a number.
    after: Option<String>,
}

/// Finding out which earlier step it is takes a look at each of them: a stranger's job of hundreds of large
/// steps that all collide must not keep the leader busy.
pub(super) const MOST_TOLD: usize = 20;

/// Pairs of steps that collide: a later one and the earlier one, by their places. The first ones, if there
/// are very many.
pub(super) fn collisions(steps: &[StepSpec]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut seen: BTreeMap<Shape, Writers> = BTreeMap::new();
    for (place, step) in steps.iter().enumerate() {
        if found.len() == MOST_TOLD {
            break;
        }
        let Some(shape) = shape_of(step) else { continue };
        let numbered = shape.after.is_some();
        let same =
            seen.get(&shape).and_then(|writers| match numbered && writers.frames.is_disjoint(&step.frames) {
                true => None,
                false => writers.steps.iter().find(|earlier| {
                    let frames = steps.get(**earlier).map(|step| &step.frames);
                    !numbered || frames.is_some_and(|frames| !frames.is_disjoint(&step.frames))
                }),
            });
        let alike = || {
            let like = seen.iter().find(|(other, _)| confusable(&shape, other) || confusable(other, &shape));
            like.and_then(|(_, writers)| writers.steps.first())
        };
        match same.or_else(alike) {
            Some(earlier) => found.push((place, *earlier)),
            None => {
                let writers = seen.entry(shape).or_default();
                writers.steps.push(place);
                writers.frames.add(&step.frames);
            }
        }
    }
    found
}

/// The steps that write names of one shape, and all their frames together.
#[derive(Default)]
struct Writers {
    steps: Vec<usize>,
    frames: FrameSet,
}

fn shape_of(step: &StepSpec) -> Option<Shape> {
    let output = step.output.as_ref()?;
    let directory = output.directory().replace('\\', "/");
    let mut parts: Vec<&str> = directory.split('/').filter(|part| *part != ".").collect();
    parts.dedup_by(|a, b| a.is_empty() && b.is_empty());
    let directory = parts.join("/");
    // Windows does not tell letters' cases apart.
    let windows = output.directory().contains('\\') || directory.get(1..2) == Some(":");
    let fold = |text: &str| if windows { text.to_lowercase() } else { text.to_owned() };
    Some(Shape {
        directory: fold(&directory),
        before: fold(output.prefix()),
        after: output.is_sequence().then(|| fold(output.suffix())),
    })
}

/// Whether a number in `short`'s name could begin like the fixed part of `long`'s.
fn confusable(short: &Shape, long: &Shape) -> bool {
    let Some(after) = &short.after else { return false };
    let number =
        |text: &str| !text.is_empty() && text.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit());
    let Some(rest) = long.before.strip_prefix(&short.before) else { return false };
    short.directory == long.directory
        && match &long.after {
            // The other's whole name is this one's with some number in it.
            None => rest.strip_suffix(after.as_str()).is_some_and(number),
            // Digits at the other end: `_[#]0.png` beside `_[#].png`.
            Some(other) => {
                let tail = other.strip_suffix(after.as_str());
                (number(rest) && tail.is_some_and(|tail| tail.is_empty() || number(tail)))
                    || (rest.is_empty() && tail.is_some_and(number))
            }
        }
}
