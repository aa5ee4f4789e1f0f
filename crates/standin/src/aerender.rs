//! The program `aerender`: starts AfterFX as another process, prints what that sends it over a loopback
//! socket, and passes its exit code on. It renders nothing, and does not see to it that AfterFX dies with it.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::arguments::{Arguments, code};
use crate::phase::{self, Phase};
use crate::speech::Speech;
use crate::story::{Asked, Platform, Program, Run, Start, Story, VARIABLE, VersionLine, Who};
use crate::wire::{self, CHILD_FLAG, DIED, Message};
use crate::{BAD_STORY, Called};

/// Runs it and says the exit code.
pub(crate) fn run(story: &Story, called: &Called) -> i32 {
    let installation = &story.installation;
    phase::end_after(installation.life_ms);
    let mut out = Out { pieces: installation.pieces, late: Vec::new(), is_late: false };
    out.is_late = installation.version_line() == VersionLine::Last;
    let speech = Speech::of(installation);
    let version = speech.line(&format!("aerender version {}", installation.version));
    match called.arguments.as_slice() {
        [only] if only == "-version" => {
            out.print(&version);
            return code::OK;
        }
        [] => {
            out.print(&[version, speech.line("aerender USAGE: "), usage(&speech)].concat());
            return code::USAGE;
        }
        words if words.iter().any(|word| word == "-help") => {
            out.print(&[version, speech.line("aerender USAGE: "), usage(&speech)].concat());
            return code::USAGE;
        }
        _ => {}
    }
    let begun = begin(story, called);
    let start = match begun {
        Ok(start) => start,
        Err(problem) => {
            eprintln!("aerender-standin: {problem}");
            return BAD_STORY.into();
        }
    };
    if installation.version_line() != VersionLine::Never {
        out.own(&version);
    }
    if installation.platform == Platform::Macos || installation.major() >= 18 {
        out.own(&speech.line("PROGRESS: Launching After Effects..."));
    }
    let code = launch(story, called, &start, &speech, &mut out).unwrap_or_else(|error| {
        eprintln!("aerender-standin: AfterFX does not start: {error}");
        code::APP
    });
    out.end();
    let reuses = called.arguments.iter().any(|word| word == "-reuse");
    // With a running After Effects nobody waits for the end.
    if reuses && installation.major() < 22 { code::OK } else { code }
}

/// Counts this start.
fn begin(story: &Story, called: &Called) -> Result<Start, String> {
    let major = story.installation.major();
    let read = Arguments::read(&called.arguments, major).unwrap_or_default();
    let asked = Asked {
        program: Program::Aerender,
        composition: read.composition.as_deref(),
        frames: read.frames(),
        multi_frame: read.multi_frame(major),
    };
    story.begin(&asked, &called.arguments)
}

/// Starts AfterFX and prints until it is done.
fn launch(
    story: &Story,
    called: &Called,
    start: &Start,
    speech: &Speech,
    out: &mut Out,
) -> std::io::Result<i32> {
    let run = story.run(start.run);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut child = spawn(story, called, start, listener.local_addr()?.port())?;
    let Some(mut socket) = accept(listener, &mut child) else {
        child.wait()?;
        return Ok(crashed(&run, speech, out));
    };
    let installation = &story.installation;
    if installation.platform == Platform::Macos && installation.major() < 18 {
        out.own(&speech.line("PROGRESS: ...After Effects successfully launched"));
    }
    let mut in_order = false;
    while let Some(message) = wire::receive(&mut socket) {
        match message {
            Message::Text(bytes) => out.print(&bytes),
            // When AfterFX is gone nobody waits for the answer.
            Message::Printed => drop(socket.write_all(b".")),
            Message::Bye => in_order = true,
            Message::Leave(code) => return Ok(code),
        }
    }
    // The socket may end long before the process does.
    let status = child.wait()?;
    if run.hang.as_ref().is_some_and(|hang| hang.who == Who::Aerender && hang.moment().phase == Phase::Exit) {
        phase::hang(run.hang.map(|hang| hang.how).unwrap_or_default());
    }
    match status.code() {
        Some(code) if in_order && code != DIED => Ok(code),
        _ => Ok(crashed(&run, speech, out)),
    }
}

