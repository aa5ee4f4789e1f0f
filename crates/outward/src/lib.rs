//! What leaves the leader for other services and for people: webhooks, topic events for brokers (NATS, AMQP), alerts,
//! traces.
//!
//! ```text
//!   Outward ── supervisor ── runner *           one per target: LEADER.DATA/outward/NAME.json says how far it is
//!                               │
//!                   leader's log ──► target ──► courier ──► the service
//!                 pending alerts ──► channel ─────────────► a person
//!                   leader's log ──► traces ──────────────► an OpenTelemetry collector
//! ```
//!
//! Every target reads the log from a cursor of its own: one that is away holds up nobody but itself, and catches up when
//! it is back. It refuses to decide what happens in the cluster, and no fall of anything here ends the leader.

mod alerts;
mod backoff;
mod courier;
mod desk;
mod disk;
mod secret;
mod signature;
mod supervisor;
mod target;
mod traces;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use callsheet_leader::Leader;
use ractor::{Actor, ActorRef};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use desk::Desk;
use supervisor::errand::{Errand, Leaving};
use supervisor::{Message, Parts, Supervisor};

/// How long targets may take to leave.
const LEAVE: Duration = Duration::from_secs(5);

/// All that goes outward.
pub struct Outward {
    supervisor: ActorRef<Message>,
    leave: watch::Sender<bool>,
    end: Mutex<Option<JoinHandle<()>>>,
}

/// Why it could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file or directory cannot be used.
    #[error("{path} cannot be used: {source}")]
    Disk {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A target cannot be what the config says.
    #[error("{target}: {why}")]
    Target {
        /// Where it is in the config.
        target: String,
        /// What is wrong with it.
        why: String,
    },
    /// The actors did not start.
    #[error("what goes outward did not start: {0}")]
    Tree(String),
}

impl Outward {
    /// Starts everything that the leader's config wants, and shows it to the leader's doors. Without targets and
    /// channels nothing runs but a look at alerts that are left over. One that is away is no error.
    ///
    /// # Errors
    /// When a target's URL or secret cannot be used, or the directory `outward` in the leader's data.
    pub async fn start(leader: Leader) -> Result<Self, StartError> {
        // Whoever has chosen a provider already keeps it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (config, directory) =
            (leader.config().outward.clone(), leader.config().leader.data.join("outward"));
        let opening = leader.clone();
        let open = move || {
            if !config.webhooks.is_empty()
                || config.nats.is_some()
                || config.amqp.is_some()
                || config.otlp.is_some()
            {
                std::fs::create_dir_all(&directory)
                    .map_err(|source| StartError::Disk { path: directory.clone(), source })?;
            }
            let targets = target::all(&config, &directory, &opening)?;
            let traces = traces::Traces::open(&directory, &opening)?;
            Ok::<_, StartError>((targets, alerts::all(&opening)?, traces))
        };
        let opened = tokio::task::spawn_blocking(open).await;
        let (targets, channels, traces) = opened.map_err(|error| StartError::Tree(error.to_string()))??;
        leader.set_outward(Arc::new(Desk::new(&targets)));
        let mut errands: Vec<Arc<dyn Errand>> = vec![Arc::new(alerts::Orphans(leader.clone()))];
        let delivery =
            |target| Arc::new(target::Delivery { target, leader: leader.clone() }) as Arc<dyn Errand>;
        errands.extend(targets.into_iter().map(delivery));
        errands.extend(channels.into_iter().map(|channel| channel as Arc<dyn Errand>));
        errands.extend(traces.map(|traces| traces as Arc<dyn Errand>));
        let (leave, leaving) = watch::channel(false);
        let parts = Parts { errands, leaving: Leaving(leaving) };
        let started = Actor::spawn(None, Supervisor, parts).await;
        let (supervisor, end) = started.map_err(|error| StartError::Tree(error.to_string()))?;
        Ok(Self { supervisor, leave, end: Mutex::new(Some(end)) })
    }

    /// Leaves in good order, before the leader does: what was confirmed is written down. What does not end within a few
    /// seconds is cut off, and delivered again after the next start.
    pub async fn stop(&self) {
        self.leave.send_replace(true);
        // A supervisor that has gone has no children either.
        let _ = self.supervisor.cast(Message::Leave);
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(end) = end
            && tokio::time::timeout(LEAVE, end).await.is_err()
        {
            tracing::warn!("not all targets have left in time: they are cut off");
        }
        self.supervisor.kill();
    }
}

impl Drop for Outward {
    /// Without a word nothing is written down; nothing is lost either.
    fn drop(&mut self) {
        self.supervisor.kill();
    }
}
