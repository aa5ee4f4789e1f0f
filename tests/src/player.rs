//! Renderers as they are played: a task for each process, which says what it does as the tests' own renderer would,
//! in the time of the runtime it is on. What it does, and what it leaves, is for each test to say.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use callsheet_node::{Pipe, Process, Used};
use callsheet_renderers::{Exit, Invocation};
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;

/// The description of the renderer that is played, for a config. Its steps have a template or must not have one.
#[must_use]
pub fn description(has_template: bool) -> String {
    let (template, last) = if has_template { ("required", r#", "{template}""#) } else { ("forbidden", "") };
    format!(
        r#"
[[renderer]]
name = "player"
program = "/bin/sh"
frames = "list"
template = "{template}"
output = "required"
args = ["{{output_dir}}", "{{output_prefix}}", "{{digits}}"{last}]

[[renderer.line]]
match = '^began (?<frame>\d+)'
means = "frame_started"

[[renderer.line]]
match = '^drew (?<frame>\d+)'
means = "frame_finished"
"#
    )
}

/// What a process is started for.
#[derive(Clone, Debug)]
pub struct Order {
    /// The attempt's own place, below one for its job.
    pub place: PathBuf,
    /// What comes before a frame's number in the names of its files.
    pub prefix: String,
    /// The frames to be drawn, in order.
    pub frames: Vec<i32>,
    digits: usize,
}

impl Order {
    /// As [`description`] has it said. Panics when the arguments are others.
    #[must_use]
    pub fn of(invocation: &Invocation) -> Self {
        let [place, prefix, digits, ..] = &invocation.args[..] else {
            panic!("not its arguments: {invocation:?}")
        };
        Self {
            place: PathBuf::from(place),
            prefix: prefix.to_str().unwrap().to_owned(),
            frames: invocation.frames.iter().collect(),
            digits: digits.to_str().unwrap().parse().unwrap(),
        }
    }

    /// Where a frame's picture belongs.
    #[must_use]
    pub fn file(&self, frame: i32) -> PathBuf {
        self.place.join(format!("{}{frame:0digits$}.png", self.prefix, digits = self.digits))
    }
}

/// The standard output of a played process. Nobody may listen any more.
#[derive(Debug)]
pub struct Stdout(DuplexStream);

impl Stdout {
    /// Says that it begins a frame.
    pub async fn began(&mut self, frame: i32) {
        let _ = self.say(&format!("began {frame}\n")).await;
    }

    /// Says that it has drawn one.
    pub async fn drew(&mut self, frame: i32) {
        let _ = self.say(&format!("drew {frame}\n")).await;
    }

    /// Says whatever it likes.
    ///
    /// # Errors
    /// Nobody listens any more.
    pub async fn say(&mut self, words: &str) -> io::Result<()> {
        self.0.write_all(words.as_bytes()).await
    }
}

/// Bytes of output that wait to be read, at most.
const PIPE: usize = 1 << 12;

/// Starts a process that plays this part, to the exit that the part comes to. When it is killed or dropped, its part
/// is dropped where it stands.
pub fn play<F>(part: impl FnOnce(Stdout) -> F) -> Box<dyn Process>
where
    F: Future<Output = Exit> + Send + 'static,
{
    let (stdout, theirs) = tokio::io::duplex(PIPE);
    let part = tokio::spawn(part(Stdout(stdout)));
    Box::new(Playing { output: Some(theirs), part, exit: None })
}

struct Playing {
    output: Option<DuplexStream>,
    part: JoinHandle<Exit>,
    exit: Option<Exit>,
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.part.abort();
    }
}

impl Process for Playing {
    fn output(&mut self) -> Vec<Pipe> {
        self.output.take().map(|pipe| Box::new(pipe) as Pipe).into_iter().collect()
    }

    fn used(&self) -> Box<dyn Used> {
        Box::new(Idle)
    }

    fn kill(&mut self) {
        self.part.abort();
    }

    fn force(&mut self) {
        self.part.abort();
    }

    fn wait(&mut self) -> Pin<Box<dyn Future<Output = Exit> + Send + '_>> {
        Box::pin(async {
            if self.exit.is_none() {
                let played = (&mut self.part).await;
                self.exit = Some(played.unwrap_or_else(|ended| match ended.try_into_panic() {
                    // The player's own mistake, and no renderer's death.
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => Exit::Signal(9),
                }));
            }
            self.exit.unwrap_or(Exit::Unknown)
        })
    }
}

/// It takes no time of this machine's processors.
#[derive(Debug)]
struct Idle;

impl Used for Idle {
    fn used(&mut self) -> Option<Duration> {
        None
    }
}
