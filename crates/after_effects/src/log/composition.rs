//! One composition in a log: its name, its header, its frames and whether it was finished.
//!
//! A log may hold several, one after another. It refuses to say what is to be done about any.

use callsheet_model::FrameSet;

use super::fact::Header;
use super::numbers::{Counting, Field, Head, Numbers, named};
use super::stamp::{Rate, Stamp};

/// What a log says of one composition.
#[derive(Clone, Debug, Default)]
pub struct Composition {
    name: Option<String>,
    head: Head,
    numbers: Numbers,
    /// Frames that were told with a number.
    told: FrameSet,
    finished: bool,
}

impl Composition {
    pub(super) fn named(name: Option<String>) -> Self {
        Self { name, ..Self::default() }
    }

    /// Its name, where the log tells one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The first frame, as the header has it.
    #[must_use]
    pub fn start(&self) -> Option<Stamp> {
        self.head.start
    }

    /// The last frame, as the header has it.
    #[must_use]
    pub fn end(&self) -> Option<Stamp> {
        self.head.end
    }

    /// How long it is, as the header has it.
    #[must_use]
    pub fn duration(&self) -> Option<Stamp> {
        self.head.duration
    }

    /// Frames a second, as the header has it.
    #[must_use]
    pub fn rate(&self) -> Option<Rate> {
        self.head.rate
    }

    /// Whether the log says that it is finished.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// How many different frames are finished, whether or not they have numbers.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.numbers.count()
    }

    /// How many frames have only one of their fields.
    #[must_use]
    pub fn half_done(&self) -> usize {
        self.numbers.half_done()
    }

    /// The finished frames by their display numbers, and how these were found. `expected` is what was asked
    /// for, if that is known.
    #[must_use]
    pub fn frames(&self, expected: Option<&FrameSet>) -> (FrameSet, Counting) {
        self.numbers.frames(&self.head, expected)
    }

    /// The frames that the header says it has.
    #[must_use]
    pub fn range(&self, expected: Option<&FrameSet>) -> Option<FrameSet> {
        named(&self.head, &self.numbers, expected)
    }

    /// Takes a part of a header; false when it has another one of that kind already.
    pub(super) fn head(&mut self, part: Header) -> bool {
        fn put<T>(place: &mut Option<T>, value: T) -> bool {
            let free = place.is_none();
            if free {
                *place = Some(value);
            }
            free
        }
        match part {
            Header::Start(stamp) => put(&mut self.head.start, stamp),
            Header::End(stamp) => put(&mut self.head.end, stamp),
            Header::Duration(stamp) => put(&mut self.head.duration, stamp),
            Header::Count(count) => put(&mut self.head.count, count),
            Header::Rate(rate) => put(&mut self.head.rate, rate),
        }
    }

    /// The next part of a header whose label is in no language that is known: After Effects writes them in
    /// this order.
    pub(super) fn next_part(&self, stamp: Stamp) -> Option<Header> {
        let head = &self.head;
        match (head.start, head.end, head.duration) {
            (None, ..) => Some(Header::Start(stamp)),
            (_, None, _) => Some(Header::End(stamp)),
            (_, _, None) => Some(Header::Duration(stamp)),
            _ => None,
        }
    }

    /// Takes a frame line. `Some(None)` when a frame is finished that has no number yet.
    pub(super) fn frame(
        &mut self,
        stamp: Stamp,
        ordinal: u32,
        field: Option<Field>,
        expected: Option<&FrameSet>,
    ) -> Option<Option<i32>> {
        let stamp = self.numbers.take(stamp, ordinal, field)?;
        match self.numbers.number(stamp, &self.head, expected) {
            Some(number) => self.told.insert(number).then_some(Some(number)),
            None => Some(None),
        }
    }

    /// Frames that have numbers now and had none when they were told; `last` when nothing more will come that
    /// could number them better.
    pub(super) fn late(&mut self, last: bool, expected: Option<&FrameSet>) -> FrameSet {
        if !last && self.head.rate.is_none() {
            return FrameSet::new();
        }
        let late = self.frames(expected).0.difference(&self.told);
        self.told.add(&late);
        late
    }

    /// Gives it its name, unless it has one.
    pub(super) fn call(&mut self, name: String) {
        self.name.get_or_insert(name);
    }

    pub(super) fn finish(&mut self, name: Option<String>) {
        self.finished = true;
        if let Some(name) = name {
            self.call(name);
        }
    }

    /// Whether every frame that the header names, or that was asked for, is finished.
    pub(super) fn is_drawn(&self, expected: Option<&FrameSet>) -> bool {
        if self.numbers.count() == 0 {
            return false;
        }
        let asked = expected.map(FrameSet::len).or_else(|| self.range(None).map(|range| range.len()));
        asked.is_some_and(|asked| self.numbers.count() >= asked)
    }

    /// Whether anything but its name is known.
    pub(super) fn is_begun(&self) -> bool {
        self.numbers.count() > 0 || self.head.start.is_some() || self.head.rate.is_some()
    }
}
