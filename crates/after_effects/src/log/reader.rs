//! Lines to facts, one log at a time.
//!
//! ```text
//!   line ─► what others put before it is taken off
//!        ─┬─► PROGRESS: ...       ─► launch, load, header, frames, finished
//!         ├─► two spaces, a clock ─► the same, from After Effects' own render log
//!         └─► anything else       ─► a message, or nothing
//! ```
//!
//! It never fails, whatever comes. Order proves nothing: pipes deliver the version last, headers may come late,
//! frames come out of order and more than once.

use callsheet_model::{FrameSet, RunPhase};

use super::anchor;
use super::bytes::Lines;
use super::composition::Composition;
use super::fact::LogFact;
use super::shape::{after_clock, unwrapped};
use super::text::{Line, clean, cut, strip_prefix};
use super::words::moment;

/// Most compositions of one log that are told apart.
const MAX_COMPOSITIONS: usize = 1000;
/// How many lines after an announcement may say what failed.
const CONTINUED: u8 = 3;

/// In which of its two ways After Effects wrote a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Nothing tells.
    #[default]
    Unknown,
    /// What `aerender` prints.
    Aerender,
    /// After Effects' own render log.
    RenderLog,
}

/// Understands one log.
#[derive(Clone, Debug, Default)]
pub struct LogReader {
    lines: Lines,
    pub(super) expected: Option<FrameSet>,
    /// The first composition, and whether there is one.
    first: (Composition, bool),
    others: Vec<Composition>,
    pub(super) phase: RunPhase,
    /// The furthest phase that was told; none before the first line that belongs to one.
    told: Option<RunPhase>,
    pub(super) format: LogFormat,
    tongues: std::collections::BTreeMap<&'static str, u32>,
    continued: u8,
    queued: bool,
    closed: bool,
}

impl LogReader {
    /// For a log of which nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For the log of a process that was asked for these frames.
    #[must_use]
    pub fn expecting(frames: Option<FrameSet>) -> Self {
        Self { expected: frames, ..Self::default() }
    }

