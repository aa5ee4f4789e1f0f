//! What a template cache keeps: which files there are, who needs them, and which have to go when there is no room.
//! The longest unused goes first, and one that a lease needs never does.
//!
//! It knows no file and no directory: whoever has them does what it says. It refuses to let go of what is pinned, even
//! when that is more than there is room for.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::Token;

/// Files by name, each with what its owner knows about it.
#[derive(Debug)]
pub struct Shelf<K, A> {
    limit: u64,
    entries: BTreeMap<K, Entry<A>>,
    bytes: u64,
    /// Counts uses; the entry with the lowest was not used for longest.
    uses: u64,
}

#[derive(Debug)]
struct Entry<A> {
    bytes: u64,
    used: u64,
    pins: BTreeSet<Token>,
    about: A,
}

impl<K: Ord + Clone, A> Shelf<K, A> {
    /// An empty one with room for so many bytes.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self { limit, entries: BTreeMap::new(), bytes: 0, uses: 0 }
    }

    /// How many bytes there are.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &K> {
        self.entries.keys()
    }

    /// What is known about a file, if it is there.
    #[must_use]
    pub fn about(&self, name: &K) -> Option<&A> {
        self.entries.get(name).map(|entry| &entry.about)
    }

    /// The same, to be changed.
    pub fn about_mut(&mut self, name: &K) -> Option<&mut A> {
        self.entries.get_mut(name).map(|entry| &mut entry.about)
    }

    /// A file is there. In the place of another one of its name it is needed by all that needed that one.
    pub fn put(&mut self, name: K, bytes: u64, about: A) {
        self.uses += 1;
        let pins = self.take(&name).map(|entry| entry.pins).unwrap_or_default();
        self.bytes += bytes;
        self.entries.insert(name, Entry { bytes, used: self.uses, pins, about });
    }

    /// Uses a file for a lease, and keeps it for as long as that needs it.
    // Upholds pinned_is_there: from here to `release` nothing evicts it.
    pub fn pin(&mut self, name: &K, token: Token) {
        self.uses += 1;
        if let Some(entry) = self.entries.get_mut(name) {
            entry.used = self.uses;
            entry.pins.insert(token);
        }
    }

    /// A lease needs nothing any more.
    pub fn release(&mut self, token: Token) {
        for entry in self.entries.values_mut() {
            entry.pins.remove(&token);
        }
    }

    /// Whether a lease needs a file.
    #[must_use]
    pub fn is_pinned(&self, name: &K) -> bool {
        self.entries.get(name).is_some_and(|entry| !entry.pins.is_empty())
    }

    /// All leases that need anything.
    #[must_use]
    pub fn pinned(&self) -> BTreeSet<Token> {
        self.entries.values().flat_map(|entry| &entry.pins).copied().collect()
    }

    /// A file is not there any more, whoever needs it.
    pub fn remove(&mut self, name: &K) {
        self.take(name);
    }

    /// Takes those out that have to go: each with its bytes and what was known about it.
    pub fn evict(&mut self) -> Vec<(K, u64, A)> {
        let mut evicted = Vec::new();
        while self.bytes > self.limit {
            let unpinned = self.entries.iter().filter(|(_, entry)| entry.pins.is_empty());
            let oldest = unpinned.min_by_key(|(_, entry)| entry.used).map(|(name, _)| name.clone());
            let Some(name) = oldest else { break };
            let Some(entry) = self.take(&name) else { break };
            evicted.push((name, entry.bytes, entry.about));
        }
        evicted
    }

    fn take(&mut self, name: &K) -> Option<Entry<A>> {
        let entry = self.entries.remove(name)?;
        self.bytes -= entry.bytes;
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone(shelf: &mut Shelf<u8, char>) -> Vec<u8> {
        shelf.evict().into_iter().map(|(name, _, _)| name).collect()
    }

    #[test]
    fn the_longest_unused_goes_and_a_pinned_one_never() {
        let mut shelf = Shelf::new(25);
        for name in 1..=3 {
            shelf.put(name, 10, 'x');
        }
        shelf.pin(&1, Token(1));
        shelf.pin(&2, Token(2));
        shelf.release(Token(2));
        assert_eq!(gone(&mut shelf), [3]);
        shelf.put(4, 10, 'x');
        assert_eq!(gone(&mut shelf), [2]);
        shelf.put(5, 100, 'x');
        assert_eq!(gone(&mut shelf), [4, 5]);
        assert_eq!((shelf.bytes(), shelf.pinned()), (10, BTreeSet::from([Token(1)])));
    }

    #[test]
    fn a_file_put_again_keeps_its_pins_and_counts_once() {
        let mut shelf = Shelf::new(0);
        shelf.put(1, 10, 'a');
        shelf.pin(&1, Token(7));
        shelf.put(1, 30, 'b');
        assert_eq!((shelf.bytes(), shelf.about(&1)), (30, Some(&'b')));
        assert!(gone(&mut shelf).is_empty());
        shelf.release(Token(7));
        assert_eq!(shelf.evict(), [(1, 30, 'b')]);
        shelf.pin(&1, Token(8));
        shelf.remove(&1);
        assert_eq!((shelf.bytes(), shelf.pinned(), shelf.names().count()), (0, BTreeSet::new(), 0));
    }
}
