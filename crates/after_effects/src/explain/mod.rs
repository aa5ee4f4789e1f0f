//! What happened, from a log alone: for people with a failed render in hand, and for programs.
//!
//! ```text
//!   bytes ─► Explainer ─► verdict::Account ─► Explanation ─┬─► lines for people (text)
//!                                                          └─► JSON: its fields, as they are named here
//! ```
//!
//! A log alone cannot tell everything; what it cannot tell is said. It refuses to look at files or at anything
//! else on the machine.

mod notes;
mod text;

use callsheet_model::FrameSet;
use serde::Serialize;

use crate::log::{Composition, Counting, Lines, LogFormat};
use crate::verdict::{Account, End, How, Order, Proof, Verdict};

/// What happened, as far as a log tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// `succeeded` or `failed`, by the four-fold rule as far as a log goes.
    pub outcome: &'static str,
    /// What failed; none after a success.
    pub failure: Option<Failure>,
    /// What a cluster would do about it.
    pub action: Action,
    /// The lines that decide, oldest first; where none does, the last few.
    pub evidence: Vec<NumberedLine>,
    /// The version of After Effects, as it is written.
    pub version: Option<String>,
    /// `aerender`, `render_log` or `unknown`.
    pub format: &'static str,
    /// The code of the language of its words, where they tell.
    pub language: Option<&'static str>,
    /// The phase that it came to.
    pub phase: &'static str,
    /// The compositions that it speaks of, in their order.
    pub compositions: Vec<CompositionTold>,
    /// The frames that were asked for, and what became of them; none when nobody said.
    pub frames: Option<Frames>,
    /// Warnings, oldest first.
    pub warnings: Vec<Warning>,
    /// Errors, oldest first.
    pub errors: Vec<Error>,
    /// How long the queue took by its own word, in seconds.
    pub elapsed_seconds: Option<u64>,
    /// How many lines the log has.
    pub lines: u64,
    /// What this log cannot tell, in sentences.
    pub cannot_tell: Vec<String>,
}

/// What failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The failure class.
    pub class: &'static str,
    /// One sentence: lower case, no full stop.
    pub message: String,
    /// How the process ended, in words, where that is known.
    pub exit: Option<String>,
}

/// What a cluster does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    /// In a word.
    pub kind: &'static str,
    /// In a sentence: lower case, no full stop.
    pub sentence: &'static str,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NumberedLine {
    /// Its number, from 1.
    pub line: u64,
    /// As it was written, cut to 500 bytes.
    pub text: String,
}

/// One composition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CompositionTold {
    /// Its name, where the log tells one.
    pub name: Option<String>,
    /// Its first frame, as it is written.
    pub start: Option<String>,
    /// Its last frame, as it is written.
    pub end: Option<String>,
    /// How long it is, as it is written.
    pub duration: Option<String>,
    /// Frames a second, as it is written.
    pub frame_rate: Option<String>,
    /// Whether the log says that it is finished.
    pub finished: bool,
    /// How many frames are finished.
    pub frames_finished: u64,
    /// Which ones, by their display numbers.
    pub finished_frames: FrameSet,
    /// Which ones of those that its header names, or that were asked for, are not; none when nothing names them.
    pub remaining_frames: Option<FrameSet>,
    /// How the numbers were found: `header`, `lines`, `ordinals`, `written` or `unknown`.
    pub numbered_by: &'static str,
}

/// The frames that were asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Frames {
    /// All of them.
    pub asked: FrameSet,
    /// Those that the log says to be finished.
    pub finished: FrameSet,
    /// The others.
    pub remaining: FrameSet,
}

/// A warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Its line, from 1.
    pub line: u64,
    /// What it is about.
    pub kind: &'static str,
    /// The message.
    pub text: String,
}

/// An error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Error {
    /// Its line, from 1.
    pub line: u64,
    /// Its failure class.
    pub class: &'static str,
    /// The message.
    pub text: String,
    /// What it means.
    pub meaning: &'static str,
}

