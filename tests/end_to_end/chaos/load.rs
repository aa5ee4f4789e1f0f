//! What is rendered meanwhile: jobs of every renderer, most of them with a step that depends on another one, and what
//! each of them must have left on the share in the end.

use std::path::Path;

use callsheet_protocol::v1;
use serde_json::json;

use crate::harness::{Dice, Project, work};

use super::stage::link_in;

/// One step's results.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// Frames of the animation.
    Drawn { output: String, frames: String },
    /// Frames of the tests' own renderer, which say by whom they were drawn.
    Acted { output: String, frames: String, step: u64 },
    /// Frames of After Effects, which say which they are.
    Composed { output: String, frames: String },
    /// One picture.
    Book { path: String },
}

/// A job that somebody thought of.
pub(super) struct Idea {
    /// Its template, if it has one: its name, and what is in it.
    pub(super) template: Option<(&'static str, Vec<u8>)>,
    pub(super) spec: v1::JobSpec,
    pub(super) wanted: Vec<Wanted>,
}

impl Idea {
    /// The nth of them.
    pub(super) fn nth(root: &Path, nth: usize, dice: &mut Dice) -> Self {
        let folder = link_in(root).join(format!("job-{nth:04}"));
        let output = |name: &str| format!("{}/{name}/f_[####].png", folder.display());
        let mut idea = match nth % 4 {
            0 => drawn(nth, output("frames"), format!("{}/book.png", folder.display()), dice),
            1 => acted(&output("first"), &output("second"), dice),
            2 => composed(nth, output("frames"), format!("{}/book.png", folder.display()), dice),
            _ => small(output("frames"), dice),
        };
        idea.spec.priority = Some(u32::try_from(dice.below(101)).unwrap());
        if dice.percent(20) {
            idea.spec.approval = Some(v1::Approval {
                kind: "release".into(),
                description: "shall it?".into(),
                ..Default::default()
            });
        }
        idea
    }

    /// The job, with its template as the leader knows it.
    pub(super) fn with(&self, template: Option<v1::Template>) -> v1::JobSpec {
        let mut spec = self.spec.clone();
        if let Some(first) = spec.steps.first_mut() {
            first.template = template;
        }
        spec
    }
}

fn chunk(dice: &mut Dice) -> u32 {
    [0, 1, 3, 5, 8][dice.below(5)]
}

fn joined(path: &str) -> v1::StepSpec {
    v1::StepSpec {
        name: "book".into(),
        renderer: "flipbook".into(),
        output: path.into(),
        after: vec!["frames".into()],
        settings_json: json!({ "rate": 25 }).to_string(),
        ..Default::default()
    }
}

/// An animation that no cache has yet, drawn and joined.
fn drawn(nth: usize, output: String, path: String, dice: &mut Dice) -> Idea {
    let mut animation = work::animation();
    animation.extend(format!("\n{:nth$}", "", nth = nth + 1).bytes());
    let frames = format!("0-{}", 15 + dice.below(25));
    let step = work::drawn(&v1::Template::default(), &output, &frames, chunk(dice), 60);
    Idea {
        template: Some(("box.json", animation)),
        spec: work::job("drawn", vec![step, joined(&path)]),
        wanted: vec![Wanted::Drawn { output, frames }, Wanted::Book { path }],
    }
}

/// Frames of a renderer that leaves other processes behind, and then as many again.
fn acted(first: &str, second: &str, dice: &mut Dice) -> Idea {
    let frames = format!("1-{}", 15 + dice.below(25));
    let errand = json!({ "pace": 80, "moods": format!("{}=errand", 1 + dice.below(15)) });
    let one = work::acted(first, &frames, chunk(dice), &errand);
    let mut two = work::acted(second, &frames, chunk(dice), &json!({ "pace": 20 }));
    two.name = "second".into();
    two.after = vec!["frames".into()];
    let wanted = |output: &str, step| Wanted::Acted { output: output.into(), frames: frames.clone(), step };
    Idea {
        template: None,
        wanted: vec![wanted(first, 0), wanted(second, 1)],
        spec: work::job("acted", vec![one, two]),
    }
}

/// A composition of After Effects, rendered and joined.
fn composed(nth: usize, output: String, path: String, dice: &mut Dice) -> Idea {
    let project = Project::of("Main", 24).text("title", &format!("number {nth}"));
    let step = work::composed(&v1::Template::default(), &output, "0-23", chunk(dice).max(3), &json!({}));
    Idea {
        template: Some(("project.aep", project.bytes())),
        spec: work::job("composed", vec![step, joined(&path)]),
        wanted: vec![Wanted::Composed { output, frames: "0-23".into() }, Wanted::Book { path }],
    }
}

/// A few frames that take no time.
fn small(output: String, dice: &mut Dice) -> Idea {
    let frames = "1-6".to_owned();
    let step = work::acted(&output, &frames, chunk(dice), &json!({ "pace": 0 }));
    Idea {
        template: None,
        spec: work::job("small", vec![step]),
        wanted: vec![Wanted::Acted { output, frames, step: 0 }],
    }
}
