//! What AfterFX speaks through, and the place where the story's misfortunes happen: at each moment of a run it
//! looks whether one is due. It decides nothing about frames.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use crate::arguments::{Stop, code};
use crate::complaint::Reason;
use crate::phase::{self, Phase, Stuck};
use crate::speech::Speech;
use crate::story::{Crash, How, Pace, Run, Story, Times, Victim, Who};
use crate::wire::{self, Message};

/// Why it goes no further.
#[derive(Debug)]
pub(super) enum End {
    /// All is said; this code.
    Said(i32),
    /// The start-up script throws.
    Stop(Stop),
    /// aerender is gone.
    Gone,
}

/// Where words go.
enum Ear {
    Socket,
    Log(File),
}

/// One run of AfterFX.
pub(super) struct Stage<'a> {
    pub(super) story: &'a Story,
    pub(super) run: Run,
    pub(super) speech: Speech,
    /// `-v ERRORS`: no progress, no warnings.
    pub(super) quiet: bool,
    /// What the frame in work is about: its file.
    pub(super) about: String,
    times: Times,
    ear: Ear,
    /// To aerender, also when words go elsewhere.
    socket: TcpStream,
    gone: Arc<AtomicBool>,
    printed: Receiver<()>,
    parent: Option<u32>,
    said: Vec<bool>,
}

impl<'a> Stage<'a> {
    pub(super) fn new(story: &'a Story, run: Run, socket: TcpStream, parent: Option<u32>) -> Self {
        let gone = Arc::new(AtomicBool::new(false));
        let (tell, printed) = mpsc::channel();
        if let Ok(mut other) = socket.try_clone() {
            let gone = Arc::clone(&gone);
            // aerender says nothing but that it has printed; then the read ends when it does.
            thread::spawn(move || {
                while other.read(&mut [0]).is_ok_and(|length| length > 0) && tell.send(()).is_ok() {}
                gone.store(true, Ordering::SeqCst);
            });
        }
        let times = run.slow.or(story.installation.times);
        let said = vec![false; run.say.len()];
        let speech = Speech::of(&story.installation);
        let ear = Ear::Socket;
        Self {
            story,
            run,
            speech,
            quiet: false,
            about: String::new(),
            times,
            ear,
            socket,
            gone,
            printed,
            parent,
            said,
        }
    }

    /// From now on words go into a file.
    pub(super) fn log_into(&mut self, file: File) {
        self.ear = Ear::Log(file);
    }

    /// With `-log` the codes of errors are one higher.
    pub(super) fn with_log(&self, code: i32) -> i32 {
        let has_log = matches!(self.ear, Ear::Log(_));
        code + i32::from(has_log && [code::SYNTAX, code::NOT_FOUND, code::RUNTIME].contains(&code))
    }

    /// Bytes, if aerender is still there to print them.
    fn say(&mut self, bytes: Vec<u8>) -> Result<(), End> {
        let gone = self.gone.load(Ordering::SeqCst) && !self.run.deaf;
        match &mut self.ear {
            // Nobody looks whether aerender is there.
            Ear::Log(file) => file.write_all(&bytes).map_err(|_| End::Gone),
            Ear::Socket if gone => Err(End::Gone),
            Ear::Socket => match wire::send(&mut self.socket, &Message::Text(bytes)) {
                Err(_) if !self.run.deaf => Err(End::Gone),
                _ => Ok(()),
            },
        }
    }

    /// A line as it is, also when only errors are wanted.
    pub(super) fn line(&mut self, text: &str) -> Result<(), End> {
        self.say(self.speech.line(text))
    }

    /// A line of progress.
    pub(super) fn progress(&mut self, text: &str) -> Result<(), End> {
        if self.quiet { Ok(()) } else { self.say(self.speech.progress(text)) }
    }

    pub(super) fn warning(&mut self, text: &str) -> Result<(), End> {
        if self.quiet { Ok(()) } else { self.say(self.speech.warning(text)) }
    }

    pub(super) fn info(&mut self, text: &str) -> Result<(), End> {
        if self.quiet { Ok(()) } else { self.say(self.speech.info(text)) }
    }

    /// After Effects says no, and that is the end.
    pub(super) fn refuse<T>(&mut self, reason: Reason, about: &str, exit: Option<i32>) -> Result<T, End> {
        let complaint = reason.complaint(&self.speech, about);
        for line in &complaint.lines {
            self.line(line)?;
        }
        Err(End::Said(exit.unwrap_or_else(|| self.with_log(complaint.exit))))
    }

