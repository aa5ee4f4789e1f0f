//! How a frame set is kept: one run in place, a few in a sorted list, many in a compressed bitmap. Equal sets
//! are equal however they are kept. Runs never touch each other. Knows bits only, no frames.

use roaring::RoaringBitmap;

/// More runs than this are kept as a bitmap.
const LIST_MAX: usize = 32;

/// Consecutive bits, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) first: u32,
    pub(super) last: u32,
}

impl Run {
    fn len(self) -> u64 {
        u64::from(self.last - self.first) + 1
    }
}

#[derive(Clone)]
pub(super) enum Repr {
    One(Run),
    /// None, or two to [`LIST_MAX`] runs.
    List(Vec<Run>),
    Bitmap(RoaringBitmap),
}

impl Default for Repr {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl PartialEq for Repr {
    fn eq(&self, other: &Self) -> bool {
        match (self.runs(), other.runs()) {
            (Some(a), Some(b)) => a == b,
            _ => self.len() == other.len() && self.iter().eq(other.iter()),
        }
    }
}

impl Eq for Repr {}

impl From<RoaringBitmap> for Repr {
    fn from(bitmap: RoaringBitmap) -> Self {
        let mut made = Self::Bitmap(bitmap);
        made.compact();
        made
    }
}

impl Repr {
    fn runs(&self) -> Option<&[Run]> {
        match self {
            Self::One(run) => Some(std::slice::from_ref(run)),
            Self::List(runs) => Some(runs),
            Self::Bitmap(_) => None,
        }
    }

    /// Takes sorted runs that do not touch.
    fn of(mut runs: Vec<Run>) -> Self {
        match runs.len() {
            1 => runs.pop().map_or_else(Self::default, Self::One),
            0..=LIST_MAX => Self::List(runs),
            _ => Self::Bitmap(bitmap_of(&runs)),
        }
    }

    fn to_bitmap(&self) -> RoaringBitmap {
        match self {
            Self::Bitmap(bitmap) => bitmap.clone(),
            Self::One(run) => bitmap_of(&[*run]),
            Self::List(runs) => bitmap_of(runs),
        }
    }

    /// A bitmap that has become empty or whole is kept as that; counting pieces is left to `compact`.
    fn settle(&mut self) {
        let Self::Bitmap(bitmap) = self else { return };
        let whole = match (bitmap.min(), bitmap.max()) {
            (Some(first), Some(last)) => {
                let run = Run { first, last };
                (bitmap.len() == run.len()).then_some(Self::One(run))
            }
            _ => Some(Self::default()),
        };
        if let Some(whole) = whole {
            *self = whole;
        }
    }

    pub(super) fn compact(&mut self) {
        self.settle();
        let Self::Bitmap(bitmap) = self else { return };
        let mut bits = bitmap.iter();
        let runs: Vec<Run> = std::iter::from_fn(|| bits.next_range())
            .take(LIST_MAX + 1)
            .map(|range| Run { first: *range.start(), last: *range.end() })
            .collect();
        if runs.len() <= LIST_MAX {
            *self = Self::List(runs);
        } else {
            bitmap.optimize();
        }
    }

    pub(super) fn insert(&mut self, new: Run) {
        match self {
            Self::One(run) => {
                if new.first <= run.last.saturating_add(1) && run.first <= new.last.saturating_add(1) {
                    *run = Run { first: run.first.min(new.first), last: run.last.max(new.last) };
                } else {
                    *self = Self::List(if new.first < run.first { vec![new, *run] } else { vec![*run, new] });
                }
            }
            Self::List(runs) => {
                let from = runs.partition_point(|run| run.last.saturating_add(1) < new.first);
                let to = runs.partition_point(|run| run.first <= new.last.saturating_add(1));
                let merged = runs.get(from..to).unwrap_or_default().iter().fold(new, |sum, run| Run {
                    first: sum.first.min(run.first),
                    last: sum.last.max(run.last),
                });
                runs.splice(from..to.max(from), [merged]);
                if runs.len() == 1 || runs.len() > LIST_MAX {
                    *self = Self::of(std::mem::take(runs));
                }
            }
            Self::Bitmap(bitmap) => {
                bitmap.insert_range(new.first..=new.last);
                self.settle();
            }
        }
    }

