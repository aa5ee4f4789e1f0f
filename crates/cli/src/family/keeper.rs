//! Keeps one process alive, and asks it to leave.

use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use callsheet_node::Shutdown;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::backoff::{Backoff, luck};
use super::{Happening, Member, What};
use crate::leaving::{DRAIN, wished};

/// An essential process that ends by itself this soon, at its first start, would only do so again.
const STILLBORN: Duration = Duration::from_secs(5);
/// A process that was told to leave at once and has not after this long is killed.
const AT_ONCE: Duration = Duration::from_secs(3);

pub(super) struct Keeper {
    pub(super) member: Member,
    pub(super) first_pause: Duration,
    pub(super) wish: watch::Receiver<Shutdown>,
    pub(super) killed: mpsc::Receiver<()>,
    pub(super) tell: mpsc::UnboundedSender<Happening>,
}

impl Keeper {
    pub(super) async fn keep(mut self) {
        let mut backoff = Backoff::new(self.first_pause);
        let mut first = true;
        loop {
            let started = Instant::now();
            let (how, own_fault) = match self.spawn() {
                Ok(child) => match self.watch(child).await {
                    Some(status) => (in_words(status), status.code().is_some_and(|code| code != 0)),
                    None => return self.say(What::Left),
                },
                Err(error) => (format!("cannot be started: {error}"), true),
            };
            if self.member.essential && first && own_fault && started.elapsed() < STILLBORN {
                return self.say(What::GaveUp(how));
            }
            first = false;
            let pause = backoff.pause(started.elapsed(), luck());
            self.say(What::Ended(how, pause));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = wished(&mut self.wish, Shutdown::Drain) => return self.say(What::Left),
            }
        }
    }

    fn say(&self, what: What) {
        // Whoever listened may have left already.
        let _ = self.tell.send(Happening { name: self.member.name.clone(), what });
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let mut command = Command::new(&self.member.program);
        command.args(&self.member.args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A terminal's Ctrl-C is for us alone: we pass it on in the right order.
        #[cfg(unix)]
        command.process_group(0);
        #[cfg(windows)]
        command.creation_flags(CREATE_NEW_PROCESS_GROUP);
        command.kill_on_drop(true).spawn()
    }

    /// Until it has ended: how, or nothing when that was wished.
    async fn watch(&mut self, mut child: Child) -> Option<ExitStatus> {
        self.say(What::Started(child.id().unwrap_or_default()));
        let outputs = [
            child
                .stdout
                .take()
                .map(|out| tokio::spawn(relay(out, self.member.name.clone(), self.tell.clone()))),
            child
                .stderr
                .take()
                .map(|out| tokio::spawn(relay(out, self.member.name.clone(), self.tell.clone()))),
        ];
        let mut lifeline = child.stdin.take();
        let status = self.until_ended(&mut child, &mut lifeline).await;
        for output in outputs.into_iter().flatten() {
            // What a process has left running may hold its output open.
            let _ = timeout(AT_ONCE, output).await;
        }
        status
    }

    async fn until_ended(
        &mut self,
        child: &mut Child,
        lifeline: &mut Option<ChildStdin>,
    ) -> Option<ExitStatus> {
        let mut asked = Shutdown::Stay;
        loop {
            let next = match asked {
                Shutdown::Stay => Shutdown::Drain,
                _ => Shutdown::Now,
            };
            tokio::select! {
                status = child.wait() => {
                    return if asked == Shutdown::Stay { status.ok() } else { None };
                }
                Some(()) = self.killed.recv() => {
                    // If it is gone already, nothing is left to kill.
                    let _ = child.start_kill();
                }
                () = wished(&mut self.wish, next) => {
                    asked = *self.wish.borrow();
                    if asked == Shutdown::Drain && let Some(lifeline) = lifeline.as_mut() {
                        // A process that does not listen any more is about to end.
                        let _ = lifeline.write_all(DRAIN).await;
                        continue;
                    }
                    *lifeline = None;
                    if timeout(AT_ONCE, child.wait()).await.is_err() {
                        let _ = child.kill().await;
                    }
                    return None;
                }
            }
        }
    }
}

#[cfg(windows)]
const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;

async fn relay(output: impl AsyncRead + Unpin, name: String, tell: mpsc::UnboundedSender<Happening>) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line).await.is_ok_and(|count| count > 0) {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        line.clear();
        if tell.send(Happening { name: name.clone(), what: What::Line(text) }).is_err() {
            return;
        }
    }
}

fn in_words(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return format!("was {}", callsheet_renderers::Exit::Signal(signal).words());
        }
    }
    match status.code() {
        Some(code) => format!("ended with exit code {code}"),
        None => "ended".to_owned(),
    }
}
