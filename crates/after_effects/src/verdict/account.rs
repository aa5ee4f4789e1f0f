//! The account of one process: what it said, kept as far as a verdict needs it.

use std::collections::BTreeSet;

use callsheet_model::{FailureClass, FrameSet, RunPhase};

use super::evidence::{Evidence, Why};
use super::{End, Verdict, judge};
use crate::log::text::{cut, skeleton};
use crate::log::{Composition, LogFact, LogFormat, LogReader, WarningKind};

/// Most errors, warnings and missing fonts that are kept.
const MOST: usize = 50;

/// What a process was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The frames, by their display numbers, if they are known.
    pub frames: Option<FrameSet>,
    /// PostScript names of fonts without which the pixels are wrong.
    pub fonts: Vec<String>,
    /// Whether it renders several frames at once.
    pub multi_frame: bool,
}

/// An error that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldError {
    /// Its line, from 1.
    pub line: u64,
    /// Its kind.
    pub class: FailureClass,
    /// It only says that something failed.
    pub vague: bool,
    /// The message.
    pub text: String,
    /// What it means, in words of this program.
    pub meaning: &'static str,
}

/// A warning that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldWarning {
    /// Its line, from 1.
    pub line: u64,
    /// What it is about.
    pub kind: WarningKind,
    /// The message.
    pub text: String,
}

/// What one process said.
#[derive(Clone, Debug, Default)]
pub struct Account {
    pub(super) order: Order,
    pub(super) reader: LogReader,
    pub(super) evidence: Evidence,
    version: Option<String>,
    pub(super) errors: Vec<ToldError>,
    warnings: Vec<ToldWarning>,
    /// Fonts that are missing, as `family style`, in lower case.
    fonts: BTreeSet<String>,
    /// Fonts are missing that were not named.
    pub(super) unnamed_fonts: bool,
    finished: FrameSet,
    last_frame: Option<i32>,
    lines: u64,
    elapsed: Option<u64>,
}

impl Account {
    /// Of a process that was asked for this.
    #[must_use]
    pub fn new(order: Order) -> Self {
        Self { reader: LogReader::expecting(order.frames.clone()), order, ..Self::default() }
    }

    /// Takes one line of its output, without its end.
    pub fn line(&mut self, line: &str) -> Vec<LogFact> {
        self.lines += 1;
        self.evidence.line(self.lines, line);
        let facts = self.reader.line(line);
        facts.iter().for_each(|fact| self.take(fact, line));
        if facts.is_empty() {
            self.go_on(line);
        }
        facts
    }

    /// A line that says nothing by itself may name what the error before it is about.
    fn go_on(&mut self, line: &str) {
        let text = line.trim();
        let Some(error) = self.errors.last_mut() else { return };
        let bones = skeleton(&error.text);
        let open = ["missing", "not found", "missing:", "not found:"].iter().any(|end| bones.ends_with(end));
        let thrown = error.vague && error.class == FailureClass::JobFatal;
        let next = error.line + 1 == self.lines && !text.is_empty() && !text.starts_with("PROGRESS:");
        if next && (open || thrown) {
            let mark = if thrown { ":" } else { "" };
            error.text = format!("{}{mark} {}", error.text, cut(text, 200));
            self.evidence.keep(Why::Error, self.lines, line);
        }
    }

    /// Says that there will be no more lines: what could not be numbered is numbered as well as it can be.
    pub fn close(&mut self) -> Vec<LogFact> {
        let facts = self.reader.finish();
        facts.iter().for_each(|fact| self.take(fact, ""));
        // Now that everything is known, once more and for all of them.
        let asked = self.order.frames.as_ref();
        self.finished = FrameSet::new();
        for composition in self.reader.compositions() {
            self.finished.add(&composition.frames(asked).0);
        }
        facts
    }

