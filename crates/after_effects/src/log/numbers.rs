//! Which frames a composition's finished frame lines are: positions become numbers.
//!
//! ```text
//!   frame lines ─► positions, kept as they are written ─┐
//!   header: rate, start, end, duration ─► how timecode counts ─┴─► display numbers, a set
//! ```
//!
//! Positions are kept as they came, because what their numbers depend on may come later, or be found out from
//! the lines themselves. It refuses to trust the number in brackets for more than a check, as long as there is
//! timecode to count with.

use std::collections::BTreeMap;

use callsheet_model::FrameSet;
use callsheet_model::limits::MAX_FRAMES;

use super::stamp::{Clockwork, Rate, Stamp};

/// Most frames of which one field is still awaited.
const MAX_HALVES: usize = 10_000;
/// Most lines that are kept to find out how timecode counts.
const MAX_SAMPLES: usize = 2048;
/// Whole frames a second that timecode is counted in.
const BASES: [u32; 15] = [8, 10, 12, 15, 16, 18, 23, 24, 25, 30, 48, 50, 60, 100, 120];

/// One of the two fields of an interlaced frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Upper,
    Lower,
}

/// How the numbers of timecode were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// From the header's frame rate.
    Header,
    /// From how the lines follow one another.
    Lines,
    /// The numbers in brackets were counted on from a first frame that is known.
    Ordinals,
    /// Positions are frame numbers themselves.
    Written,
    /// They cannot be told.
    Unknown,
}

/// What a composition's header says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
    pub(super) start: Option<Stamp>,
    pub(super) end: Option<Stamp>,
    pub(super) duration: Option<Stamp>,
    pub(super) count: Option<u32>,
    pub(super) rate: Option<Rate>,
}

/// The finished frames of one composition.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    /// The kind of position that its lines have; others are not counted.
    kind: Option<Stamp>,
    /// Positions by their keys.
    seen: FrameSet,
    ordinals: FrameSet,
    /// Frames of which one field is there, by their number in brackets.
    halves: BTreeMap<u32, (Field, Stamp)>,
    samples: Vec<(Stamp, u32)>,
    drop: bool,
    /// The largest frame within a second or a foot.
    largest: u16,
}

impl Numbers {
    /// Takes a frame line; the position when its frame is finished with it, and was not before.
    pub(super) fn take(&mut self, stamp: Stamp, ordinal: u32, field: Option<Field>) -> Option<Stamp> {
        let stamp = match field {
            None => stamp,
            Some(field) => self.pair(stamp, ordinal, field)?,
        };
        let kind = *self.kind.get_or_insert(stamp);
        let key = stamp.key().filter(|_| kind.is_like(stamp))?;
        if self.seen.len() >= MAX_FRAMES || !self.seen.insert(key) {
            return None;
        }
        if let Ok(ordinal) = i32::try_from(ordinal) {
            self.ordinals.insert(ordinal);
        }
        match stamp {
            Stamp::Time { frame, drop, .. } => {
                self.largest = self.largest.max(frame);
                self.drop |= drop;
            }
            Stamp::Feet { frame, .. } => self.largest = self.largest.max(frame),
            Stamp::Count(_) => {}
        }
        if self.samples.len() < MAX_SAMPLES {
            self.samples.push((stamp, ordinal));
        }
        Some(stamp)
    }

    /// The position of a frame whose other field was there already.
    fn pair(&mut self, stamp: Stamp, ordinal: u32, field: Field) -> Option<Stamp> {
        match self.halves.get(&ordinal) {
            Some((other, first)) if *other != field => {
                let first = *first;
                self.halves.remove(&ordinal);
                // Fields of one frame may be shown half a frame apart; the frame is where the first one is.
                Some(first.min(stamp))
            }
            Some(_) => None,
            None => {
                if self.halves.len() < MAX_HALVES {
                    self.halves.insert(ordinal, (field, stamp));
                }
                None
            }
        }
    }

    /// How many frames are finished, whatever their numbers are.
    pub(super) fn count(&self) -> u64 {
        self.seen.len()
    }

    /// How many frames have only one of their fields.
    pub(super) fn half_done(&self) -> usize {
        self.halves.len()
    }

    /// The frames, as far as they have numbers, and how these were found.
    pub(super) fn frames(&self, head: &Head, expected: Option<&FrameSet>) -> (FrameSet, Counting) {
        let Some(kind) = self.kind else { return (FrameSet::new(), Counting::Written) };
        let (clockwork, counting) = match kind {
            Stamp::Time { .. } => match self.clockwork(head) {
                Some((clockwork, counting)) => (Some(clockwork), counting),
                None => return self.by_ordinals(head, expected),
            },
            Stamp::Count(_) | Stamp::Feet { .. } => (None, Counting::Written),
        };
        let offset = if clockwork.is_some() { offset(head, clockwork, expected) } else { 0 };
        let per_foot = self.per_foot();
        let stamps = self.seen.iter().map(|key| kind.like_key(key));
        let numbers = stamps.filter_map(|stamp| stamp.frame(clockwork, per_foot)?.checked_add(offset));
        (numbers.collect(), counting)
    }

    /// The number of one position as soon as the header tells how to count; `None` until then.
    pub(super) fn number(&self, stamp: Stamp, head: &Head, expected: Option<&FrameSet>) -> Option<i32> {
        let Stamp::Time { .. } = stamp else { return stamp.frame(None, self.per_foot()) };
        let clockwork = self.by_rate(head)?;
        stamp.frame(Some(clockwork), 16)?.checked_add(offset(head, Some(clockwork), expected))
    }

