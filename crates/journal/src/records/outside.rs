//! What comes from elsewhere and is stored as it came: other services' events, whole, and what nodes say of
//! their caches.

use callsheet_model::Outside;
use callsheet_model::signal::{CacheAction, CacheUpdate};
use serde::{Deserialize, Serialize};

use super::job::mirror;
use super::scalar::{StoredMd5, StoredNode, StoredUuid};

/// Another service's event. Payload and fields are texts of JSON, kept to the letter: their hash is over what
/// they say, and nothing here may say it differently.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredOutside {
    id: StoredUuid,
    kind: String,
    timestamp: String,
    correlation: Option<String>,
    payload: String,
    fields: String,
}

impl From<&Outside> for StoredOutside {
    fn from(live: &Outside) -> Self {
        let Outside { id, kind, timestamp, correlation, payload, fields } = live.clone();
        Self { id: StoredUuid(id), kind, timestamp, correlation, payload, fields }
    }
}

impl From<StoredOutside> for Outside {
    fn from(stored: StoredOutside) -> Self {
        let StoredOutside { id, kind, timestamp, correlation, payload, fields } = stored;
        Self { id: id.0, kind, timestamp, correlation, payload, fields }
    }
}

mirror! {
    /// What happened to a template.
    StoredCacheAction = CacheAction { Downloaded, Evicted, Verified, Failed }
}

/// A node's template cache changed.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredCacheUpdate {
    node: StoredNode,
    project: StoredUuid,
    action: StoredCacheAction,
    md5: StoredMd5,
    bytes: Option<u64>,
    cache_used: u64,
    took_ms: Option<u64>,
    error: Option<String>,
}

impl From<&CacheUpdate> for StoredCacheUpdate {
    fn from(live: &CacheUpdate) -> Self {
        Self {
            node: StoredNode(live.node.clone()),
            project: StoredUuid(live.project),
            action: live.action.into(),
            md5: StoredMd5(live.md5),
            bytes: live.bytes,
            cache_used: live.cache_used_bytes,
            took_ms: live.took_ms,
            error: live.error.clone(),
        }
    }
}

impl From<StoredCacheUpdate> for CacheUpdate {
    fn from(stored: StoredCacheUpdate) -> Self {
        Self {
            node: stored.node.0,
            project: stored.project.0,
            action: stored.action.into(),
            md5: stored.md5.0,
            bytes: stored.bytes,
            cache_used_bytes: stored.cache_used,
            took_ms: stored.took_ms,
            error: stored.error,
        }
    }
}
