//! One module per renderer behind one trait, and the proof of what they leave on disk.
//!
//! ```text
//!   step + frames ──► Renderer::invocations ──► processes of their own, one after another, in a place of its own
//!                                                    │ output, line by line
//!                                              Reader::line ──► Fact*      (never fails, whatever comes)
//!                                                    │ exit
//!                                              Reader::verdict             (what the renderer's word is worth)
//!   files in the place ─────────────────────► proof::prove ──► proven frames  (what counts)
//! ```
//!
//! A renderer says what to run and how to understand it. It refuses to start processes, to know leases or to
//! decide what is done about a failure: `callsheet-node` runs it, the scheduler decides.

pub mod after_effects;
pub mod child;
pub mod command;
mod disk;
mod evidence;
pub mod flipbook;
pub mod lottie;
mod process;
pub mod proof;
pub mod publish;
mod registry;
#[cfg(test)]
mod sample;
mod settings;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use callsheet_model::outcome::signal_name;
use callsheet_model::{Failure, FailureClass, FrameSet, OutputPattern, RunPhase, StepSpec, Versions};

pub use child::{Host, child_main};
pub use registry::Registry;

/// A renderer: what to run for a step's frames, and how to understand what it says.
pub trait Renderer: Send + Sync {
    /// The name that jobs ask for.
    fn name(&self) -> &str;

    /// Looks whether it is installed here, and in which versions. Blocking: it may run the program.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    fn probe(&self) -> Result<Versions, String>;

    /// What is wrong with a step before anything runs: settings it does not know, a template it cannot draw.
    /// The leader asks this at submission, so it must not depend on the machine.
    fn check(&self, step: &StepSpec, template: Option<&[u8]>) -> Vec<Problem>;

    /// What to run for one attempt: one process after another, each for some of the frames, together for all
    /// of them. A retry's frames have gaps, and few programs render anything but one run of frames at once.
    /// When a process fails, the ones after it are not started. Never empty. Blocking: it may write into the
    /// scratch directory.
    ///
    /// # Errors
    /// A failure with its class, for example `InputMissing`.
    fn invocations(&self, assignment: &Assignment<'_>) -> Result<Vec<Invocation>, Failure>;

    /// What to run to find out whether a step can be rendered at all, before any of it is. Nothing to run: it
    /// was looked at here, and nothing is wrong. Blocking, like [`Self::invocations`].
    ///
    /// # Errors
    /// What is wrong, with its class and the missing thing named.
    fn preflight(&self, _assignment: &Assignment<'_>) -> Result<Vec<Invocation>, Failure> {
        Ok(Vec::new())
    }

    /// Whether steps are looked at with [`Self::preflight`] before they are handed out.
    fn has_preflight(&self) -> bool {
        false
    }

    /// Someone to read the output of one process.
    fn reader(&self, assignment: &Assignment<'_>, invocation: &Invocation) -> Box<dyn Reader>;

    /// The file that holds a frame's result in the attempt's place. Some programs insist on names of their
    /// own; once proven, such a file is renamed to [`Assignment::result`]. `None` for a step without output.
    fn produced(&self, assignment: &Assignment<'_>, frame: i32) -> Option<PathBuf> {
        assignment.result(frame)
    }

    /// What each result must be to be proven.
    fn expectation(&self, assignment: &Assignment<'_>) -> Expectation;
}

/// Something wrong with a step, in the words of a job file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `settings.scale`, `template`.
    pub place: String,
    /// What was found and what is allowed: lower case, no full stop.
    pub message: String,
}

/// One attempt, as a renderer needs to know it.
#[derive(Clone, Debug)]
pub struct Assignment<'a> {
    /// The step.
    pub step: &'a StepSpec,
    /// The frames of this attempt; frame 0 for a task.
    pub frames: &'a FrameSet,
    /// The template, verified, on this machine.
    pub template: Option<&'a Path>,
    /// Outputs of the steps this one comes after, by step name, with their frames, as paths of this machine.
    pub inputs: &'a BTreeMap<String, Input>,
    /// The attempt's own directory: results go here, under the file names of the step's output pattern.
    pub place: &'a Path,
    /// A scratch directory that is removed afterwards.
    pub scratch: &'a Path,
    /// Threads that the renderer may use.
    pub threads: u32,
    /// Earlier attempts ran out of memory: the renderer should use as little of it as it can.
    pub gentle: bool,
}

impl Assignment<'_> {
    /// Where a frame's result belongs in the attempt's place; `None` for a step without output.
    #[must_use]
    pub fn result(&self, frame: i32) -> Option<PathBuf> {
        self.step.output.as_ref().map(|output| self.place.join(output.file_name(frame)))
    }
}