    /// Takes bytes, in any pieces.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<LogFact> {
        let mut lines = std::mem::take(&mut self.lines);
        let mut facts = Vec::new();
        lines.feed(bytes, |line| facts.extend(self.line(line)));
        self.lines = lines;
        facts
    }

    /// The end of the log: what could not be numbered yet, and will not be better.
    pub fn finish(&mut self) -> Vec<LogFact> {
        let mut lines = std::mem::take(&mut self.lines);
        let mut facts = Vec::new();
        lines.finish(|line| facts.extend(self.line(line)));
        for composition in std::iter::once(&mut self.first.0).chain(&mut self.others) {
            let late = composition.late(true, self.expected.as_ref());
            facts.extend(late.iter().map(LogFact::FrameFinished));
        }
        facts
    }

    /// Takes one line, without its end.
    pub fn line(&mut self, line: &str) -> Vec<LogFact> {
        let mut facts = Vec::new();
        // Progress that is written over itself.
        for part in line.split('\r') {
            let text = clean(part);
            if !text.trim().is_empty() {
                self.part(&text, &mut facts);
            }
        }
        facts
    }

    /// The compositions of the log, in their order.
    pub fn compositions(&self) -> impl Iterator<Item = &Composition> {
        self.first.1.then_some(&self.first.0).into_iter().chain(&self.others)
    }

    /// The phase it is in.
    #[must_use]
    pub fn phase(&self) -> RunPhase {
        self.phase
    }

    /// Which of the two formats it is.
    #[must_use]
    pub fn format(&self) -> LogFormat {
        self.format
    }

    /// Whether After Effects closed its own render log.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether a composition was put into the queue, although nothing more was heard of it.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.queued
    }

    /// The language that most of its words are in, by its code.
    #[must_use]
    pub fn language(&self) -> Option<&'static str> {
        // Some words are those of two languages: English counts only where nothing else does.
        let foreign = self.tongues.iter().filter(|(tongue, _)| **tongue != "en");
        let most = foreign.max_by_key(|(_, count)| **count).map(|(tongue, _)| *tongue);
        most.or_else(|| self.tongues.keys().next().copied())
    }

    fn part(&mut self, whole: &str, facts: &mut Vec<LogFact>) {
        let text = if after_clock(whole).and_then(moment).is_some() { whole } else { unwrapped(whole) };
        let continued = self.continued > 0;
        self.continued = self.continued.saturating_sub(1);
        if let Some(rest) = text.trim_start().strip_prefix("PROGRESS:") {
            self.format = LogFormat::Aerender;
            self.continued = 0;
            return self.progress(rest, facts);
        }
        let line = Line::new(text);
        if !anchor::is_anchored(&line) && (self.version(text, facts) || self.render(text, false, facts)) {
            return;
        }
        self.message(&line, continued, facts);
    }

    /// The first words of either format.
    fn version(&mut self, text: &str, facts: &mut Vec<LogFact>) -> bool {
        let text = text.trim();
        if let Some(version) = strip_prefix(text, "aerender version ") {
            self.format = LogFormat::Aerender;
            facts.push(LogFact::Version(cut(version.trim(), 40).to_owned()));
            self.come_to(RunPhase::Launch, facts);
            return true;
        }
        if let Some(rest) = strip_prefix(text, "Adobe After Effects v") {
            let version: String = rest.chars().take_while(|c| !c.is_whitespace()).take(40).collect();
            if version.starts_with(|c: char| c.is_ascii_digit()) {
                if self.format == LogFormat::Unknown {
                    self.format = LogFormat::RenderLog;
                }
                facts.push(LogFact::Version(version));
                self.come_to(RunPhase::Load, facts);
                return true;
            }
        }
        let loading = ["Running Script:", "rqindex ", "Rendering started on "];
        if loading.iter().any(|words| strip_prefix(text, words).is_some()) {
            self.come_to(RunPhase::Load, facts);
            return true;
        }
        let closed = strip_prefix(text, "Log closed on").is_some();
        self.closed |= closed;
        closed
    }

    /// What follows `PROGRESS:`.
    fn progress(&mut self, rest: &str, facts: &mut Vec<LogFact>) {
        let text = rest.trim();
        if strip_prefix(text, "Launching After Effects").is_some() {
            self.come_to(RunPhase::Launch, facts);
        } else if strip_prefix(text, "...After Effects successfully").is_some() {
            self.come_to(RunPhase::Load, facts);
        } else if strip_prefix(text, "Adding specified comp").is_some() {
            self.queued = true;
            self.come_to(RunPhase::Load, facts);
        } else {
            self.render(rest, true, facts);
        }
    }

    fn message(&mut self, line: &Line<'_>, continued: bool, facts: &mut Vec<LogFact>) {
        // The render log may put a clock before a message.
        let after = || after_clock(line.text).filter(|rest| !rest.is_empty()).map(Line::new);
        let fact = anchor::message(line, continued);
        let Some(fact) = fact.or_else(|| anchor::message(&after()?, continued)) else { return };
        if matches!(fact, LogFact::Error { vague: true, .. }) {
            self.continued = CONTINUED;
        }
        if matches!(fact, LogFact::Warning { .. }) && line.bones.contains("after effects") {
            self.come_to(RunPhase::Load, facts);
        }
        facts.push(fact);
    }

    pub(super) fn begin(&mut self, name: Option<String>) {
        // A line that came twice begins nothing.
        let again = self.last().is_some_and(|last| {
            !last.is_begun()
                && !last.is_finished()
                && (last.name().is_none() || last.name() == name.as_deref())
        });
        if !self.first.1 || again {
            if let Some(name) = name {
                self.current().call(name);
            }
            self.first.1 = true;
        } else if self.others.len() + 1 < MAX_COMPOSITIONS {
            self.others.push(Composition::named(name));
        }
        // A queue goes on with its next composition.
        self.phase = self.phase.min(RunPhase::FirstFrame);
    }

    pub(super) fn last(&self) -> Option<&Composition> {
        self.others.last().or_else(|| self.first.1.then_some(&self.first.0))
    }

    /// The composition that lines belong to now; a log that was cut at its begin has one without a name.
    pub(super) fn current(&mut self) -> &mut Composition {
        match self.others.last_mut() {
            Some(last) => last,
            None => {
                self.first.1 = true;
                &mut self.first.0
            }
        }
    }

    pub(super) fn come_to(&mut self, phase: RunPhase, facts: &mut Vec<LogFact>) {
        self.phase = self.phase.max(phase);
        if self.told.is_none_or(|told| told < phase) {
            self.told = Some(phase);
            facts.push(LogFact::Phase(phase));
        }
    }

    pub(super) fn speak(&mut self, tongue: &'static str) {
        *self.tongues.entry(tongue).or_default() += 1;
    }
}
