//! How a journal on disk is kept.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Hears how long it took to make a group of events durable (writing and syncing, without sealing), and how many
/// events it had. Called on the storage thread: it should only count.
pub type OnFlush = Arc<dyn Fn(Duration, usize) + Send + Sync>;

/// How a journal on disk is kept.
///
/// An event is kept as long as it is one of the latest `keep_events`, and no older than `keep_age`, and among the
/// latest `keep_bytes`; and in any case as long as one of the newest two snapshots needs it for a replay. What
/// goes goes by chunks of a few kilobytes, so a little more may stay.
#[derive(Clone)]
pub struct Options {
    /// Events that streams may still ask for.
    pub keep_events: u64,
    /// None older than this, by their own times and the machine's clock; of any age without it.
    pub keep_age: Option<Duration>,
    /// No more bytes of them than this, as they are stored; any number without it.
    pub keep_bytes: Option<u64>,
    /// Batches that may wait for the disk.
    pub queue: usize,
    /// Memory for what sled read lately, in bytes.
    pub cache_bytes: u64,
    /// Memory for the latest events, as streams want them, in bytes.
    pub hot_bytes: usize,
    /// Memory for older events that some stream asked for lately, in bytes.
    pub warm_bytes: usize,
    /// Told of each flush.
    pub on_flush: Option<OnFlush>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            keep_events: 1_000_000,
            keep_age: None,
            keep_bytes: None,
            queue: 1024,
            cache_bytes: 4 << 20,
            hot_bytes: 32 << 20,
            warm_bytes: 8 << 20,
            on_flush: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { keep_events, keep_age, keep_bytes, queue, cache_bytes, hot_bytes, warm_bytes, .. } = self;
        f.debug_struct("Options")
            .field("keep_events", keep_events)
            .field("keep_age", keep_age)
            .field("keep_bytes", keep_bytes)
            .field("queue", queue)
            .field("cache_bytes", cache_bytes)
            .field("hot_bytes", hot_bytes)
            .field("warm_bytes", warm_bytes)
            .finish_non_exhaustive()
    }
}