    fn take(&mut self, fact: &LogFact, line: &str) {
        match fact {
            LogFact::Version(version) => {
                self.version.get_or_insert_with(|| version.clone());
            }
            LogFact::FrameFinished(frame) => {
                self.finished.insert(*frame);
                self.last_frame = Some(*frame);
            }
            LogFact::Elapsed(seconds) => {
                self.elapsed = self.elapsed.or(*seconds);
                self.evidence.keep(Why::Done, self.lines, line);
            }
            LogFact::Finished { .. } => self.evidence.keep(Why::Done, self.lines, line),
            LogFact::Warning { kind, text } => self.warn(*kind, text, line),
            LogFact::Error { class, vague, text, meaning } => {
                self.evidence.keep(Why::Error, self.lines, line);
                if self.errors.len() < MOST {
                    let (class, vague, text) = (*class, *vague, text.clone());
                    self.errors.push(ToldError { line: self.lines, class, vague, text, meaning });
                }
            }
            LogFact::Phase(_)
            | LogFact::Started { .. }
            | LogFact::Header(_)
            | LogFact::FrameUnnumbered
            | LogFact::Noise => {}
        }
    }

    fn warn(&mut self, kind: WarningKind, text: &str, line: &str) {
        self.evidence.keep(Why::Warning, self.lines, line);
        if kind == WarningKind::Fonts {
            match font_in(text) {
                Some(font) if self.fonts.len() < MOST => {
                    self.fonts.insert(font);
                }
                _ => self.unnamed_fonts = true,
            }
            // "The following is missing", and what follows is only a font.
            let announced = |error: &ToldError| {
                error.vague && error.class == FailureClass::InputMissing && error.line + 3 >= self.lines
            };
            if self.errors.last().is_some_and(announced) {
                self.errors.pop();
                self.evidence.forget_error();
            }
        }
        if self.warnings.len() < MOST {
            self.warnings.push(ToldWarning { line: self.lines, kind, text: text.to_owned() });
        }
    }

    /// The version of After Effects that it said to be.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The phase that it came to.
    #[must_use]
    pub fn phase(&self) -> RunPhase {
        self.reader.phase()
    }

    /// Frames that it said to be finished, by their display numbers.
    #[must_use]
    pub fn finished(&self) -> &FrameSet {
        &self.finished
    }

    /// The frame that it said to be finished last.
    #[must_use]
    pub fn last_frame(&self) -> Option<i32> {
        self.last_frame
    }

    /// Frames that it was asked for, and that it did not say to be finished in every composition.
    #[must_use]
    pub fn remaining(&self) -> Option<FrameSet> {
        let asked = self.order.frames.as_ref()?;
        let mut remaining = FrameSet::new();
        let mut any = false;
        for composition in self.reader.compositions() {
            any = true;
            remaining.add(&asked.difference(&composition.frames(Some(asked)).0));
        }
        Some(if any { remaining } else { asked.clone() })
    }

    /// The compositions that it spoke of.
    pub fn compositions(&self) -> impl Iterator<Item = &Composition> {
        self.reader.compositions()
    }

    /// Errors, in their order.
    #[must_use]
    pub fn errors(&self) -> &[ToldError] {
        &self.errors
    }

    /// Warnings, in their order.
    #[must_use]
    pub fn warnings(&self) -> &[ToldWarning] {
        &self.warnings
    }

    /// How long the queue took by its own word, in seconds.
    #[must_use]
    pub fn elapsed(&self) -> Option<u64> {
        self.elapsed
    }

    /// How many lines there were.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Which of its two formats it wrote.
    #[must_use]
    pub fn format(&self) -> LogFormat {
        self.reader.format()
    }

