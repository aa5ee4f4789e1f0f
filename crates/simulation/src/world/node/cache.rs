//! A node's templates: the shipping shelf, the files it stands for, and what the cache's actor does between the two.

use std::collections::BTreeMap;

use callsheet_agent::{Input, Offer, Shelf};
use callsheet_model::{Failure, FailureClass, Md5, Token};

use super::Node;
use crate::Micros;
use crate::world::Shared;
use crate::world::happening::NodeHappening;

/// Fetching a template takes about so long.
const FETCH: Micros = 2_000_000;
/// How large each is, in bytes.
const TEMPLATE: u64 = 50 << 20;

/// The cache's actor and its directory.
#[derive(Debug)]
pub(super) struct Cache {
    room: u64,
    shelf: Shelf<Md5, ()>,
    /// Files in the directory, and whether they are what their names say.
    files: BTreeMap<Md5, bool>,
    /// On their way, with all who wait for them.
    errands: BTreeMap<Md5, (u32, Vec<Token>)>,
    errands_made: u32,
    /// Its actor is there.
    up: bool,
    /// Until the directory is read, wishes wait.
    early: Option<Vec<(Token, Md5)>>,
}

impl Cache {
    /// An empty one with room for so many templates.
    pub(super) fn new(templates: usize) -> Self {
        let room = templates as u64 * TEMPLATE;
        Self {
            room,
            shelf: Shelf::new(room),
            files: BTreeMap::new(),
            errands: BTreeMap::new(),
            errands_made: 0,
            up: false,
            early: None,
        }
    }

    /// The actor begins: it knows nothing until it has read the directory.
    pub(super) fn begin(&mut self) {
        (self.up, self.early, self.shelf) = (true, Some(Vec::new()), Shelf::new(self.room));
        self.errands.clear();
    }

    /// The actor is gone.
    pub(super) fn end(&mut self) {
        self.up = false;
        self.errands.clear();
    }

    /// The disk is another one.
    pub(super) fn lose_files(&mut self) {
        self.files.clear();
    }

    /// Whether a template lies there, whole.
    pub(super) fn has(&self, md5: Md5) -> bool {
        self.files.get(&md5).copied().unwrap_or(false)
    }

    /// Leases that a file is kept for.
    pub(super) fn pinned(&self) -> impl Iterator<Item = Token> {
        self.shelf.pinned().into_iter()
    }

    /// Bytes on the disk are damaged: what is not in use is found out at its next use.
    pub(super) fn damage(&mut self) {
        for (md5, whole) in &mut self.files {
            *whole &= self.shelf.is_pinned(md5);
        }
    }

    fn make_room(&mut self) {
        for (md5, _, ()) in self.shelf.evict() {
            self.files.remove(&md5);
        }
    }
}

impl Node {
    /// The cache's actor begins, and reads its directory.
    pub(super) fn begin_cache(&mut self, w: &mut Shared<'_>) {
        self.cache.begin();
        let takes = w.core.dice.between(500, 20_000);
        self.after(w, takes, NodeHappening::Listed);
    }

    /// The directory was read.
    pub(super) fn listed(&mut self, w: &mut Shared<'_>) {
        let Some(early) = self.cache.early.take().filter(|_| self.cache.up) else { return };
        for md5 in self.cache.files.keys() {
            self.cache.shelf.put(*md5, TEMPLATE, ());
        }
        early.into_iter().for_each(|(token, md5)| self.want(w, token, md5));
    }

    /// A lease needs its template.
    pub(super) fn fetch(&mut self, w: &mut Shared<'_>, offer: &Offer) {
        let Some(template) = offer.brief.spec.template.as_ref().filter(|_| self.cache.up) else { return };
        match &mut self.cache.early {
            Some(early) => early.push((offer.token, template.md5)),
            None => self.want(w, offer.token, template.md5),
        }
    }

    fn want(&mut self, w: &mut Shared<'_>, token: Token, md5: Md5) {
        self.cache.shelf.pin(&md5, token);
        if let Some((_, waiting)) = self.cache.errands.get_mut(&md5) {
            return waiting.push(token);
        }
        let (takes, result) = if self.cache.has(md5) {
            (w.core.dice.between(500, 5_000), Ok(()))
        } else if w.source_out || !w.leader_listens {
            let why = Failure::new(FailureClass::InputMissing, "the template cannot be fetched");
            (w.core.dice.heavy(FETCH, 0.5), Err(why))
        } else {
            (w.core.dice.heavy(FETCH, 0.8), Ok(()))
        };
        self.cache.errands_made += 1;
        let errand = self.cache.errands_made;
        self.cache.errands.insert(md5, (errand, vec![token]));
        self.after(w, takes, NodeHappening::Fetched(errand, md5, result));
    }

    /// An errand is over.
    pub(super) fn fetched(&mut self, w: &mut Shared<'_>, errand: u32, md5: Md5, result: Result<(), Failure>) {
        if self.cache.errands.get(&md5).is_none_or(|(known, _)| *known != errand) {
            return;
        }
        let Some((_, waiting)) = self.cache.errands.remove(&md5) else { return };
        match &result {
            Ok(()) => {
                self.cache.files.insert(md5, true);
                self.cache.shelf.put(md5, TEMPLATE, ());
                waiting.iter().for_each(|token| self.cache.shelf.pin(&md5, *token));
            }
            Err(_) => {
                self.cache.files.remove(&md5);
                self.cache.shelf.remove(&md5);
            }
        }
        self.cache.make_room();
        for token in waiting {
            self.mind(w, Input::Fetched { token, result: result.clone() });
        }
    }

    /// A lease needs its template no more.
    pub(super) fn release(&mut self, token: Token) {
        let early = self.cache.early.iter_mut();
        early.for_each(|early| early.retain(|(waits, _)| *waits != token));
        for (_, waiting) in self.cache.errands.values_mut() {
            waiting.retain(|waits| *waits != token);
        }
        self.cache.shelf.release(token);
        self.cache.make_room();
    }
}
