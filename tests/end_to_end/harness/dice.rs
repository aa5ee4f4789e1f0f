//! Chance with a seed, so that a failing run can be told again as far as processes and disks allow.

use std::time::Duration;

/// Names the seed to use.
const SEED: &str = "CALLSHEET_TEST_SEED";

/// Numbers by SplitMix64.
pub(crate) struct Dice {
    seed: u64,
    state: u64,
}

impl Dice {
    /// With the seed that the environment names, or a new one; says which.
    pub(crate) fn new(test: &str) -> Self {
        let given = std::env::var(SEED).ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0 % 1_000_000);
        println!("{test}: {SEED}={seed}");
        Self { seed, state: seed }
    }

    /// What repeats the run, before a command.
    pub(crate) fn again(&self) -> String {
        format!("{SEED}={}", self.seed)
    }

    /// Dice for somebody else, whose throws change nothing about these.
    pub(crate) fn fork(&mut self) -> Self {
        Self { seed: self.seed, state: self.next() }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// One of these, each as likely as its weight.
    pub(crate) fn weighed<T: Copy>(&mut self, table: &[(T, usize)]) -> T {
        let mut left = self.below(table.iter().map(|(_, weight)| weight).sum());
        for (one, weight) in table {
            match left.checked_sub(*weight) {
                Some(less) => left = less,
                None => return *one,
            }
        }
        unreachable!("it is less than all weights together")
    }

    /// True so many times of a hundred.
    pub(crate) fn percent(&mut self, times: usize) -> bool {
        self.below(100) < times
    }

    /// A time from `least` to `most` milliseconds.
    pub(crate) fn millis(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(least + self.next() % (most - least + 1))
    }
}
