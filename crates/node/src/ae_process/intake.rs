//! Reading a process' output without ever letting it wait, however slow everyone else is.
//!
//! Two tasks read the pipes as fast as they fill, hand each line to the renderer's reader, and keep what it
//! tells in a space that does not grow: of many progress facts the last one counts, of many frames a set.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use callsheet_model::{Failure, FailureClass, FrameSet, RunPhase};
use callsheet_renderers::{Exit, Fact, Reader};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::ae_process::lines::Lines;
use crate::ae_process::log::LogKeeper;
use crate::platform::{CANNOT_START, WARNING};

/// What the pipes have told since it was last taken.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Phases that it came into, in their order.
    pub(super) phases: Vec<RunPhase>,
    pub(super) rendering: bool,
    /// It began this frame, and has not finished it.
    pub(super) started: Option<i32>,
    /// The last frame it began.
    pub(super) at: Option<i32>,
    pub(super) finished: FrameSet,
    /// It came further.
    pub(super) moved: bool,
    pub(super) fraction: Option<f32>,
}

/// The side of a process' output that is shared by those who read it and those who use it.
#[derive(Clone)]
pub(super) struct Intake {
    inner: Arc<Mutex<Inner>>,
    news: Arc<Notify>,
}

struct Inner {
    reader: Box<dyn Reader>,
    told: Told,
    log: LogKeeper,
    /// Why the program could not even be started, if the guard said so.
    not_started: Option<String>,
    began: Instant,
    /// How far the current frame or task has come.
    furthest: f32,
    /// The last phase it told.
    phase: Option<RunPhase>,
}

impl Intake {
    /// Goes on with the log of the process before.
    pub(super) fn new(reader: Box<dyn Reader>, log: LogKeeper, began: Instant) -> Self {
        let told = Told::default();
        let inner = Inner { reader, told, log, not_started: None, began, furthest: 0.0, phase: None };
        Self { inner: Arc::new(Mutex::new(inner)), news: Arc::new(Notify::new()) }
    }

    /// Reads one pipe to its end.
    pub(super) async fn read(self, mut pipe: impl AsyncRead + Unpin) {
        let mut lines = Lines::default();
        let mut bytes = vec![0; 64 * 1024];
        loop {
            match pipe.read(&mut bytes).await {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => break,
                Ok(count) => {
                    let mut inner = self.lock();
                    lines.feed(bytes.get(..count).unwrap_or_default(), |line| inner.line(line));
                    drop(inner);
                    self.news.notify_one();
                }
            }
        }
        lines.finish(|line| self.lock().line(line));
        self.news.notify_one();
    }

    /// Waits until there is something to take.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }

    pub(super) fn take(&self) -> Told {
        std::mem::take(&mut self.lock().told)
    }

    /// Uses the log, which pipes and process share.
    pub(super) fn log<T>(&self, with: impl FnOnce(&mut LogKeeper) -> T) -> T {
        with(&mut self.lock().log)
    }

    /// What the process' end is worth.
    pub(super) fn verdict(&self, exit: Exit) -> Result<(), Failure> {
        if self.inner.is_poisoned() {
            let message = "the renderer's output could not be read: its reader panicked";
            return Err(Failure::new(FailureClass::Agent, message));
        }
        let mut inner = self.lock();
        match inner.not_started.take() {
            Some(why) => Err(Failure {
                exit: Some(exit.words()),
                ..Failure::new(FailureClass::NodeConfig, format!("cannot start {why}"))
            }),
            None => inner.reader.verdict(exit),
        }
    }

    /// A reader that panicked while it held this makes the verdict.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn line(&mut self, line: &[u8]) {
        let text = self.reader.text(line);
        let line = text.as_ref();
        if let Some(why) = line.strip_prefix(CANNOT_START) {
            self.not_started = Some(why.to_owned());
        }
        let now: Duration = self.began.elapsed();
        self.log.line(now, line);
        if line.starts_with(WARNING) {
            // The guard's word, and not the renderer's.
            return;
        }
        for fact in self.reader.line(line) {
            self.fact(&fact);
        }
    }

    fn fact(&mut self, fact: &Fact) {
        match *fact {
            Fact::Phase(phase) => {
                // Never back, and never the same again: so there are few of them.
                if self.phase.is_none_or(|before| phase > before) {
                    self.phase = Some(phase);
                    self.told.phases.push(phase);
                }
            }
            Fact::Rendering => self.told.rendering = true,
            Fact::FrameStarted(frame) => {
                (self.told.started, self.told.at) = (Some(frame), Some(frame));
                self.told.fraction = None;
                self.furthest = 0.0;
            }
            Fact::FrameFinished(frame) => {
                self.told.finished.insert(frame);
                self.told.started = self.told.started.filter(|started| *started != frame);
                self.furthest = 0.0;
            }
            Fact::Progress(fraction) => {
                // Saying the same again and again is no progress.
                self.told.moved |= fraction > self.furthest;
                self.furthest = self.furthest.max(fraction);
                self.told.fraction = Some(fraction);
            }
            // The line is in the log, and the reader keeps what its verdict needs.
            Fact::Warning(_) | Fact::Error(..) => {}
        }
    }
}
