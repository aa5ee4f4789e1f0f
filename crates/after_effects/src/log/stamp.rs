//! Where in a composition a frame stands, as After Effects shows it, and which number that is.
//!
//! A project shows time as timecode, as a count of frames or as feet and frames. Timecode counts in whole
//! frames a second even where the rate is 23.976 or 29.97, and drop-frame timecode (`;`) leaves numbers out.

use callsheet_model::limits::MAX_FRAME_NUMBER;

/// A position, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stamp {
    /// `0:00:03:18`, or `0;00;03;18` in drop-frame timecode.
    Time {
        /// Before zero.
        negative: bool,
        /// Hours, minutes and seconds, in seconds.
        seconds: u32,
        /// The frame within the second.
        frame: u16,
        /// Whether numbers are left out so that it keeps up with the clock.
        drop: bool,
    },
    /// `199`.
    Count(i32),
    /// `0012+07`: film.
    Feet {
        /// Whole feet.
        feet: u32,
        /// The frame within the foot.
        frame: u16,
    },
}

/// How timecode counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clockwork {
    /// Whole frames a second.
    pub base: u32,
    /// Whether any of its timecode was written as drop-frame.
    pub drop: bool,
}

/// More seconds than any composition has; what is longer is no timecode.
const MAX_SECONDS: u32 = 1_000_000;

impl Stamp {
    /// Reads one from the beginning of a text, and what comes after it.
    #[must_use]
    pub fn read(text: &str) -> Option<(Self, &str)> {
        let (negative, rest) = match text.strip_prefix(['-', '−']) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (first, after) = number(rest, 9)?;
        if after.starts_with([':', ';']) && digits(rest) <= 4 {
            return Self::time(negative, first, after);
        }
        if let Some(film) = after.strip_prefix('+') {
            let (frame, after) = number(film, 2)?;
            let frame = u16::try_from(frame).ok()?;
            return (!negative).then_some((Self::Feet { feet: first, frame }, after));
        }
        let count = i32::try_from(first).ok().filter(|count| *count <= MAX_FRAME_NUMBER)?;
        Some((Self::Count(if negative { -count } else { count }), after))
    }

    fn time(negative: bool, hours: u32, text: &str) -> Option<(Self, &str)> {
        let (mut rest, mut drop, mut fields) = (text, false, [0; 3]);
        for field in &mut fields {
            drop |= rest.starts_with(';');
            rest = rest.strip_prefix([':', ';'])?;
            let (value, after) = number(rest, 4)?;
            if digits(rest) < 2 {
                return None;
            }
            (*field, rest) = (value, after);
        }
        let [minutes, seconds, frame] = fields;
        if minutes > 59 || seconds > 59 || frame > 999 || rest.starts_with([':', ';']) {
            return None;
        }
        let seconds = hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds)?;
        let frame = u16::try_from(frame).ok()?;
        (seconds <= MAX_SECONDS).then_some((Self::Time { negative, seconds, frame, drop }, rest))
    }

    /// A whole text that is one.
    #[must_use]
    pub fn whole(text: &str) -> Option<Self> {
        Self::read(text.trim()).and_then(|(stamp, rest)| rest.trim().is_empty().then_some(stamp))
    }

    /// Its frame number; timecode needs to know how it counts, film how many frames a foot has.
    #[must_use]
    pub fn frame(self, clockwork: Option<Clockwork>, per_foot: i32) -> Option<i32> {
        let number = match self {
            Self::Count(count) => i64::from(count),
            Self::Feet { feet, frame } => i64::from(feet) * i64::from(per_foot) + i64::from(frame),
            Self::Time { negative, seconds, frame, .. } => {
                let clockwork = clockwork?;
                let base = i64::from(clockwork.base);
                let mut number = i64::from(seconds) * base + i64::from(frame);
                if clockwork.drop && base % 30 == 0 {
                    let minutes = i64::from(seconds) / 60;
                    number -= base / 15 * (minutes - minutes / 10);
                }
                if negative { -number } else { number }
            }
        };
        i32::try_from(number).ok().filter(|number| number.unsigned_abs() <= MAX_FRAME_NUMBER.unsigned_abs())
    }

    /// A number that stands for it in a set.
    pub(super) fn key(self) -> Option<i32> {
        match self {
            Self::Time { negative, seconds, frame, .. } => {
                let key = i32::try_from(seconds * 1024 + u32::from(frame)).ok()?;
                // The smallest negative one must not be taken for zero.
                Some(if negative { -key - 1 } else { key })
            }
            Self::Count(count) => Some(count),
            Self::Feet { feet, frame } => i32::try_from(feet.checked_mul(128)? + u32::from(frame)).ok(),
        }
    }

    /// The stamp of this one's kind that a key stands for.
    pub(super) fn like_key(self, key: i32) -> Self {
        match self {
            Self::Time { drop, .. } => {
                let negative = key < 0;
                let size = if negative { (key + 1).unsigned_abs() } else { key.unsigned_abs() };
                Self::Time { negative, seconds: size / 1024, frame: (size % 1024) as u16, drop }
            }
            Self::Count(_) => Self::Count(key),
            Self::Feet { .. } => {
                let size = key.unsigned_abs();
                Self::Feet { feet: size / 128, frame: (size % 128) as u16 }
            }
        }
    }

    /// Whether both are of one kind.
    pub(super) fn is_like(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    /// Hours, minutes and seconds in seconds, and the frame within the second.
    pub(super) fn parts(self) -> Option<(i64, i64)> {
        match self {
            Self::Time { negative: false, seconds, frame, .. } => {
                Some((i64::from(seconds), i64::from(frame)))
            }
            _ => None,
        }
    }
}

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match *self {
            Self::Count(count) => count.to_string(),
            Self::Feet { feet, frame } => format!("{feet:04}+{frame:02}"),
            Self::Time { negative, seconds, frame, drop } => {
                let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
                let (sign, sep) = (if negative { "-" } else { "" }, if drop { ';' } else { ':' });
                format!("{sign}{h}{sep}{m:02}{sep}{s:02}{sep}{frame:02}")
            }
        };
        f.pad(&text)
    }
}

