//! How long to wait before a process is started again.

use std::time::Duration;

/// The pause after a first death, when nobody says another.
pub(crate) const FIRST: Duration = Duration::from_millis(250);
/// No pause is longer.
const LONGEST: Duration = Duration::from_secs(15);
/// A process that ran for this long ran well: its next death is a first one.
const WELL: Duration = Duration::from_secs(10);

/// Doubling pauses, each within a quarter of its length, so that processes that died together do not come back
/// together.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    deaths: u32,
}

impl Backoff {
    /// With this pause after a first death.
    pub(crate) fn new(first: Duration) -> Self {
        Self { first, deaths: 0 }
    }

    /// The pause after a process ended that ran this long; `luck` is 0 to 1.
    pub(crate) fn pause(&mut self, ran: Duration, luck: f64) -> Duration {
        if ran >= WELL {
            self.deaths = 0;
        }
        let pause = self.first.saturating_mul(1 << self.deaths.min(16)).min(LONGEST);
        self.deaths = self.deaths.saturating_add(1);
        pause.mul_f64(0.75 + luck.clamp(0.0, 1.0) / 2.0)
    }
}

/// A number from 0 to 1 that nobody can foretell.
pub(crate) fn luck() -> f64 {
    let random = uuid::Uuid::new_v4().as_u64_pair().1 as u32;
    f64::from(random) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_a_limit_and_a_long_life_forgives() {
        let mut backoff = Backoff::new(FIRST);
        let mut next = |ran| backoff.pause(ran, 0.5).as_millis();
        assert_eq!([next(Duration::ZERO), next(Duration::ZERO), next(Duration::ZERO)], [250, 500, 1000]);
        for _ in 0..40 {
            next(Duration::ZERO);
        }
        assert_eq!(next(Duration::ZERO), LONGEST.as_millis());
        assert_eq!(next(WELL), 250);
    }

    #[test]
    fn luck_moves_a_pause_by_a_quarter() {
        let (mut low, mut high) = (Backoff::new(FIRST), Backoff::new(FIRST));
        assert_eq!(low.pause(WELL, 0.0), FIRST.mul_f64(0.75));
        assert_eq!(high.pause(WELL, 1.0), FIRST.mul_f64(1.25));
        assert!((0..100).map(|_| luck()).all(|luck| (0.0..=1.0).contains(&luck)));
    }
}
