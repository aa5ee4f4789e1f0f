//! The leader's actors around the scheduler.
//!
//! ```text
//!   doors (gateway) ──► Leader ──► scheduler ──► journal      durable, then told
//!                         │            │
//!                         │            └──► event_hub ──► streams
//!                         └──► node_session * ◄──► nodes
//!                                  └──► log_keeper
//! ```
//!
//! [`Leader`] is what doors hold: submit, ask, follow, open a node's session. It knows no transport: nothing
//! here has heard of gRPC or HTTP, and what doors are told are the model's types.

mod clock;
mod error;
mod event_hub;
mod follow;
mod log_keeper;
mod node_session;
mod scheduler;
mod submission;
mod supervisor;
mod templates;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod trust_tests;

use std::path::PathBuf;
use std::sync::Arc;

use callsheet_config::ClusterConfig;
use callsheet_journal::Store;
use callsheet_model::{Crash, JobId, JobSpec, Timestamp};
use callsheet_renderers::Registry;
use callsheet_scheduler::{Command, Policy, Reply};
use ractor::{Actor, ActorRef};
use tokio::sync::{mpsc, oneshot, watch};

pub use callsheet_scheduler::{
    Command as SchedulerCommand, Holding, Reply as SchedulerReply, Scheduler, view,
};
pub use error::{LeaderError, Mistake};
pub use event_hub::Latest;
pub use follow::{Events, Wanted, next_signal};
pub use log_keeper::AttemptLog;
pub use node_session::{FromNode, Hello, NodeDoor, ToNode};
pub use templates::{Templates, Upload};

use event_hub::EventHubHandle;
use follow::JournalSlot;
use log_keeper::LogKeeperHandle;
use scheduler::SchedulerHandle;
use supervisor::Supervisor;

/// A running leader. Clones are the same leader.
#[derive(Clone)]
pub struct Leader(Arc<Inner>);

struct Inner {
    config: ClusterConfig,
    registry: Arc<Registry>,
    supervisor: ActorRef<supervisor::Message>,
    scheduler: SchedulerHandle,
    hub: EventHubHandle,
    logs: LogKeeperHandle,
    journal: JournalSlot,
    templates: Templates,
    fatal: watch::Receiver<Option<String>>,
    started_at: Timestamp,
}

/// Why a leader could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A directory cannot be used.
    #[error("leader.data: {path} cannot be used: {source}")]
    Data {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A part of the tree did not start; with a damaged journal, what is damaged.
    #[error("{0}")]
    Tree(String),
}

