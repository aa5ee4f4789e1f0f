//! AfterFX as aerender starts it: a process of its own that does the work and tells aerender what to print. It
//! notices that aerender is gone when it next has something to say, and not with `-log`, since there is no
//! socket to look at then.

mod jobs;
mod output;
mod render;
mod stage;

use std::fs::File;
use std::net::TcpStream;
use std::path::Path;

use crate::arguments::{Arguments, Stop, code};
use crate::complaint::Reason;
use crate::phase::{self, Phase, Stuck};
use crate::story::{Story, Untruth, Who};
use stage::{End, Stage};

/// Runs it: the words are the flag, a port, the run's place, aerender's id, and aerender's own arguments.
pub(crate) fn run(story: &Story, words: &[String]) -> i32 {
    let [_, port, place, parent, arguments @ ..] = words else { return code::USAGE };
    let run = story.run(place.parse().ok());
    if run.hang.as_ref().is_some_and(|hang| hang.how == Stuck::Dialog) {
        phase::ignore_polite_signals();
    }
    phase::end_after(story.installation.life_ms);
    let port: u16 = port.parse().unwrap_or_default();
    let Ok(socket) = TcpStream::connect(("127.0.0.1", port)) else { return code::SOCKET };
    let hang = run.hang.clone().filter(|hang| hang.who == Who::Afterfx && hang.moment().phase == Phase::Exit);
    let mut stage = Stage::new(story, run, socket, parent.parse().ok());
    stage.noise_before();
    let end = perform(&mut stage, arguments);
    let Some(code) = closing(&mut stage, end) else { return code::APP };
    if hang.is_none() {
        stage.noise_after();
    }
    // Said and closed; the process is another matter.
    stage.bye();
    if let Some(hang) = hang {
        phase::hang(hang.how);
    }
    code
}

/// All that After Effects does in one run.
fn perform(stage: &mut Stage<'_>, words: &[String]) -> Result<i32, End> {
    stage.pass(Phase::Launch);
    if let Some(lie) = stage.run.lie.as_ref().filter(|lie| lie.how == Untruth::Silent) {
        let exit = lie.exit;
        stage.leave(exit);
        std::process::exit(exit);
    }
    stage.at(Phase::Launch, None)?;
    let installation = &stage.story.installation;
    if installation.needs_seat && !installation.has_marker("ae_render_only_node.txt") {
        return stage.refuse(Reason::Serial, "", None);
    }
    let arguments = Arguments::read(words, installation.major())?;
    if let Some(path) = &arguments.log {
        open_log(stage, Path::new(path))?;
    }
    stage.quiet = arguments.is_quiet();
    arguments.check()?;
    render::render(stage, &arguments)
}

/// `-log`: the file takes the socket's place.
fn open_log(stage: &mut Stage<'_>, path: &Path) -> Result<(), End> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let words = if !folder.exists() {
        "Directory specified for log file does not exist: "
    } else if folder.is_dir() {
        match File::create(path) {
            Ok(file) => {
                stage.log_into(file);
                return Ok(());
            }
            Err(_) => "Can not open log file. Try checking write protection of directory: ",
        }
    } else {
        "Directory specified for log file is a file, not a directory: "
    };
    stage.line(&format!("aerender ERROR: {words}{}", path.display()))?;
    Err(Stop { code: code::RUNTIME, text: "ERROR: Runtime error in After Effects.".to_owned() }.into())
}

/// Says how it ended; none when nobody is there to hear it.
fn closing(stage: &mut Stage<'_>, end: Result<i32, End>) -> Option<i32> {
    let code = match end {
        Ok(code) | Err(End::Said(code)) => code,
        Err(End::Stop(stop)) => {
            stage.line(&format!("aerender {}", stop.text)).ok()?;
            stage.with_log(stop.code)
        }
        Err(End::Gone) => return None,
    };
    stage.pass(Phase::Exit);
    match stage.at(Phase::Exit, None) {
        Ok(()) => Some(code),
        Err(End::Said(code)) => Some(code),
        Err(End::Stop(_) | End::Gone) => None,
    }
}

impl From<Stop> for End {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}
