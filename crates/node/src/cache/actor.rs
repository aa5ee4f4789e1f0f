//! The cache's actor: who waits for what, what is on its way, what has to go.

use std::collections::BTreeMap;

use callsheet_model::signal::{CacheAction, CacheUpdate};
use callsheet_model::{Md5, Template, Token};
use callsheet_protocol::v1::node_message::Body;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::task::spawn_blocking;

use crate::agent::{AgentHandle, Item};
use crate::cache::CacheMessage;
use crate::cache::fetch::{Errand, Outcome, STANDSTILL};
use crate::cache::store::{Key, Store, list};
use crate::supervisor::Parts;
use crate::task::Held;

pub(crate) struct Cache;

pub(crate) struct State {
    parts: Parts,
    agent: AgentHandle,
    myself: ActorRef<CacheMessage>,
    store: Store,
    /// Until the directory is read, wishes wait.
    early: Option<Vec<(Token, Template)>>,
    /// Errands on their way, with those who wait for them.
    errands: BTreeMap<Key, (Vec<Token>, Held)>,
    /// Files being removed, with wishes that came meanwhile.
    leaving: BTreeMap<Key, Vec<(Token, Template)>>,
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
            let found = spawn_blocking(move || list(&directory)).await.unwrap_or_default();
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
        state.parts.settings.tripwire.step("cache");
        match message {
            CacheMessage::Want { token, template } => match &mut state.early {
                Some(early) => early.push((token, template)),
                None => state.want(token, template),
            },
            CacheMessage::Release(token) => {
                for wishes in state.leaving.values_mut() {
                    wishes.retain(|(waits, _)| *waits != token);
                }
                for (waiting, _) in state.errands.values_mut() {
                    waiting.retain(|waits| *waits != token);
                }
                state.store.release(token);
                state.make_room();
            }
            CacheMessage::Listed(found) => {
                state.store.found(found);
                for (token, template) in state.early.take().unwrap_or_default() {
                    state.want(token, template);
                }
                state.make_room();
                state.tell_contents();
            }
            CacheMessage::Done { key, outcome } => state.done(&key, outcome),
            CacheMessage::Removed { key, bytes } => {
                state.signal(CacheAction::Evicted, key.md5, Some(bytes), None, None);
                for (token, template) in state.leaving.remove(&key).unwrap_or_default() {
                    state.want(token, template);
                }
            }
        }
        Ok(())
    }
}

impl State {
    fn want(&mut self, token: Token, template: Template) {
        let key = Key::of(&template);
        if let Some(wishes) = self.leaving.get_mut(&key) {
            wishes.push((token, template));
            return;
        }
        if let Some((waiting, _)) = self.errands.get_mut(&key) {
            waiting.push(token);
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
        self.errands.insert(key, (vec![token], work));
    }

    fn done(&mut self, key: &Key, outcome: Outcome) {
        let Some((waiting, _)) = self.errands.remove(key) else { return };
        let Outcome { result, fetched, took_ms } = outcome;
        let known = self.store.verified(key);
        match &result {
            Ok(stamp) => {
                self.store.put(key, *stamp);
                waiting.iter().for_each(|token| self.store.pin(key, *token));
                let action = if fetched { CacheAction::Downloaded } else { CacheAction::Verified };
                // Most uses find it as it was, and nothing happened.
                if known != Some(*stamp) {
                    self.signal(action, key.md5, Some(stamp.bytes), Some(took_ms), None);
                }
            }
            Err(failure) => {
                tracing::warn!(md5 = %key.md5, %failure, "template");
                self.store.remove(key);
                let why = Some(failure.message.clone());
                self.signal(CacheAction::Failed, key.md5, None, Some(took_ms), why);
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
        for (key, bytes) in evicted {
            let (path, cache) = (self.store.path(&key), self.myself.clone());
            self.leaving.insert(key.clone(), Vec::new());
            tokio::spawn(async move {
                // One that cannot be removed is found again at the next start.
                let _ = spawn_blocking(move || std::fs::remove_file(path)).await;
                let _ = cache.cast(CacheMessage::Removed { key, bytes });
            });
        }
        self.tell_contents();
    }

    fn tell_contents(&self) {
        self.agent.tell(Item::Cached { bytes: self.store.bytes(), templates: self.store.templates() });
    }

    fn signal(
        &self,
        action: CacheAction,
        md5: Md5,
        bytes: Option<u64>,
        took_ms: Option<u64>,
        error: Option<String>,
    ) {
        let node = self.parts.settings.config.name.clone();
        let cache_used_bytes = self.store.bytes();
        let update = CacheUpdate { node, project: uuid::Uuid::nil(), action, md5, bytes, cache_used_bytes, took_ms, error };
        self.agent.tell(Item::Signal(Body::Cache((&update).into())));
    }
}
