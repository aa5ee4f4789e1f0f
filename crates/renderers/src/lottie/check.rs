//! What is wrong with a step before anything of it is drawn.

use callsheet_model::{FrameSet, StepSpec};

use super::{Options, open};
use crate::Problem;

pub(super) fn check(step: &StepSpec, template: Option<&[u8]>) -> Vec<Problem> {
    let options = Options::read(&step.settings);
    let mut problems = options.as_ref().err().cloned().unwrap_or_default();
    let mut say = |place: &str, message: String| problems.push(Problem { place: place.to_owned(), message });
    if step.template.is_none() {
        say("template", "is missing: lottie draws a Lottie file (JSON, as Bodymovin exports it)".to_owned());
    }
    if step.is_task() {
        say("frames", "are missing: lottie draws frames, such as 0-59".to_owned());
    }
    match &step.output {
        None => say("output", "is missing: lottie writes pictures, such as /show/logo_[####].png".to_owned()),
        Some(output) if !output.is_sequence() || output.extension().as_deref() != Some("png") => {
            say(
                "output",
                format!(
                    "{output:?} is no PNG sequence, such as logo_[####].png",
                    output = output.to_string()
                ),
            );
        }
        Some(_) => {}
    }
    let Some(bytes) = template else { return problems };
    let animation = match open(bytes, step.approximate) {
        Ok(animation) => animation,
        Err(message) => {
            say("template", message);
            return problems;
        }
    };
    let analysis = animation.analysis();
    if let Ok(Err(error)) = options.as_ref().map(|options| options.drawing().size(analysis)) {
        say("settings", error.to_string());
    }
    let (first, last) = (analysis.first_frame, analysis.last_frame);
    let outside = step.frames.difference(&FrameSet::range(first, last));
    if !outside.is_empty() {
        let outside: String = outside.to_string().chars().take(60).collect();
        say("frames", format!("{outside} are outside the animation, which has frames {first} to {last}"));
    }
    problems
}
