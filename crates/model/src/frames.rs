//! Sets of frames: what a person writes (`1-100x2,7`), and what the scheduler counts with.
//!
//! A set of one run allocates nothing, a few runs are a sorted list, and only a set in many pieces is a
//! compressed bitmap: a million frames in a row are sixteen bytes, and the worst scatter of a million is
//! 125 kB. It refuses to know what its frames mean.
//!
//! ```text
//!   Run ──► List (up to 32 runs) ──► Bitmap          as a set falls into pieces
//!    ▲──────────┴───────────────────────┘             as it grows together again
//! ```

mod repr;
mod text;

use std::fmt;
use std::ops::RangeInclusive;

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use repr::{Repr, Run};
pub use text::FrameSetError;

/// A set of frame numbers, negative ones too, in ascending order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FrameSet(Repr);

// The bits order unsigned numbers; flipping the sign bit keeps the order of signed ones.
fn bit(frame: i32) -> u32 {
    (frame as u32) ^ (1 << 31)
}

fn frame(bit: u32) -> i32 {
    (bit ^ (1 << 31)) as i32
}

impl FrameSet {
    /// The empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All frames from `first` to `last`, both included; empty when `last < first`.
    #[must_use]
    pub fn range(first: i32, last: i32) -> Self {
        let mut set = Self::new();
        set.insert_range(first, last);
        set
    }

    /// One frame.
    #[must_use]
    pub fn one(number: i32) -> Self {
        Self::range(number, number)
    }

    /// Adds all frames from `first` to `last`, both included.
    pub fn insert_range(&mut self, first: i32, last: i32) {
        if first <= last {
            self.0.insert(Run { first: bit(first), last: bit(last) });
        }
    }

    /// Adds one frame; true when it was not there.
    pub fn insert(&mut self, number: i32) -> bool {
        let new = !self.contains(number);
        self.insert_range(number, number);
        new
    }

    /// Takes one frame out; true when it was there.
    pub fn remove(&mut self, number: i32) -> bool {
        let there = self.contains(number);
        self.0.remove(Run { first: bit(number), last: bit(number) });
        there
    }

    /// Adds every frame of `other`.
    pub fn add(&mut self, other: &Self) {
        self.0.add(&other.0);
    }

    /// Takes every frame of `other` out.
    pub fn subtract(&mut self, other: &Self) {
        self.0.subtract(&other.0);
    }

    /// The frames in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0))
    }

    /// The frames here that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut left = self.clone();
        left.subtract(other);
        left
    }

    /// Whether the frame is in the set.
    #[must_use]
    pub fn contains(&self, number: i32) -> bool {
        self.0.covers(Run { first: bit(number), last: bit(number) })
    }

    /// Whether every frame here is also in `other`.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// Whether no frame is in both.
    #[must_use]
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.0.is_disjoint(&other.0)
    }

    /// How many frames.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first frame.
    #[must_use]
    pub fn first(&self) -> Option<i32> {
        self.0.first().map(frame)
    }

    /// The last frame.
    #[must_use]
    pub fn last(&self) -> Option<i32> {
        self.0.last().map(frame)
    }

    /// The first `count` frames, left where they are.
    #[must_use]
    pub fn peek_first(&self, count: u64) -> Self {
        Self(self.0.peek_first(count))
    }

    /// Takes the first `count` frames out and returns them.
    #[must_use]
    pub fn take_first(&mut self, count: u64) -> Self {
        let taken = self.peek_first(count);
        self.subtract(&taken);
        taken
    }

    /// Every frame, ascending.
    pub fn iter(&self) -> impl Iterator<Item = i32> + '_ {
        self.ranges().flatten()
    }

    /// The runs of consecutive frames, ascending.
    pub fn ranges(&self) -> impl Iterator<Item = RangeInclusive<i32>> + '_ {
        self.0.iter().map(|run| frame(run.first)..=frame(run.last))
    }

    /// Whether its text is short enough to be read back: a set that is too scattered cannot travel.
    #[must_use]
    pub fn can_be_written(&self) -> bool {
        text::fits(self)
    }

    /// Gives back memory after many removals.
    pub fn compact(&mut self) {
        self.0.compact();
    }
}

impl FromIterator<i32> for FrameSet {
    fn from_iter<I: IntoIterator<Item = i32>>(frames: I) -> Self {
        Self(Repr::from(frames.into_iter().map(bit).collect::<RoaringBitmap>()))
    }
}

impl FromIterator<RangeInclusive<i32>> for FrameSet {
    fn from_iter<I: IntoIterator<Item = RangeInclusive<i32>>>(ranges: I) -> Self {
        // All at once: putting runs in one by one looks at the whole set each time.
        let mut bits = RoaringBitmap::new();
        for range in ranges.into_iter().filter(|range| range.start() <= range.end()) {
            bits.insert_range(bit(*range.start())..=bit(*range.end()));
        }
        Self(Repr::from(bits))
    }
}

impl fmt::Display for FrameSet {
    /// Runs and steps with commas, `1-5,9,20-40x2`; reading it back gives the same set.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write(self, f)
    }
}