    pub(super) fn remove(&mut self, gone: Run) {
        match self {
            Self::One(run) => {
                if gone.last < run.first || run.last < gone.first {
                    return;
                }
                *self = match cut(*run, gone) {
                    (Some(before), Some(after)) => Self::List(vec![before, after]),
                    (Some(left), None) | (None, Some(left)) => Self::One(left),
                    (None, None) => Self::default(),
                };
            }
            Self::List(runs) => {
                let from = runs.partition_point(|run| run.last < gone.first);
                let to = runs.partition_point(|run| run.first <= gone.last);
                if from >= to {
                    return;
                }
                let before = runs.get(from).and_then(|run| cut(*run, gone).0);
                let after = runs.get(to - 1).and_then(|run| cut(*run, gone).1);
                runs.splice(from..to, before.into_iter().chain(after));
                if runs.len() == 1 || runs.len() > LIST_MAX {
                    *self = Self::of(std::mem::take(runs));
                }
            }
            Self::Bitmap(bitmap) => {
                bitmap.remove_range(gone.first..=gone.last);
                self.settle();
            }
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        if self.is_empty() {
            self.clone_from(other);
            return;
        }
        match other.runs() {
            Some(runs) => runs.iter().for_each(|run| self.insert(*run)),
            None => *self = Self::from(self.to_bitmap() | other.to_bitmap()),
        }
    }

    pub(super) fn subtract(&mut self, other: &Self) {
        match other.runs() {
            Some(runs) => runs.iter().for_each(|run| self.remove(*run)),
            None if self.is_empty() => {}
            None => *self = Self::from(self.to_bitmap() - other.to_bitmap()),
        }
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        let (Some(a), Some(b)) = (self.runs(), other.runs()) else {
            return Self::from(self.to_bitmap() & other.to_bitmap());
        };
        if let ([a], [b]) = (a, b) {
            let (first, last) = (a.first.max(b.first), a.last.min(b.last));
            return if first <= last { Self::One(Run { first, last }) } else { Self::default() };
        }
        let mut both = Vec::new();
        for run in a {
            let from = b.partition_point(|other| other.last < run.first);
            let meets = b.iter().skip(from).take_while(|other| other.first <= run.last);
            both.extend(
                meets.map(|other| Run { first: run.first.max(other.first), last: run.last.min(other.last) }),
            );
        }
        Self::of(both)
    }

    pub(super) fn covers(&self, run: Run) -> bool {
        match self.runs() {
            Some(runs) => {
                let at = runs.partition_point(|own| own.last < run.first);
                runs.get(at).is_some_and(|own| own.first <= run.first && run.last <= own.last)
            }
            None => matches!(self, Self::Bitmap(bitmap) if bitmap.contains_range(run.first..=run.last)),
        }
    }

    fn meets(&self, run: Run) -> bool {
        match self.runs() {
            Some(runs) => {
                let at = runs.partition_point(|own| own.last < run.first);
                runs.get(at).is_some_and(|own| own.first <= run.last)
            }
            None => {
                matches!(self, Self::Bitmap(bitmap) if bitmap.range_cardinality(run.first..=run.last) > 0)
            }
        }
    }

    pub(super) fn is_subset(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bitmap(own), Self::Bitmap(other)) => own.is_subset(other),
            _ => self.iter().all(|run| other.covers(run)),
        }
    }

    pub(super) fn is_disjoint(&self, other: &Self) -> bool {
        match (self.runs(), other.runs()) {
            (Some(runs), _) => !runs.iter().any(|run| other.meets(*run)),
            (None, Some(runs)) => !runs.iter().any(|run| self.meets(*run)),
            (None, None) => self.to_bitmap().is_disjoint(&other.to_bitmap()),
        }
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::One(run) => run.len(),
            Self::List(runs) => runs.iter().map(|run| run.len()).sum(),
            Self::Bitmap(bitmap) => bitmap.len(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::One(_) => false,
            Self::List(runs) => runs.is_empty(),
            Self::Bitmap(bitmap) => bitmap.is_empty(),
        }
    }

    pub(super) fn first(&self) -> Option<u32> {
        match self {
            Self::One(run) => Some(run.first),
            Self::List(runs) => runs.first().map(|run| run.first),
            Self::Bitmap(bitmap) => bitmap.min(),
        }
    }

    pub(super) fn last(&self) -> Option<u32> {
        match self {
            Self::One(run) => Some(run.last),
            Self::List(runs) => runs.last().map(|run| run.last),
            Self::Bitmap(bitmap) => bitmap.max(),
        }
    }

    pub(super) fn peek_first(&self, count: u64) -> Self {
        let mut left = count;
        let mut taken = Self::default();
        for run in self.iter() {
            if left == 0 {
                break;
            }
            let part = left.min(run.len());
            // `part` is between 1 and the run's length, which fits the run.
            taken.insert(Run { first: run.first, last: run.first + (part - 1) as u32 });
            left -= part;
        }
        taken
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Run> + '_ {
        let mut bits = match self {
            Self::Bitmap(bitmap) => Some(bitmap.iter()),
            _ => None,
        };
        let scattered = std::iter::from_fn(move || bits.as_mut()?.next_range())
            .map(|range| Run { first: *range.start(), last: *range.end() });
        self.runs().unwrap_or_default().iter().copied().chain(scattered)
    }
}

/// What is left of `run` before and after `gone`.
fn cut(run: Run, gone: Run) -> (Option<Run>, Option<Run>) {
    let before =
        (run.first < gone.first).then(|| Run { first: run.first, last: run.last.min(gone.first - 1) });
    let after = (gone.last < run.last).then(|| Run { first: run.first.max(gone.last + 1), last: run.last });
    (before, after)
}

fn bitmap_of(runs: &[Run]) -> RoaringBitmap {
    let mut bitmap = RoaringBitmap::new();
    for run in runs {
        bitmap.insert_range(run.first..=run.last);
    }
    bitmap
}
