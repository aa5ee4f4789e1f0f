//! The template cache: project files by MD5, each fetched once, verified, and kept while there is room.
//!
//! Supervised by: `supervisor`. With it dies: downloads on their way. What survives: what is in the directory,
//! to be verified again at its next use; the agent asks anew for all that leases need.
//!
//! ```text
//!   want ─┬─ here, and as it was verified ─────────────────────────► pinned, path told
//!         ├─ here, but not verified since ─► hashed ─┬─ whole ─────►  (same)
//!         │                                          └─ not ─► removed ─┐
//!         └─ not here ─► on its way already? wait : fetch ◄─────────────┘
//!                          temp file ─► MD5 while it comes ─► sync ─► rename ─► pinned, path told
//! ```
//!
//! Few are looked at and few are fetched at the same time, the others in order; a lease that is closed waits no more
//! ([`orders`]).
//!
//! It refuses to hand out a file whose bytes are not what their MD5 says.

mod actor;
mod fetch;
mod inbox;
mod orders;
mod store;
mod turns;

use std::sync::{Arc, Mutex, PoisonError};

use callsheet_model::{Template, Token};
use callsheet_supervision::kinds;
use ractor::{ActorCell, ActorRef, SpawnErr};
use uuid::Uuid;

use crate::agent::{AgentHandle, Item};
use crate::supervisor::Parts;
use inbox::Inbox;

/// A lease needs a template.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) token: Token,
    pub(crate) template: Template,
    /// The project of its job.
    pub(crate) project: Uuid,
}

/// What the cache can be told.
#[derive(Debug)]
pub(crate) enum CacheMessage {
    /// Leases need templates, until they are released, or need them no more.
    Asked,
    /// The directory was read.
    Listed(Vec<store::Found>),
    /// A fetch or a verification is over.
    Done { key: store::Key, errand: u64, outcome: fetch::Outcome },
    /// A file was removed to make room.
    Removed { key: store::Key, gone: store::Gone },
}

kinds!(CacheMessage {
    "asked": CacheMessage::Asked,
    "listed": CacheMessage::Listed(_),
    "done": CacheMessage::Done { .. },
    "removed": CacheMessage::Removed { .. },
});

/// The cache, from outside.
#[derive(Clone, Debug)]
pub(crate) struct CacheHandle {
    actor: ActorRef<CacheMessage>,
    inbox: Arc<Mutex<Inbox>>,
}

impl CacheHandle {
    pub(crate) async fn start(
        parts: &Parts,
        agent: AgentHandle,
        cell: ActorCell,
    ) -> Result<ActorCell, SpawnErr> {
        let cache = parts.settings.tripwire.wire("cache", actor::Cache);
        let inbox = Arc::<Mutex<Inbox>>::default();
        let arguments = (parts.clone(), agent.clone(), inbox.clone());
        let (actor, _) = cell.spawn_linked(None, cache, arguments).await?;
        agent.tell(Item::Cache(Self { actor: actor.clone(), inbox }));
        Ok(actor.get_cell())
    }

    /// A lease needs a template, until it is released.
    pub(crate) fn want(&self, wish: Wish) {
        self.ask(|inbox| inbox.want(wish));
    }

    /// A lease needs it no more.
    pub(crate) fn release(&self, token: Token) {
        self.ask(|inbox| inbox.release(token));
    }

    /// Telling one that is gone does nothing: it is asked again when it is back.
    fn ask(&self, ask: impl FnOnce(&mut Inbox) -> bool) {
        let wakes = ask(&mut self.inbox.lock().unwrap_or_else(PoisonError::into_inner));
        if wakes {
            let _ = self.actor.cast(CacheMessage::Asked);
        }
    }
}