/// Frames a second, as the header tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate {
    thousandths: u32,
}

impl Rate {
    /// Reads `23.976`, `25,00` or `30` from the beginning of a text, and what comes after it.
    #[must_use]
    pub fn read(text: &str) -> Option<(Self, &str)> {
        let (whole, mut rest) = number(text, 3)?;
        let mut thousandths = whole * 1000;
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            let count = digits(fraction);
            (1..=6).contains(&count).then_some(())?;
            for (nth, digit) in fraction.bytes().take(count.min(3)).enumerate() {
                thousandths += u32::from(digit - b'0') * [100, 10, 1].get(nth).copied().unwrap_or(0);
            }
            rest = fraction.get(count..).unwrap_or_default();
        }
        (thousandths > 0).then_some((Self { thousandths }, rest))
    }

    /// How many frames timecode counts in a second.
    #[must_use]
    pub fn base(self) -> u32 {
        (self.thousandths + 500).div_euclid(1000).max(1)
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{}.{:03}", self.thousandths / 1000, self.thousandths % 1000);
        f.pad(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// A number of at most so many digits, and what comes after it.
pub(super) fn number(text: &str, most: usize) -> Option<(u32, &str)> {
    let count = digits(text);
    if count == 0 || count > most {
        return None;
    }
    let (number, rest) = text.split_at_checked(count)?;
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str, base: u32) -> Option<i32> {
        let stamp = Stamp::whole(text)?;
        let drop = matches!(stamp, Stamp::Time { drop: true, .. });
        stamp.frame(Some(Clockwork { base, drop }), 16)
    }

    #[test]
    fn timecode_counts_whole_frames_and_drops_what_its_kind_drops() {
        assert_eq!(frame("0:00:03:18", 24), Some(90));
        assert_eq!(frame("1:00:00:00", 25), Some(90_000));
        // A minute that begins without its first two, or four; every tenth has them.
        assert_eq!(frame("0;00;59;29", 30), Some(1799));
        assert_eq!(frame("0;01;00;02", 30), Some(1800));
        assert_eq!(frame("0;10;00;00", 30), Some(17_982));
        assert_eq!(frame("0;01;00;04", 60), Some(3600));
        assert_eq!(frame("00:01:00;02", 30), Some(1800));
        assert_eq!(frame("0;01;00;00", 24), Some(1440), "there is no dropping at 24");
        assert_eq!(frame("-0:00:00:10", 24), Some(-10));
        assert_eq!(frame("0:00:00:119", 120), Some(119));
    }

    #[test]
    fn counts_and_film_need_no_rate() {
        assert_eq!(Stamp::whole("199").and_then(|stamp| stamp.frame(None, 16)), Some(199));
        assert_eq!(Stamp::whole("0012+07").and_then(|stamp| stamp.frame(None, 16)), Some(199));
        assert_eq!(Stamp::whole("0004+39").and_then(|stamp| stamp.frame(None, 40)), Some(199));
        assert_eq!(Stamp::whole("0:00:01:00").and_then(|stamp| stamp.frame(None, 16)), None);
    }

    #[test]
    fn what_is_no_position_is_none() {
        for text in
            ["", "a", "0:00", "0:00:00", "1:2:3:4", "0:60:00:00", "0:00:00:00:00", "12+", "1234567890"]
        {
            assert_eq!(Stamp::whole(text), None, "{text}");
        }
        assert_eq!(Stamp::whole("9999:00:00:00"), None);
    }

    #[test]
    fn rates_are_read_with_points_and_commas() {
        let base =
            |text: &str| Rate::read(text).map(|(rate, rest)| (rate.to_string(), rate.base(), rest.len()));
        assert_eq!(base("23.976 (comp)"), Some(("23.976".into(), 24, 7)));
        assert_eq!(base("29,97"), Some(("29.97".into(), 30, 0)));
        assert_eq!(base("25,00"), Some(("25".into(), 25, 0)));
        assert_eq!(base("59.94"), Some(("59.94".into(), 60, 0)));
        assert_eq!(base("12"), Some(("12".into(), 12, 0)));
        assert_eq!(base("0.00").or(base("x")).or(base("12.")), None);
    }

    #[test]
    fn keys_lead_back_to_what_they_stand_for() {
        for text in ["0:00:00:00", "-0:00:00:00", "-0:00:01:23", "99:59:59:59", "0;00;00;01", "-7", "0012+15"]
        {
            let stamp = Stamp::whole(text).unwrap();
            assert_eq!(stamp.like_key(stamp.key().unwrap()), stamp, "{text}");
        }
    }
}
