//! How long to wait before dialling again. Pure: the dice come in.

use std::time::Duration;

/// Before the second try; the first comes at once.
const FIRST: Duration = Duration::from_millis(50);
/// No wait is longer. Well below any leader's patience with a silent node, since each refused dial counts as
/// a sign that no leader can have given up on this one.
const LONGEST: Duration = Duration::from_millis(800);

#[derive(Debug, Default)]
pub(super) struct Backoff {
    tries: u32,
}

impl Backoff {
    /// The next wait, between half of it and all of it: nodes that lost their leader together come back one
    /// by one. `dice` is any number.
    pub(super) fn next(&mut self, dice: u64) -> Duration {
        let tries = self.tries;
        self.tries = tries.saturating_add(1);
        if tries == 0 {
            return Duration::ZERO;
        }
        let most = (FIRST * 2u32.pow((tries - 1).min(10))).min(LONGEST);
        // A fraction between one half and one.
        let part = 0.5 + 0.5 * (dice as f64 / u64::MAX as f64);
        most.mul_f64(part)
    }

    pub(super) fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_scatter() {
        let mut backoff = Backoff::default();
        let longest: Vec<u128> = (0..8).map(|_| backoff.next(u64::MAX).as_millis()).collect();
        assert_eq!(longest, [0, 50, 100, 200, 400, 800, 800, 800]);
        assert_eq!(backoff.next(0), Duration::from_millis(400));
        backoff.reset();
        assert_eq!(backoff.next(0), Duration::ZERO);
    }
}
