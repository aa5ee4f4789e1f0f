//! Understands one process of `aerender`: hands its lines to the account that After Effects' own crate keeps, tells
//! the agent what they mean for its frames, and asks for the verdict in the end.

use std::borrow::Cow;
use std::fs;
use std::path::PathBuf;
use std::thread::available_parallelism;

use callsheet_after_effects::arguments::may_be_multi_frame;
use callsheet_after_effects::log::{LogFact, decoded};
use callsheet_after_effects::settings::{Preset, Product, Settings};
use callsheet_after_effects::verdict::{Account, End, How, Order, Proof};
use callsheet_model::{Failure, FailureClass, FrameSet};

use super::desk::Desk;
use super::numbers::{Run, Told};
use crate::{Assignment, Exit, Fact, Invocation, Reader};

/// The reader of one process.
pub(super) struct AeReader {
    account: Account,
    /// The files of its frames, when each is a picture.
    run: Option<Run>,
    /// The frames that it renders, by the composition's numbers.
    frames: FrameSet,
    told: Told,
    /// Whether the output module is a template of the user that the node runs as.
    by_template: bool,
    /// Written when the pixels are known to be wrong.
    refusal: PathBuf,
    refused: bool,
}

/// There when the pixels of an attempt are wrong, so that no frame of it counts, whole as its file may be: frames are
/// taken while the process runs, and its verdict comes later.
fn refusal(assignment: &Assignment<'_>) -> PathBuf {
    assignment.scratch.join("refused")
}

/// Whether no file of an attempt is a frame.
pub(super) fn is_refused(assignment: &Assignment<'_>) -> bool {
    refusal(assignment).exists()
}

/// The run of an attempt's frames that a frame belongs to: one process renders it.
pub(super) fn run_of(assignment: &Assignment<'_>, settings: &Settings, frame: i32) -> Option<Run> {
    let run = assignment.frames.ranges().find(|run| run.contains(&frame))?;
    let output = assignment.step.output.as_ref()?;
    let several = may_be_multi_frame(settings, assignment.gentle, None);
    let at_once = if several { most_at_once() } else { 1 };
    let out = Desk::of(assignment).out();
    Some(Run::new(output, out, assignment.scratch, (*run.start(), *run.end()), at_once))
}

/// After Effects works on at most one frame for each processor at once; twice that and more is beyond doubt.
fn most_at_once() -> u64 {
    let processors = available_parallelism().map_or(64, |count| count.get() as u64);
    processors * 2 + 8
}

impl AeReader {
    pub(super) fn new(assignment: &Assignment<'_>, invocation: &Invocation, version: Option<&str>) -> Self {
        let settings = Settings::read(&assignment.step.settings).ok();
        let output = assignment.step.output.as_ref();
        let product =
            output.zip(settings.as_ref()).map(|(output, settings)| Product::of(output, settings.movie));
        let (run, frames) = match (product, &settings) {
            (Some(Product::Movie(movie) | Product::Sound(movie)), _) => {
                let share = invocation.frames.first().and_then(|result| movie.share(result));
                (None, share.map_or_else(FrameSet::new, |(first, last)| FrameSet::range(first, last)))
            }
            (_, Some(settings)) => {
                let first = invocation.frames.first();
                (first.and_then(|frame| run_of(assignment, settings, frame)), invocation.frames.clone())
            }
            (_, None) => (None, invocation.frames.clone()),
        };
        let multi_frame =
            settings.as_ref().is_none_or(|settings| may_be_multi_frame(settings, assignment.gentle, version));
        let by_template =
            settings.as_ref().is_some_and(|s| matches!(s.output_module, Some(Preset::Template(_))));
        let fonts = settings.map(|settings| settings.fonts).unwrap_or_default();
        let account = Account::new(Order { frames: Some(frames.clone()), fonts, multi_frame });
        let refusal = refusal(assignment);
        Self { account, run, frames, told: Told::Nothing, by_template, refusal, refused: false }
    }

