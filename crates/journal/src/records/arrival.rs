//! What is known of a node when it comes, as it is stored.

use std::borrow::Cow;
use std::net::IpAddr;

use callsheet_model::Arrival;
use serde::de::{self, Deserializer};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::scalar::StoredMd5;

/// An address as its usual text, checked on the way in.
struct StoredAddress(IpAddr);

impl Serialize for StoredAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_string())
    }
}

impl<'de> Deserialize<'de> for StoredAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

/// Notes on a node that came.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredArrival {
    address: Option<StoredAddress>,
    cache_used: Option<u64>,
    cached: Option<Vec<StoredMd5>>,
}

impl StoredArrival {
    /// Nothing when nothing is known: the older record says it all.
    pub(crate) fn of(live: &Arrival) -> Option<Self> {
        let Arrival { address, cache_used_bytes, cached_templates } = live;
        let cached =
            cached_templates.as_ref().map(|templates| templates.iter().copied().map(StoredMd5).collect());
        (*live != Arrival::default()).then_some(Self {
            address: address.map(StoredAddress),
            cache_used: *cache_used_bytes,
            cached,
        })
    }
}

impl From<StoredArrival> for Arrival {
    fn from(stored: StoredArrival) -> Self {
        let StoredArrival { address, cache_used, cached } = stored;
        Self {
            address: address.map(|address| address.0),
            cache_used_bytes: cache_used,
            cached_templates: cached.map(|templates| templates.into_iter().map(|md5| md5.0).collect()),
        }
    }
}