impl Leader {
    /// Recovers from the journal in `store`, and serves.
    ///
    /// # Errors
    /// When a directory cannot be used or the journal cannot be served from.
    pub async fn start(config: ClusterConfig, store: Arc<dyn Store>) -> Result<Self, StartError> {
        let data = config.leader.data.clone();
        let templates = Templates::open(data.join("templates"), config.leader.template_limit)
            .map_err(|source| StartError::Data { path: data.join("templates"), source })?;
        let descriptions: Vec<_> = config.renderers.values().cloned().collect();
        let registry = Arc::new(Registry::new(&descriptions));
        let (fatal, fatal_seen) = watch::channel(None);
        let parts = supervisor::Parts {
            store,
            policy: policy(&config, &registry),
            snapshot_every: config.leader.keep.snapshot_every,
            slot: JournalSlot::default(),
            hub: EventHubHandle::new(),
            logs: LogKeeperHandle::new(data.join("logs"), config.leader.keep.log),
            scheduler: SchedulerHandle::new(),
            fatal,
        };
        let (scheduler, hub, logs) = (parts.scheduler.clone(), parts.hub.clone(), parts.logs.clone());
        let journal = parts.slot.clone();
        let started = Actor::spawn(None, Supervisor, parts).await;
        let (supervisor, _) = started.map_err(|error| StartError::Tree(error.to_string()))?;
        let inner = Inner {
            config,
            registry,
            supervisor,
            scheduler,
            hub,
            logs,
            journal,
            templates,
            fatal: fatal_seen,
            started_at: clock::Clock::after(Timestamp(0)).now(),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// The config it was started with.
    #[must_use]
    pub fn config(&self) -> &ClusterConfig {
        &self.0.config
    }

    /// When it began to serve, by the wall clock.
    #[must_use]
    pub fn started_at(&self) -> Timestamp {
        self.0.started_at
    }

    /// Waits until the leader cannot go on, and says why.
    pub async fn failed(&self) -> String {
        let mut fatal = self.0.fatal.clone();
        match fatal.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            Err(_) => "the leader's supervisor has ended".to_owned(),
        }
    }

    /// Takes a job, durably; every mistake in it is told at once.
    ///
    /// # Errors
    /// `Invalid`, a rejection, or `Restarting`: then the same call with the same id is safe.
    pub async fn submit(&self, id: JobId, spec: JobSpec) -> Result<Reply, LeaderError> {
        let spec = self.check(spec).await?;
        self.command(Command::SubmitJob { id, spec }).await
    }

    /// Checks a job as [`Self::submit`] does, and takes nothing.
    ///
    /// # Errors
    /// `Invalid` with every mistake.
    pub async fn check(&self, spec: JobSpec) -> Result<JobSpec, LeaderError> {
        submission::check(&self.0.registry, &self.0.templates, spec).await
    }

    /// Gives a command and waits until it is decided and durable.
    ///
    /// # Errors
    /// A rejection, or `Restarting`.
    pub async fn command(&self, command: Command) -> Result<Reply, LeaderError> {
        self.0.scheduler.command(command).await
    }

    /// Looks something up in the scheduler; the answer comes when all it rests on is durable.
    ///
    /// # Errors
    /// `Restarting`.
    pub async fn read<T, F>(&self, look: F) -> Result<T, LeaderError>
    where
        T: Send + 'static,
        F: FnOnce(&Scheduler) -> T + Send + 'static,
    {
        self.0.scheduler.read(look).await
    }

    /// Starts a stream of events.
    #[must_use]
    pub fn follow(&self, wanted: Wanted) -> Events {
        follow::follow(self.clone(), wanted)
    }

    /// Live signals from now on; take them with [`next_signal`].
    #[must_use]
    pub fn signals(&self) -> tokio::sync::broadcast::Receiver<Arc<callsheet_model::signal::Signal>> {
        self.0.hub.signals()
    }

    /// Looks at the latest heartbeats and progress.
    pub fn latest<T>(&self, look: impl FnOnce(&Latest) -> T) -> T {
        self.0.hub.latest(look)
    }

    /// Output of a job's attempts as it is kept, oldest first.
    ///
    /// # Errors
    /// The disk's.
    pub async fn logs(&self, job: JobId) -> Result<Vec<AttemptLog>, LeaderError> {
        let files = self.0.logs.files();
        let read = move || files.attempts(job)?.into_iter().map(|attempt| files.read(job, attempt)).collect();
        let logs: std::io::Result<Vec<AttemptLog>> =
            tokio::task::spawn_blocking(read).await.map_err(|_| LeaderError::Restarting)?;
        logs.map_err(LeaderError::io("reading output of attempts"))
    }

    /// Where the output of an attempt that crashed is kept, as a `file://` URL on the leader's machine.
    #[must_use]
    pub fn log_url(&self, crash: &Crash) -> Option<String> {
        self.0.logs.files().url(crash.job, crash.token, crash.step, &crash.node)
    }

    /// Uploaded templates.
    #[must_use]
    pub fn templates(&self) -> &Templates {
        &self.0.templates
    }

    /// Opens a session for a node that said hello. What the node says goes into the door; what it is told
    /// comes out of the channel, whose end is the session's end.
    ///
    /// # Errors
    /// `Restarting`: the node should dial again.
    pub async fn open_session(
        &self,
        hello: Hello,
    ) -> Result<(NodeDoor, mpsc::Receiver<ToNode>), LeaderError> {
        let (reply, answer) = oneshot::channel();
        let message = supervisor::Message::OpenSession { hello, reply };
        self.0.supervisor.cast(message).map_err(|_| LeaderError::Restarting)?;
        answer.await.map_err(|_| LeaderError::Restarting)
    }

    /// Leaves in good order: everything decided is made durable. Nodes keep their leases and render on.
    pub async fn stop(&self) {
        let (done, flushed) = oneshot::channel();
        if self.0.scheduler.send(scheduler::Message::Flush(done)).is_ok() {
            // A scheduler that falls right now has told nobody anything that is not durable.
            let _ = flushed.await;
        }
        // The scheduler must not take the end of the sessions for nodes that were lost.
        self.0.supervisor.kill();
        if let Some(journal) = self.0.journal.get() {
            let _ = tokio::task::spawn_blocking(move || journal.close()).await;
        }
    }

    #[cfg(test)]
    fn parts(&self) -> (&SchedulerHandle, &EventHubHandle, &LogKeeperHandle) {
        (&self.0.scheduler, &self.0.hub, &self.0.logs)
    }

    fn hub(&self) -> &EventHubHandle {
        &self.0.hub
    }

    fn journal(&self) -> &JournalSlot {
        &self.0.journal
    }
}

fn policy(config: &ClusterConfig, registry: &Registry) -> Policy {
    let (leader, retry, quarantine) = (&config.leader, &config.retry, &config.leader.quarantine);
    let looks = |name: &&str| registry.get(name).is_some_and(|renderer| renderer.has_preflight());
    Policy {
        silence: leader.silence,
        reconnect_grace: leader.reconnect_grace,
        backoff_first: retry.first,
        backoff_factor: retry.factor,
        backoff_max: retry.max,
        chunk_target: leader.scheduling.chunk_target,
        ahead: leader.scheduling.ahead,
        ahead_max: leader.scheduling.ahead_max,
        keep_finished: leader.keep.finished_jobs,
        max_jobs: usize::try_from(leader.keep.jobs).unwrap_or(usize::MAX),
        uncharged_max: retry.uncharged,
        preflight: registry.names().filter(looks).map(str::to_owned).collect(),
        quarantine_first: quarantine.first,
        quarantine_factor: quarantine.factor,
        quarantine_max: quarantine.max,
        crashes_max: quarantine.crashes,
    }
}
