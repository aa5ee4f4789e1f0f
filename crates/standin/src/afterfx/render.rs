//! The rendering itself: header, frames in their order, the end. Files are written by `output`.

use std::path::Path;
use std::time::Instant;

use super::jobs::{self, Job};
use super::output::{Output, Shown};
use super::stage::{End, Stage};
use crate::arguments::{Arguments, code};
use crate::phase::Phase;
use crate::project::Project;
use crate::story::{Format, Ordinal, Outside, Untruth};
use crate::timecode::Count;

/// Opens the project and renders what is asked for.
pub(super) fn render(stage: &mut Stage<'_>, arguments: &Arguments) -> Result<i32, End> {
    stage.about = arguments.project.clone().unwrap_or_default();
    stage.pass(Phase::Load);
    stage.at(Phase::Load, None)?;
    let (project, folder) = jobs::open(stage, arguments)?;
    let jobs = jobs::plan(stage, arguments, &project)?;
    let begun = Instant::now();
    if stage.speech.format == Format::AeLog {
        stage.progress(&format!("render log for project {}", stage.about.clone()))?;
        stage.progress("")?;
    }
    let mut unable = None;
    for job in &jobs {
        let missing = project.files(job.comp, &folder).into_iter().find(|file| !file.exists());
        let missing = missing.filter(|_| !arguments.continues);
        let lie = stage.run.lie.as_ref().is_some_and(|lie| lie.how == Untruth::LoggedError);
        let missing = missing.or_else(|| lie.then(|| folder.join("(Footage)").join("logo.png")));
        begin(stage, &project, job)?;
        if missing.is_some() {
            unable = missing;
            continue;
        }
        if !frames(stage, arguments, &project, &folder, job)? {
            // It stops half-way, and thinks nothing of it.
            return Ok(stage.exit_of_lie());
        }
        let (now, name) = (stage.speech.now(), stage.speech.quoted(&job.comp.name));
        stage.progress(&format!("{now}: {}", stage.speech.words.finished.replace("{}", &name)))?;
    }
    close(stage, begun)?;
    if let Some(file) = unable {
        let words = stage.speech.words;
        let sentence = words.not_found.replace("{}", &file.display().to_string());
        stage.warning(&format!("{}  error: {sentence}", words.logged_one))?;
    }
    Ok(stage.exit_of_lie())
}

/// The lines before the frames.
fn begin(stage: &mut Stage<'_>, project: &Project, job: &Job<'_>) -> Result<(), End> {
    let installation = &stage.story.installation;
    let (comp, words) = (job.comp, stage.speech.words);
    let count = Count { rate: comp.rate, drop: comp.drop, display: installation.time_display };
    let (first, last) = (job.span.first().copied().unwrap_or(0), job.span.last().copied().unwrap_or(0));
    let shown = |frame: i64| count.show(frame + comp.start, frame + comp.start + project.first_frame);
    let length = last - first + 1;
    let brackets = if installation.duration_count { format!(" ({length})") } else { String::new() };
    if first < 0 || last >= i64::from(comp.frames) {
        // Frames of a film are few enough to be exact.
        #[allow(clippy::cast_precision_loss)]
        let seconds = first as f64 / comp.rate;
        let seconds = format!("{seconds:.2}").replace('.', &words.decimal.to_string());
        stage.warning(&format!(
            "timeSpanStart of <{seconds}> seconds will cause render to have frames outside of range of the \
             composition. Render will succeed, but may have blank frames."
        ))?;
    }
    let (now, name) = (stage.speech.now(), stage.speech.quoted(&comp.name));
    let rate = count.show_rate(words.decimal);
    let lines = [
        format!("{now}: {}", words.starting.replace("{}", &name)),
        "Render Settings: Best Settings".to_owned(),
        format!("Size: {} x {}", comp.width, comp.height),
        String::new(),
        format!("{}: {}", words.start, shown(first)),
        format!("{}: {}", words.end, shown(last)),
        format!("{}: {}{brackets}", words.duration, count.show_length(length)),
        format!("{}: {rate} ({})", words.rate, words.composition),
        String::new(),
        format!("Output To: {}", job.output),
    ];
    lines.iter().try_for_each(|line| stage.progress(line))
}

