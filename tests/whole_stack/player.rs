//! Renderers as they are played: a process takes simulated time for each frame, and leaves real pictures. Each picture
//! says who drew it.

use std::fs;
use std::io::{self, Cursor};
use std::path::Path;
use std::time::Duration;

use callsheet_node::{Process, Processes};
use callsheet_renderers::{Exit, Invocation};
use callsheet_tests::player::{Order, Stdout, play};
use image::{ImageFormat, Rgba, RgbaImage};
use tokio::time::sleep;

use crate::client::{Frame, STEPS};
use crate::dice::Dice;
use crate::moods::{Misdeed, Moods};
use crate::trace::{End, Trace, What};

/// Starts played processes on one host.
#[derive(Clone)]
pub(crate) struct Players {
    pub(crate) node: String,
    pub(crate) trace: Trace,
    pub(crate) dice: Dice,
    /// Least and most milliseconds for one frame.
    pub(crate) pace: (u64, u64),
    pub(crate) moods: Moods,
}

impl std::fmt::Debug for Players {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Players of {}", self.node)
    }
}

impl Processes for Players {
    fn start(&self, invocation: &Invocation) -> io::Result<Box<dyn Process>> {
        let order = Order::of(invocation);
        let time = |_| Duration::from_millis(self.dice.between(self.pace.0, self.pace.1));
        let times = order.frames.iter().map(time).collect();
        let step = STEPS.iter().position(|step| order.prefix == format!("{step}_")).unwrap() as u64;
        let part = Part {
            players: self.clone(),
            token: name(&order.place),
            job: name(order.place.parent().unwrap()),
            step,
            order,
            times,
        };
        Ok(play(|stdout| part.play(stdout)))
    }
}

/// What one process has to do.
struct Part {
    players: Players,
    token: String,
    job: String,
    step: u64,
    order: Order,
    /// For each frame.
    times: Vec<Duration>,
}

impl Part {
    async fn play(self, mut stdout: Stdout) -> Exit {
        for (frame, time) in self.order.frames.iter().zip(&self.times) {
            stdout.began(*frame).await;
            let end = self.scene(*frame, *time).await;
            match end {
                End::Did(Misdeed::Crash) => return Exit::Signal(11),
                End::Did(Misdeed::Leave) => return Exit::Code(0),
                _ => stdout.drew(*frame).await,
            }
        }
        Exit::Code(0)
    }

    /// Draws a frame, or does what renderers do instead.
    async fn scene(&self, frame: i32, time: Duration) -> End {
        let mut scene = Scene { part: self, frame, end: End::GaveUp };
        self.players.trace.add(What::Begins {
            node: self.players.node.clone(),
            job: self.job.clone(),
            token: self.token.clone(),
            frame,
        });
        let of_whom: Frame = (self.job.clone(), self.step, frame);
        let misdeed = self.players.moods.next(&of_whom);
        if misdeed == Some(Misdeed::Hang) {
            scene.end = End::Did(Misdeed::Hang);
            std::future::pending::<()>().await;
        }
        sleep(time).await;
        let (file, picture) = (self.order.file(frame), picture(&self.token, frame));
        // Its place may be taken away while it works, and then the attempt is nobody's any more.
        let written = match misdeed {
            None => fs::write(file, picture),
            Some(Misdeed::Crash | Misdeed::Spoil) => fs::write(file, &picture[..picture.len() / 2]),
            Some(Misdeed::Lie | Misdeed::Leave | Misdeed::Hang) => Ok(()),
        };
        scene.end = match misdeed {
            Some(misdeed) => End::Did(misdeed),
            None if written.is_ok() => End::Drew,
            None => End::GaveUp,
        };
        scene.end
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// A frame while it is worked on, however that ends.
struct Scene<'a> {
    part: &'a Part,
    frame: i32,
    end: End,
}

impl Drop for Scene<'_> {
    fn drop(&mut self) {
        let Part { players, token, .. } = self.part;
        let (node, token) = (players.node.clone(), token.clone());
        players.trace.add(What::Ends { node, token, frame: self.frame, end: self.end });
    }
}

/// Pixels in a row, and rows.
const SIDE: u32 = 8;

/// A picture in which the token and the frame can be read.
fn picture(token: &str, frame: i32) -> Vec<u8> {
    let mut words = format!("{token} {frame}").into_bytes();
    words.resize((SIDE * SIDE) as usize, 0);
    let pixel = |x, y| Rgba([words[(y * SIDE + x) as usize], (x * 16) as u8, (y * 16) as u8, 255]);
    let mut bytes = Cursor::new(Vec::new());
    RgbaImage::from_fn(SIDE, SIDE, pixel).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Under which token a picture was drawn, and as which frame; nothing when it is not whole.
pub(crate) fn read(file: &Path) -> Option<(String, i32)> {
    let words: Vec<u8> = image::open(file).ok()?.to_rgba8().pixels().map(|pixel| pixel.0[0]).collect();
    let text = String::from_utf8(words).ok()?;
    let (token, frame) = text.trim_end_matches('\0').split_once(' ')?;
    Some((token.to_owned(), frame.parse().ok()?))
}
