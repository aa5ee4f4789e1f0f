//! Understands a program's output by the rules of its description.

use std::sync::Arc;

use callsheet_config::CommandDescription;
use callsheet_config::renderer::{Arg, InputStep, LineRule, Meaning, Placeholder, Text};
use callsheet_model::{Failure, FrameSet};

use super::fill;
use crate::evidence::Evidence;
use crate::{Assignment, Exit, Fact, Reader};

/// The reader of one process.
pub(super) struct CommandReader {
    description: Arc<CommandDescription>,
    /// The frames of this process; others are none of its business.
    frames: FrameSet,
    /// How many frames its progress counts when it does not say.
    total: u64,
    /// The frame it is at, where nothing tells when one is finished.
    at: Option<i32>,
    tells_finished: bool,
    evidence: Evidence,
}

impl CommandReader {
    pub(super) fn new(
        description: Arc<CommandDescription>,
        assignment: &Assignment<'_>,
        frames: &FrameSet,
    ) -> Self {
        let tells_finished = description.lines.iter().any(|rule| rule.means == Meaning::FrameFinished);
        let total = input_frames(&description, assignment).unwrap_or(frames.len());
        let evidence = Evidence::default();
        Self { description, frames: frames.clone(), total, at: None, tells_finished, evidence }
    }

    fn part(&mut self, line: &str, facts: &mut Vec<Fact>) {
        self.evidence.line(line);
        let description = Arc::clone(&self.description);
        let Some(rule) = description.lines.iter().find(|rule| rule.pattern.is_match(line)) else { return };
        self.meant(rule, line, facts);
    }

    fn meant(&mut self, rule: &LineRule, line: &str, facts: &mut Vec<Fact>) {
        let Some(groups) = rule.pattern.captures(line) else { return };
        let group = |name: &str| groups.name(name).map(|text| text.as_str());
        let message = || group("message").unwrap_or(line).trim().to_owned();
        match rule.means {
            Meaning::Nothing => {}
            Meaning::Rendering => facts.push(Fact::Rendering),
            Meaning::FrameStarted => {
                if let Some(frame) = self.frame(group("frame"), group("nth")) {
                    self.started(frame, facts);
                }
            }
            Meaning::FrameFinished => {
                facts.extend(self.frame(group("frame"), group("nth")).map(Fact::FrameFinished));
            }
            Meaning::Progress => {
                let number = |name| group(name).and_then(|text| text.parse::<f64>().ok());
                let fraction = match (number("percent"), number("done")) {
                    (Some(percent), _) => percent / 100.0,
                    (None, Some(done)) => done / number("total").unwrap_or(self.total as f64),
                    (None, None) => return,
                };
                if fraction.is_finite() {
                    facts.push(Fact::Progress(fraction.clamp(0.0, 1.0) as f32));
                }
            }
            Meaning::Warning => facts.push(Fact::Warning(message())),
            Meaning::Error(class) => {
                self.evidence.error(class, &message());
                facts.push(Fact::Error(class, message()));
            }
        }
    }

    /// A program that only tells what it begins has finished what it began before.
    fn started(&mut self, frame: i32, facts: &mut Vec<Fact>) {
        if self.at == Some(frame) {
            return;
        }
        let before = self.at.replace(frame);
        if !self.tells_finished {
            facts.extend(before.map(Fact::FrameFinished));
        }
        facts.push(Fact::FrameStarted(frame));
    }

    fn frame(&self, frame: Option<&str>, nth: Option<&str>) -> Option<i32> {
        let frame = match (frame, nth) {
            (Some(text), _) => text.parse().ok()?,
            // Counted from 1 within this process.
            (None, Some(text)) => self.frames.iter().nth(text.parse::<usize>().ok()?.checked_sub(1)?)?,
            (None, None) => return None,
        };
        self.frames.contains(frame).then_some(frame)
    }
}

impl Reader for CommandReader {
    fn line(&mut self, line: &str) -> Vec<Fact> {
        let mut facts = Vec::new();
        // Progress is often written over itself.
        for part in line.split('\r').filter(|part| !part.trim().is_empty()) {
            self.part(part, &mut facts);
        }
        facts
    }

    fn verdict(&mut self, exit: Exit) -> Result<(), Failure> {
        let by_exit = match exit {
            Exit::Code(code) => self.description.exit_codes.get(&code).copied(),
            Exit::Signal(_) | Exit::Unknown => None,
        };
        self.evidence.verdict(exit, by_exit)
    }
}

/// How many frames the earlier step has that the command line speaks of.
fn input_frames(description: &CommandDescription, assignment: &Assignment<'_>) -> Option<u64> {
    let texts = description.args.iter().flat_map(Arg::texts);
    let mut named = texts.flat_map(Text::placeholders).filter_map(|placeholder| match placeholder {
        Placeholder::Input(which, _) => fill::input(description, assignment, which),
        _ => None,
    });
    let only: InputStep = InputStep::Only;
    let input = named.next().or_else(|| fill::input(description, assignment, &only))?;
    Some(input.frames.len()).filter(|count| *count > 0)
}
