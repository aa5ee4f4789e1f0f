//! The leader's actors around the scheduler.
//!
//! ```text
//!   doors (gateway) ──► Leader ──► scheduler ──► journal      durable, then told
//!                         │            │
//!                         │            └──► event_hub ──► readers, who take events from the journal
//!                         └──► node_session * ◄──► nodes
//!                                  └──► log_keeper
//! ```
//!
//! [`Leader`] is what doors hold: submit, ask, follow, open a node's session. It knows no transport: nothing
//! here has heard of gRPC or HTTP, and what doors are told are the model's types.

mod apart;
mod clock;
mod error;
mod event_hub;
#[cfg(test)]
mod falls;
mod figures;
mod follow;
#[cfg(test)]
mod ingest_tests;
mod log_keeper;
mod monitor;
mod node_session;
mod outward_view;
mod policy;
mod reading;
mod scheduler;
#[cfg(test)]
mod stream_tests;
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
use callsheet_events::ingest::Posted;
use callsheet_journal::Store;
use callsheet_model::{Author, JobId, JobSpec, Timestamp};
use callsheet_monitor::Office;
use callsheet_renderers::Registry;
use callsheet_scheduler::{Command, Reply};
use callsheet_supervision::{Tripwire, aside};
use ractor::{Actor, ActorRef};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

pub use callsheet_scheduler::{
    Command as SchedulerCommand, Holding, Ingested, Reply as SchedulerReply, Scheduler, view,
};
pub use clock::WallClock;
pub use error::{LeaderError, Mistake};
pub use event_hub::Latest;
pub use figures::{BOUNDS_US, Count, Figures, Readers, Times, TimesRead};
pub use follow::{Events, NothingYet, READER_PATIENCE, Wanted, next_signal};
pub use log_keeper::AttemptLog;
pub use node_session::{FromNode, Hello, NodeDoor, ToNode};
pub use outward_view::{Answer, DeadLetter, OutwardError, OutwardView, TargetState, TargetView};
pub use reading::KeptAttempt;
pub use templates::{Templates, Upload};

use apart::Apart;
use event_hub::EventHubHandle;
use follow::JournalSlot;
use log_keeper::LogKeeperHandle;
use monitor::MonitorHandle;
use scheduler::{Guests, SchedulerHandle};
use supervisor::Supervisor;

/// Nodes that may say hello at once; more wait at the door. The supervisor opens their sessions one after another, and
/// has children to start again between them.
const HELLOS: usize = 64;

/// What a leader takes from around it: as it is, but in tests.
#[derive(Clone, Default)]
struct Surroundings {
    wall: WallClock,
    tripwire: Tripwire,
}

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
    monitor: MonitorHandle,
    clock: clock::ClockSlot,
    journal: JournalSlot,
    templates: Templates,
    outward: outward_view::OutwardSlot,
    figures: Arc<Figures>,
    fatal: watch::Receiver<Option<String>>,
    /// Places for hellos that wait to be answered.
    hellos: Semaphore,
    started_at: Timestamp,
    /// Its actors' threads, if they have some of their own.
    _apart: Option<Apart>,
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
    /// There are no threads to be had.
    #[error("the system gives the leader no threads: {0}")]
    Threads(#[source] std::io::Error),
    /// A part of the tree did not start; with a damaged journal, what is damaged.
    #[error("{0}")]
    Tree(String),
}

impl Leader {
    /// Recovers from the journal in `store`, and serves, on the runtime it is called on.
    ///
    /// # Errors
    /// When a directory cannot be used or the journal cannot be served from.
    pub async fn start(config: ClusterConfig, store: Arc<dyn Store>) -> Result<Self, StartError> {
        Self::start_by(config, store, WallClock::default()).await
    }

