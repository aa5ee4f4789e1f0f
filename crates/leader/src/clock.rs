//! The leader's clock: monotonic inside one life, anchored to the wall clock once, and never behind what the
//! journal has seen. Nothing that is done to the wall clock afterwards moves a lease.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use callsheet_model::{Timestamp, time::millis};
use tokio::time::Instant;

/// A clock that only goes forwards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    anchor: Timestamp,
    started: Instant,
}

impl Clock {
    /// Starts from the wall clock, or from `seen` if the wall clock is behind it.
    #[must_use]
    pub(crate) fn after(seen: Timestamp) -> Self {
        let wall =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(Timestamp(0), |d| Timestamp(millis(d)));
        Self { anchor: wall.max(seen), started: Instant::now() }
    }

    /// Now.
    #[must_use]
    pub(crate) fn now(&self) -> Timestamp {
        self.anchor.plus(self.started.elapsed())
    }

    /// How long until `then`; zero when it has passed.
    #[must_use]
    pub(crate) fn until(&self, then: Timestamp) -> Duration {
        then.since(self.now())
    }
}

/// The clock of the scheduler that serves now, for everyone else who has to mean the same moments by the same
/// numbers. Until there is one it is the wall clock's.
#[derive(Clone, Debug)]
pub(crate) struct ClockSlot(Arc<RwLock<Clock>>);

impl ClockSlot {
    /// The wall clock's.
    pub(crate) fn new() -> Self {
        Self(Arc::new(RwLock::new(Clock::after(Timestamp(0)))))
    }

    /// A scheduler begins to serve.
    pub(crate) fn put(&self, clock: Clock) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = clock;
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.read().unwrap_or_else(PoisonError::into_inner).now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_never_behind_what_was_seen() {
        let seen = Timestamp(u64::MAX / 2);
        assert!(Clock::after(seen).now() >= seen);
        assert!(Clock::after(Timestamp(0)).now() > Timestamp(1_700_000_000_000));
    }
}