fn spawn(story: &Story, called: &Called, start: &Start, port: u16) -> std::io::Result<Child> {
    let mut command = Command::new(&called.program);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, called.folder.join("AfterFX"));
    command.arg(CHILD_FLAG).arg(port.to_string());
    command.arg(start.run.map_or_else(|| "-".to_owned(), |place| place.to_string()));
    command.arg(std::process::id().to_string()).args(&called.arguments).stdin(Stdio::null());
    if let Some(path) = story.path.as_deref().and_then(|path| std::path::absolute(path).ok()) {
        command.env(VARIABLE, path);
    }
    if !story.installation.holds_output {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    command.spawn()
}

/// Waits for AfterFX to call; none when it ends without.
fn accept(listener: TcpListener, child: &mut Child) -> Option<TcpStream> {
    let address = listener.local_addr().ok()?;
    let (calls, called) = mpsc::channel();
    thread::spawn(move || calls.send(listener.accept()));
    loop {
        match called.recv_timeout(Duration::from_millis(2)) {
            Ok(call) => return call.ok().map(|(socket, _)| socket),
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        if child.try_wait().is_ok_and(|ended| ended.is_some()) {
            break;
        }
    }
    // It may have called and gone: then its call is before this one in the queue, or was answered just now, and
    // nobody answers any more.
    let last = TcpStream::connect(address).and_then(|last| last.local_addr());
    let (socket, caller) = called.recv().ok()?.ok()?;
    last.map_or(true, |own| own != caller).then_some(socket)
}

/// AfterFX died: a sentence of the system, in its language and without a colon, and the code.
fn crashed(run: &Run, speech: &Speech, out: &mut Out) -> i32 {
    out.print(&speech.line(&format!("aerender ERROR {}", speech.words.reset)));
    run.crash.as_ref().and_then(|crash| crash.exit).unwrap_or(code::APP)
}

fn usage(speech: &Speech) -> Vec<u8> {
    let lines = [
        "usage: aerender -project PATH [-comp NAME | -rqindex N] [-RStemplate NAME] [-OMtemplate NAME]",
        "                [-renderSettings TEXT] [-outputSettings TEXT] [-output PATH] [-s N] [-e N] [-i N]",
        "                [-mfr ON|OFF PERCENT] [-mem_usage PERCENT PERCENT] [-v ERRORS|ERRORS_AND_PROGRESS]",
        "                [-close DO_NOT_CLOSE|DO_NOT_SAVE_CHANGES|SAVE_CHANGES] [-sound ON|OFF] [-log PATH]",
        "                [-continueOnMissingFootage] [-version] [-help]",
    ];
    lines.iter().flat_map(|line| speech.line(line)).collect()
}

/// aerender's stdout: what comes over the socket goes out at once, its own lines may wait in a buffer.
struct Out {
    pieces: Option<usize>,
    late: Vec<u8>,
    is_late: bool,
}

impl Out {
    /// A line of aerender itself.
    fn own(&mut self, bytes: &[u8]) {
        if self.is_late { self.late.extend_from_slice(bytes) } else { self.print(bytes) }
    }

    fn print(&mut self, bytes: &[u8]) {
        let mut out = std::io::stdout();
        for piece in bytes.chunks(self.pieces.unwrap_or(usize::MAX).max(1)) {
            // Nobody may be listening any more: the real one does not mind either.
            let _ = out.write_all(piece).and_then(|()| out.flush());
            if self.pieces.is_some() {
                // Else the pieces arrive as one.
                thread::sleep(Duration::from_micros(200));
            }
        }
    }

    fn end(&mut self) {
        let late = std::mem::take(&mut self.late);
        self.print(&late);
    }
}
