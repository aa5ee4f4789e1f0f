//! What the leader counts of itself, for whoever shows it: plain atomics, cheap enough to be on every path. It
//! refuses to know how figures are shown.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper ends of the buckets of [`Times`], in microseconds. What is longer than the last is counted above all.
pub const BOUNDS_US: [u64; 16] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000,
];

/// Everything the leader counts. All of it begins at zero with the process.
#[derive(Debug, Default)]
pub struct Figures {
    /// From the arrival of a command or of a node's reports at the scheduler until what follows from it leaves:
    /// waiting, deciding, and becoming durable.
    pub commands: Times,
    /// From the arrival of a post at the scheduler until it is answered.
    pub posts: Times,
    /// Events from outside that were taken into the log.
    pub ingested: Count,
    /// Events from outside that were in the log already.
    pub repeated: Count,
    /// Writing and syncing of events that went to the disk together.
    pub flushes: Times,
    /// Events in them.
    pub flushed: Count,
    /// Those who read streams.
    pub readers: Readers,
}

/// Readers of streams.
#[derive(Debug, Default)]
pub struct Readers {
    /// How many there are now.
    pub live: Count,
    /// How many there have been.
    pub opened: Count,
    /// How many were cut off because too many events waited for them.
    pub fell_behind: Count,
    /// How many were cut off because they took nothing for too long.
    pub stalled: Count,
    /// How many asked for events that are not kept any more.
    pub too_old: Count,
    /// Pages that had to be read from the disk.
    pub cold_pages: Count,
}

/// A number that goes up, or up and down.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

/// How long something took, each time: counts by bucket, and the sum.
#[derive(Debug, Default)]
pub struct Times {
    buckets: [AtomicU64; BOUNDS_US.len() + 1],
    sum_us: AtomicU64,
}

/// [`Times`] as they stood at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct TimesRead {
    /// For each bucket its upper end in seconds (the last has none: it is infinite) and how many were not above
    /// it, shorter ones included.
    pub buckets: Vec<(f64, u64)>,
    /// All times together, in seconds.
    pub sum: f64,
    /// How many.
    pub count: u64,
}

impl Count {
    /// The number.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }

    /// So many more.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Relaxed);
    }

    /// One less, of what was added before.
    pub(crate) fn drop_one(&self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Times {
    /// Counts one.
    pub fn observe(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get(BOUNDS_US.partition_point(|bound| *bound < us)) {
            bucket.fetch_add(1, Relaxed);
        }
        self.sum_us.fetch_add(us, Relaxed);
    }

    /// How they stand.
    #[must_use]
    pub fn read(&self) -> TimesRead {
        let ends = BOUNDS_US.iter().map(|us| Duration::from_micros(*us).as_secs_f64());
        let mut count = 0;
        let buckets = ends.chain([f64::INFINITY]).zip(&self.buckets).map(|(end, bucket)| {
            count += bucket.load(Relaxed);
            (end, count)
        });
        let buckets = buckets.collect();
        TimesRead { buckets, sum: Duration::from_micros(self.sum_us.load(Relaxed)).as_secs_f64(), count }
    }
}

impl TimesRead {
    /// The upper end of the bucket that the part `p` of all times (0.5: the median) is within, in seconds;
    /// nothing when there are none.
    #[must_use]
    pub fn within(&self, p: f64) -> Option<f64> {
        let wanted = p * self.count as f64;
        self.buckets.iter().find(|(_, count)| self.count > 0 && *count as f64 >= wanted).map(|(end, _)| *end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_counted_in_the_first_bucket_it_fits_into_and_in_all_above() {
        let times = Times::default();
        for us in [0, 100, 101, 9_999_999, 20_000_000] {
            times.observe(Duration::from_micros(us));
        }
        let read = times.read();
        assert_eq!(read.count, 5);
        assert_eq!(read.buckets[0], (0.0001, 2));
        assert_eq!(read.buckets[1], (0.00025, 3));
        assert_eq!(read.buckets[15], (10.0, 4));
        assert_eq!(read.buckets[16], (f64::INFINITY, 5));
        assert!((read.sum - 30.0002).abs() < 1e-6, "{}", read.sum);
    }

    #[test]
    fn the_median_is_told_by_its_bucket() {
        let times = Times::default();
        assert_eq!(times.read().within(0.5), None);
        for us in [50, 80, 3_000, 4_000, 90_000] {
            times.observe(Duration::from_micros(us));
        }
        assert_eq!(times.read().within(0.5), Some(0.005));
        assert_eq!(times.read().within(1.0), Some(0.1));
    }
}
