//! What is ordered and not here yet: one errand for each file, and one order for each lease that waits for it.
//!
//! An order is withdrawn when its lease is closed. An errand that nobody waits for any more goes on while there are
//! places, since the next lease often wants the same; it gives way as soon as there are more errands than places. So
//! there are never more than leases that wait, and as many as there are places.
//!
//! It refuses to know how a file comes.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::Token;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use crate::cache::store::Key;
use crate::cache::turns::AT_ONCE;

/// Cancelled when an errand is wanted no more.
pub(super) type Withdrawn = CancellationToken;

/// All errands.
// Upholds bounded.
#[derive(Debug, Default)]
pub(super) struct Orders {
    errands: BTreeMap<Key, Errand>,
    /// Those that nobody waits for.
    idle: BTreeSet<Key>,
    /// Errands that were ever begun.
    begun: u64,
}

#[derive(Debug)]
struct Errand {
    number: u64,
    waiting: BTreeSet<Token>,
    /// The project that wanted it last.
    project: Uuid,
    /// Whoever is on the way learns from its end that it is wanted no more.
    _wanted: DropGuard,
}

impl Orders {
    /// A lease waits for a file. When nobody is on the way for it yet: the number of the errand that begins with this.
    pub(super) fn order(&mut self, key: &Key, token: Token, project: Uuid) -> Option<(u64, Withdrawn)> {
        if let Some(errand) = self.errands.get_mut(key) {
            self.idle.remove(key);
            errand.waiting.insert(token);
            errand.project = project;
            return None;
        }
        self.begun += 1;
        let withdrawn = Withdrawn::new();
        let _wanted = withdrawn.clone().drop_guard();
        let errand = Errand { number: self.begun, waiting: [token].into(), project, _wanted };
        self.errands.insert(key.clone(), errand);
        self.give_way();
        Some((self.begun, withdrawn))
    }

    /// A lease waits no more.
    pub(super) fn withdraw(&mut self, key: &Key, token: Token) {
        let Some(errand) = self.errands.get_mut(key) else { return };
        if errand.waiting.remove(&token) && errand.waiting.is_empty() {
            self.idle.insert(key.clone());
            self.give_way();
        }
    }

    /// An errand is over: who waits for it, and which project wanted it last. Nothing if it was withdrawn before.
    pub(super) fn end(&mut self, key: &Key, number: u64) -> Option<(BTreeSet<Token>, Uuid)> {
        self.errands.get(key).filter(|errand| errand.number == number)?;
        self.idle.remove(key);
        self.errands.remove(key).map(|errand| (errand.waiting, errand.project))
    }

    /// A file goes: what is being found out about it is worth nothing.
    pub(super) fn forget(&mut self, key: &Key) {
        self.idle.remove(key);
        self.errands.remove(key);
    }

    fn give_way(&mut self) {
        while self.errands.len() > AT_ONCE
            && let Some(key) = self.idle.pop_first()
        {
            self.errands.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use callsheet_model::{Md5, Template};

    use super::*;

    fn key(nth: usize) -> Key {
        let mut md5 = [0; 16];
        md5[..8].copy_from_slice(&nth.to_be_bytes());
        Key::of(&Template { md5: Md5(md5), bytes: 0, name: "a.aep".into(), path: None })
    }

    fn begin(orders: &mut Orders, nth: usize) -> (u64, Withdrawn) {
        orders.order(&key(nth), Token(nth as u64), Uuid::nil()).unwrap()
    }

    fn is_wanted(withdrawn: &Withdrawn) -> bool {
        !withdrawn.is_cancelled()
    }

    #[test]
    fn orders_that_come_and_go_leave_no_more_errands_than_there_are_places() {
        let mut orders = Orders::default();
        let begun: Vec<_> = (0..10_000)
            .map(|nth| {
                let begun = begin(&mut orders, nth);
                orders.withdraw(&key(nth), Token(nth as u64));
                begun
            })
            .collect();
        assert_eq!((orders.errands.len(), orders.idle.len()), (AT_ONCE, AT_ONCE));
        let wanted = begun.iter().map(|(_, withdrawn)| is_wanted(withdrawn));
        let on_the_way = wanted.filter(|wanted| *wanted).count();
        assert_eq!(on_the_way, AT_ONCE);
        // The same one again and again is one errand.
        for token in 0..10_000 {
            let _ = orders.order(&key(0), Token(token), Uuid::nil());
            orders.withdraw(&key(0), Token(token));
        }
        assert_eq!((orders.errands.len(), orders.idle.len()), (AT_ONCE, AT_ONCE));
        assert!(orders.errands.values().all(|errand| errand.waiting.is_empty()));
    }

    #[test]
    fn an_errand_goes_on_while_a_lease_waits_for_it_or_a_place_is_free() {
        let mut orders = Orders::default();
        let begun: Vec<_> = (0..AT_ONCE + 2).map(|nth| begin(&mut orders, nth)).collect();
        assert!(begun.iter().all(|(_, withdrawn)| is_wanted(withdrawn)), "a lease waits for each");
        assert_eq!(orders.order(&key(0), Token(100), Uuid::nil()).map(|(number, _)| number), None);
        orders.withdraw(&key(0), Token(0));
        assert!(is_wanted(&begun[0].1), "another lease waits for it");
        orders.withdraw(&key(1), Token(1));
        orders.withdraw(&key(1), Token(1));
        assert!(!is_wanted(&begun[1].1), "it gives way");
        assert_eq!(orders.end(&key(1), begun[1].0), None);
        assert_eq!(orders.end(&key(0), begun[0].0), Some(([Token(100)].into(), Uuid::nil())));
        orders.withdraw(&key(2), Token(2));
        assert!(is_wanted(&begun[2].1), "there is a place for it");
        assert_eq!(
            orders.order(&key(2), Token(102), Uuid::nil()).map(|(number, _)| number),
            None,
            "and a use"
        );
        assert_eq!(orders.end(&key(2), begun[2].0), Some(([Token(102)].into(), Uuid::nil())));
    }

    #[test]
    fn whoever_wants_a_file_that_goes_begins_anew() {
        let mut orders = Orders::default();
        let (first, withdrawn) = begin(&mut orders, 0);
        orders.withdraw(&key(0), Token(0));
        orders.forget(&key(0));
        assert!(!is_wanted(&withdrawn));
        let second = begin(&mut orders, 0).0;
        assert_eq!(orders.end(&key(0), first), None);
        assert!(orders.end(&key(0), second).is_some());
    }

    #[test]
    fn an_errand_that_was_withdrawn_does_not_end_the_next_one_for_its_file() {
        let mut orders = Orders::default();
        let first = begin(&mut orders, 0).0;
        let _others: Vec<_> = (1..=AT_ONCE).map(|nth| begin(&mut orders, nth)).collect();
        orders.withdraw(&key(0), Token(0));
        let second = begin(&mut orders, 0).0;
        assert_eq!(orders.end(&key(0), first), None);
        assert_eq!(orders.end(&key(0), second), Some(([Token(0)].into(), Uuid::nil())));
    }
}
