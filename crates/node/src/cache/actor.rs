//! The cache's actor: who waits for what, what is on its way, what has to go.

use std::collections::BTreeMap;

use callsheet_model::signal::{CacheAction, CacheUpdate};
use callsheet_model::{Md5, Token};
use callsheet_supervision::aside;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use uuid::Uuid;

use crate::agent::{AgentHandle, Item};
use crate::cache::fetch::{Errand, Outcome, STANDSTILL};
use crate::cache::store::{Key, Store, list, remove_file, write_note};
use crate::cache::{CacheMessage, Wish};
use crate::supervisor::Parts;
use callsheet_supervision::Held;

/// Longest error told, in characters: within what a leader takes, whatever characters they are.
const LONGEST_ERROR: usize = 250;

pub(crate) struct Cache;

pub(crate) struct State {
    parts: Parts,
    agent: AgentHandle,
    myself: ActorRef<CacheMessage>,
    store: Store,
    /// Until the directory is read, wishes wait.
    early: Option<Vec<Wish>>,
    /// Errands on their way.
    errands: BTreeMap<Key, OnItsWay>,
    /// Files being removed, with wishes that came meanwhile.
    leaving: BTreeMap<Key, Vec<Wish>>,
}

/// An errand on its way.
struct OnItsWay {
    /// Those who wait for it.
    waiting: Vec<Token>,
    /// The project that wanted it last.
    project: Uuid,
    _work: Held,
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
    type Arguments = (Parts, AgentHandle);

    async fn pre_start(
        &self,
        myself: ActorRef<CacheMessage>,
        (parts, agent): Self::Arguments,
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
            early: Some(Vec::new()),
            errands: BTreeMap::new(),
            leaving: BTreeMap::new(),
            parts,
            agent,
            myself,
        })
    }

    async fn handle(
        &self,
        _myself: ActorRef<CacheMessage>,
        message: CacheMessage,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            CacheMessage::Want(wish) => match &mut state.early {
                Some(early) => early.push(wish),
                None => state.want(wish),
            },
            CacheMessage::Release(token) => {
                for wishes in state.leaving.values_mut() {
                    wishes.retain(|wish| wish.token != token);
                }
                for errand in state.errands.values_mut() {
                    errand.waiting.retain(|waits| *waits != token);
                }
                state.store.release(token);
                state.make_room();
            }
            CacheMessage::Listed(found) => {
                state.store.found(found);
                for wish in state.early.take().unwrap_or_default() {
                    state.want(wish);
                }
                // Room is made at the next use: what renderers have open since before this actor fell is asked for by
                // their agent, and that may still be on its way here.
                state.tell_contents();
            }
            CacheMessage::Done { key, outcome } => state.done(&key, outcome),
            CacheMessage::Removed { key, gone } => {
                let (action, md5, bytes) = (CacheAction::Evicted, key.md5, Some(gone.bytes));
                let (took_ms, error) = (None, None);
                state.tell_change(Change { action, project: gone.project, md5, bytes, took_ms, error });
                for wish in state.leaving.remove(&key).unwrap_or_default() {
                    state.want(wish);
                }
            }
        }
        Ok(())
    }
}

impl State {
    fn want(&mut self, wish: Wish) {
        let key = Key::of(&wish.template);
        if let Some(wishes) = self.leaving.get_mut(&key) {
            wishes.push(wish);
            return;
        }
        let Wish { token, template, project } = wish;
        // Upholds pinned_is_there: from here on, also while it is verified, it is not made room of.
        self.store.pin(&key, token);
        if let Some(errand) = self.errands.get_mut(&key) {
            errand.waiting.push(token);
            errand.project = project;
            return;
        }
        let source = template.path.as_deref().map(|path| self.parts.workshop.path_here(path));
        let errand = Errand {
            door: self.parts.settings.door.clone(),
            source,
            target: self.store.path(&key),
            verified: self.store.verified(&key),
            template,
            standstill: STANDSTILL,
        };
        let (cache, done) = (self.myself.clone(), key.clone());
        let work = Held::spawn(async move {
            let outcome = errand.run().await;
            let _ = cache.cast(CacheMessage::Done { key: done, outcome });
        });
        self.errands.insert(key, OnItsWay { waiting: vec![token], project, _work: work });
    }

    fn done(&mut self, key: &Key, outcome: Outcome) {
        let Some(OnItsWay { waiting, project, _work }) = self.errands.remove(key) else { return };
        let Outcome { result, fetched, took_ms } = outcome;
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

    fn make_room(&mut self) {
        let evicted = self.store.evict();
        if evicted.is_empty() {
            return;
        }
        for (key, gone) in evicted {
            let (directory, cache, file) =
                (self.store.directory().to_owned(), self.myself.clone(), key.clone());
            self.leaving.insert(key.clone(), Vec::new());
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
