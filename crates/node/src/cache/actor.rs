//! The cache's actor: who waits for what, what is on its way, what has to go.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use callsheet_model::signal::{CacheAction, CacheUpdate};
use callsheet_model::{Md5, Token};
use callsheet_supervision::aside;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use uuid::Uuid;

use crate::agent::{AgentHandle, Item};
use crate::cache::fetch::{Errand, Outcome, STANDSTILL};
use crate::cache::inbox::Inbox;
use crate::cache::orders::Orders;
use crate::cache::store::{Key, Stamp, Store, list, remove_file, write_note};
use crate::cache::turns::Turns;
use crate::cache::{CacheMessage, Wish};
use crate::supervisor::Parts;

/// Longest error told, in characters: within what a leader takes, whatever characters they are.
const LONGEST_ERROR: usize = 250;

pub(crate) struct Cache;

pub(crate) struct State {
    parts: Parts,
    agent: AgentHandle,
    myself: ActorRef<CacheMessage>,
    inbox: Arc<Mutex<Inbox>>,
    store: Store,
    /// What each lease needs, from its wish to its release.
    needs: BTreeMap<Token, Key>,
    /// Until the directory is read, wishes wait.
    early: Option<BTreeMap<Token, Wish>>,
    /// What is on its way.
    orders: Orders,
    turns: Arc<Turns>,
    /// Files being removed, with wishes that came meanwhile.
    leaving: BTreeMap<Key, BTreeMap<Token, Wish>>,
}

/// What is to be told of a change.
struct Change {
    action: CacheAction,
    project: Uuid,
    md5: Md5,
    bytes: Option<u64>,
    took_ms: Option<u64>,
    error: Option<String>,
}

impl Actor for Cache {
    type Msg = CacheMessage;
    type State = State;
    type Arguments = (Parts, AgentHandle, Arc<Mutex<Inbox>>);

    async fn pre_start(
        &self,
        myself: ActorRef<CacheMessage>,
        (parts, agent, inbox): Self::Arguments,
    ) -> Result<State, ActorProcessingErr> {
        let config = &parts.settings.config;
        let (directory, cache) = (config.cache.clone(), myself.clone());
        tokio::spawn(async move {
            // A directory that cannot be read counts as empty.
            let found = aside(move || list(&directory)).await.unwrap_or_default();
            let _ = cache.cast(CacheMessage::Listed(found));
        });
        let store = Store::new(config.cache.clone(), config.cache_size);
        Ok(State {
            store,
            needs: BTreeMap::new(),
            early: Some(BTreeMap::new()),
            orders: Orders::default(),
            turns: Arc::default(),
            leaving: BTreeMap::new(),
            parts,
            agent,
            myself,
            inbox,
        })
    }

    async fn handle(
        &self,
        _myself: ActorRef<CacheMessage>,
        message: CacheMessage,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            CacheMessage::Asked => state.asked(),
            CacheMessage::Listed(found) => {
                state.store.found(found);
                for wish in state.early.take().unwrap_or_default().into_values() {
                    state.want(wish);
                }
                // Room is made at the next use: what renderers have open since before this actor fell is asked for by
                // their agent, and that may still be on its way here.
                state.tell_contents();
            }
            CacheMessage::Done { key, errand, outcome } => state.done(&key, errand, outcome),
            CacheMessage::Removed { key, gone } => {
                let (action, md5, bytes) = (CacheAction::Evicted, key.md5, Some(gone.bytes));
                let (took_ms, error) = (None, None);
                state.tell_change(Change { action, project: gone.project, md5, bytes, took_ms, error });
                for wish in state.leaving.remove(&key).unwrap_or_default().into_values() {
                    state.want(wish);
                }
            }
        }
        Ok(())
    }
}

impl State {
    fn asked(&mut self) {
        let asked = self.inbox.lock().unwrap_or_else(PoisonError::into_inner).take();
        asked.released.into_iter().for_each(|token| self.release(token));
        for (token, wish) in asked.wishes {
            self.needs.insert(token, Key::of(&wish.template));
            match &mut self.early {
                Some(early) => drop(early.insert(token, wish)),
                None => self.want(wish),
            }
        }
        // What is wanted by now does not go.
        self.make_room();
    }

