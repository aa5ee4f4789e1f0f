//! Chance that is the same in every run: one seed, and a stream of its own for each use, so that a fault taken out
//! of a plan does not change how long some frame takes elsewhere.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};

use crate::Micros;

/// One stream of chance.
#[derive(Clone, Debug)]
pub struct Dice(Xoshiro256PlusPlus);

impl Dice {
    /// The stream of this seed for this use.
    #[must_use]
    pub fn of(seed: u64, usage: &str, nth: u64) -> Self {
        // FNV-1a: the use only has to tell streams apart.
        let mixed = usage.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let salt = mixed ^ nth.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self(Xoshiro256PlusPlus::seed_from_u64(seed ^ salt))
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// From `first` to `last`, both of them too.
    pub fn between(&mut self, first: u64, last: u64) -> u64 {
        self.0.random_range(first..=last.max(first))
    }

    /// From 0 up to and without `end`; 0 when there is nothing to choose from.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.0.random_range(0..end) }
    }

    /// True once in `times`, on the average.
    pub fn one_in(&mut self, times: u64) -> bool {
        times > 0 && self.between(1, times) == 1
    }

    /// From 0 up to and without 1.
    pub fn share(&mut self) -> f64 {
        self.0.random::<f64>()
    }

    /// Each order of magnitude between the two as likely as any other.
    pub fn magnitude(&mut self, least: f64, most: f64) -> f64 {
        least * (most / least).powf(self.share())
    }

    /// A time with a heavy tail: half of them are longer than the median, and few are very much longer.
    pub fn heavy(&mut self, median: Micros, stray: f64) -> Micros {
        let (radius, angle) =
            ((-2.0 * (1.0 - self.share()).ln()).sqrt(), std::f64::consts::TAU * self.share());
        let factor = (stray * radius * angle.cos()).exp().min(50.0);
        (median as f64 * factor) as Micros
    }

    /// One of these.
    pub fn one_of<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }
}
