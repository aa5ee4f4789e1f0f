//! A renderer that is played: its processes take paused time, and leave real pictures. Each counts while it lives.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use callsheet_node::{Pipe, Process, Processes, Used};
use callsheet_renderers::{Exit, Invocation};
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

const FRAME: Duration = Duration::from_millis(300);

/// Its description, for a config.
pub(super) const DESCRIPTION: &str = r#"
[[renderer]]
name = "player"
program = "/bin/sh"
frames = "list"
template = "required"
output = "required"
args = ["{output_dir}", "{output_prefix}", "{digits}", "{template}"]

[[renderer.line]]
match = '^began (?<frame>\d+)'
means = "frame_started"

[[renderer.line]]
match = '^drew (?<frame>\d+)'
means = "frame_finished"
"#;

/// Starts played processes.
#[derive(Clone, Debug, Default)]
pub(super) struct Players {
    living: Arc<AtomicUsize>,
    started: Arc<AtomicUsize>,
    talks: Arc<AtomicBool>,
    said: Arc<AtomicUsize>,
}

impl Players {
    /// From now on those that are started say the same again and again, as fast as they can, and never draw.
    pub(super) fn talk(&self, talks: bool) {
        self.talks.store(talks, Ordering::SeqCst);
    }

    /// Lines that were said like this.
    pub(super) fn said(&self) -> usize {
        self.said.load(Ordering::SeqCst)
    }

    /// Processes that live.
    pub(super) fn living(&self) -> usize {
        self.living.load(Ordering::SeqCst)
    }

    /// Processes that were ever started.
    pub(super) fn started(&self) -> usize {
        self.started.load(Ordering::SeqCst)
    }
}

impl Processes for Players {
    fn start(&self, invocation: &Invocation) -> io::Result<Box<dyn Process>> {
        let [place, prefix, digits, _template] = &invocation.args[..] else {
            panic!("not its arguments: {invocation:?}")
        };
        let (place, prefix) = (PathBuf::from(place), prefix.to_str().unwrap().to_owned());
        let digits: usize = digits.to_str().unwrap().parse().unwrap();
        let files =
            invocation.frames.iter().map(move |frame| (frame, format!("{prefix}{frame:0digits$}.png")));
        let files = files.map(|(frame, file)| (frame, place.join(file))).collect();
        let (stdout, theirs) = tokio::io::duplex(1 << 12);
        self.started.fetch_add(1, Ordering::SeqCst);
        self.living.fetch_add(1, Ordering::SeqCst);
        let life = Life(self.living.clone());
        let (talks, said) = (self.talks.load(Ordering::SeqCst), self.said.clone());
        let play = tokio::spawn(async move {
            let _life = life;
            if talks { talk(stdout, said).await } else { play(files, stdout).await }
        });
        Ok(Box::new(Playing { output: Some(theirs), play, exit: None }))
    }
}

/// Of each hundred lines one begins a frame, and one says that a frame is drawn that nobody has ordered.
async fn talk(mut stdout: DuplexStream, said: Arc<AtomicUsize>) {
    for number in (0..).step_by(2) {
        let idle = "nothing\n".repeat(98);
        let lines = format!("{idle}began 1\ndrew {}\n", 1000 + number);
        if stdout.write_all(lines.as_bytes()).await.is_err() {
            return;
        }
        said.fetch_add(100, Ordering::SeqCst);
    }
}

async fn play(files: Vec<(i32, PathBuf)>, mut stdout: DuplexStream) {
    for (frame, file) in files {
        // Nobody may listen any more.
        let _ = stdout.write_all(format!("began {frame}\n").as_bytes()).await;
        sleep(FRAME).await;
        // Its place may be taken away while it works, and then the attempt is nobody's any more.
        let _ = image::RgbaImage::new(4, 4).save(file);
        let _ = stdout.write_all(format!("drew {frame}\n").as_bytes()).await;
    }
}

/// Counts as long as it lives.
struct Life(Arc<AtomicUsize>);

impl Drop for Life {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A process that is being played. Dropping it ends it.
struct Playing {
    output: Option<DuplexStream>,
    play: JoinHandle<()>,
    exit: Option<Exit>,
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.play.abort();
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
        self.play.abort();
    }

    fn force(&mut self) {
        self.play.abort();
    }

    fn wait(&mut self) -> Pin<Box<dyn Future<Output = Exit> + Send + '_>> {
        Box::pin(async {
            if self.exit.is_none() {
                let killed = (&mut self.play).await.is_err();
                self.exit = Some(if killed { Exit::Signal(9) } else { Exit::Code(0) });
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