    fn want(&mut self, wish: Wish) {
        let key = Key::of(&wish.template);
        if let Some(wishes) = self.leaving.get_mut(&key) {
            wishes.insert(wish.token, wish);
            return;
        }
        let Wish { token, template, project } = wish;
        // Upholds pinned_is_there: from here on, also while it is verified, it is not made room of.
        self.store.pin(&key, token);
        let Some((number, withdrawn)) = self.orders.order(&key, token, project) else { return };
        let source = template.path.as_deref().map(|path| self.parts.workshop.path_here(path));
        let errand = Errand {
            door: self.parts.settings.door.clone(),
            source,
            target: self.store.path(&key),
            verified: self.store.verified(&key),
            template,
            standstill: STANDSTILL,
        };
        let (cache, turns) = (self.myself.clone(), self.turns.clone());
        // It ends by itself, and soon, when it is withdrawn or this actor is gone.
        tokio::spawn(async move {
            if let Some(outcome) = errand.run(&turns, &withdrawn).await {
                let _ = cache.cast(CacheMessage::Done { key, errand: number, outcome });
            }
        });
    }

    /// A lease needs nothing any more, wherever its wish is.
    fn release(&mut self, token: Token) {
        let Some(key) = self.needs.remove(&token) else { return };
        if let Some(early) = &mut self.early {
            early.remove(&token);
        }
        if let Some(wishes) = self.leaving.get_mut(&key) {
            wishes.remove(&token);
        }
        self.orders.withdraw(&key, token);
        self.store.release(token);
    }

    fn done(&mut self, key: &Key, errand: u64, outcome: Outcome) {
        let Outcome { result, fetched, took_ms } = outcome;
        let Some((waiting, project)) = self.orders.end(key, errand) else {
            return self.came_all_the_same(key, result.ok().filter(|_| fetched));
        };
        let (md5, took_ms) = (key.md5, Some(took_ms));
        let known = self.store.verified(key);
        match &result {
            Ok(stamp) => {
                self.store.put(key, *stamp);
                waiting.iter().for_each(|token| self.store.pin(key, *token));
                self.note_project(key, project);
                let action = if fetched { CacheAction::Downloaded } else { CacheAction::Verified };
                // Most uses find it as it was, and nothing happened.
                if known != Some(*stamp) {
                    let bytes = Some(stamp.bytes);
                    self.tell_change(Change { action, project, md5, bytes, took_ms, error: None });
                }
            }
            Err(failure) => {
                tracing::warn!(md5 = %key.md5, %failure, "template");
                self.store.remove(key);
                let (action, error) = (CacheAction::Failed, Some(failure.message.clone()));
                self.tell_change(Change { action, project, md5, bytes: None, took_ms, error });
            }
        }
        let path = self.store.path(key);
        for token in waiting {
            let result = result.clone().map(|_| path.clone());
            self.agent.tell(Item::Fetched { token, result });
        }
        self.make_room();
        if known.is_none() || result.is_err() {
            self.tell_contents();
        }
    }

    /// An errand that was withdrawn when it was all but over has brought its file: it counts, if it has not to go.
    fn came_all_the_same(&mut self, key: &Key, stamp: Option<Stamp>) {
        if let Some(stamp) = stamp.filter(|_| !self.leaving.contains_key(key)) {
            self.store.put(key, stamp);
            self.make_room();
            self.tell_contents();
        }
    }

    fn make_room(&mut self) {
        let evicted = self.store.evict();
        if evicted.is_empty() {
            return;
        }
        for (key, gone) in evicted {
            let (directory, cache, file) =
                (self.store.directory().to_owned(), self.myself.clone(), key.clone());
            self.leaving.insert(key.clone(), BTreeMap::new());
            // Upholds pinned_is_there: whoever comes now does not join someone who saw it when it was still there.
            self.orders.forget(&key);
            tokio::spawn(async move {
                let _ = aside(move || remove_file(&directory, &file)).await;
                let _ = cache.cast(CacheMessage::Removed { key, gone });
            });
        }
        self.tell_contents();
    }

    fn tell_contents(&self) {
        self.agent.tell(Item::Cached { bytes: self.store.bytes(), templates: self.store.templates() });
    }

    /// Remembers which project wants it, for the day when it has to go.
    fn note_project(&mut self, key: &Key, project: Uuid) {
        if !self.store.wanted_by(key, project) {
            return;
        }
        let (directory, key) = (self.store.directory().to_owned(), key.clone());
        aside(move || {
            if let Err(error) = write_note(&directory, &key, project) {
                tracing::debug!(md5 = %key.md5, %error, "which project wants it cannot be noted");
            }
        });
    }

    fn tell_change(&self, change: Change) {
        let Change { action, project, md5, bytes, took_ms, error } = change;
        let node = self.parts.settings.config.name.clone();
        let cache_used_bytes = self.store.bytes();
        // Paths and what systems say of them can be long.
        let error = error.map(|error| error.chars().take(LONGEST_ERROR).collect());
        let update = CacheUpdate { node, project, action, md5, bytes, cache_used_bytes, took_ms, error };
        self.agent.tell(Item::CacheChanged(Box::new((&update).into())));
    }
}
