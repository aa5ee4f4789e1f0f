//! An explanation for people: short, and in columns.

use std::fmt;

use callsheet_model::FrameSet;

use super::{CompositionTold, Explanation};
use crate::log::text::cut;

/// How wide the words on the left are.
const LEFT: usize = 13;
/// Most lines of each kind that are shown; JSON has all.
const MOST: usize = 8;
/// Longest line that is shown, in bytes.
const MAX_SHOWN_BYTES: usize = 160;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            None => writeln!(f, "{:LEFT$}as far as a log can tell", self.outcome)?,
            Some(failure) => {
                row(f, self.outcome, &format!("{}: {}", failure.class, failure.message))?;
                if let Some(exit) = &failure.exit {
                    row(f, "process", exit)?;
                }
            }
        }
        row(f, "the cluster", &format!("would {}", self.action.sentence))?;
        writeln!(f)?;
        row(f, "version", &self.about())?;
        for composition in &self.compositions {
            row(f, "composition", &composition.told())?;
            row(f, "frames", &composition.frames())?;
        }
        if let (Some(frames), true) = (&self.frames, self.compositions.len() != 1) {
            row(f, "asked for", &counted(&frames.asked))?;
            row(f, "remaining", &counted(&frames.remaining))?;
        }
        row(f, "phase", &self.phase.replace('_', " "))?;
        if let Some(seconds) = self.elapsed_seconds {
            row(f, "took", &duration(seconds))?;
        }
        let warnings = self.warnings.iter().map(|told| (told.line, format!("{}: {}", told.kind, told.text)));
        list(f, "warnings", warnings.collect())?;
        let evidence = self.evidence.iter().map(|told| (told.line, told.text.trim().to_owned()));
        list(f, "evidence", evidence.collect())?;
        for (nth, note) in self.cannot_tell.iter().enumerate() {
            row(f, if nth == 0 { "cannot tell" } else { "" }, note)?;
        }
        Ok(())
    }
}

impl Explanation {
    fn about(&self) -> String {
        let version = self.version.as_deref().unwrap_or("unknown");
        let format = match self.format {
            "aerender" => ", what aerender printed",
            "render_log" => ", After Effects' own render log",
            _ => "",
        };
        let language = match self.language {
            None | Some("en") => String::new(),
            Some(code) => format!(", in {}", language_name(code)),
        };
        format!("{version}{format}{language}; {}", plural(self.lines, "line"))
    }
}

impl CompositionTold {
    fn told(&self) -> String {
        let name = self.name.as_ref().map_or("without a name".to_owned(), |name| format!("{name:?}"));
        let span = match (&self.start, &self.end) {
            (Some(start), Some(end)) => format!(", {start} to {end}"),
            (Some(start), None) => format!(", from {start}"),
            _ => String::new(),
        };
        let rate =
            self.frame_rate.as_ref().map(|rate| format!(" at {rate} frames a second")).unwrap_or_default();
        let finished = if self.finished { "finished" } else { "not finished" };
        format!("{name}{span}{rate}, {finished}")
    }

    fn frames(&self) -> String {
        let finished = match self.numbered_by {
            "unknown" => format!("{} finished, by no number", self.frames_finished),
            _ if self.frames_finished == 0 => "none named".to_owned(),
            _ => format!("{} finished", counted(&self.finished_frames)),
        };
        match &self.remaining_frames {
            None => finished,
            Some(remaining) if remaining.is_empty() => format!("{finished}, none remain"),
            Some(remaining) => format!("{finished}, {} remain", counted(remaining)),
        }
    }
}

fn row(f: &mut fmt::Formatter<'_>, left: &str, right: &str) -> fmt::Result {
    writeln!(f, "{left:LEFT$}{right}")
}

fn list(f: &mut fmt::Formatter<'_>, left: &str, lines: Vec<(u64, String)>) -> fmt::Result {
    let width = lines.last().map_or(1, |(line, _)| line.to_string().len());
    for (nth, (line, text)) in lines.iter().take(MOST).enumerate() {
        let shown = cut(text, MAX_SHOWN_BYTES);
        let dots = if shown.len() < text.len() { "..." } else { "" };
        row(f, if nth == 0 { left } else { "" }, &format!("line {line:width$}: {shown}{dots}"))?;
    }
    if lines.len() > MOST {
        row(f, "", &format!("and {} more", lines.len() - MOST))?;
    }
    Ok(())
}

/// `0-41 (42 frames)`, as far as a line has room.
fn counted(frames: &FrameSet) -> String {
    if frames.is_empty() {
        return "none".to_owned();
    }
    let text = frames.to_string();
    let shown = match text.len() {
        0..=60 => text,
        _ => {
            let short = cut(&text, 56);
            format!("{},...", short.rsplit_once(',').map_or(short, |(whole, _)| whole))
        }
    };
    format!("{shown} ({})", plural(frames.len(), "frame"))
}

fn plural(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

fn language_name(code: &str) -> &str {
    match code {
        "de" => "German",
        "fr" => "French",
        "es" => "Spanish",
        "pt" => "Portuguese",
        "it" => "Italian",
        "ja" => "Japanese",
        "zh" => "Chinese",
        "ko" => "Korean",
        "ru" => "Russian",
        other => other,
    }
}
