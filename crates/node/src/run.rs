//! A node's whole life: what it can do, its tree of actors, its end.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::{self, available_parallelism};
use std::time::Instant;

use callsheet_model::{Capabilities, Versions};
use callsheet_supervision::aside;
use tokio::sync::watch;

use crate::ae_process::Workshop;
use crate::error::NodeError;
use crate::heartbeat::total_memory;
use crate::settings::{NodeSettings, Shutdown};
use crate::supervisor::{Parts, SupervisorHandle};
use crate::troupe::Troupe;

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
    let troupe = Arc::new(Troupe::new(settings.chance.clone()));
    let parts =
        Parts { settings, capabilities: Arc::new(capabilities), workshop: Arc::new(workshop), troupe };
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
    let looked = aside(move || {
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
    Capabilities {
        renderers: installed(settings),
        labels: config.labels.clone(),
        slots: config.slots,
        memory: config.memory.unwrap_or_else(total_memory),
        cpus: available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)),
        os: std::env::consts::OS.to_owned(),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        region: config.region.clone(),
    }
}

/// The renderers that are installed here. All are asked beside each other, and one that does not answer is not
/// waited for: it may have a dialog open that nobody sees.
fn installed(settings: &NodeSettings) -> BTreeMap<String, Versions> {
    let (answer, answers) = channel();
    for (name, renderer) in settings.renderers.clone() {
        let answer = answer.clone();
        let asking = thread::Builder::new().name(format!("probe {name}")).spawn(move || {
            // Nobody listens any more when it comes too late.
            let _ = answer.send((name, renderer.probe()));
        });
        if let Err(error) = asking {
            tracing::warn!(%error, "a renderer cannot be asked for");
        }
    }
    drop(answer);
    let (mut installed, mut missing) = (BTreeMap::new(), BTreeMap::new());
    let until = Instant::now() + settings.probing;
    // Ends early when all have answered.
    while let Ok((name, found)) = answers.recv_timeout(until.saturating_duration_since(Instant::now())) {
        match found {
            Ok(versions) => installed.insert(name, versions).is_some(),
            Err(why) => missing.insert(name, why).is_some(),
        };
    }
    for name in settings.renderers.keys().filter(|name| !installed.contains_key(*name)) {
        let silence = format!("it did not say within {:?} whether it is installed", settings.probing);
        let why = missing.get(name).unwrap_or(&silence);
        tracing::warn!(renderer = name, why, "not offered by this node");
    }
    installed
}