/// What an earlier step left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where, as paths of this machine.
    pub output: OutputPattern,
    /// Which frames.
    pub frames: FrameSet,
}

/// What to run. Never a shell string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables set on top of the agent's environment.
    pub env: BTreeMap<String, String>,
    /// Where it runs.
    pub directory: PathBuf,
    /// The frames that this process is for; frame 0 for a task.
    pub frames: FrameSet,
    /// What its standard input is.
    pub stdin: Stdin,
    /// Files that are there while the process runs and not afterwards, however the agent ends. One that was
    /// there before stays.
    pub markers: Vec<PathBuf>,
}

/// What a process gets as its standard input. Nothing is ever written to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stdin {
    /// The null device.
    #[default]
    Null,
    /// A pipe that the agent holds open for as long as it lives: the process ends when it closes.
    Lifeline,
}

/// Understands one process' output. It never fails, whatever bytes come.
pub trait Reader: Send {
    /// How the bytes of a line read. Without a better knowledge they are UTF-8, and what is none is replaced.
    fn text<'a>(&self, line: &'a [u8]) -> Cow<'a, str> {
        String::from_utf8_lossy(line)
    }

    /// Takes one line, of stdout or stderr, without its line end.
    fn line(&mut self, line: &str) -> Vec<Fact>;

    /// What the renderer's own word is worth, after its end. `Ok` says only that nothing speaks against
    /// success: the files are proven apart.
    ///
    /// # Errors
    /// The failure, with its class and evidence.
    fn verdict(&mut self, exit: Exit) -> Result<(), Failure>;
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with a code.
    Code(i32),
    /// By a signal (Unix).
    Signal(i32),
    /// No one can tell.
    Unknown,
}

impl Exit {
    /// In words: `exit code 1`, `killed by SIGKILL`.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Code(code) => format!("exit code {code}"),
            Self::Signal(signal) => match signal_name(signal) {
                Some(name) => format!("killed by {name}"),
                None => format!("killed by signal {signal}"),
            },
            Self::Unknown => "ended in an unknown way".to_owned(),
        }
    }

    /// The failure when the process did not end with code 0.
    #[must_use]
    pub fn failure(self) -> Option<Failure> {
        if self == Self::Code(0) {
            return None;
        }
        let message = match self {
            Self::Code(_) => format!("the renderer ended with {}", self.words()),
            Self::Signal(_) => format!("the renderer was {}", self.words()),
            Self::Unknown => format!("the renderer {}", self.words()),
        };
        Some(Failure { exit: Some(self.words()), ..Failure::new(FailureClass::Crash, message) })
    }
}

/// What a line of output tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// The process came into this phase. It never goes back to an earlier one.
    Phase(RunPhase),
    /// The renderer is past its start and works on frames.
    Rendering,
    /// It begins a frame.
    FrameStarted(i32),
    /// It says that a frame is finished; its file is worth proving now.
    FrameFinished(i32),
    /// How far the frame or task is, 0 to 1.
    Progress(f32),
    /// Something a person should see.
    Warning(String),
    /// Something that speaks against success.
    Error(FailureClass, String),
}

/// What a result must be to be proven.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// Width and height in pixels, if they are known. Without it, all frames of one attempt must agree.
    pub size: Option<(u32, u32)>,
    /// What kind of file.
    pub format: Format,
    /// When the attempt began, by the clock of the disk that its files are on: an older file is none of it.
    pub since: Option<SystemTime>,
}

/// What kind of file a result is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A picture whose format the extension tells; it must decode whole.
    #[default]
    Picture,
    /// Anything else: it must be there and not empty.
    File,
    /// A movie with exactly so many frames, by the number of the result (0 for a task).
    Movie(BTreeMap<i32, u64>),
}