impl fmt::Debug for FrameSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{self}]")
    }
}

impl Serialize for FrameSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FrameSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self::new());
        }
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> FrameSet {
        text.parse().unwrap()
    }

    #[test]
    fn reads_what_people_write() {
        assert_eq!(set("1-5").iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!(set("1-10x3").iter().collect::<Vec<_>>(), [1, 4, 7, 10]);
        assert_eq!(set("1, 5, 9-11").to_string(), "1,5,9-11");
        assert_eq!(set("-3--1").iter().collect::<Vec<_>>(), [-3, -2, -1]);
        assert_eq!(set("-2-2x2").iter().collect::<Vec<_>>(), [-2, 0, 2]);
        assert_eq!(set("-7").iter().collect::<Vec<_>>(), [-7]);
        assert_eq!(set("3,1-5,2").to_string(), "1-5");
        assert_eq!(set("1-10000000").len(), 10_000_000);
    }

    #[test]
    fn says_what_is_wrong() {
        let error = |text: &str| text.parse::<FrameSet>().unwrap_err();
        assert!(matches!(error(""), FrameSetError::Empty { part: 1 }));
        assert!(matches!(error("1,,2"), FrameSetError::Empty { part: 2 }));
        assert!(matches!(error("5-1"), FrameSetError::Backwards { .. }));
        assert!(matches!(error("1-9x0"), FrameSetError::ZeroStep { .. }));
        assert!(matches!(error("1-10000001"), FrameSetError::TooMany { .. }));
        assert!(matches!(error("999999999999"), FrameSetError::OutOfBounds { .. }));
        for bad in ["a", "1-", "-", "--", "1--", "1x2", "1-5x-2", "1-5x", "+1", "1 2", "1-2-3"] {
            assert!(matches!(error(bad), FrameSetError::Malformed { .. }), "{bad:?}: {:?}", error(bad));
        }
    }

    #[test]
    fn takes_from_the_front() {
        let mut frames = set("1-3,7,9-20");
        assert_eq!(frames.take_first(5).to_string(), "1-3,7,9");
        assert_eq!(frames.to_string(), "10-20");
        assert_eq!(frames.take_first(100).to_string(), "10-20");
        assert!(frames.is_empty());
        assert!(frames.take_first(1).is_empty());
    }

    #[test]
    fn behaves_as_a_plain_set_does_however_it_is_kept() {
        use std::collections::BTreeSet;
        // A small generator of its own: this crate draws no random numbers.
        let mut seed = 1_u64;
        let mut draw = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for pieces in [1, 3, 40, 200] {
            let mut sets = [FrameSet::new(), FrameSet::new()];
            let mut plain = [BTreeSet::new(), BTreeSet::new()];
            for _ in 0..1500 {
                let (which, action) = (draw(2) as usize, draw(8));
                let first = draw(pieces * 10) as i32 - 100;
                let last = first + draw(12) as i32;
                match action {
                    0..=2 => {
                        sets[which].insert_range(first, last);
                        plain[which].extend(first..=last);
                    }
                    3 | 4 => {
                        sets[which].subtract(&FrameSet::range(first, last));
                        plain[which].retain(|frame| !(first..=last).contains(frame));
                    }
                    5 => {
                        let other = sets[1 - which].clone();
                        sets[which].add(&other);
                        let other = plain[1 - which].clone();
                        plain[which].extend(other);
                    }
                    6 => {
                        let taken = sets[which].take_first(draw(30));
                        let count = taken.len() as usize;
                        assert_eq!(
                            taken.iter().collect::<Vec<_>>(),
                            plain[which].iter().copied().take(count).collect::<Vec<_>>()
                        );
                        taken.iter().for_each(|frame| assert!(plain[which].remove(&frame)));
                    }
                    _ => sets[which].compact(),
                }
                let [a, b] = &sets;
                let [p, q] = &plain;
                assert!(a.iter().eq(p.iter().copied()) && b.iter().eq(q.iter().copied()));
                assert_eq!(
                    (a.len(), a.first(), a.last()),
                    (p.len() as u64, p.first().copied(), p.last().copied())
                );
                assert!(a.intersection(b).iter().eq(p.intersection(q).copied()));
                assert!(a.difference(b).iter().eq(p.difference(q).copied()));
                assert_eq!(
                    (a.is_subset(b), a.is_disjoint(b), a == b),
                    (p.is_subset(q), p.is_disjoint(q), p == q)
                );
                assert!(a.intersection(b).is_subset(a));
                assert_eq!(*a, p.iter().copied().collect::<FrameSet>(), "however it was made");
                assert_eq!(a.contains(first), p.contains(&first));
            }
        }
    }

    #[test]
    fn counts_as_sets_do() {
        let (a, b) = (set("1-10"), set("5-15"));
        assert_eq!(a.intersection(&b).to_string(), "5-10");
        assert_eq!(a.difference(&b).to_string(), "1-4");
        assert!(set("5-6").is_subset(&a));
        assert!(set("11").is_disjoint(&a));
        assert_eq!((a.first(), a.last(), a.len()), (Some(1), Some(10), 10));
    }
}
