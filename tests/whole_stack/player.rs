//! Renderers as they are played: a process that takes simulated time for each frame, says what it does as the
//! tests' own renderer would, and leaves real pictures. Each picture says who drew it.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use callsheet_node::{Pipe, Process, Processes, Used};
use callsheet_renderers::{Exit, Invocation};
use image::{Rgba, RgbaImage};
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;

use crate::dice::Dice;
use crate::trace::{Trace, What};

/// The description of the renderer that is played, for a config.
pub(crate) const DESCRIPTION: &str = r#"
[[renderer]]
name = "player"
program = "/bin/sh"
frames = "list"
template = "forbidden"
output = "required"
args = ["{output_dir}", "{output_prefix}", "{digits}"]

[[renderer.line]]
match = '^began (?<frame>\d+)'
means = "frame_started"

[[renderer.line]]
match = '^drew (?<frame>\d+)'
means = "frame_finished"
"#;

/// Starts played processes on one host.
pub(crate) struct Players {
    pub(crate) node: String,
    pub(crate) trace: Trace,
    pub(crate) dice: Dice,
    /// Least and most milliseconds for one frame.
    pub(crate) pace: (u64, u64),
}

impl std::fmt::Debug for Players {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Players of {}", self.node)
    }
}

impl Processes for Players {
    fn start(&self, invocation: &Invocation) -> io::Result<Box<dyn Process>> {
        let [place, prefix, digits] = &invocation.args[..] else {
            panic!("not its arguments: {invocation:?}")
        };
        let (stdout, theirs) = tokio::io::duplex(1 << 16);
        let part = Part {
            node: self.node.clone(),
            trace: self.trace.clone(),
            place: PathBuf::from(place),
            prefix: prefix.to_str().unwrap().to_owned(),
            digits: digits.to_str().unwrap().parse().unwrap(),
            scenes: invocation.frames.iter().map(|frame| (frame, self.time())).collect(),
        };
        let play = tokio::spawn(part.play(stdout));
        Ok(Box::new(Playing { output: Some(theirs), play, exit: None }))
    }
}

impl Players {
    fn time(&self) -> Duration {
        Duration::from_millis(self.dice.between(self.pace.0, self.pace.1))
    }
}

/// What one process has to do.
struct Part {
    node: String,
    trace: Trace,
    place: PathBuf,
    prefix: String,
    digits: usize,
    scenes: Vec<(i32, Duration)>,
}

impl Part {
    async fn play(self, mut stdout: DuplexStream) {
        let token = name(&self.place);
        let job = name(self.place.parent().unwrap());
        for (frame, time) in &self.scenes {
            let _ = stdout.write_all(format!("began {frame}\n").as_bytes()).await;
            let mut scene =
                Scene { trace: &self.trace, node: &self.node, token: &token, frame: *frame, drawn: false };
            scene.trace.add(What::Begins {
                node: self.node.clone(),
                job: job.clone(),
                token: token.clone(),
                frame: *frame,
            });
            tokio::time::sleep(*time).await;
            let file = self.place.join(format!("{}{frame:0digits$}.png", self.prefix, digits = self.digits));
            // Its place may be taken away while it works, and then the attempt is nobody's any more.
            scene.drawn = draw(&file, &token, *frame).is_ok();
            drop(scene);
            let _ = stdout.write_all(format!("drew {frame}\n").as_bytes()).await;
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// A frame while it is worked on, however that ends.
struct Scene<'a> {
    trace: &'a Trace,
    node: &'a str,
    token: &'a str,
    frame: i32,
    drawn: bool,
}

impl Drop for Scene<'_> {
    fn drop(&mut self) {
        let (node, token) = (self.node.to_owned(), self.token.to_owned());
        self.trace.add(What::Ends { node, token, frame: self.frame, drawn: self.drawn });
    }
}

/// Pixels in a row, and rows.
const SIDE: u32 = 8;

/// Draws a picture in which the token and the frame can be read.
fn draw(file: &Path, token: &str, frame: i32) -> Result<(), image::ImageError> {
    let mut words = format!("{token} {frame}").into_bytes();
    words.resize((SIDE * SIDE) as usize, 0);
    let pixel = |x, y| Rgba([words[(y * SIDE + x) as usize], (x * 16) as u8, (y * 16) as u8, 255]);
    RgbaImage::from_fn(SIDE, SIDE, pixel).save(file)
}

/// Under which token a picture was drawn, and as which frame; nothing when it is not whole.
pub(crate) fn read(file: &Path) -> Option<(String, i32)> {
    let words: Vec<u8> = image::open(file).ok()?.to_rgba8().pixels().map(|pixel| pixel.0[0]).collect();
    let text = String::from_utf8(words).ok()?;
    let (token, frame) = text.trim_end_matches('\0').split_once(' ')?;
    Some((token.to_owned(), frame.parse().ok()?))
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
