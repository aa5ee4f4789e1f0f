//! How people write frame sets, and what is wrong with a text that is none.

use std::fmt::{self, Write};
use std::str::FromStr;

use roaring::RoaringBitmap;

use super::repr::{Repr, Run};
use super::{FrameSet, bit};
use crate::limits;

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
                set.0.insert(Run { first: bit(first), last: bit(last) });
            } else {
                let stepped: RoaringBitmap = (bit(first)..=bit(last)).step_by(step as usize).collect();
                set.0.add(&Repr::from(stepped));
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
                // `i32::MIN` has no positive twin.
                Ok(n) if n.unsigned_abs() <= limits::MAX_FRAME_NUMBER.unsigned_abs() => Ok(n),
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

/// Writes a set as people write it; single frames at equal distances become a stepped range.
pub(super) fn write(set: &FrameSet, to: &mut dyn Write) -> fmt::Result {
    let mut parts = Parts { to, first: true };
    let mut row = Row::default();
    for run in set.ranges() {
        let (first, last) = (*run.start(), *run.end());
        if first != last {
            parts.row(&mut row)?;
            parts.part(format_args!("{first}-{last}"))?;
        } else if !row.takes(first) {
            // The end of a row of two may begin a longer one.
            let seed = (row.count == 2).then_some(row.last);
            if let Some(seed) = seed {
                row = Row { last: row.first, count: 1, ..row };
                parts.row(&mut row)?;
                row.takes(seed);
            } else {
                parts.row(&mut row)?;
            }
            row.takes(first);
        }
    }
    parts.row(&mut row)
}

/// Whether the text of a set is within the limit on texts that are read.
pub(super) fn fits(set: &FrameSet) -> bool {
    struct Room(usize);
    impl Write for Room {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 = self.0.checked_sub(text.len()).ok_or(fmt::Error)?;
            Ok(())
        }
    }
    write(set, &mut Room(limits::MAX_FRAME_TEXT_BYTES)).is_ok()
}

/// Single frames at equal distances.
#[derive(Default)]
struct Row {
    first: i32,
    last: i32,
    distance: u32,
    count: usize,
}

impl Row {
    /// Takes the next frame in, if it goes on with the row.
    fn takes(&mut self, frame: i32) -> bool {
        let distance = frame.abs_diff(self.last);
        match self.count {
            0 => *self = Self { first: frame, last: frame, distance: 0, count: 1 },
            1 => *self = Self { last: frame, distance, count: 2, ..*self },
            _ if distance == self.distance => *self = Self { last: frame, count: self.count + 1, ..*self },
            _ => return false,
        }
        true
    }
}

/// A list with commas.
struct Parts<'a> {
    to: &'a mut dyn Write,
    first: bool,
}

impl Parts<'_> {
    fn part(&mut self, part: fmt::Arguments<'_>) -> fmt::Result {
        if !std::mem::take(&mut self.first) {
            self.to.write_char(',')?;
        }
        self.to.write_fmt(part)
    }

    /// Writes a row and empties it.
    fn row(&mut self, row: &mut Row) -> fmt::Result {
        let Row { first, last, distance, count } = std::mem::take(row);
        match count {
            0 => Ok(()),
            1 => self.part(format_args!("{first}")),
            2 => self.part(format_args!("{first},{last}")),
            _ => self.part(format_args!("{first}-{last}x{distance}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(text: &str) -> String {
        text.parse::<FrameSet>().unwrap().to_string()
    }

    #[test]
    fn steps_are_written_as_steps() {
        for text in ["1", "1-5", "1,5", "1-9x4", "1-10,20-30x5,41", "-9--1x2", "1,3,10-30x10", "1,2147483"] {
            assert_eq!(again(text), text);
        }
        assert_eq!(again("1-10000x2"), "1-9999x2");
        assert_eq!(again("1,3,5,6"), "1,3,5-6");
        assert_eq!(again("1,3,7,11,15"), "1,3-15x4");
    }

    #[test]
    fn numbers_beyond_the_bounds_are_refused_to_the_last_one() {
        for text in ["-2147483648", "2147483647", "-2147483648-1", "1-2147483647", "99999999999", "100000000"]
        {
            let error = text.parse::<FrameSet>().unwrap_err();
            assert!(matches!(error, FrameSetError::OutOfBounds { .. }), "{text}: {error}");
        }
        assert_eq!(again("-99999999"), "-99999999");
    }

    #[test]
    fn what_cannot_be_written_is_known() {
        assert!("1-10000000x2".parse::<FrameSet>().unwrap().can_be_written());
        let scattered: FrameSet = (0..20_000).map(|n: i32| n * n).collect();
        assert!(!scattered.can_be_written());
    }
}