    /// 35 mm film has 16 frames a foot; 16 mm film, which shows larger numbers, has 40.
    fn per_foot(&self) -> i32 {
        if self.largest >= 16 { 40 } else { 16 }
    }

    fn clockwork(&self, head: &Head) -> Option<(Clockwork, Counting)> {
        if let Some(clockwork) = self.by_rate(head) {
            return Some((clockwork, Counting::Header));
        }
        let base =
            base_by_header(head).or_else(|| self.base_by_lines()).or_else(|| self.base_beyond(head))?;
        let fits = base > u32::from(self.largest);
        fits.then_some((Clockwork { base, drop: self.drop }, Counting::Lines))
    }

    /// A rate that is slower than the timecode shows is the output's, and not what the timecode counts in.
    fn by_rate(&self, head: &Head) -> Option<Clockwork> {
        let base = head.rate?.base();
        let drop = self.drop || [head.start, head.end].into_iter().flatten().any(is_drop);
        (base > u32::from(self.largest)).then_some(Clockwork { base, drop })
    }

    /// The next usual rate above the header's that the lines allow.
    fn base_beyond(&self, head: &Head) -> Option<u32> {
        let rate = head.rate?.base();
        let fits = |base: &u32| *base > u32::from(self.largest) && base.is_multiple_of(rate);
        BASES.into_iter().find(fits)
    }

    /// From lines that are seconds apart: the numbers in brackets count frames.
    fn base_by_lines(&self) -> Option<u32> {
        let mut votes: BTreeMap<u32, u32> = BTreeMap::new();
        let mut sorted = self.samples.clone();
        sorted.sort_unstable();
        for (first, second) in sorted.iter().zip(sorted.iter().skip(1)) {
            let (Some((s1, f1)), Some((s2, f2))) = (first.0.parts(), second.0.parts()) else { continue };
            let (frames, seconds) = (i64::from(second.1) - i64::from(first.1) - (f2 - f1), s2 - s1);
            let whole = seconds > 0 && frames > 0 && frames % seconds == 0;
            if let Some(Ok(base)) = whole.then(|| u32::try_from(frames / seconds)) {
                *votes.entry(base).or_default() += 1;
            }
        }
        let best = votes.into_iter().max_by_key(|(_, count)| *count).map(|(base, _)| base);
        best.filter(|base| *base > u32::from(self.largest) && *base <= 1000)
    }

    /// Without any way to count: on from the first frame, if that is known.
    fn by_ordinals(&self, head: &Head, expected: Option<&FrameSet>) -> (FrameSet, Counting) {
        let ordinals = self.ordinals.iter().filter_map(|nth| nth.checked_sub(1));
        if let Some(expected) = expected {
            let all: Vec<i32> = match self.ordinals.last() {
                Some(last) => expected.peek_first(u64::try_from(last).unwrap_or(0)).iter().collect(),
                None => Vec::new(),
            };
            let frame = |nth: i32| usize::try_from(nth).ok().and_then(|nth| all.get(nth)).copied();
            return (ordinals.filter_map(frame).collect(), Counting::Ordinals);
        }
        // The first frames of a composition have the same number at every rate.
        match head.start.and_then(Stamp::parts) {
            Some((0, first)) => {
                let first = i32::try_from(first).unwrap_or(0);
                (ordinals.filter_map(|nth| nth.checked_add(first)).collect(), Counting::Ordinals)
            }
            _ => (FrameSet::new(), Counting::Unknown),
        }
    }
}

fn is_drop(stamp: Stamp) -> bool {
    matches!(stamp, Stamp::Time { drop: true, .. })
}

/// Start, end and duration are three ways to say two things: sometimes only one rate fits.
fn base_by_header(head: &Head) -> Option<u32> {
    let ((s1, f1), (s2, f2)) = (head.start?.parts()?, head.end?.parts()?);
    let (frames, seconds) = match (head.count, head.duration.and_then(Stamp::parts)) {
        (Some(count), _) => (i64::from(count) - (f2 - f1) - 1, s2 - s1),
        (None, Some((s, f))) => (f2 - f1 + 1 - f, s - (s2 - s1)),
        (None, None) => return None,
    };
    let base = (seconds > 0 && frames % seconds == 0).then(|| frames / seconds)?;
    u32::try_from(base).ok().filter(|base| (1..=1000).contains(base))
}

/// Projects may count from frame 1: timecode still begins at zero. It is so when the frames that were asked for
/// are exactly one behind what the header says.
fn offset(head: &Head, clockwork: Option<Clockwork>, expected: Option<&FrameSet>) -> i32 {
    let at = |stamp: Option<Stamp>| stamp.filter(|stamp| stamp.parts().is_some())?.frame(clockwork, 16);
    let (Some(first), Some(last), Some(expected)) = (at(head.start), at(head.end), expected) else {
        return 0;
    };
    let asked = expected.first().zip(expected.last());
    i32::from(asked == first.checked_add(1).zip(last.checked_add(1)))
}

/// The frames that a header names, if it names them.
pub(super) fn named(head: &Head, numbers: &Numbers, expected: Option<&FrameSet>) -> Option<FrameSet> {
    let number = |stamp: Option<Stamp>| -> Option<i32> {
        let stamp = stamp?;
        if let Stamp::Time { .. } = stamp {
            let (clockwork, _) = numbers.clockwork(head)?;
            return stamp.frame(Some(clockwork), 16)?.checked_add(offset(head, Some(clockwork), expected));
        }
        stamp.frame(None, numbers.per_foot())
    };
    let (first, last) = (number(head.start)?, number(head.end)?);
    let size = i64::from(last) - i64::from(first) + 1;
    (1..=i64::try_from(MAX_FRAMES).unwrap_or(0)).contains(&size).then(|| FrameSet::range(first, last))
}
