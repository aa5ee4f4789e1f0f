//! The built-in renderers' own process: the same executable, started again for one attempt, so that a crash,
//! a leak or a hang takes nothing else with it.
//!
//! ```text
//!   agent ── order (JSON file in the scratch directory) ──► `<this executable> render <kind> --assignment F`
//!     ▲                                                          │
//!     └──── lines on stdout: `frame 12 finished` ────────────────┘
//!     └──── stdin, held open: when it closes, the agent is gone and the process ends
//! ```
//!
//! It refuses to outlive its agent and to leave half a file under a whole file's name.

mod exe;
mod lifeline;
mod reader;
mod words;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use callsheet_model::{Failure, FailureClass, FrameSet};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Assignment, Fact, Invocation, Stdin, after_effects, flipbook, lottie};

pub use exe::Host;
pub(crate) use reader::ChildReader;

/// The exit code of an attempt that failed for a reason it said.
const FAILED: u8 = 1;
/// The exit code for a call that makes no sense.
const MISUSED: u8 = 2;

/// The whole life of a built-in renderer's process: what the hidden `render` subcommand calls.
#[must_use]
pub fn child_main(kind: &str, assignment: &Path) -> ExitCode {
    let run: fn(&Path, &mut Voice<'_>) -> Result<(), Failure> = match kind {
        lottie::NAME => |path, voice| lottie::render(&read_order(path)?, voice),
        flipbook::NAME => |path, voice| flipbook::join(&read_order(path)?, voice),
        after_effects::NAME => after_effects::run_script,
        _ => {
            eprintln!("there is no built-in renderer {kind:?}: after_effects, flipbook and lottie are");
            return ExitCode::from(MISUSED);
        }
    };
    lifeline::watch();
    let mut stdout = io::stdout().lock();
    let mut voice = Voice(&mut stdout);
    match run(assignment, &mut voice) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // If nobody listens any more, nobody misses it.
            let _ = voice.say(&Fact::Error(failure.class, failure.message));
            ExitCode::from(FAILED)
        }
    }
}

/// How a child speaks to its agent: a line for each fact, at once.
pub(crate) struct Voice<'a>(pub(crate) &'a mut dyn Write);

impl Voice<'_> {
    /// Says one thing.
    pub(crate) fn say(&mut self, fact: &Fact) -> Result<(), Failure> {
        let said = writeln!(self.0, "{}", words::spoken(fact)).and_then(|()| self.0.flush());
        said.map_err(|error| Failure::new(FailureClass::Agent, format!("nobody listens: {error}")))
    }
}

/// Writes an order for a child and says how to start it.
pub(crate) fn invocation(
    host: &Host,
    kind: &str,
    order: &impl Serialize,
    assignment: &Assignment<'_>,
    frames: FrameSet,
) -> Result<Invocation, Failure> {
    let path = assignment.scratch.join(format!("{kind}-order.json"));
    let text = serde_json::to_vec(order)
        .map_err(|error| Failure::new(FailureClass::NodeConfig, format!("a path is not Unicode: {error}")))?;
    fs::write(&path, text).map_err(|error| output_io(&path, &error))?;
    let program = host.program().map_err(|message| Failure::new(FailureClass::NodeConfig, message))?;
    Ok(Invocation {
        program,
        args: ["render".into(), kind.into(), "--assignment".into(), path.into()].into(),
        env: Default::default(),
        directory: assignment.scratch.to_owned(),
        frames,
        stdin: Stdin::Lifeline,
        markers: Vec::new(),
    })
}

pub(crate) fn read_order<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let bad = |error: &dyn std::error::Error| {
        Failure::new(FailureClass::Agent, format!("the order {} cannot be read: {error}", path.display()))
    };
    let text = fs::read(path).map_err(|error| bad(&error))?;
    serde_json::from_slice(&text).map_err(|error| bad(&error))
}

/// Writes a file under a temporary name and gives it its own when it is whole.
pub(crate) fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let io = |error: io::Error| output_io(path, &error);
    let partial = partial_name(path);
    let mut out = BufWriter::with_capacity(1 << 16, File::create(&partial).map_err(io)?);
    write(&mut out)?;
    out.flush().map_err(io)?;
    drop(out);
    fs::rename(&partial, path).map_err(io)
}

/// `.beauty_00007.png.part`: hidden, and of an extension that nothing takes for a picture.
fn partial_name(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    path.with_file_name(format!(".{name}.part"))
}

fn output_io(path: &Path, error: &io::Error) -> Failure {
    Failure::new(FailureClass::OutputIo, format!("{} cannot be written: {error}", path.display()))
}

/// An error with all its causes, in one line.
pub(crate) fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
