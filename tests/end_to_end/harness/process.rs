//! One process of the cluster: started in a group of its own, read without ever blocking it, never left behind.

use std::collections::VecDeque;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// Lines of one process that are kept for when a test fails.
const KEPT: usize = 50_000;

/// What a process says, over all its restarts.
#[derive(Clone)]
pub(crate) struct Log(Arc<Inner>);

struct Inner {
    lines: Mutex<VecDeque<String>>,
    count: watch::Sender<u64>,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner { lines: Mutex::default(), count: watch::Sender::new(0) }))
    }

    fn push(&self, line: String) {
        let mut lines = self.0.lines.lock().unwrap();
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
        drop(lines);
        self.0.count.send_modify(|count| *count += 1);
    }

    /// How many lines there have been.
    pub(crate) fn count(&self) -> u64 {
        *self.0.count.borrow()
    }

    /// The last lines.
    pub(crate) fn tail(&self, most: usize) -> Vec<String> {
        let lines = self.0.lines.lock().unwrap();
        lines.iter().skip(lines.len().saturating_sub(most)).cloned().collect()
    }

    /// Waits for a line with these words, after so many others.
    pub(crate) async fn says(&self, words: &str, after: u64) -> String {
        let mut count = self.0.count.subscribe();
        loop {
            let now = *count.borrow_and_update();
            let fresh = usize::try_from(now - after).unwrap();
            if let Some(line) = self.tail(fresh).into_iter().find(|line| line.contains(words)) {
                return line;
            }
            count.changed().await.unwrap();
        }
    }
}

/// A running process.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts the binary with these arguments; what it says goes into the log.
    pub(crate) fn start(binary: &Path, args: &[&str], log: Log) -> Self {
        let mut command = Command::new(binary);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        clean(&mut command);
        command.env("CALLSHEET_LOG", "info").process_group(0).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        read(child.stdout.take().unwrap(), log.clone());
        read(child.stderr.take().unwrap(), log);
        Self { child }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id().expect("it runs")).unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// SIGKILL, and nothing of it is left.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// How it ended, if it has.
    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits for its own end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        self.child.wait().await.unwrap()
    }
}

/// Nothing of the caller's environment decides how a test goes.
pub(crate) fn clean(command: &mut Command) {
    for (key, _) in std::env::vars_os() {
        if key.to_string_lossy().starts_with("CALLSHEET_") || key == "AERENDER_STANDIN" {
            command.env_remove(key);
        }
    }
    command.env("NO_COLOR", "1");
}

fn read(pipe: impl AsyncRead + Send + Unpin + 'static, log: Log) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            log.push(line);
        }
    });
}
