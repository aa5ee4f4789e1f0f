//! What the log keeps, by count, age and size. What a replay needs is not decided here: whoever asks keeps that
//! whatever the answer is, so a clock that jumps costs streams their history and nothing else.
//!
//! Sizes and times are known by extents, stretches of the log of some kilobytes: a journal of many single events
//! has far more chunks than anyone wants to remember.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::options::Options;

/// An extent is closed when it is as large as this.
const EXTENT_BYTES: u64 = 16 << 10;

/// The log's stretches, the oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extents {
    all: VecDeque<Extent>,
    bytes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Extent {
    /// Its first event, which begins a chunk.
    first: u64,
    /// When that happened, in milliseconds.
    moment: u64,
    bytes: u64,
}

impl Extents {
    /// Adds the chunk that follows.
    pub(crate) fn add(&mut self, first: u64, moment: u64, bytes: usize) {
        let bytes = bytes as u64;
        self.bytes += bytes;
        match self.all.back_mut().filter(|last| last.bytes + bytes <= EXTENT_BYTES) {
            Some(last) => last.bytes += bytes,
            None => self.all.push_back(Extent { first, moment, bytes }),
        }
    }

    /// Forgets what lies wholly before an event.
    pub(crate) fn forget_before(&mut self, event: u64) {
        while self.all.get(1).is_some_and(|second| second.first <= event) {
            self.bytes -= self.all.pop_front().map_or(0, |gone| gone.bytes);
        }
    }

    /// The first event that is kept when no more than `most` bytes are.
    fn within(&self, most: u64) -> u64 {
        let mut bytes = self.bytes;
        let mut extents = self.all.iter().peekable();
        while let Some(extent) = extents.next() {
            if bytes <= most || extents.peek().is_none() {
                return extent.first;
            }
            bytes -= extent.bytes;
        }
        0
    }

    /// The first event of the oldest extent that has events of at least this moment.
    fn since(&self, moment: u64) -> u64 {
        let follows = self.all.iter().skip(1).take_while(|extent| extent.moment < moment);
        follows.last().or(self.all.front()).map_or(0, |extent| extent.first)
    }
}

/// The first of so many latest events, when `next` is the number of the next.
// Upholds numbered_once: nobody who is nearer than that is told that it is too late.
pub(crate) fn latest(next: u64, events: u64) -> u64 {
    next.saturating_sub(events).max(1)
}

/// What of the log is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keep {
    events: u64,
    age: Option<Duration>,
    bytes: Option<u64>,
}

impl Keep {
    pub(crate) fn of(options: &Options) -> Self {
        Self { events: options.keep_events, age: options.keep_age, bytes: options.keep_bytes }
    }

    /// The first event that streams may ask for, when `next` is the number of the next.
    pub(crate) fn from(&self, next: u64, extents: &Extents, now: SystemTime) -> u64 {
        let by_count = latest(next, self.events);
        let by_age = self.age.map_or(0, |age| {
            let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
            extents.since(u64::try_from(now.saturating_sub(age).as_millis()).unwrap_or(u64::MAX))
        });
        let by_bytes = self.bytes.map_or(0, |bytes| extents.within(bytes));
        by_count.max(by_age).max(by_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten extents of a hundred events each, one every second from second 1000 on, of 10 kB each.
    fn extents() -> Extents {
        let mut extents = Extents::default();
        for n in 0..10 {
            extents.add(n * 100 + 1, (1000 + n) * 1000, 5_000);
            extents.add(n * 100 + 51, (1000 + n) * 1000 + 500, 5_000);
            extents.add(n * 100 + 81, (1000 + n) * 1000 + 900, 10_000);
        }
        extents
    }

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    #[test]
    fn the_strictest_of_count_age_and_size_decides() {
        let options = |events, age: Option<u64>, bytes| Options {
            keep_events: events,
            keep_age: age.map(Duration::from_secs),
            keep_bytes: bytes,
            ..Options::default()
        };
        let from = |options: &Options| Keep::of(options).from(1001, &extents(), at(1010));
        assert_eq!(from(&options(1_000_000, None, None)), 1);
        assert_eq!(from(&options(30, None, None)), 971);
        let by_age = from(&options(1_000_000, Some(5), None));
        assert!((401..=501).contains(&by_age), "{by_age}");
        let by_bytes = from(&options(1_000_000, None, Some(60_000)));
        assert!((701..=801).contains(&by_bytes), "{by_bytes}");
        assert_eq!(from(&options(30, Some(5), Some(60_000))), 971);
        assert_eq!(from(&options(1_000_000, Some(5), Some(60_000))), by_bytes);
    }

    #[test]
    fn the_last_extent_stays_however_old_or_large() {
        let extents = extents();
        let last = extents.all.back().unwrap().first;
        assert_eq!(extents.since(u64::MAX), last);
        assert_eq!(extents.within(0), last);
        assert_eq!((Extents::default().since(5), Extents::default().within(5)), (0, 0));
    }

    #[test]
    fn what_is_forgotten_does_not_count_any_more() {
        let mut extents = extents();
        let (all, before) = (extents.all.len(), extents.bytes);
        extents.forget_before(350);
        assert!(extents.all.front().unwrap().first <= 350 && extents.all[1].first > 350);
        assert!(extents.all.len() < all && extents.bytes < before);
        assert_eq!(extents.bytes, extents.all.iter().map(|extent| extent.bytes).sum::<u64>());
    }
}
