//! What leaves the leader for other services and for people: webhooks, topic events for brokers (NATS, AMQP), alerts,
//! traces.
//!
//! ```text
//!   Outward ── keeper ── supervisor ── errand *    of these kinds:
//!
//!   leader's log ──► target ──► courier ──► the service
//!   pending alerts ──► channel ───────────► a person
//!   pending alerts ──► orphans              nobody: their channel is gone, they are given up
//!   leader's log ──► traces ──────────────► an OpenTelemetry collector
//! ```
//!
//! Every target reads the log from a cursor of its own (LEADER.DATA/outward/NAME.json): one that is away holds up
//! nobody but itself, and catches up when it is back. It refuses to decide what happens in the cluster, and no fall of
//! anything here ends the leader.

mod alerts;
mod backoff;
mod courier;
mod desk;
mod disk;
#[cfg(test)]
mod falls;
mod secret;
mod signature;
mod supervisor;
mod target;
mod traces;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use callsheet_leader::Leader;
use callsheet_supervision::{Tripwire, aside};
use tokio::sync::watch;

use desk::Desk;
use supervisor::Parts;
use supervisor::errand::{Errand, Leaving};
use supervisor::keeper::Keeper;

/// How long targets may take to leave.
const LEAVE: Duration = Duration::from_secs(5);

/// All that goes outward.
pub struct Outward {
    keeper: Keeper,
    leave: watch::Sender<bool>,
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
        Self::begin(leader, Tripwire::default()).await
    }

    /// The same, with a wire at which tests make its actors fail.
    async fn begin(leader: Leader, tripwire: Tripwire) -> Result<Self, StartError> {
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
        let opened = aside(open).await;
        let (targets, channels, traces) = opened.map_err(|error| StartError::Tree(error.to_string()))??;
        leader.set_outward(Arc::new(Desk::new(&targets)));
        let mut errands: Vec<Arc<dyn Errand>> = vec![Arc::new(alerts::Orphans(leader.clone()))];
        let delivery =
            |target| Arc::new(target::Delivery { target, leader: leader.clone() }) as Arc<dyn Errand>;
        errands.extend(targets.into_iter().map(delivery));
        errands.extend(channels.into_iter().map(|channel| channel as Arc<dyn Errand>));
        errands.extend(traces.map(|traces| traces as Arc<dyn Errand>));
        let (leave, leaving) = watch::channel(false);
        let parts = Parts { errands, leaving: Leaving::new(leaving), tripwire };
        let keeper = Keeper::start(parts).await.map_err(|error| StartError::Tree(error.to_string()))?;
        Ok(Self { keeper, leave })
    }

    /// Leaves in good order, before the leader does: what was confirmed is written down. What does not end within a few
    /// seconds is cut off, and delivered again after the next start.
    pub async fn stop(&self) {
        self.leave.send_replace(true);
        if tokio::time::timeout(LEAVE, self.keeper.ended()).await.is_err() {
            tracing::warn!("not all targets have left in time: they are cut off");
        }
        self.keeper.cut_off();
    }
}