/// All frames; false when it stopped without a word.
fn frames(
    stage: &mut Stage<'_>,
    arguments: &Arguments,
    project: &Project,
    folder: &Path,
    job: &Job<'_>,
) -> Result<bool, End> {
    let installation = &stage.story.installation;
    let inside = 0..i64::from(job.comp.frames);
    let is_kept = |frame: &i64| installation.outside == Outside::Blank || inside.contains(frame);
    let span: Vec<(usize, i64)> = job.span.iter().copied().filter(is_kept).enumerate().collect();
    let fingerprint = project.fingerprint(job.comp, folder, installation);
    let mut output = Output::open(job, fingerprint)?;
    let width = if arguments.multi_frame(installation.major()) { installation.mfr.max(1) } else { 1 };
    let half = stage.run.lie.as_ref().is_some_and(|lie| lie.how == Untruth::Unfinished);
    let limit = if half { span.len() / 2 } else { usize::MAX };

    stage.about = job.output.clone();
    stage.pass(Phase::FirstFrame);
    stage.at(Phase::FirstFrame, None)?;
    for (done, (place, frame)) in out_of_order(&span, width).into_iter().enumerate() {
        if done >= limit {
            return Ok(false);
        }
        let number = frame + job.comp.start + project.first_frame;
        let shown = Shown {
            number,
            file_number: if job.module.comp_frame_number {
                number
            } else {
                i64::try_from(place).unwrap_or(0)
            },
            is_blank: !inside.contains(&frame),
            is_timed: done % width == 0,
        };
        let begun = Instant::now();
        output.frame(stage, &shown)?;
        let ordinal = match installation.ordinal {
            Ordinal::Span => i64::try_from(place).unwrap_or(0) + 1,
            Ordinal::Composition => frame + 1,
        };
        if job.module.frame_lines {
            let seconds = begun.elapsed().as_secs();
            let count =
                Count { rate: job.comp.rate, drop: job.comp.drop, display: installation.time_display };
            let time = count.show(frame + job.comp.start, number);
            say_frame(stage, &time, ordinal, seconds, job.comp.fields)?;
        }
    }
    stage.pass(Phase::Finalise);
    stage.at(Phase::Finalise, None)?;
    output.finish(stage)?;
    Ok(true)
}

/// With several frames in work they end in another order, by windows of that many.
fn out_of_order(span: &[(usize, i64)], width: usize) -> Vec<(usize, i64)> {
    let mut order = Vec::with_capacity(span.len());
    for window in span.chunks(width) {
        let mut window: Vec<(usize, &(usize, i64))> = window.iter().enumerate().collect();
        window.sort_by_key(|(place, _)| (place * 3 + 1) % width);
        order.extend(window.into_iter().map(|(_, frame)| *frame));
    }
    order
}

fn say_frame(stage: &mut Stage<'_>, time: &str, ordinal: i64, seconds: u64, fields: bool) -> Result<(), End> {
    let halves: &[&str] = if fields { &["U", "L"] } else { &[""] };
    let times = if stage.story.installation.repeat_lines { 2 } else { 1 };
    for half in halves {
        for _ in 0..times {
            stage.progress(&format!("{time} ({ordinal}{half}): {seconds} {}", stage.speech.words.seconds))?;
        }
    }
    Ok(())
}

/// The last lines.
fn close(stage: &mut Stage<'_>, begun: Instant) -> Result<(), End> {
    let total = format!("{}: {}", stage.speech.words.total, stage.speech.elapsed(begun.elapsed()));
    match stage.speech.format {
        Format::Stdout => stage.progress(&total),
        Format::AeLog => {
            stage.progress("")?;
            stage.progress(&format!("**{total}"))?;
            stage.progress("")?;
            if stage.quiet { Ok(()) } else { stage.line(&format!("Log closed on {}", stage.speech.now())) }
        }
    }
}

impl Stage<'_> {
    /// The code at the end of a run that thinks that all is well.
    fn exit_of_lie(&self) -> i32 {
        self.run.lie.as_ref().map_or(code::OK, |lie| lie.exit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_end_out_of_order_within_windows_and_none_is_lost() {
        let span: Vec<(usize, i64)> = (0..10).map(|place| (place, place as i64)).collect();
        let order: Vec<i64> = out_of_order(&span, 4).into_iter().map(|(_, frame)| frame).collect();
        assert_eq!(order, [1, 0, 3, 2, 5, 4, 7, 6, 9, 8]);
        assert_eq!(out_of_order(&span, 1), span);
    }
}
