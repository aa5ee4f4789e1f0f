//! What the cache is asked for and has not looked at yet. A lease that is closed before that is as if it had never
//! asked, so there are never more wishes than leases, however fast they come and go and whatever the actor does.
//!
//! It refuses to wake the actor more than once for all of it.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::Token;

use crate::cache::Wish;

/// Wishes and releases, to be taken together.
// Upholds bounded.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    wishes: BTreeMap<Token, Wish>,
    /// Leases whose wishes were taken, and that need nothing any more.
    released: BTreeSet<Token>,
    /// Leases whose wishes were taken.
    taken: BTreeSet<Token>,
    is_woken: bool,
}

/// All that was asked for. What is released comes before what is wished.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) released: BTreeSet<Token>,
    pub(super) wishes: BTreeMap<Token, Wish>,
}

impl Inbox {
    /// A lease needs a template. True when the actor is to be woken.
    #[must_use]
    pub(super) fn want(&mut self, wish: Wish) -> bool {
        self.wishes.insert(wish.token, wish);
        self.wakes()
    }

    /// A lease needs nothing any more. True when the actor is to be woken.
    #[must_use]
    pub(super) fn release(&mut self, token: Token) -> bool {
        self.wishes.remove(&token);
        self.taken.remove(&token) && self.released.insert(token) && self.wakes()
    }

    fn wakes(&mut self) -> bool {
        !std::mem::replace(&mut self.is_woken, true)
    }

    /// The actor has been woken.
    pub(super) fn take(&mut self) -> Asked {
        self.is_woken = false;
        let asked =
            Asked { released: std::mem::take(&mut self.released), wishes: std::mem::take(&mut self.wishes) };
        self.taken.extend(asked.wishes.keys());
        asked
    }
}

#[cfg(test)]
mod tests {
    use callsheet_model::{Md5, Template};
    use uuid::Uuid;

    use super::*;

    fn wish(token: u64) -> Wish {
        let template = Template { md5: Md5([1; 16]), bytes: 0, name: "a.aep".into(), path: None };
        Wish { token: Token(token), template, project: Uuid::nil() }
    }

    #[test]
    fn what_comes_and_goes_while_nobody_looks_leaves_nothing_and_wakes_once() {
        let mut inbox = Inbox::default();
        assert!(inbox.want(wish(1)));
        assert_eq!(inbox.take().wishes.len(), 1);
        let mut woken = 0;
        for token in 1..10_000 {
            woken += usize::from(inbox.want(wish(token)));
            woken += usize::from(inbox.release(Token(token)));
        }
        assert!(!inbox.want(wish(1)));
        assert_eq!((woken, inbox.taken.len()), (1, 0));
        let asked = inbox.take();
        assert_eq!(asked.released, [Token(1)].into(), "of which the actor knows");
        assert_eq!(asked.wishes.into_keys().collect::<Vec<_>>(), [Token(1)], "and it is wanted again");
        assert!(inbox.release(Token(1)), "and so on");
        assert_eq!((inbox.take().released.len(), inbox.taken.len()), (1, 0));
    }
}
