//! A watched job, drawn: a bar, and a line for each node, on a terminal; a line now and then elsewhere.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use console::{Term, style, truncate_str};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::story::{Held, Story};
use crate::output::{self, words};

/// Without a terminal, a line no more often than this.
const PACE: Duration = Duration::from_secs(2);
/// Bars are drawn at most this often a second.
const HERTZ: u8 = 15;

/// Where a job is drawn.
pub(crate) struct Screen {
    stdout: bool,
    bars: Option<Bars>,
    told: Option<(Instant, String)>,
}

struct Bars {
    all: MultiProgress,
    frames: ProgressBar,
    nodes: BTreeMap<String, ProgressBar>,
    term: Term,
}

impl Screen {
    /// Beside results, which go to standard output.
    pub(crate) fn on_stderr() -> Self {
        Self::new(Term::stderr(), false)
    }

    /// As the result.
    pub(crate) fn on_stdout() -> Self {
        Self::new(Term::stdout(), true)
    }

    fn new(term: Term, stdout: bool) -> Self {
        Self { stdout, bars: term.is_term().then(|| Bars::new(term)), told: None }
    }

    /// Says something for good, above what moves.
    pub(crate) fn say(&mut self, line: &str) {
        match &self.bars {
            Some(bars) => {
                // A terminal that cannot be written to shows nothing, and harms nothing.
                let _ = bars.all.println(line);
            }
            None => self.write(line),
        }
    }

    /// Draws the job as it is known.
    pub(crate) fn draw(&mut self, story: &Story) {
        if let Some(bars) = &mut self.bars {
            return bars.draw(story);
        }
        let line = plain(story);
        let now = Instant::now();
        let due =
            self.told.as_ref().is_none_or(|(at, last)| now.duration_since(*at) >= PACE && *last != line);
        if due && story.latest.is_some() && !story.is_over() {
            self.write(&line);
            self.told = Some((now, line));
        }
    }

    /// Takes away what moves.
    pub(crate) fn close(&mut self) {
        if let Some(bars) = self.bars.take() {
            let _ = bars.all.clear();
        }
    }

    fn write(&self, line: &str) {
        if self.stdout {
            let _ = output::line(line);
        } else {
            output::note(line);
        }
    }
}

impl Bars {
    fn new(term: Term) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::term(term.clone(), HERTZ));
        let template = "{bar:40.cyan/dim} {pos}/{len} {msg}";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let frames = all.add(ProgressBar::new(0).with_style(style.progress_chars("━━╌")));
        Self { all, frames, nodes: BTreeMap::new(), term }
    }

    fn draw(&mut self, story: &Story) {
        let counts = story.counts();
        self.frames.set_length(counts.total);
        self.frames.set_position(counts.published);
        self.frames.set_message(format!("{}{}", words::job_state(story.state()), trouble(story)));
        let names = story.held.keys().chain(story.shares.keys()).chain(self.nodes.keys());
        let names: std::collections::BTreeSet<String> = names.cloned().collect();
        let pad = names.iter().map(String::len).max().unwrap_or(0);
        let width = usize::from(self.term.size().1).saturating_sub(1);
        for name in names {
            let bar = self.nodes.entry(name.clone()).or_insert_with(|| {
                let style =
                    ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
                self.all.add(ProgressBar::new(0).with_style(style))
            });
            let line = node_line(story, &name, pad);
            bar.set_message(truncate_str(&line, width, "…").into_owned());
        }
    }
}

fn node_line(story: &Story, name: &str, pad: usize) -> String {
    let done = story.shares.get(name).map_or(0, |share| share.accepted);
    let held = story.held.get(name).map(|held| held.as_slice()).unwrap_or_default();
    let doing = match held {
        [] => style("-".to_owned()).dim(),
        held => style(held.iter().map(holding).collect::<Vec<_>>().join("; ")),
    };
    format!("  {} {:>5}  {doing}", style(format!("{name:pad$}")).cyan(), done)
}

/// `frames 12-17 at 14`, `picture 45 %`.
fn holding(held: &Held) -> String {
    let frames = if held.frames.is_empty() { String::new() } else { format!(" {}", held.frames) };
    let at = held.at.frame.map(|frame| format!(" at {frame}")).unwrap_or_default();
    let part = held.at.part.map(|part| format!(" {:.0} %", part * 100.0)).unwrap_or_default();
    format!("{}{frames}{at}{part}", held.step)
}

/// What is not as it should be.
fn trouble(story: &Story) -> String {
    let counts = story.counts();
    let parts = [("retrying", counts.retrying), ("dead", counts.dead)];
    let parts = parts.iter().filter(|(_, count)| *count > 0);
    parts.map(|(word, count)| format!(", {}", style(format!("{count} {word}")).red())).collect()
}

/// The job on one line, for those who have no terminal.
fn plain(story: &Story) -> String {
    let counts = story.counts();
    let held = story
        .held
        .iter()
        .map(|(node, held)| format!("{node}: {}", held.iter().map(holding).collect::<Vec<_>>().join("; ")));
    let held = held.collect::<Vec<_>>().join(", ");
    let held = if held.is_empty() { String::new() } else { format!("   {held}") };
    let done = format!("{:>5} of {} frames{}", counts.published, counts.total, trouble(story));
    format!("{done}{held}")
}

#[cfg(test)]
mod tests {
    use callsheet_protocol::v1;

    use super::*;

    #[test]
    fn a_pipe_is_told_who_does_what() {
        console::set_colors_enabled(false);
        let mut story = Story::new("0197c5a1-0000-7000-8000-0123456789ab".parse().unwrap());
        story.view(v1::JobView {
            frames: Some(v1::FrameCounts { total: 180, published: 37, dead: 2, ..Default::default() }),
            steps: vec![v1::StepView { name: "frames".into(), ..Default::default() }],
            leases: vec![v1::LeaseView {
                node: "anna".into(),
                frames: "36-41".into(),
                remaining: "38-41".into(),
                ..Default::default()
            }],
            ..Default::default()
        });
        assert_eq!(plain(&story), "   37 of 180 frames, 2 dead   anna: frames 36-41");
        assert_eq!(node_line(&story, "anna", 5), "  anna      0  frames 36-41");
        assert_eq!(node_line(&story, "bruno", 5), "  bruno     0  -");
    }
}
