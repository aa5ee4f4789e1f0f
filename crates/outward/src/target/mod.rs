//! A target: a service that is told of events, each after the one before, from a cursor of its own.
//!
//! ```text
//!   log ──► wanted? ──► courier ──► confirmed ──► cursor (on disk)
//!                          │ failed: waits, longer each time, and the next events with it
//!                          └ for ever, or too often: dead letters (on disk) ──► the next
//! ```
//!
//! At least once: what was delivered and not yet written down when the leader died is delivered again, with the same
//! id. Nothing a target does is itself an event, so no target is told of its own doings for ever.

mod again;
pub(crate) mod cursor;
mod letters;
mod run;
mod status;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use callsheet_config::{AmqpConfig, NatsConfig, OutwardConfig, Webhook};
use callsheet_events::{Filter, Sealed};
use callsheet_leader::{DeadLetter, Leader};
use callsheet_model::id::project_uuid;
use tokio::sync::Notify;

use crate::StartError;
use crate::courier::{self, Amqp, Courier, Nats, Patience};
use crate::secret::{self, SecretError};
use crate::supervisor::errand::{Errand, Fall, Leaving, Running};
use crate::{backoff::Backoff, disk, signature};
use again::Again;
use cursor::{CursorFile, Found};
use letters::{Bounds, Letters};
pub(crate) use status::Status;

/// A target, as it outlives its actor.
pub(crate) struct Target {
    /// `webhook-NAME`, `nats` or `amqp`.
    name: String,
    way: Way,
    filter: Filter,
    /// Only what the topic carries.
    topic_only: bool,
    patience: Patience,
    cursor: CursorFile,
    status: Mutex<Status>,
    letters: Mutex<Letters>,
    /// Dead letters to be tried once more.
    again: Mutex<Again>,
    asked: Notify,
}

/// Which way it goes.
#[derive(Clone, Debug)]
enum Way {
    Webhook(Webhook),
    Nats(NatsConfig),
    Amqp(AmqpConfig),
}

impl Way {
    fn kind(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Nats(_) => "nats",
            Self::Amqp(_) => "amqp",
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Webhook(webhook) => format!("webhook-{}", webhook.name),
            other => other.kind().to_owned(),
        }
    }

    /// Where it is in the config.
    fn key(&self) -> String {
        match self {
            Self::Webhook(webhook) => format!("webhook {}", webhook.name),
            other => format!("publish.{}", other.kind()),
        }
    }

    fn url(&self) -> &str {
        match self {
            Self::Webhook(Webhook { url, .. })
            | Self::Nats(NatsConfig { url, .. })
            | Self::Amqp(AmqpConfig { url, .. }) => url,
        }
    }

    fn types(&self) -> &[String] {
        match self {
            Self::Webhook(Webhook { types, .. })
            | Self::Nats(NatsConfig { types, .. })
            | Self::Amqp(AmqpConfig { types, .. }) => types,
        }
    }

    /// Whether its secret is there and can be one.
    fn look(&self) -> Result<(), SecretError> {
        let looked = match self {
            Self::Webhook(webhook) => webhook.secret_file.as_deref().map(signature::look),
            Self::Nats(nats) => nats.token_file.as_deref().map(|file| secret::read(file).map(drop)),
            Self::Amqp(amqp) => amqp.password_file.as_deref().map(|file| secret::read(file).map(drop)),
        };
        looked.unwrap_or(Ok(()))
    }

    fn courier(&self) -> Result<Courier, String> {
        Ok(match self.clone() {
            Self::Webhook(config) => Courier::Webhook(courier::Webhook::new(config)?),
            Self::Nats(config) => Courier::Nats(Nats::new(config)?),
            Self::Amqp(config) => Courier::Amqp(Amqp::new(config)?),
        })
    }

    fn patience(&self) -> Patience {
        match self {
            Self::Webhook(webhook) => Patience {
                backoff: Backoff { first: webhook.retry_first, longest: webhook.retry_max },
                attempts: Some(webhook.attempts.max(1)),
            },
            _ => Patience::BROKER,
        }
    }
}

/// All targets of a config, with their lists of dead letters opened. Blocks for as long as that takes.
pub(crate) fn all(
    config: &OutwardConfig,
    directory: &Path,
    leader: &Leader,
) -> Result<Vec<Arc<Target>>, StartError> {
    let webhooks = config.webhooks.iter().cloned().map(Way::Webhook);
    let nats = config.nats.iter().cloned().map(Way::Nats);
    let amqp = config.amqp.iter().cloned().map(Way::Amqp);
    webhooks.chain(nats).chain(amqp).map(|way| Target::open(way, directory, leader).map(Arc::new)).collect()
}

