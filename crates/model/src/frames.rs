//! Sets of frames: what a person writes (`1-100x2,7`), and what the scheduler counts with.
//!
//! A set is a compressed bitmap: a million frames in a row are a few bytes, and the worst scatter of a
//! million is 125 kB. It refuses to know what its frames mean.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use crate::limits;

/// A set of frame numbers, negative ones too, in ascending order.
#[derive(Clone, Default, PartialEq)]
pub struct FrameSet(RoaringBitmap);

impl Eq for FrameSet {}

// The bitmap orders unsigned numbers; flipping the sign bit keeps the order of signed ones.
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
            self.0.insert_range(bit(first)..=bit(last));
        }
    }

    /// Adds one frame; true when it was not there.
    pub fn insert(&mut self, number: i32) -> bool {
        self.0.insert(bit(number))
    }

    /// Takes one frame out; true when it was there.
    pub fn remove(&mut self, number: i32) -> bool {
        self.0.remove(bit(number))
    }

    /// Adds every frame of `other`.
    pub fn add(&mut self, other: &Self) {
        self.0 |= &other.0;
    }

    /// Takes every frame of `other` out.
    pub fn subtract(&mut self, other: &Self) {
        self.0 -= &other.0;
    }

    /// The frames in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(&self.0 & &other.0)
    }

    /// The frames here that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(&self.0 - &other.0)
    }

    /// Whether the frame is in the set.
    #[must_use]
    pub fn contains(&self, number: i32) -> bool {
        self.0.contains(bit(number))
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
        self.0.min().map(frame)
    }

    /// The last frame.
    #[must_use]
    pub fn last(&self) -> Option<i32> {
        self.0.max().map(frame)
    }

    /// Takes the first `count` frames out and returns them.
    #[must_use]
    pub fn take_first(&mut self, count: u64) -> Self {
        if count >= self.len() {
            return std::mem::take(self);
        }
        let mut taken = Self::new();
        let mut left = count;
        for range in self.ranges() {
            if left == 0 {
                break;
            }
            let length = u64::from(range.end().abs_diff(*range.start())) + 1;
            let part = left.min(length);
            // `part` is at most the range's length, so the sum stays inside the range.
            let last = (i64::from(*range.start()) + part as i64 - 1) as i32;
            taken.insert_range(*range.start(), last);
            left -= part;
        }
        self.subtract(&taken);
        taken
    }

    /// Every frame, ascending.
    pub fn iter(&self) -> impl Iterator<Item = i32> + '_ {
        self.0.iter().map(frame)
    }

    /// The runs of consecutive frames, ascending.
    pub fn ranges(&self) -> impl Iterator<Item = RangeInclusive<i32>> + '_ {
        let mut bits = self.0.iter();
        std::iter::from_fn(move || bits.next_range()).map(|run| frame(*run.start())..=frame(*run.end()))
    }

    /// Gives back memory after many removals.
    pub fn compact(&mut self) {
        self.0.optimize();
    }
}

impl FromIterator<i32> for FrameSet {
    fn from_iter<I: IntoIterator<Item = i32>>(frames: I) -> Self {
        Self(frames.into_iter().map(bit).collect())
    }
}

impl FromIterator<RangeInclusive<i32>> for FrameSet {
    fn from_iter<I: IntoIterator<Item = RangeInclusive<i32>>>(ranges: I) -> Self {
        let mut set = Self::new();
        ranges.into_iter().for_each(|range| set.insert_range(*range.start(), *range.end()));
        set
    }
}

impl fmt::Display for FrameSet {
    /// Runs with commas, `1-5,9`; reading it back gives the same set.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, run) in self.ranges().enumerate() {
            if nth > 0 {
                f.write_str(",")?;
            }
            write!(f, "{}", run.start())?;
            if run.start() != run.end() {
                write!(f, "-{}", run.end())?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for FrameSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{self}]")
    }
}

