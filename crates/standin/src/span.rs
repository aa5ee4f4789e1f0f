//! Frames as a story names them, `"3-5,9"`, display numbers, which may be negative. It knows no steps.

use serde::{Deserialize, Deserializer, de};

/// A set of frames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frames(Vec<(i64, i64)>);

impl Frames {
    pub(crate) fn contains(&self, frame: i64) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&frame))
    }

    /// Whether any of `first..=last` is in it.
    pub(crate) fn touches(&self, first: i64, last: i64) -> bool {
        self.0.iter().any(|(from, to)| *from <= last && *to >= first)
    }

    fn read(text: &str) -> Option<Self> {
        let run = |part: &str| {
            let part = part.trim();
            // The first character may be a sign.
            match part.get(1..)?.find('-') {
                Some(dash) => {
                    let (first, last) = part.split_at(dash + 1);
                    Some((first.trim().parse().ok()?, last.get(1..)?.trim().parse().ok()?))
                }
                None => part.parse().ok().map(|frame| (frame, frame)),
            }
        };
        text.split(',').map(run).collect::<Option<Vec<_>>>().map(Self)
    }
}

impl<'de> Deserialize<'de> for Frames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text)
            .ok_or_else(|| de::Error::custom(format!("{text:?} are no frames, such as \"3-5,9\"")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_single_frames_and_signs_are_read() {
        let frames = Frames::read("-3--1, 5, 8-9").unwrap();
        let inside: Vec<i64> = (-5..12).filter(|frame| frames.contains(*frame)).collect();
        assert_eq!(inside, [-3, -2, -1, 5, 8, 9]);
        assert!(frames.touches(6, 8) && !frames.touches(6, 7));
        assert_eq!(Frames::read("a"), None);
        assert_eq!(Frames::read(""), None);
    }
}
