//! Pauses as they are stored, in force and as events.

use callsheet_model::{Pause, PauseEvent, PauseKey, PauseScope, PauseSource, Running, Timestamp};
use serde::{Deserialize, Serialize};

use super::job::mirror;

mirror! {
    /// What becomes of frames in hands.
    StoredRunning = Running { Finish, HandBack }
}

/// A pause in force.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredPause {
    key: StoredPauseKey,
    reason: String,
    until_ms: Option<u64>,
    running: StoredRunning,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct StoredPauseKey {
    scope: StoredScope,
    source: StoredSource,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredScope {
    Cluster,
    Pool(String),
    Queue(String),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredSource {
    Person,
    Watcher(String),
    Calendar(String),
}

/// What happened to pauses.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredPauseEvent {
    Paused(StoredPause),
    Resumed { key: StoredPauseKey, expired: bool },
}

impl From<&PauseKey> for StoredPauseKey {
    fn from(live: &PauseKey) -> Self {
        let scope = match live.scope.clone() {
            PauseScope::Cluster => StoredScope::Cluster,
            PauseScope::Pool(name) => StoredScope::Pool(name),
            PauseScope::Queue(name) => StoredScope::Queue(name),
        };
        let source = match live.source.clone() {
            PauseSource::Person => StoredSource::Person,
            PauseSource::Watcher(name) => StoredSource::Watcher(name),
            PauseSource::Calendar(name) => StoredSource::Calendar(name),
        };
        Self { scope, source }
    }
}

impl From<StoredPauseKey> for PauseKey {
    fn from(stored: StoredPauseKey) -> Self {
        let scope = match stored.scope {
            StoredScope::Cluster => PauseScope::Cluster,
            StoredScope::Pool(name) => PauseScope::Pool(name),
            StoredScope::Queue(name) => PauseScope::Queue(name),
        };
        let source = match stored.source {
            StoredSource::Person => PauseSource::Person,
            StoredSource::Watcher(name) => PauseSource::Watcher(name),
            StoredSource::Calendar(name) => PauseSource::Calendar(name),
        };
        Self { scope, source }
    }
}

impl From<&Pause> for StoredPause {
    fn from(live: &Pause) -> Self {
        Self {
            key: (&live.key).into(),
            reason: live.reason.clone(),
            until_ms: live.until.map(|until| until.0),
            running: live.running.into(),
        }
    }
}

impl From<StoredPause> for Pause {
    fn from(stored: StoredPause) -> Self {
        let StoredPause { key, reason, until_ms, running } = stored;
        Self { key: key.into(), reason, until: until_ms.map(Timestamp), running: running.into() }
    }
}

impl From<&PauseEvent> for StoredPauseEvent {
    fn from(live: &PauseEvent) -> Self {
        match live {
            PauseEvent::Paused(pause) => Self::Paused(pause.into()),
            PauseEvent::Resumed { key, expired } => Self::Resumed { key: key.into(), expired: *expired },
        }
    }
}

impl From<StoredPauseEvent> for PauseEvent {
    fn from(stored: StoredPauseEvent) -> Self {
        match stored {
            StoredPauseEvent::Paused(pause) => Self::Paused(pause.into()),
            StoredPauseEvent::Resumed { key, expired } => Self::Resumed { key: key.into(), expired },
        }
    }
}
