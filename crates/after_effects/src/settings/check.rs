//! What must fit together in a step: its settings with its output, its frames and its template.

use callsheet_model::StepSpec;

use super::movie::{MOVIES, SOUNDS, is_one_of};
use super::{Movie, Problem, Product, Settings};

/// Endings that After Effects opens as projects.
const PROJECTS: [&str; 3] = [".aep", ".aepx", ".aet"];

/// Everything that is wrong with a step, before anything runs and wherever it will.
#[must_use]
pub fn check(step: &StepSpec) -> Vec<Problem> {
    let (settings, mut problems) = match Settings::read(&step.settings) {
        Ok(settings) => (Some(settings), Vec::new()),
        Err(problems) => (None, problems),
    };
    match &step.template {
        None => problems.push(Problem::new("template", "is missing: After Effects renders a project")),
        Some(template) => {
            let name = template.name.to_ascii_lowercase();
            if !PROJECTS.iter().any(|ending| name.ends_with(ending)) {
                let message =
                    format!("\"{}\" is no project of After Effects: .aep, .aepx, .aet", template.name);
                problems.push(Problem::new("template", message));
            }
        }
    }
    let Some(output) = &step.output else {
        problems.push(Problem::new("output", "is missing: After Effects writes files"));
        return problems;
    };
    // Without settings that can be read there is nothing to compare the output with.
    let Some(settings) = settings else { return problems };
    let product = Product::of(output, settings.movie);
    if settings.size.is_some() && !matches!(product, Product::Pictures) {
        let message = "is too much: it is for pictures; of a movie the frames are counted";
        problems.push(Problem::new("settings.size", message));
    }
    match product {
        Product::Pictures => pictures(step, &mut problems),
        Product::Movie(movie) => this_movie(step, &settings, movie, &mut problems),
        Product::Sound(movie) => sound(step, &settings, movie, &mut problems),
    }
    problems
}

fn pictures(step: &StepSpec, problems: &mut Vec<Problem>) {
    let Some(output) = &step.output else { return };
    if is_one_of(output, &MOVIES) || is_one_of(output, &SOUNDS) {
        let message = "is missing: a movie or its sound says which frames it has, {\"frames\": \"0-99\"}";
        problems.push(Problem::new("settings.movie", message));
        return;
    }
    if !output.is_sequence() {
        let message = format!("\"{output}\" needs the frame's number in its name: [#####]");
        problems.push(Problem::new("output", message));
    }
    if step.is_task() {
        problems.push(Problem::new("frames", "are missing: After Effects renders frames, such as 0-99"));
    }
}

fn this_movie(step: &StepSpec, settings: &Settings, movie: Movie, problems: &mut Vec<Problem>) {
    let Some(output) = &step.output else { return };
    if !is_one_of(output, &MOVIES) {
        let message =
            format!("\"{output}\" is no movie whose frames can be counted: .{}", MOVIES.join(", ."));
        problems.push(Problem::new("output", message));
    }
    if movie.segment.is_none() {
        return one_file(step, problems);
    }
    let count = movie.segments();
    let one_each = format!("a segment has one file each, numbered 1-{count}");
    if !output.is_sequence() {
        let message = format!("\"{output}\" needs the segment's number in its name, [###]: {one_each}");
        problems.push(Problem::new("output", message));
    }
    let outside = step.frames.first().is_none_or(|first| first < 1)
        || step.frames.last().is_none_or(|last| u64::from(last.unsigned_abs()) > count);
    if outside {
        let message =
            format!("must be segments, 1-{count}: {} frames, {} in each", movie.len(), segment(movie));
        problems.push(Problem::new("frames", message));
    }
    if settings.sound == Some(true) {
        let message =
            "cannot be cut without a click: render it once, as a step of its own with a .wav output";
        problems.push(Problem::new("settings.sound", message));
    }
}

fn segment(movie: Movie) -> u32 {
    movie.segment.unwrap_or_default()
}

fn sound(step: &StepSpec, settings: &Settings, movie: Movie, problems: &mut Vec<Problem>) {
    if movie.segment.is_some() {
        problems.push(Problem::new("settings.movie", "segment: sound is rendered in one piece"));
    }
    if settings.sound == Some(false) {
        problems.push(Problem::new("settings.sound", "is false, but the output is nothing but sound"));
    }
    one_file(step, problems);
}

fn one_file(step: &StepSpec, problems: &mut Vec<Problem>) {
    let Some(output) = &step.output else { return };
    if output.is_sequence() {
        let message = format!(
            "\"{output}\" has a number in its name, but the movie is one file; segments are told with movie.segment"
        );
        problems.push(Problem::new("output", message));
    }
    if !step.is_task() {
        let message = format!(
            "{} are too much: the movie is one task, what it shows is told in settings.movie",
            step.frames
        );
        problems.push(Problem::new("frames", message));
    }
}
