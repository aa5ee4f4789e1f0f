//! The leader's clock: monotonic inside one life, anchored to the wall clock once, and never behind what the
//! journal has seen. Nothing that is done to the wall clock afterwards moves a lease.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use callsheet_model::{Timestamp, time::millis};
use tokio::time::Instant;

/// The wall clock, which is only looked at when a leader begins to serve. The machine's, as a rule.
#[derive(Clone)]
pub struct WallClock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl WallClock {
    /// Another one than the machine's.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Default for WallClock {
    fn default() -> Self {
        Self::new(|| {
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(Timestamp(0), |d| Timestamp(millis(d)))
        })
    }
}

impl fmt::Debug for WallClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WallClock")
    }
}

/// A clock that only goes forwards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    anchor: Timestamp,
    started: Instant,
}

impl Clock {
    /// Starts from the wall clock, or from `seen` if the wall clock is behind it.
    #[must_use]
    pub(crate) fn after(seen: Timestamp, wall: &WallClock) -> Self {
        Self { anchor: wall.now().max(seen), started: Instant::now() }
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
pub(crate) struct ClockSlot {
    clock: Arc<RwLock<Clock>>,
    wall: WallClock,
}

impl ClockSlot {
    /// The wall clock's.
    pub(crate) fn new(wall: WallClock) -> Self {
        Self { clock: Arc::new(RwLock::new(Clock::after(Timestamp(0), &wall))), wall }
    }

    /// A scheduler begins to serve, and has seen this moment in its journal: its clock is everyone's from now on.
    pub(crate) fn start_after(&self, seen: Timestamp) -> Clock {
        let clock = Clock::after(seen, &self.wall);
        *self.clock.write().unwrap_or_else(PoisonError::into_inner) = clock;
        clock
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.read().unwrap_or_else(PoisonError::into_inner).now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_never_behind_what_was_seen() {
        let seen = Timestamp(u64::MAX / 2);
        let wall = WallClock::default();
        assert!(Clock::after(seen, &wall).now() >= seen);
        assert!(Clock::after(Timestamp(0), &wall).now() > Timestamp(1_700_000_000_000));
        let behind = WallClock::new(|| Timestamp(5));
        assert_eq!(Clock::after(Timestamp(7), &behind).anchor, Timestamp(7));
        assert_eq!(Clock::after(Timestamp(3), &behind).anchor, Timestamp(5));
    }
}