    /// Whether After Effects closed its own render log.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.reader.is_closed()
    }

    /// The language of its words, by its code, as far as it can be told.
    #[must_use]
    pub fn language(&self) -> Option<&'static str> {
        self.reader.language()
    }

    /// The lines that decided about a verdict, with their numbers; where none did, the last few.
    #[must_use]
    pub fn evidence(&self, verdict: &Verdict) -> Vec<(u64, String)> {
        let failed = match verdict {
            Verdict::Succeeded => return self.evidence.of(Why::Done),
            Verdict::Failed(failure) => failure.class,
        };
        let errors = self.evidence.of(Why::Error);
        let hinted = self.warnings.iter().any(|warning| match warning.kind {
            WarningKind::Hint { class, .. } => class == failed,
            WarningKind::Fonts => failed == FailureClass::InputMissing,
            _ => false,
        });
        match (errors.is_empty(), hinted) {
            (false, _) => errors,
            (true, true) => self.evidence.of(Why::Warning),
            (true, false) => self.evidence.last(),
        }
    }

    /// What it came to.
    #[must_use]
    pub fn verdict(&self, end: &End<'_>) -> Verdict {
        judge::judge(self, end)
    }

    /// Whether a font that the step requires is missing, as far as the log tells: then the pixels of every frame
    /// are wrong, whole as they may look.
    #[must_use]
    pub fn lacks_a_font(&self) -> bool {
        self.missing_font().is_some() || (self.unnamed_fonts && !self.order.fonts.is_empty())
    }

    /// A font that is missing, and without which the step does not want to be rendered.
    pub(super) fn missing_font(&self) -> Option<&str> {
        let is_missing = |name: &&str| self.fonts.iter().any(|missing| is_font(name, missing));
        self.order.fonts.iter().map(String::as_str).find(is_missing)
    }
}

/// `Text Layer: Font family: Bebas Neue, Font style: Bold` as `bebas neue|bold`.
fn font_in(text: &str) -> Option<String> {
    let bones = skeleton(text);
    let (_, rest) = bones.split_once("font family:")?;
    let (family, style) = rest.split_once(", font style:").unwrap_or((rest, ""));
    let family = family.trim();
    (!family.is_empty()).then(|| format!("{}|{}", cut(family, 100), cut(style.trim(), 100)))
}

/// Whether a PostScript name (`BebasNeue-Bold`) may be that of a family in a style.
fn is_font(name: &str, missing: &str) -> bool {
    let letters = |text: &str| -> String { text.chars().filter(char::is_ascii_alphanumeric).collect() };
    let name = name.to_ascii_lowercase();
    let (family, style) = missing.split_once('|').unwrap_or((missing, ""));
    let (family, style) = (letters(family), letters(style));
    let (plain, named_style) = match name.split_once('-') {
        Some((plain, style)) => (letters(plain), letters(style)),
        None => (letters(&name), String::new()),
    };
    // The plain style is often left out; `MT` and `PS` are the makers' marks.
    let marks = |text: &str| text.trim_end_matches("mt").trim_end_matches("ps").to_owned();
    let regular = |style: &str| matches!(style, "" | "regular" | "roman" | "normal" | "book");
    let same_style = marks(&named_style) == style || (regular(&marks(&named_style)) && regular(&style));
    let whole = format!("{family}{style}");
    (marks(&plain) == marks(&family) && same_style) || letters(&name) == whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postscript_names_are_found_by_family_and_style() {
        let is = |name: &str, text: &str| is_font(name, &font_in(text).unwrap());
        assert!(is("BebasNeue-Bold", "Text Layer: Font family: Bebas Neue, Font style: Bold"));
        assert!(is("Bebas", "Font family: Bebas, Font style: Regular"));
        assert!(is("Roboto-Regular", "Font family: Roboto, Font style: Regular"));
        assert!(is("ArialMT", "Font family: Arial, Font style: Regular"));
        assert!(is("Arial-BoldMT", "Font family: Arial, Font style: Bold"));
        assert!(!is("Roboto-Black", "Font family: Roboto, Font style: Regular"));
        assert!(!is("RobotoMono", "Font family: Roboto, Font style: Regular"));
        assert_eq!(font_in("Project has missing fonts."), None);
    }
}
