//! Which events from outside were taken, by their ids, so that none is taken twice.
//!
//! A number of the latest is remembered, some sixty megabytes when full; whoever posts an older one again has it
//! taken again. A tree and not a table: the ids are chosen by strangers.

use std::collections::{BTreeMap, VecDeque};

use callsheet_model::limits::MAX_OUTSIDE_IDS;
use uuid::Uuid;

#[derive(Clone, Debug, Default)]
pub(crate) struct Outsiders {
    numbers: BTreeMap<Uuid, u64>,
    /// The same, in the order they came: a snapshot is a copy of it.
    order: VecDeque<(Uuid, u64)>,
}

impl Outsiders {
    /// The event of this id is in the log under this number. The first one counts.
    pub(super) fn remember(&mut self, id: Uuid, sequence: u64) {
        if let std::collections::btree_map::Entry::Vacant(place) = self.numbers.entry(id) {
            place.insert(sequence);
            self.order.push_back((id, sequence));
            if self.order.len() > MAX_OUTSIDE_IDS
                && let Some((oldest, _)) = self.order.pop_front()
            {
                self.numbers.remove(&oldest);
            }
        }
    }

    /// How many ids are remembered.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// The number that an event of this id has in the log, if it is remembered.
    pub(crate) fn number_of(&self, id: Uuid) -> Option<u64> {
        self.numbers.get(&id).copied()
    }

    /// Whether both sides know the same.
    pub(super) fn holds_together(&self) -> bool {
        self.numbers.len() == self.order.len()
            && self.order.iter().all(|(id, sequence)| self.numbers.get(id) == Some(sequence))
    }

    /// All that are remembered, the oldest first.
    pub(super) fn all(&self) -> Vec<(Uuid, u64)> {
        self.order.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_million_is_remembered_and_the_first_number_counts() {
        let mut known = Outsiders::default();
        let id = |nth: usize| Uuid::from_u128(nth as u128);
        for nth in 0..=MAX_OUTSIDE_IDS {
            known.remember(id(nth), nth as u64 + 1);
        }
        known.remember(id(7), 9_999_999);
        assert_eq!(known.number_of(id(0)), None, "the oldest is forgotten");
        assert_eq!(known.number_of(id(1)), Some(2));
        assert_eq!(known.number_of(id(7)), Some(8));
        assert_eq!((known.numbers.len(), known.all().len()), (MAX_OUTSIDE_IDS, MAX_OUTSIDE_IDS));
        assert_eq!(known.all().first(), Some(&(id(1), 2)));
    }
}