    fn meant(&mut self, fact: LogFact) -> Option<Fact> {
        Some(match fact {
            LogFact::Phase(phase) => Fact::Phase(phase),
            LogFact::FrameFinished(frame) => {
                self.keep_told(frame);
                match &self.run {
                    Some(_) if !self.refused => Fact::FrameFinished(frame),
                    // Of a movie only the whole file counts.
                    _ => {
                        Fact::Progress(self.account.finished().len() as f32 / self.frames.len().max(1) as f32)
                    }
                }
            }
            LogFact::FrameUnnumbered => {
                self.tell(Told::Others);
                Fact::Rendering
            }
            LogFact::Started { .. } => Fact::Rendering,
            LogFact::Warning { text, .. } => Fact::Warning(text),
            LogFact::Error { class, text, .. } => Fact::Error(class, text),
            LogFact::Version(_)
            | LogFact::Header(_)
            | LogFact::Finished { .. }
            | LogFact::Elapsed(_)
            | LogFact::Noise => return None,
        })
    }

    /// What the frames told so far say of the files' numbers.
    fn keep_told(&mut self, frame: i32) {
        let finished = self.account.finished();
        let told = match self.frames.first() {
            Some(first) if self.frames.contains(frame) && finished.contains(first) => {
                if finished.is_subset(&self.frames) { Told::First } else { Told::Others }
            }
            _ => Told::Others,
        };
        self.tell(told);
    }

    fn tell(&mut self, told: Told) {
        if let Some(run) = self.run.as_ref().filter(|_| self.told != told) {
            run.is_told(told);
            self.told = told;
        }
    }

    /// Other frames than were asked for: the range was taken for another one.
    fn astray(&self) -> Result<(), Failure> {
        let finished = self.account.finished();
        let astray = finished.difference(&self.frames);
        if astray.is_empty() {
            return Ok(());
        }
        let message = format!(
            "After Effects rendered frames {finished} and not {}: its composition counts them in another way",
            self.frames
        );
        Err(Failure::new(FailureClass::BrokenOutput, message))
    }

    /// Everything seems well, but files are numbered so that nobody knows which frames they are.
    fn misnumbered(&self) -> Result<(), Failure> {
        let Some((run, first)) = self.run.as_ref().and_then(|run| Some((run, run.strange()?))) else {
            return Ok(());
        };
        // A template of the node's user is the node's affair, the project's own output module is the job's.
        let (class, whose) = match self.by_template {
            true => (FailureClass::NodeConfig, "of this node's output module template"),
            false => (FailureClass::JobFatal, "of the project's output module"),
        };
        let message = format!(
            "the files are numbered from {first} on and not from frame {}, and not all of them are there: switch on \
             \"Use Comp Frame Number\" in the settings {whose}",
            run.span.0
        );
        Err(Failure::new(class, message))
    }
}

impl Reader for AeReader {
    fn text<'a>(&self, line: &'a [u8]) -> Cow<'a, str> {
        decoded(line)
    }

    fn line(&mut self, line: &str) -> Vec<Fact> {
        let facts = self.account.line(line);
        if !self.refused && self.account.lacks_a_font() {
            self.refused = true;
            // Where not even this can be written, no frame can be.
            let _ = fs::write(&self.refusal, "");
        }
        facts.into_iter().filter_map(|fact| self.meant(fact)).collect()
    }

    fn verdict(&mut self, exit: Exit) -> Result<(), Failure> {
        self.account.close();
        if *self.account.finished() == self.frames {
            self.tell(Told::All);
        }
        let how = match exit {
            Exit::Code(code) => How::Code(code),
            Exit::Signal(signal) => How::Signal(signal),
            Exit::Unknown => How::Unknown,
        };
        let end = End { how, proof: Proof::Elsewhere };
        let verdict = self.account.verdict(&end);
        let lines = self.account.evidence(&verdict);
        verdict.into_result()?;
        self.astray().and_then(|()| self.misnumbered()).map_err(|failure| {
            let evidence = lines.into_iter().map(|(_, line)| line).collect();
            Failure { exit: Some(exit.words()), evidence, ..failure }.bounded()
        })
    }
}
