//! Movies: what one shows, and which share of it each segment has. And what a step makes at all.
//!
//! A movie cannot be split by frames: its frames depend on each other, and so does its header. It is one task,
//! or a step whose "frames" are segments, numbered from 1, each a whole movie; a later step joins them.

use std::collections::BTreeMap;

use callsheet_model::{FrameSet, OutputPattern};
use serde_json::Value;

use super::read::{not, only, whole};

/// Movies whose frames can be counted.
pub(super) const MOVIES: [&str; 4] = ["mov", "mp4", "m4v", "avi"];
/// Files of nothing but sound.
pub(super) const SOUNDS: [&str; 4] = ["wav", "aif", "aiff", "mp3"];

/// What a movie shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Movie {
    /// The composition's first frame that it shows.
    pub first: i32,
    /// The last one.
    pub last: i32,
    /// How many frames each segment has; `None` for a movie in one piece.
    pub segment: Option<u32>,
}

/// What a step makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// A picture for each frame.
    Pictures,
    /// A movie, or segments of one.
    Movie(Movie),
    /// Sound without pictures, as long as the movie that it belongs to.
    Sound(Movie),
}

impl Product {
    /// What comes of this output with this movie.
    #[must_use]
    pub fn of(output: &OutputPattern, movie: Option<Movie>) -> Self {
        match movie {
            None => Self::Pictures,
            Some(movie) if is_one_of(output, &SOUNDS) => Self::Sound(movie),
            Some(movie) => Self::Movie(movie),
        }
    }
}

pub(super) fn is_one_of(output: &OutputPattern, extensions: &[&str]) -> bool {
    output.extension().is_some_and(|found| extensions.contains(&found.as_str()))
}

impl Movie {
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        let wanted = "{\"frames\": \"0-99\"}, and \"segment\": how many frames each segment has";
        let table = value.as_object().ok_or_else(|| not(value, wanted))?;
        only(table, &["frames", "segment"])?;
        let frames = table.get("frames").ok_or_else(|| not(value, wanted))?;
        let text = match frames {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            other => return Err(format!("frames: {}", not(other, "one run of frames, such as \"0-99\""))),
        };
        let set: FrameSet = text.parse().map_err(|error| format!("frames: {error}"))?;
        let mut runs = set.ranges();
        let (Some(run), None) = (runs.next(), runs.next()) else {
            return Err(format!(
                "frames: {}",
                not(frames, "one run of frames without gaps, such as \"0-99\"")
            ));
        };
        let most = u64::from(u32::MAX);
        let segment = table.get("segment").map(|value| whole(value, 1, most)).transpose();
        let segment = segment.map_err(|message| format!("segment: {message}"))?;
        let segment = segment.and_then(|count| u32::try_from(count).ok());
        Ok(Self { first: *run.start(), last: *run.end(), segment })
    }

    /// How many frames it shows.
    #[must_use]
    pub fn len(&self) -> u64 {
        (i64::from(self.last) - i64::from(self.first) + 1).try_into().unwrap_or(0)
    }

    /// Never: it shows a run of frames.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many segments it has: one when it is in one piece.
    #[must_use]
    pub fn segments(&self) -> u64 {
        self.segment.map_or(1, |each| self.len().div_ceil(u64::from(each.max(1))))
    }

    /// The composition's frames that a result shows: segments are counted from 1, a movie in one piece is 0.
    #[must_use]
    pub fn share(&self, result: i32) -> Option<(i32, i32)> {
        let Some(each) = self.segment else { return (result == 0).then_some((self.first, self.last)) };
        let before = i64::from(result.checked_sub(1).filter(|nth| *nth >= 0)?);
        let first = i64::from(self.first).checked_add(before.checked_mul(i64::from(each))?)?;
        let last = first.checked_add(i64::from(each) - 1)?.min(i64::from(self.last));
        (first <= last).then_some((i32::try_from(first).ok()?, i32::try_from(last).ok()?))
    }

    /// How many frames each of these results must have.
    #[must_use]
    pub fn counts(&self, results: &FrameSet) -> BTreeMap<i32, u64> {
        let count = |result: i32| {
            let (first, last) = self.share(result)?;
            Some((result, (i64::from(last) - i64::from(first) + 1).try_into().ok()?))
        };
        results.iter().filter_map(count).collect()
    }
}