/// Why a text is no frame set, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameSetError {
    /// Nothing between two commas, or nothing at all.
    #[error("there is nothing at part {part}: frames are written like 1-100, 1-100x2 or 1,5,9-20")]
    Empty {
        /// Which part between commas, from 1.
        part: usize,
    },
    /// A part that is no number, range or stepped range.
    #[error("{found:?} is no frame, range or stepped range: write 7, 1-100, -10--1 or 1-100x2")]
    Malformed {
        /// The part as written.
        found: String,
    },
    /// The last frame comes before the first.
    #[error("{found:?} ends before it begins: write {last}-{first}")]
    Backwards {
        /// The part as written.
        found: String,
        /// Its first number.
        first: i32,
        /// Its second number.
        last: i32,
    },
    /// A step of zero.
    #[error("{found:?} steps by 0: the step after x is 1 or more")]
    ZeroStep {
        /// The part as written.
        found: String,
    },
    /// A frame number out of bounds.
    #[error("{found:?} is out of bounds: frame numbers lie between -{max} and {max}")]
    OutOfBounds {
        /// The part as written.
        found: String,
        /// The largest number.
        max: i32,
    },
    /// Too many frames.
    #[error("more than {max} frames")]
    TooMany {
        /// The most that are allowed.
        max: u64,
    },
    /// Too long a text.
    #[error("longer than {max} bytes")]
    TooLong {
        /// The longest text allowed.
        max: usize,
    },
}

impl FromStr for FrameSet {
    type Err = FrameSetError;

    /// Reads `1-100`, `1-100x2`, `1,5,9-20`, with negative numbers (`-10--1`) and white space.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > limits::MAX_FRAME_TEXT_BYTES {
            return Err(FrameSetError::TooLong { max: limits::MAX_FRAME_TEXT_BYTES });
        }
        let too_many = FrameSetError::TooMany { max: limits::MAX_FRAMES };
        let mut set = Self::new();
        for (nth, part) in text.split(',').map(str::trim).enumerate() {
            if part.is_empty() {
                return Err(FrameSetError::Empty { part: nth + 1 });
            }
            let Part { first, last, step } = Part::read(part)?;
            if u64::from(last.abs_diff(first)) / u64::from(step) >= limits::MAX_FRAMES {
                return Err(too_many);
            }
            if step == 1 {
                set.insert_range(first, last);
            } else {
                set.0.extend((bit(first)..=bit(last)).step_by(step as usize));
            }
            if set.len() > limits::MAX_FRAMES {
                return Err(too_many);
            }
        }
        set.compact();
        Ok(set)
    }
}

struct Part {
    first: i32,
    last: i32,
    step: u32,
}

impl Part {
    fn read(part: &str) -> Result<Self, FrameSetError> {
        let malformed = || FrameSetError::Malformed { found: part.chars().take(60).collect() };
        let number = |text: &str| -> Result<i32, FrameSetError> {
            let digits = text.trim();
            let plain = digits.strip_prefix('-').unwrap_or(digits);
            if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(malformed());
            }
            match digits.parse::<i32>() {
                Ok(n) if n.abs() <= limits::MAX_FRAME_NUMBER => Ok(n),
                _ => Err(FrameSetError::OutOfBounds {
                    found: part.chars().take(60).collect(),
                    max: limits::MAX_FRAME_NUMBER,
                }),
            }
        };
        let (range, step) = match part.split_once(['x', 'X']) {
            Some((range, step)) => (range, number(step)?),
            None => (part, 1),
        };
        let step = match u32::try_from(step) {
            Ok(0) => return Err(FrameSetError::ZeroStep { found: part.to_owned() }),
            Ok(step) => step,
            Err(_) => return Err(malformed()),
        };
        // A leading '-' is a sign; the first '-' after that is the range's.
        let dash = range.char_indices().skip(1).find(|(_, c)| *c == '-').map(|(at, _)| at);
        let (first, last) = match dash {
            Some(at) => (number(&range[..at])?, number(&range[at + 1..])?),
            None if step == 1 => (number(range)?, number(range)?),
            None => return Err(malformed()),
        };
        if last < first {
            return Err(FrameSetError::Backwards { found: part.to_owned(), first, last });
        }
        Ok(Self { first, last, step })
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
    fn counts_as_sets_do() {
        let (a, b) = (set("1-10"), set("5-15"));
        assert_eq!(a.intersection(&b).to_string(), "5-10");
        assert_eq!(a.difference(&b).to_string(), "1-4");
        assert!(set("5-6").is_subset(&a));
        assert!(set("11").is_disjoint(&a));
        assert_eq!((a.first(), a.last(), a.len()), (Some(1), Some(10), 10));
    }
}
