//! The small parts of stored records, each with two faces: compact for the journal, readable for an export.
//! Reading checks what the live type promises, so no stored byte can make a value that could not exist.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use callsheet_model::{FrameSet, JobId, Md5, NodeName, OutputPattern, Token, limits};
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::ser::{self, SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Whole microseconds; what does not fit is the most that fits.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A token, with its halves apart: both are small numbers, together they are a large one.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct StoredToken {
    epoch: u32,
    serial: u32,
}

impl From<Token> for StoredToken {
    fn from(token: Token) -> Self {
        // The lower half, on purpose.
        Self { epoch: token.epoch(), serial: token.0 as u32 }
    }
}

impl From<StoredToken> for Token {
    fn from(stored: StoredToken) -> Self {
        Self(Self::first_of(stored.epoch).0 | u64::from(stored.serial))
    }
}

/// Sixteen bytes in the journal, the usual text in an export.
#[derive(Clone, Copy)]
pub(crate) struct StoredUuid(pub(crate) Uuid);

impl Serialize for StoredUuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&self.0)
        } else {
            self.0.as_bytes().serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for StoredUuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = Cow::<'_, str>::deserialize(deserializer)?;
            text.parse().map(Self).map_err(de::Error::custom)
        } else {
            <[u8; 16]>::deserialize(deserializer).map(|bytes| Self(Uuid::from_bytes(bytes)))
        }
    }
}

/// A job's id, stored as any UUID is.
#[derive(Clone, Copy)]
pub(crate) struct StoredJobId(pub(crate) JobId);

impl Serialize for StoredJobId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StoredUuid(self.0.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for StoredJobId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        StoredUuid::deserialize(deserializer).map(|id| Self(JobId(id.0)))
    }
}

/// Sixteen bytes in the journal, hexadecimal digits in an export.
#[derive(Clone, Copy)]
pub(crate) struct StoredMd5(pub(crate) Md5);

impl Serialize for StoredMd5 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&self.0)
        } else {
            self.0.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for StoredMd5 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = Cow::<'_, str>::deserialize(deserializer)?;
            text.parse().map(Self).map_err(de::Error::custom)
        } else {
            <[u8; 16]>::deserialize(deserializer).map(|bytes| Self(Md5(bytes)))
        }
    }
}

/// A node's name, checked on the way in.
#[derive(Clone)]
pub(crate) struct StoredNode(pub(crate) NodeName);

impl Serialize for StoredNode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for StoredNode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = StoredNode;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a node's name")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<StoredNode, E> {
                NodeName::new(text).map(StoredNode).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Name)
    }
}

/// An output pattern, as the text it was read from.
pub(crate) struct StoredOutput(pub(crate) OutputPattern);

impl Serialize for StoredOutput {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for StoredOutput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        OutputPattern::parse(&text).map(Self).map_err(de::Error::custom)
    }
}

/// A step's settings: JSON text in the journal, which knows no values without a type of their own; plain JSON
/// in an export.
pub(crate) struct StoredSettings(pub(crate) BTreeMap<String, serde_json::Value>);

/// Settings nested deeper than this are refused: the reader of JSON would refuse them when they come back.
const MAX_SETTINGS_DEPTH: usize = 100;

fn fits(value: &serde_json::Value, depth: usize) -> bool {
    depth > 0
        && match value {
            serde_json::Value::Array(values) => values.iter().all(|value| fits(value, depth - 1)),
            serde_json::Value::Object(values) => values.values().all(|value| fits(value, depth - 1)),
            _ => true,
        }
}

impl Serialize for StoredSettings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some((key, _)) = self.0.iter().find(|(_, value)| !fits(value, MAX_SETTINGS_DEPTH)) {
            let refusal = format!("setting {key:?} is nested deeper than {MAX_SETTINGS_DEPTH} levels");
            return Err(ser::Error::custom(refusal));
        }
        if serializer.is_human_readable() {
            self.0.serialize(serializer)
        } else {
            let text = serde_json::to_string(&self.0).map_err(ser::Error::custom)?;
            serializer.serialize_str(&text)
        }
    }
}

