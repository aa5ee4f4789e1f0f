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
//! It refuses to hand out a file whose bytes are not what their MD5 says.

mod actor;
mod fetch;
mod store;

use callsheet_model::{Template, Token};
use callsheet_supervision::kinds;
use ractor::{ActorCell, ActorRef, SpawnErr};
use uuid::Uuid;

use crate::agent::{AgentHandle, Item};
use crate::supervisor::Parts;

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
    /// A lease needs a template, until it is released.
    Want(Wish),
    /// A lease needs it no more.
    Release(Token),
    /// The directory was read.
    Listed(Vec<store::Found>),
    /// A fetch or a verification is over.
    Done { key: store::Key, outcome: fetch::Outcome },
    /// A file was removed to make room.
    Removed { key: store::Key, gone: store::Gone },
}

kinds!(CacheMessage {
    "want": CacheMessage::Want(_),
    "release": CacheMessage::Release(_),
    "listed": CacheMessage::Listed(_),
    "done": CacheMessage::Done { .. },
    "removed": CacheMessage::Removed { .. },
});

/// The cache, from outside.
#[derive(Clone, Debug)]
pub(crate) struct CacheHandle(ActorRef<CacheMessage>);

impl CacheHandle {
    pub(crate) async fn start(
        parts: &Parts,
        agent: AgentHandle,
        cell: ActorCell,
    ) -> Result<ActorCell, SpawnErr> {
        let cache = parts.settings.tripwire.wire("cache", actor::Cache);
        let (actor, _) = cell.spawn_linked(None, cache, (parts.clone(), agent.clone())).await?;
        agent.tell(Item::Cache(Self(actor.clone())));
        Ok(actor.get_cell())
    }

    /// Telling one that is gone does nothing: it is asked again when it is back.
    pub(crate) fn want(&self, wish: Wish) {
        let _ = self.0.cast(CacheMessage::Want(wish));
    }

    pub(crate) fn release(&self, token: Token) {
        let _ = self.0.cast(CacheMessage::Release(token));
    }
}