    /// The socket closes in order.
    pub(super) fn bye(&mut self) {
        // aerender may be gone: then nobody needs it.
        let _ = wire::send(&mut self.socket, &Message::Bye);
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    /// aerender is to leave at once.
    pub(super) fn leave(&mut self, code: i32) {
        let _ = wire::send(&mut self.socket, &Message::Leave(code));
    }

    /// How long the phase takes.
    pub(super) fn time_of(&self, phase: Phase) -> Duration {
        let times = self.times;
        let ms = match phase {
            Phase::Launch => times.launch_ms,
            Phase::Load => times.load_ms,
            Phase::FirstFrame => times.first_frame_ms,
            Phase::Frame => times.frame_ms,
            Phase::Finalise => times.finalise_ms,
            Phase::Exit => times.exit_ms,
        };
        Duration::from_millis(ms.unwrap_or_default())
    }

    pub(super) fn pace(&self) -> Pace {
        self.times.how.unwrap_or_default()
    }

    /// The phase takes its time.
    pub(super) fn pass(&self, phase: Phase) {
        let time = self.time_of(phase);
        match self.pace() {
            Pace::Burn => phase::burn(time),
            Pace::Sleep | Pace::Grow => thread::sleep(time),
        }
    }

    /// A moment of the run: what the story has for it happens.
    pub(super) fn at(&mut self, phase: Phase, frame: Option<i64>) -> Result<(), End> {
        self.say_unasked(phase, frame)?;
        let refuse = self.run.refuse.clone().filter(|refuse| {
            let due = if refuse.at.is_some() { Phase::Frame } else { refuse.with.phase() };
            due == phase && (refuse.at.is_none() || refuse.at == frame)
        });
        if let Some(refuse) = refuse {
            let about = refuse.path.unwrap_or_else(|| self.about_for(refuse.with));
            let refused = self.refuse(refuse.with, &about, refuse.exit);
            if matches!(phase, Phase::FirstFrame | Phase::Frame) {
                self.line("INFO: Render aborted.")?;
            }
            return refused;
        }
        if let Some(orphan) = self.run.orphan.clone().filter(|orphan| orphan.moment().is(phase, frame)) {
            self.leave(orphan.exit);
            phase::hang(Stuck::Sleep);
        }
        if let Some(crash) = self.crash_due(phase, frame) {
            self.die(&crash);
        }
        let hang = self.run.hang.as_ref().filter(|hang| hang.who == Who::Afterfx && phase != Phase::Exit);
        if let Some(hang) = hang.filter(|hang| hang.moment().is(phase, frame)) {
            phase::hang(hang.how);
        }
        Ok(())
    }

    /// The file that a complaint is about, or its folder.
    fn about_for(&self, reason: Reason) -> String {
        let folder = Path::new(&self.about).parent().filter(|_| reason == Reason::Permission);
        folder.map_or_else(|| self.about.clone(), |folder| folder.display().to_string())
    }

    /// The crash that happens now.
    pub(super) fn crash_due(&self, phase: Phase, frame: Option<i64>) -> Option<Crash> {
        self.run.crash.clone().filter(|crash| crash.moment().is(phase, frame))
    }

    /// Dies, or lets aerender die; it comes back only in the second case, and goes on.
    fn die(&mut self, crash: &Crash) {
        if crash.victim != Victim::Afterfx {
            // Once is enough.
            self.run.crash = None;
            match (crash.by, self.parent) {
                (How::Exit, _) | (_, None) => self.leave(crash.exit.unwrap_or(code::APP)),
                (by, Some(parent)) => phase::kill(by, parent),
            }
        }
        if crash.victim != Victim::Aerender {
            match crash.by {
                How::Exit => std::process::exit(wire::DIED),
                by => phase::kill(by, std::process::id()),
            }
        }
    }

    /// Words and bytes that nobody asked for, each once.
    fn say_unasked(&mut self, phase: Phase, frame: Option<i64>) -> Result<(), End> {
        for place in 0..self.run.say.len() {
            let (Some(say), Some(said)) = (self.run.say.get(place), self.said.get_mut(place)) else {
                continue;
            };
            if *said || !say.moment().is(phase, frame) {
                continue;
            }
            *said = true;
            let bytes = match say.garbage {
                0 => self.speech.line(&say.text.repeat(say.repeat.unwrap_or(1))),
                length => garbage(length),
            };
            if say.noise { self.aloud(&bytes) } else { self.say(bytes)? }
        }
        Ok(())
    }

    /// Graphics drivers speak first, on the console itself.
    pub(super) fn noise_before(&mut self) {
        if self.story.installation.noise {
            self.noise("Using DXGI: Device: \"Some Graphics 630\" has dedicated video RAM (MB): 128");
            self.noise("NVAPI error: NVAPI_NVIDIA_DEVICE_NOT_FOUND");
            self.noise("LoadLibrary \"n\" failed!");
        }
    }

    /// And last.
    pub(super) fn noise_after(&mut self) {
        if self.story.installation.noise {
            self.noise("asio async_connect error: system:10061");
            self.noise("LoadLibrary \"n\" failed!");
        }
    }

    fn noise(&mut self, text: &str) {
        let line = self.speech.line(text);
        self.aloud(&line);
    }

    /// On stdout, past the socket; not in the middle of a line that aerender is printing.
    fn aloud(&mut self, bytes: &[u8]) {
        if wire::send(&mut self.socket, &Message::Printed).is_ok() {
            // An error means that aerender is gone, and prints nothing any more.
            let _ = self.printed.recv();
        }
        let mut out = std::io::stdout();
        // Nobody may be listening.
        let _ = out.write_all(bytes).and_then(|()| out.flush());
    }
}

/// Bytes that mean nothing, the same each time, with all values among them.
pub(super) fn garbage(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}
