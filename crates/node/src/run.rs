//! A node's whole life: what it can do, its tree of actors, its end.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;

use callsheet_model::Capabilities;
use tokio::sync::watch;

use crate::ae_process::Workshop;
use crate::error::NodeError;
use crate::heartbeat::total_memory;
use crate::settings::{NodeSettings, Shutdown};
use crate::supervisor::{Parts, SupervisorHandle};

/// Runs a node until it has left, because someone wished it or because it cannot go on.
///
/// Whoever holds the other end of `shutdown` sends [`Shutdown::Drain`] for leaving in good order and
/// [`Shutdown::Now`] for leaving at once. Without anyone at the other end the node just stays.
///
/// # Errors
/// When it cannot start, when the leader refuses it for what it is, or when an actor failed more often than the restart table allows.
pub async fn run(settings: NodeSettings, mut shutdown: watch::Receiver<Shutdown>) -> Result<(), NodeError> {
    let settings = Arc::new(settings);
    let (capabilities, workshop) = prepare(settings.clone()).await?;
    let parts = Parts { settings, capabilities: Arc::new(capabilities), workshop: Arc::new(workshop) };
    let (supervisor, mut over) = SupervisorHandle::start(parts).await?;
    let wish = *shutdown.borrow_and_update();
    supervisor.wish(wish);
    loop {
        tokio::select! {
            biased;
            result = &mut over => {
                return result.unwrap_or_else(|_| {
                    Err(NodeError::Supervisor { reason: "it ended without a word".into() })
                });
            }
            wish = next_wish(&mut shutdown) => supervisor.wish(wish),
        }
    }
}

/// The next wish; nothing ever when nobody can wish any more.
async fn next_wish(shutdown: &mut watch::Receiver<Shutdown>) -> Shutdown {
    match shutdown.changed().await {
        Ok(()) => *shutdown.borrow_and_update(),
        Err(_) => std::future::pending().await,
    }
}

/// Looks at the disk and at the renderers.
async fn prepare(settings: Arc<NodeSettings>) -> Result<(Capabilities, Workshop), NodeError> {
    let looked = tokio::task::spawn_blocking(move || {
        directory("work", &settings.config.work)?;
        directory("cache", &settings.config.cache)?;
        let workshop = Workshop::open(&settings)?;
        Ok((capabilities(&settings), workshop))
    });
    looked.await.unwrap_or_else(|error| {
        Err(NodeError::Start { actor: "supervisor".into(), reason: error.to_string() })
    })
}

fn directory(key: &'static str, path: &Path) -> Result<(), NodeError> {
    std::fs::create_dir_all(path).map_err(|source| NodeError::Directory {
        key,
        path: path.to_owned(),
        source,
    })
}

fn capabilities(settings: &NodeSettings) -> Capabilities {
    let config = &settings.config;
    let mut renderers = BTreeMap::new();
    for (name, renderer) in &settings.renderers {
        match renderer.probe() {
            Ok(version) => {
                renderers.insert(name.clone(), version);
            }
            Err(why) => tracing::warn!(renderer = name, why, "not offered by this node"),
        }
    }
    Capabilities {
        renderers,
        labels: config.labels.clone(),
        slots: config.slots,
        memory: config.memory.unwrap_or_else(total_memory),
        cpus: available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)),
        os: std::env::consts::OS.to_owned(),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        region: config.region.clone(),
    }
}
