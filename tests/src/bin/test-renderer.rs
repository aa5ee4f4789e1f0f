//! A renderer that does what it is told, and otherwise what renderers do on bad days: tests describe it in a
//! cluster config and name the frames on which it misbehaves. It draws nothing worth looking at.
//!
//! Every frame it begins and finishes is written into a ledger, with its process number, so that a test knows
//! what was really rendered, whatever anybody reports. A picture's first row begins with the name of the directory
//! that it was drawn in, a letter in the red of each pixel: so it can be told whose picture lies at a final path.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::Duration;

use callsheet_model::FrameSet;
use image::{ImageFormat, Rgb, RgbImage};

/// Longer than any test waits.
const FOR_EVER: Duration = Duration::from_secs(600);

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("Error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let args: BTreeMap<&str, &str> =
        words.chunks(2).filter_map(|pair| Some((pair.first()?.as_str(), pair.get(1)?.as_str()))).collect();
    if args.contains_key("--sleep") {
        thread::sleep(FOR_EVER);
        return Ok(ExitCode::SUCCESS);
    }
    let need = |key: &str| args.get(key).copied().ok_or_else(|| format!("{key} is missing"));
    let cured = args.get("--cure").is_some_and(|path| Path::new(path).exists());
    let stage = Stage {
        directory: need("--dir")?.into(),
        prefix: need("--prefix")?.to_owned(),
        digits: need("--digits")?.parse()?,
        size: (need("--width")?.parse()?, need("--height")?.parse()?),
        pace: Duration::from_millis(need("--pace")?.parse()?),
        ledger: args.get("--ledger").map(PathBuf::from),
        moods: if cured { BTreeMap::new() } else { moods(args.get("--moods").copied().unwrap_or_default())? },
    };
    let frames: FrameSet = need("--frames")?.parse()?;
    for frame in frames.iter() {
        if stage.frame(frame)? == Next::Leave {
            return Ok(ExitCode::SUCCESS);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `3=crash,5=empty`
fn moods(text: &str) -> Outcome<BTreeMap<i32, String>> {
    let mut moods = BTreeMap::new();
    for part in text.split(',').filter(|part| !part.is_empty() && *part != "none") {
        let (frame, mood) = part.split_once('=').ok_or("a mood looks like 3=crash")?;
        moods.insert(frame.parse()?, mood.to_owned());
    }
    Ok(moods)
}

struct Stage {
    directory: PathBuf,
    prefix: String,
    digits: usize,
    size: (u32, u32),
    pace: Duration,
    ledger: Option<PathBuf>,
    moods: BTreeMap<i32, String>,
}

#[derive(PartialEq)]
enum Next {
    Frame,
    Leave,
}

impl Stage {
    fn frame(&self, frame: i32) -> Outcome<Next> {
        say(&format!("started frame {frame}"))?;
        self.enter("began", frame)?;
        thread::sleep(self.pace);
        let place = self.directory.file_name().unwrap_or_default().to_string_lossy();
        let whole = picture(self.size, frame, &place)?;
        match self.moods.get(&frame).map(String::as_str) {
            None => self.write(frame, &whole)?,
            Some("missing") => {}
            Some("truncated") => self.write(frame, whole.get(..whole.len() / 2).unwrap_or_default())?,
            Some("empty") => self.write(frame, &[])?,
            Some("size") => self.write(frame, &picture((self.size.0 + 1, self.size.1), frame, &place)?)?,
            Some("leave") => return Ok(Next::Leave),
            Some("crash") => {
                say("about to do something foolish")?;
                std::process::abort();
            }
            Some("hang") => thread::sleep(FOR_EVER),
            Some("errand") => {
                self.orphan()?;
                self.write(frame, &whole)?;
            }
            Some("orphan") => {
                self.orphan()?;
                thread::sleep(FOR_EVER);
            }
            Some(other) => return Err(format!("there is no mood {other:?}").into()),
        }
        self.enter("finished", frame)?;
        say(&format!("finished frame {frame}"))?;
        Ok(Next::Frame)
    }

    fn write(&self, frame: i32, bytes: &[u8]) -> io::Result<()> {
        let name = format!("{}{frame:0digits$}.png", self.prefix, digits = self.digits);
        File::create(self.directory.join(name))?.write_all(bytes)
    }

    /// Starts a process that would outlive this one, in a group of its own.
    fn orphan(&self) -> Outcome<()> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--sleep", "on", "--dir"]).arg(&self.directory);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let orphan = command.spawn()?;
        self.line(&format!("orphan 0 {}", orphan.id()))?;
        Ok(())
    }

    fn enter(&self, what: &str, frame: i32) -> io::Result<()> {
        self.line(&format!("{what} {frame} {}", std::process::id()))
    }

    fn line(&self, line: &str) -> io::Result<()> {
        let Some(ledger) = &self.ledger else { return Ok(()) };
        // One write of a short line at the end: lines of several processes never mix.
        let mut file = OpenOptions::new().create(true).append(true).open(ledger)?;
        file.write_all(format!("{line}\n").as_bytes())
    }
}

fn picture((width, height): (u32, u32), frame: i32, place: &str) -> Outcome<Vec<u8>> {
    let [_, _, green, blue] = frame.to_be_bytes();
    let mut picture = RgbImage::from_fn(width, height, |x, y| Rgb([(x ^ y) as u8, green, blue]));
    for (pixel, letter) in picture.pixels_mut().zip(place.bytes().chain([0]).take(width as usize)) {
        pixel.0[0] = letter;
    }
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
