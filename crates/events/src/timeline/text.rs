//! A timeline for a person to read.
//!
//! ```text
//!   title sequence (job 456789ab, project show): succeeded
//!   times are UTC, from 2026-05-31 on
//!     03:14:15.120  submitted
//!   step render (after_effects), frames 1-240: done at 03:24:10.000
//!     3.17 on render-07, frames 25-48
//!       03:14:15.120  queued
//!       03:14:16.000  leased
//! ```

use std::fmt::{self, Write};

use callsheet_model::{FrameSet, Timestamp};

use super::attempt::{Attempt, Trouble, Written};
use super::{StepLine, Timeline};

/// Lists of frames are cut to this length, in characters.
const FRAMES: usize = 60;

impl Timeline {
    /// For a person to read, in lines.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing into memory cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        let job = self.job_id.short();
        match (&self.name, &self.project) {
            (Some(name), Some(project)) => write!(out, "{name} (job {job}, project {project})")?,
            _ => write!(out, "job {job}")?,
        }
        writeln!(out, ": {}", self.state.unwrap_or("nothing is known of it"))?;
        let Some(first) = self.first() else { return Ok(()) };
        let day = Day::of(first);
        writeln!(out, "times are UTC, from {} on", day.0)?;
        for turn in &self.turns {
            writeln!(out, "  {}  {}", day.time(turn.at), turn.what)?;
        }
        if self.left_out > 0 {
            writeln!(out, "{} older frame jobs that went well are left out", self.left_out)?;
        }
        self.steps.values().try_for_each(|line| step(line, &day, out))
    }

    /// The first moment in it.
    fn first(&self) -> Option<Timestamp> {
        let turns = self.turns.iter().map(|turn| turn.at);
        let leases = self.steps.values().flat_map(|line| line.frame_jobs.values()).map(|one| one.leased_at);
        turns.chain(leases).min()
    }
}

/// The day that a timeline begins on: times of other days are shown with theirs.
struct Day(String);

impl Day {
    fn of(at: Timestamp) -> Self {
        Self(at.to_string().split('T').next().unwrap_or_default().to_owned())
    }

    fn time(&self, at: Timestamp) -> String {
        let text = at.to_string();
        let shown = match text.split_once('T') {
            Some((day, time)) if day == self.0 => time,
            _ => &text,
        };
        shown.trim_end_matches('Z').replace('T', " ")
    }
}

fn step(line: &StepLine, day: &Day, out: &mut String) -> fmt::Result {
    match &line.name {
        Some(name) => write!(out, "step {name}")?,
        None => write!(out, "step {}", line.step + 1)?,
    }
    if let Some(renderer) = &line.renderer {
        write!(out, " ({renderer})")?;
    }
    if let Some(frames) = line.frames.as_ref().filter(|frames| !frames.is_empty()) {
        write!(out, ", frames {}", few(frames))?;
    }
    match (line.succeeded_at, line.open_at) {
        (Some(at), _) => writeln!(out, ": done at {}", day.time(at))?,
        (None, Some(at)) => writeln!(out, ": open since {}", day.time(at))?,
        (None, None) => writeln!(out)?,
    }
    if let Some(at) = line.cleared_at {
        writeln!(out, "  {}  looked at, and nothing is wrong with it", day.time(at))?;
    }
    line.frame_jobs.values().try_for_each(|one| attempt(one, day, out))
}

fn attempt(one: &Attempt, day: &Day, out: &mut String) -> fmt::Result {
    write!(out, "  {} on {}", one.token.0, one.node)?;
    match (one.work, &one.publish_of) {
        ("preflight", _) => write!(out, ", a look before rendering")?,
        (_, Some(of)) => write!(out, ", publishes what {} left of frames {}", of.0, few(&one.frames))?,
        _ => write!(out, ", frames {}", few(&one.frames))?,
    }
    writeln!(out, "{}", if one.gentle { ", with as little memory as can be" } else { "" })?;
    let mut told = Vec::new();
    if let Some(at) = one.queued_at {
        told.push((at, "queued".to_owned()));
    }
    told.push((one.leased_at, "leased".to_owned()));
    if let Some(began) = &one.began {
        let fetched = seconds(began.fetched_ms);
        told.push((began.fetched_at, format!("fetched in {fetched}, loading")));
        told.push((
            began.rendering_at,
            format!("rendering, after loading for {}", seconds(began.loading_ms)),
        ));
    }
    if let Some(proven) = &one.proven {
        let took = seconds(proven.took_ms);
        told.push((
            proven.last_at,
            format!("proven {}, {took} of rendering{}", frames(proven), since(proven, day)),
        ));
    }
    if let Some(published) = &one.published {
        told.push((published.last_at, format!("published {}{}", frames(published), since(published, day))));
    }
    told.extend(one.troubles.iter().map(|trouble| (trouble.at, of_trouble(trouble, day))));
    if let Some(ended) = &one.ended {
        told.push((ended.at, format!("ended: {}", ended.reason)));
    }
    told.sort_by_key(|(at, _)| *at);
    for (at, what) in told {
        writeln!(out, "    {}  {what}", day.time(at))?;
    }
    for (set, what) in [(&one.returned, "wait again"), (&one.lost, "have lost their files")] {
        if !set.is_empty() {
            writeln!(out, "    frames {} {what}", few(set))?;
        }
    }
    Ok(())
}

fn of_trouble(trouble: &Trouble, day: &Day) -> String {
    let mut out =
        format!("failed at frames {}: {}: {}", few(&trouble.frames), trouble.class, trouble.message);
    if let Some(exit) = &trouble.exit {
        let _ = write!(out, " ({exit})");
    }
    match trouble.retried_from {
        Some(at) => {
            let charged = if trouble.charged { "counts against their retries" } else { "costs them nothing" };
            let _ = write!(out, "; retried from {} on, {charged}", day.time(at));
        }
        None => out.push_str("; dead-lettered"),
    }
    out
}

fn frames(written: &Written) -> String {
    let count = written.frames.len();
    let noun = if count == 1 { "frame" } else { "frames" };
    format!("{count} {noun} ({})", few(&written.frames))
}

/// Since when, if it was not all at once.
fn since(written: &Written, day: &Day) -> String {
    if written.first_at == written.last_at {
        return String::new();
    }
    format!(", the first at {}", day.time(written.first_at))
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03} s", ms / 1000, ms % 1000)
}

fn few(frames: &FrameSet) -> String {
    let text = frames.to_string();
    match text.char_indices().nth(FRAMES) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
