//! What a leader tells: the log, what is passing, attempts' output, and its own figures. Nothing here changes
//! anything.

use std::sync::Arc;

use callsheet_model::signal::Signal;
use callsheet_model::{JobId, StepIndex, Token};
use callsheet_supervision::aside;
use tokio::sync::broadcast;

use crate::event_hub::Latest;
use crate::figures::Figures;
use crate::follow::{Events, Source, Wanted};
use crate::{AttemptLog, Leader, LeaderError};

/// An attempt that has output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAttempt {
    /// Under which token.
    pub token: Token,
    /// The step.
    pub step: StepIndex,
    /// Where it ran.
    pub node: String,
}

impl Leader {
    /// Starts a stream of events. A reader that had caught up with the log's end and then lets more than
    /// `leader.http.reader_backlog` events wait, or takes nothing for [`READER_PATIENCE`], is cut off.
    #[must_use]
    pub fn follow(&self, wanted: Wanted) -> Events {
        let source = Source {
            slot: self.0.journal.clone(),
            more: self.0.hub.more(),
            figures: self.0.figures.clone(),
            backlog: self.0.config.leader.http.reader_backlog.into(),
        };
        Events::new(source, wanted)
    }

    /// The number of the oldest event that is kept (one past the last when there is none), and of the last one.
    #[must_use]
    pub fn range(&self) -> (u64, u64) {
        self.0.journal.range()
    }

    /// Passes something on that a door heard. When too much is passing, it is left out.
    pub fn signal(&self, signal: Signal) {
        if let Signal::Worker(beat) = &signal {
            self.0.monitor.hear(beat.clone());
        }
        self.0.hub.signal(signal);
    }

    /// Live signals from now on; take them with [`next_signal`].
    #[must_use]
    pub fn signals(&self) -> broadcast::Receiver<Arc<Signal>> {
        self.0.hub.signals()
    }

    /// What the leader counts of itself.
    #[must_use]
    pub fn figures(&self) -> &Arc<Figures> {
        &self.0.figures
    }

    /// Looks at the latest heartbeats and progress.
    pub fn latest<T>(&self, look: impl FnOnce(&Latest) -> T) -> T {
        self.0.hub.latest(look)
    }

    /// Attempts of a job that have output, the oldest first.
    ///
    /// # Errors
    /// The disk's.
    pub async fn attempts(&self, job: JobId) -> Result<Vec<KeptAttempt>, LeaderError> {
        let files = self.0.logs.files();
        let list = aside(move || files.attempts(job)).await;
        let list = list.map_err(|_| LeaderError::Restarting)?;
        let list = list.map_err(LeaderError::io("looking for output of attempts"))?;
        Ok(list.into_iter().map(|(token, step, node)| KeptAttempt { token, step, node }).collect())
    }

    /// What is kept of one of them; nothing of one that was forgotten since.
    ///
    /// # Errors
    /// The disk's.
    pub async fn output(&self, job: JobId, attempt: KeptAttempt) -> Result<AttemptLog, LeaderError> {
        let files = self.0.logs.files();
        let KeptAttempt { token, step, node } = attempt;
        let read = aside(move || files.read(job, (token, step, node))).await;
        let read = read.map_err(|_| LeaderError::Restarting)?;
        read.map_err(LeaderError::io("reading output of an attempt"))
    }

    /// Output of a job's attempts as it is kept, oldest first: all of it at once.
    ///
    /// # Errors
    /// The disk's.
    pub async fn logs(&self, job: JobId) -> Result<Vec<AttemptLog>, LeaderError> {
        let files = self.0.logs.files();
        let read = move || files.attempts(job)?.into_iter().map(|attempt| files.read(job, attempt)).collect();
        let logs: std::io::Result<Vec<AttemptLog>> =
            aside(read).await.map_err(|_| LeaderError::Restarting)?;
        logs.map_err(LeaderError::io("reading output of attempts"))
    }

    /// Output of one attempt as it is kept.
    ///
    /// # Errors
    /// `NoAttempt` when there is none, or the disk's.
    pub async fn attempt_log(&self, job: JobId, token: Token) -> Result<AttemptLog, LeaderError> {
        let files = self.0.logs.files();
        let read = aside(move || files.attempt(job, token)).await;
        let read = read.map_err(|_| LeaderError::Restarting)?;
        let log = read.map_err(LeaderError::io("reading output of an attempt"))?;
        log.ok_or(LeaderError::NoAttempt { job, token })
    }
}