impl<'de> Deserialize<'de> for StoredSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            BTreeMap::deserialize(deserializer).map(Self)
        } else {
            let text = String::deserialize(deserializer)?;
            serde_json::from_str(&text).map(Self).map_err(de::Error::custom)
        }
    }
}

/// A frame set, as its runs. In the journal a run is two small numbers: the gap to the one before it and how
/// many frames follow its first. In an export it is `[first, last]`.
#[derive(Clone)]
pub(crate) struct StoredFrames<'a>(pub(crate) Cow<'a, FrameSet>);

impl<'a> From<&'a FrameSet> for StoredFrames<'a> {
    fn from(frames: &'a FrameSet) -> Self {
        Self(Cow::Borrowed(frames))
    }
}

impl StoredFrames<'_> {
    pub(crate) fn live(self) -> FrameSet {
        self.0.into_owned()
    }
}

fn zigzag(number: i32) -> u32 {
    ((number << 1) ^ (number >> 31)) as u32
}

fn unzigzag(number: u32) -> i32 {
    (number >> 1) as i32 ^ -((number & 1) as i32)
}

impl Serialize for StoredFrames<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.len() > limits::MAX_FRAMES {
            let refusal = format!("a set of {} frames: at most {} fit", self.0.len(), limits::MAX_FRAMES);
            return Err(ser::Error::custom(refusal));
        }
        let readable = serializer.is_human_readable();
        let mut runs = serializer.serialize_seq(Some(self.0.ranges().count()))?;
        let mut before: Option<i32> = None;
        for run in self.0.ranges() {
            let (first, last) = (*run.start(), *run.end());
            if readable {
                runs.serialize_element(&(first, last))?;
            } else {
                // Between two runs lies at least one frame, so the gap counts from two after the last.
                let gap = before.map_or(zigzag(first), |end| first.abs_diff(end).saturating_sub(2));
                runs.serialize_element(&(gap, last.abs_diff(first)))?;
            }
            before = Some(last);
        }
        runs.end()
    }
}

struct Runs {
    readable: bool,
}

impl Runs {
    fn next<'de, A: SeqAccess<'de>>(
        &self,
        seq: &mut A,
        before: Option<i64>,
    ) -> Result<Option<(i64, i64)>, A::Error> {
        if self.readable {
            let run: Option<(i32, i32)> = seq.next_element()?;
            return Ok(run.map(|(first, last)| (first.into(), last.into())));
        }
        let run: Option<(u32, u32)> = seq.next_element()?;
        Ok(run.map(|(gap, more)| {
            let first = before.map_or(i64::from(unzigzag(gap)), |end| end + 2 + i64::from(gap));
            (first, first + i64::from(more))
        }))
    }
}

impl<'de> Visitor<'de> for Runs {
    type Value = FrameSet;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ascending runs of frames")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<FrameSet, A::Error> {
        let mut set = FrameSet::new();
        let mut before = None;
        let mut count = 0;
        let mut runs = 0_u32;
        while let Some((first, last)) = self.next(&mut seq, before)? {
            if last < first || before.is_some_and(|end| first <= end) {
                return Err(de::Error::custom("runs of frames do not ascend"));
            }
            // Bounded before it is built: a few bytes must not become gigabytes of frames.
            count += (last - first + 1).unsigned_abs();
            if count > limits::MAX_FRAMES {
                return Err(de::Error::custom(format!("a set of more than {} frames", limits::MAX_FRAMES)));
            }
            let number = |frame| i32::try_from(frame).map_err(|_| de::Error::custom("no frame number"));
            set.insert_range(number(first)?, number(last)?);
            before = Some(last);
            runs += 1;
        }
        if runs > 1 {
            set.compact();
        }
        Ok(set)
    }
}

impl<'de> Deserialize<'de> for StoredFrames<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let readable = deserializer.is_human_readable();
        deserializer.deserialize_seq(Runs { readable }).map(|set| Self(Cow::Owned(set)))
    }
}