    /// Like [`Self::start`], by another wall clock than the machine's.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_by(
        config: ClusterConfig,
        store: Arc<dyn Store>,
        wall: WallClock,
    ) -> Result<Self, StartError> {
        Self::begin(config, store, Arc::default(), None, Surroundings { wall, ..Surroundings::default() })
            .await
    }

    /// Like [`Self::start`], with its actors on threads of their own, so that doors with hundreds of readers
    /// take nothing away from them; and with figures that others count in too (the store times its flushes).
    ///
    /// # Errors
    /// As [`Self::start`], or when the system has no threads left.
    pub async fn start_apart(
        config: ClusterConfig,
        store: Arc<dyn Store>,
        figures: Arc<Figures>,
    ) -> Result<Self, StartError> {
        let apart = Apart::new().map_err(StartError::Threads)?;
        Self::begin(config, store, figures, Some(apart), Surroundings::default()).await
    }

    async fn begin(
        config: ClusterConfig,
        store: Arc<dyn Store>,
        figures: Arc<Figures>,
        apart: Option<Apart>,
        surroundings: Surroundings,
    ) -> Result<Self, StartError> {
        let tripwire = surroundings.tripwire;
        let data = config.leader.data.clone();
        let templates = Templates::open(data.join("templates"), config.leader.template_limit)
            .map_err(|source| StartError::Data { path: data.join("templates"), source })?;
        let descriptions: Vec<_> = config.renderers.values().cloned().collect();
        let registry = Arc::new(Registry::new(&descriptions));
        let (fatal, fatal_seen) = watch::channel(None);
        let (clock, scheduler) = (clock::ClockSlot::new(surroundings.wall), SchedulerHandle::new());
        let started_at = clock.now();
        let monitor = MonitorHandle::new(&config, clock.clone(), scheduler.clone());
        let parts = supervisor::Parts {
            store,
            policy: policy::policy(&config, &registry),
            snapshot_every: config.leader.keep.snapshot_every,
            slot: JournalSlot::default(),
            hub: EventHubHandle::new(),
            figures: figures.clone(),
            logs: LogKeeperHandle::new(data.join("logs"), config.leader.keep.log),
            scheduler,
            monitor: monitor.clone(),
            clock: clock.clone(),
            fatal,
            tripwire: tripwire.clone(),
        };
        let (scheduler, hub, logs) = (parts.scheduler.clone(), parts.hub.clone(), parts.logs.clone());
        let journal = parts.slot.clone();
        let starting = Actor::spawn(None, tripwire.wire("supervisor", Supervisor), parts);
        let started = match &apart {
            Some(apart) => apart.run(starting).await.map_err(|why| StartError::Tree(why.to_string()))?,
            None => starting.await,
        };
        let (supervisor, _) = started.map_err(|error| StartError::Tree(error.to_string()))?;
        let inner = Inner {
            config,
            registry,
            supervisor,
            scheduler,
            hub,
            logs,
            monitor,
            clock,
            journal,
            templates,
            outward: outward_view::OutwardSlot::default(),
            figures,
            fatal: fatal_seen,
            hellos: Semaphore::new(HELLOS),
            _apart: apart,
            started_at,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// The config it was started with.
    #[must_use]
    pub fn config(&self) -> &ClusterConfig {
        &self.0.config
    }

    /// Now, by the clock that everything is decided by: it only goes forwards.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Workers, nodes and their links, as `GET /api/agent-office/nodes` shows them. When the scheduler does not
    /// answer within two seconds, that is what it says.
    pub async fn office(&self) -> Office {
        self.0.monitor.office().await
    }

    /// A worker's heartbeat came that cannot be read: it counts as not alive until one comes that can.
    pub fn beat_unreadable(&self, worker: &str) {
        self.0.monitor.hear_unreadable(worker);
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

    /// Takes a job, durably; every mistake in it is told at once. It comes from a person who is not named.
    ///
    /// # Errors
    /// `Invalid`, a rejection, or `Restarting`: then the same call with the same id is safe.
    pub async fn submit(&self, id: JobId, spec: JobSpec) -> Result<Reply, LeaderError> {
        self.submit_as(Author::user(None), id, spec).await
    }

    /// Like [`Self::submit`], and it is known from whom.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub async fn submit_as(&self, author: Author, id: JobId, spec: JobSpec) -> Result<Reply, LeaderError> {
        let spec = self.check(spec).await?;
        self.command_as(author, Command::SubmitJob { id, spec }).await
    }

    /// Checks a job as [`Self::submit`] does, and takes nothing.
    ///
    /// # Errors
    /// `Invalid` with every mistake.
    pub async fn check(&self, spec: JobSpec) -> Result<JobSpec, LeaderError> {
        submission::check(&self.0.registry, &self.0.templates, spec).await
    }

    /// Gives a command and waits until it is decided and durable. It comes from a person who is not named.
    ///
    /// # Errors
    /// A rejection, or `Restarting`.
    pub async fn command(&self, command: Command) -> Result<Reply, LeaderError> {
        self.command_as(Author::user(None), command).await
    }

    /// Like [`Self::command`], and it is known from whom.
    ///
    /// # Errors
    /// As [`Self::command`].
    pub async fn command_as(&self, author: Author, command: Command) -> Result<Reply, LeaderError> {
        self.0.scheduler.command(author, command).await
    }

    /// Takes in events from outside, and waits until all of them are durable; answers in their order. One whose
    /// id is known is not taken again. Waits at the door while too much is being taken in.
    ///
    /// The cluster's own decisions go first. What is posted at once becomes durable at once: after a crash all of it
    /// is there or nothing, and the same call again stores each event once, by its id.
    ///
    /// # Errors
    /// A rejection, or `Restarting`: then the same call with the same ids is safe.
    pub async fn ingest(&self, posted: Vec<Posted>) -> Result<Vec<Ingested>, LeaderError> {
        if posted.is_empty() {
            return Ok(Vec::new());
        }
        self.0.scheduler.ingest(Guests::of(posted).await?).await
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
        let _place = self.0.hellos.acquire().await.map_err(|_| LeaderError::Restarting)?;
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
            let _ = aside(move || journal.close()).await;
        }
    }
}
