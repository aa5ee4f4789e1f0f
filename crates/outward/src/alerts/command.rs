//! A program that is told: the alert is JSON on its standard input, the text its last argument. It runs in a process
//! group (a job, on Windows) of its own, and when it takes too long all of that is killed.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use callsheet_leader::view::PendingAlert;
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStderr, ChildStdin, Command};

use super::{Ended, json, printable};

/// Of what it says on its standard error, so much is kept.
const WORDS: usize = 4 << 10;
/// What it said last is waited for so long after its end: a process that it left behind may hold the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(100);

pub(super) struct Program {
    program: PathBuf,
    args: Vec<String>,
    timeout: Duration,
}

impl Program {
    pub(super) fn new(program: PathBuf, args: Vec<String>, timeout: Duration) -> Self {
        Self { program, args, timeout }
    }

    pub(super) fn look(&self) -> Result<(), String> {
        match std::fs::metadata(&self.program) {
            Ok(found) if found.is_file() => Ok(()),
            Ok(_) => Err(format!("{} is no program", self.program.display())),
            Err(error) => Err(format!("{} cannot be used: {error}", self.program.display())),
        }
    }

    pub(super) async fn send(&self, alert: &PendingAlert) -> Ended {
        let mut group = match self.start(&alert.alert.text) {
            Ok(group) => group,
            Err(error) => return Ended::refused(format!("it cannot be started: {error}")),
        };
        let (stdin, stderr) = (group.child.stdin().take(), group.child.stderr().take());
        let words = Mutex::new(Vec::new());
        let mut talk = Box::pin(talk(stdin, stderr, json(alert), &words));
        let mut over = false;
        let all = async {
            loop {
                tokio::select! {
                    ended = group.wait() => break ended,
                    () = &mut talk, if !over => over = true,
                }
            }
        };
        let ended = tokio::time::timeout(self.timeout, all).await;
        if !over && matches!(ended, Ok(Ok(_))) {
            let _ = tokio::time::timeout(LAST_WORDS, &mut talk).await;
        }
        drop(talk);
        let said = words.into_inner().unwrap_or_else(PoisonError::into_inner);
        let said = printable(&String::from_utf8_lossy(&said), &[]);
        let said = if said.is_empty() { said } else { format!(": {said}") };
        match ended {
            Err(_) => {
                Ended::Unknown { why: format!("it took longer than {:?}, and was killed", self.timeout) }
            }
            Ok(Err(error)) => Ended::Unknown { why: format!("it cannot be waited for: {error}") },
            Ok(Ok(status)) => match status.code() {
                Some(0) => Ended::Taken,
                Some(code) => Ended::refused(format!("it ended with code {code}{said}")),
                None => Ended::Unknown { why: format!("it ended with {status}{said}") },
            },
        }
    }

    fn start(&self, text: &str) -> std::io::Result<Group> {
        let mut command = Command::new(&self.program);
        // No system takes a text with a zero in it as an argument.
        command.args(&self.args).arg(text.replace('\0', " "));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut command = CommandWrap::from(command);
        command.wrap(KillOnDrop);
        #[cfg(unix)]
        command.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(process_wrap::tokio::JobObject);
        Ok(Group { child: command.spawn()?, ended: false })
    }
}

/// It and all it started. Dropping it kills what is left, unless it has ended by itself.
struct Group {
    child: Box<dyn ChildWrapper>,
    ended: bool,
}

impl Group {
    async fn wait(&mut self) -> std::io::Result<std::process::ExitStatus> {
        let ended = self.child.wait().await;
        self.ended = true;
        ended
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.ended {
            // It may be gone by now, and that is what is wanted.
            let _ = self.child.start_kill();
        }
    }
}

/// Gives it the alert, and listens. That it does not read is no mistake.
async fn talk(stdin: Option<ChildStdin>, stderr: Option<ChildStderr>, alert: String, words: &Mutex<Vec<u8>>) {
    let give = async {
        if let Some(mut stdin) = stdin {
            let _ = stdin.write_all(alert.as_bytes()).await;
        }
    };
    let listen = async {
        let Some(mut stderr) = stderr else { return };
        let mut piece = [0; 1024];
        while let Ok(length @ 1..) = stderr.read(&mut piece).await {
            let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
            let room = WORDS.saturating_sub(words.len());
            words.extend_from_slice(&piece[..length.min(room)]);
        }
    };
    tokio::join!(give, listen);
}