/// Explains a log.
#[must_use]
pub fn explain(bytes: &[u8], frames: Option<FrameSet>) -> Explanation {
    let mut explainer = Explainer::new(Order { frames, ..Order::default() });
    explainer.feed(bytes);
    explainer.explain(How::Untold)
}

/// Explains a log that arrives in pieces, or of whose process more is known.
#[derive(Clone, Debug, Default)]
pub struct Explainer {
    order: Order,
    lines: Lines,
    account: Account,
}

impl Explainer {
    /// For the log of a process that was asked for this.
    #[must_use]
    pub fn new(order: Order) -> Self {
        Self { account: Account::new(order.clone()), order, lines: Lines::default() }
    }

    /// Takes a piece of the log.
    pub fn feed(&mut self, bytes: &[u8]) {
        let account = &mut self.account;
        self.lines.feed(bytes, |line| {
            account.line(line);
        });
    }

    /// The log is over, and the process ended so.
    #[must_use]
    pub fn explain(mut self, how: How) -> Explanation {
        let account = &mut self.account;
        self.lines.finish(|line| {
            account.line(line);
        });
        account.close();
        told(&self.account, &self.order, how)
    }
}

fn told(account: &Account, order: &Order, how: How) -> Explanation {
    let verdict = account.verdict(&End { how, proof: Proof::Log });
    let action = verdict.action();
    let evidence = account.evidence(&verdict);
    let failure = match verdict {
        Verdict::Succeeded => None,
        Verdict::Failed(failure) => {
            Some(Failure { class: failure.class.word(), message: failure.message, exit: failure.exit })
        }
    };
    let cannot_tell = notes::notes(account, order, how, failure.is_none());
    let frames = account.remaining().zip(order.frames.clone()).map(|(remaining, asked)| Frames {
        finished: asked.difference(&remaining),
        asked,
        remaining,
    });
    Explanation {
        outcome: if failure.is_some() { "failed" } else { "succeeded" },
        failure,
        action: Action { kind: action.word(), sentence: action.sentence() },
        evidence: evidence.into_iter().map(|(line, text)| NumberedLine { line, text }).collect(),
        version: account.version().map(str::to_owned),
        format: format_word(account.format()),
        language: account.language(),
        phase: account.phase().word(),
        compositions: account
            .compositions()
            .map(|composition| composition_told(composition, order))
            .collect(),
        frames,
        warnings: warnings(account),
        errors: errors(account),
        elapsed_seconds: account.elapsed(),
        lines: account.lines(),
        cannot_tell,
    }
}

fn composition_told(composition: &Composition, order: &Order) -> CompositionTold {
    let asked = order.frames.as_ref();
    let (finished, counting) = composition.frames(asked);
    let all = asked.cloned().or_else(|| composition.range(None));
    CompositionTold {
        name: composition.name().map(str::to_owned),
        start: composition.start().map(|stamp| stamp.to_string()),
        end: composition.end().map(|stamp| stamp.to_string()),
        duration: composition.duration().map(|stamp| stamp.to_string()),
        frame_rate: composition.rate().map(|rate| rate.to_string()),
        finished: composition.is_finished(),
        frames_finished: composition.count(),
        remaining_frames: all.map(|all| all.difference(&finished)),
        finished_frames: finished,
        numbered_by: match counting {
            Counting::Header => "header",
            Counting::Lines => "lines",
            Counting::Ordinals => "ordinals",
            Counting::Written => "written",
            Counting::Unknown => "unknown",
        },
    }
}

fn warnings(account: &Account) -> Vec<Warning> {
    let told = account.warnings().iter();
    told.map(|warning| Warning { line: warning.line, kind: warning.kind.word(), text: warning.text.clone() })
        .collect()
}

fn errors(account: &Account) -> Vec<Error> {
    let told = account.errors().iter();
    told.map(|error| Error {
        line: error.line,
        class: error.class.word(),
        text: error.text.clone(),
        meaning: error.meaning,
    })
    .collect()
}

fn format_word(format: LogFormat) -> &'static str {
    match format {
        LogFormat::Unknown => "unknown",
        LogFormat::Aerender => "aerender",
        LogFormat::RenderLog => "render_log",
    }
}
