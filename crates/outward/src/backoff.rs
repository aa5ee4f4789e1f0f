//! How long to wait before the next try: twice as long each time, up to a bound, and a little less by a seed, so that
//! targets that went away together do not all come back in the same moment. It reads no clock and no chance: the same
//! seed and try wait alike.

use std::time::Duration;

/// From the first wait to the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backoff {
    /// Before the second try.
    pub(crate) first: Duration,
    /// Never longer than this.
    pub(crate) longest: Duration,
}

impl Backoff {
    /// The wait after so many failed tries, counted from 1: between three quarters of the full time and all of it.
    pub(crate) fn wait(&self, tries: u32, seed: u64) -> Duration {
        let doublings = tries.saturating_sub(1).min(30);
        let full = self.first.saturating_mul(1 << doublings).min(self.longest);
        full - full / 1024 * (mixed(seed ^ u64::from(tries)) as u32 & 0xff)
    }
}

/// Spreads a seed over all bits (the finaliser of splitmix64).
fn mixed(seed: u64) -> u64 {
    let z = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(5) };

    #[test]
    fn waits_double_up_to_the_longest_and_never_pass_it() {
        for (tries, full) in [(1, 100), (2, 200), (3, 400), (6, 3200), (7, 5000), (u32::MAX, 5000)] {
            for seed in 0..200 {
                let (wait, full) = (RULE.wait(tries, seed), Duration::from_millis(full));
                assert!(wait <= full && wait >= full * 3 / 4, "{tries} {seed} {wait:?}");
            }
        }
    }

    #[test]
    fn seeds_spread_and_the_same_seed_waits_alike() {
        let waits: std::collections::BTreeSet<_> = (0..50).map(|seed| RULE.wait(5, seed)).collect();
        assert!(waits.len() > 30, "{waits:?}");
        assert_eq!(RULE.wait(5, 7), RULE.wait(5, 7));
    }
}