impl Target {
    fn open(way: Way, directory: &Path, leader: &Leader) -> Result<Self, StartError> {
        let wrong = |why| StartError::Target { target: way.key(), why };
        // Both are done again later; here is where a mistake is told at once.
        way.courier().map_err(wrong)?;
        way.look().map_err(|error| wrong(error.to_string()))?;
        let name = way.name();
        let path = directory.join(format!("{name}.dead_letters"));
        let (letters, damage) = Letters::open(&path, Bounds::default())
            .map_err(|source| StartError::Disk { path: path.clone(), source })?;
        if let Some(damage) = damage {
            tracing::error!(target = name, path = %path.display(), damage, "the dead letters are damaged");
        }
        let project = match &way {
            Way::Webhook(webhook) => webhook.project.as_deref().map(project_uuid),
            _ => None,
        };
        let status = Status::new(&name, way.kind(), secret::shown(way.url()), letters.count());
        let topic_only = !matches!(way, Way::Webhook(_)) && way.types().is_empty();
        let target = Self {
            filter: Filter { types: way.types().to_vec(), project, ..Filter::default() },
            topic_only,
            patience: way.patience(),
            cursor: CursorFile::new(directory.join(format!("{name}.json")), &name),
            status: Mutex::new(status),
            letters: Mutex::new(letters),
            again: Mutex::default(),
            asked: Notify::new(),
            name,
            way,
        };
        // Now, not when its actor comes to it: what happens from here on is for a new target too.
        let path = || directory.join(format!("{}.json", target.name));
        let at = target.where_to_begin(leader).map_err(|source| StartError::Disk { path: path(), source })?;
        target.status(|status| status.begins(at));
        Ok(target)
    }

    /// How far it has been told. A new target begins now, and that is written down. One whose cursor is damaged, or of
    /// another log (this one was restored from a copy), begins at the oldest event there is: rather twice than never.
    fn where_to_begin(&self, leader: &Leader) -> io::Result<u64> {
        let (oldest, head) = leader.range();
        let at = match self.cursor.load()? {
            // Now, while it can be told: it may take its time until this one is delivered to.
            Found::At(asked) if asked > head => {
                let target = &self.name;
                tracing::error!(
                    target,
                    asked,
                    head,
                    oldest,
                    "this is another log: beginning at its oldest event"
                );
                oldest.saturating_sub(1)
            }
            Found::At(at) => return Ok(at),
            // Taken away while it was in use: it is known all the same.
            Found::Nothing => self.status(|status| status.begun()).unwrap_or(head),
            Found::Damaged { why, aside } => {
                let (target, aside) = (&self.name, aside.display());
                tracing::error!(target, why, %aside, "the cursor is damaged: beginning at the oldest event");
                oldest.saturating_sub(1)
            }
        };
        self.cursor.store(at)?;
        Ok(at)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn wants(&self, event: &Sealed) -> bool {
        let kind = event.envelope.event.kind();
        self.filter.takes(kind, &event.scopes) && (!self.topic_only || callsheet_events::is_topic(kind))
    }

    /// Changes or reads how it stands.
    pub(crate) fn status<T>(&self, look: impl FnOnce(&mut Status) -> T) -> T {
        look(&mut self.status.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn letters(&self) -> MutexGuard<'_, Letters> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn again(&self) -> MutexGuard<'_, Again> {
        self.again.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the dead letters where it holds nobody up.
    async fn with_letters<T, F>(self: &Arc<Self>, work: F) -> io::Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Letters) -> io::Result<T> + Send + 'static,
    {
        let target = self.clone();
        disk::blocking(move || {
            let mut letters = target.letters();
            let done = work(&mut letters);
            let count = letters.count();
            target.status(|status| status.letters(count));
            done
        })
        .await
    }

    /// A page of its dead letters.
    pub(crate) async fn dead_letters(
        self: &Arc<Self>,
        after: u64,
        limit: usize,
    ) -> io::Result<Vec<DeadLetter>> {
        self.with_letters(move |letters| Ok(letters.page(after, limit))).await
    }

    /// Marks dead letters to be tried once more: one, or all. Answers how many; `None` when that one is not there.
    pub(crate) async fn redeliver(self: &Arc<Self>, sequence: Option<u64>) -> io::Result<Option<u64>> {
        let which = move |letters: &mut Letters| {
            Ok(match sequence {
                Some(sequence) => letters.get(sequence).map(|letter| vec![letter.sequence]),
                None => Some(letters.sequences().collect()),
            })
        };
        let Some(which) = self.with_letters(which).await? else { return Ok(None) };
        let count = which.len() as u64;
        self.again().ask(which);
        self.asked.notify_one();
        Ok(Some(count))
    }
}

/// What goes on for a target. The target itself knows no leader: the leader's doors hold it.
pub(crate) struct Delivery {
    pub(crate) target: Arc<Target>,
    pub(crate) leader: Leader,
}

impl Errand for Delivery {
    fn name(&self) -> &str {
        &self.target.name
    }

    fn actor(&self) -> &'static str {
        "target"
    }

    fn run(self: Arc<Self>, leaving: Leaving) -> Running {
        Box::pin(async move {
            let courier = self.target.way.courier().map_err(Fall::from)?;
            run::run(self.target.clone(), self.leader.clone(), courier, leaving).await
        })
    }

    fn fell(&self, why: &str) {
        self.target.status(|status| status.fell(why));
    }
}
