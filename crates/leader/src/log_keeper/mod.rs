//! The log keeper: attempts' output on the leader's disk, bounded, so that it can be read after its node died.
//!
//! Supervised by the leader's supervisor. What dies with it: pieces on their way; the node's own copy is gone
//! with its attempt. What survives: the files.
//!
//! Per attempt there are a head (its first half, a plain text file that other programs can be pointed at) and two
//! tails that take turns: the beginning and the end of a long output are kept, and a line says how much is missing
//! between. It refuses to interpret what it keeps.

mod files;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use callsheet_model::JobId;
use callsheet_model::signal::LogChunk;
use callsheet_supervision::{ActorSlot, aside, kinds};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::OwnedSemaphorePermit;

pub use files::AttemptLog;
pub(crate) use files::LogFiles;

/// The actor.
pub(crate) struct LogKeeper;

/// What it can be sent.
pub(crate) enum Message {
    /// Keep this; the node may say more when it is kept.
    Keep(LogChunk, OwnedSemaphorePermit),
    /// Drop all of a job that is forgotten.
    Forget(JobId),
}

kinds!(Message {
    "keep": Message::Keep(..),
    "forget": Message::Forget(_),
});

/// The way to the log keeper; it outlives the actor.
#[derive(Clone)]
pub(crate) struct LogKeeperHandle {
    actor: ActorSlot<Message>,
    files: Arc<LogFiles>,
}

impl LogKeeperHandle {
    /// A handle with no actor behind it yet, for logs of at most `bytes` each below `directory`.
    pub(crate) fn new(directory: PathBuf, bytes: u64) -> Self {
        Self { actor: ActorSlot::default(), files: Arc::new(LogFiles::new(directory, bytes)) }
    }

    /// Points at a new actor.
    pub(crate) fn attach(&self, actor: ActorRef<Message>) {
        self.actor.put(actor);
    }

    /// The files, for reading and for a new actor.
    pub(crate) fn files(&self) -> Arc<LogFiles> {
        self.files.clone()
    }

    pub(crate) fn keep(&self, chunk: LogChunk, permit: OwnedSemaphorePermit) {
        self.send(Message::Keep(chunk, permit));
    }

    pub(crate) fn forget(&self, job: JobId) {
        self.send(Message::Forget(job));
    }

    fn send(&self, message: Message) {
        // While the keeper is being restarted a piece is lost: it is a log, and its gap shows by its offset.
        let _ = self.actor.cast(message);
    }
}

impl Actor for LogKeeper {
    type Msg = Message;
    type State = Arc<LogFiles>;
    type Arguments = Arc<LogFiles>;

    async fn pre_start(
        &self,
        _: ActorRef<Message>,
        files: Arc<LogFiles>,
    ) -> Result<Arc<LogFiles>, ActorProcessingErr> {
        Ok(files)
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        files: &mut Arc<LogFiles>,
    ) -> Result<(), ActorProcessingErr> {
        let files = files.clone();
        match message {
            Message::Keep(chunk, permit) => {
                let (job, token) = (chunk.job, chunk.token);
                let kept = aside(move || files.keep(&chunk)).await?;
                drop(permit);
                // A full disk must not cost a render: the log is cut, and someone is told.
                if let Err(error) = kept {
                    tracing::warn!(%job, %token, %error, "a piece of output could not be kept");
                }
            }
            Message::Forget(job) => {
                if let Err(error) = aside(move || files.forget(job)).await? {
                    tracing::warn!(%job, %error, "logs of a forgotten job could not be removed");
                }
            }
        }
        Ok(())
    }
}
