//! The renderer process actor, one per slot: starts a renderer, watches it, proves what it leaves, kills it.
//!
//! Supervised by: `supervisor`. With it dies: the attempt in its slot, renderer and all. What survives: proven
//! frames, in the attempt's place.
//!
//! ```text
//!   Order ─► prepare ─► process ─► process ─► ... ─► Ended
//!             place,     │ output ─► Reader ─► facts ─► agent; files to prove ─► Proven ─► agent
//!             scratch    │ files grow, processors are used ─► signs of life ─► agent
//!                        │ exit   ─► what is missing is proven, too ─► verdict
//!                        └ stop   ─► the whole tree is gone before the end is said
//! ```
//!
//! It refuses to believe a renderer, to wait for one that does not read, and to start a second one while
//! anything of the first is left.

mod actor;
mod attempt;
mod intake;
mod lines;
mod log;
mod proving;
mod storage;
mod telling;
mod vitals;
mod watching;
mod workshop;

use std::path::PathBuf;
use std::sync::Arc;

use callsheet_agent::Offer;
use callsheet_model::Token;
use callsheet_supervision::kinds;
use ractor::{ActorCell, ActorRef, SpawnErr};

use crate::agent::{AgentHandle, Item};
use crate::supervisor::Parts;

pub(crate) use workshop::Workshop;

/// An attempt to be run.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) offer: Arc<Offer>,
    /// The template on this machine, verified.
    pub(crate) template: Option<PathBuf>,
    /// How much of its output is kept.
    pub(crate) log_bytes: u64,
}

/// What a renderer process actor can be told.
#[derive(Debug)]
pub(crate) enum SlotMessage {
    Start(Order),
    /// Kill what runs for this lease.
    Stop(Token, Stop),
    /// The attempt's own task is over; true when as it should be.
    Over {
        good: bool,
    },
}

kinds!(SlotMessage {
    "start": SlotMessage::Start(_),
    "stop": SlotMessage::Stop(..),
    "over": SlotMessage::Over { .. },
});

/// How an attempt is to be stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    /// Not at all.
    #[default]
    No,
    /// Its processes are killed, and what they left is proven as after any other end.
    Processes,
    /// It is over as soon as none of its processes is left.
    All,
}

/// A slot's actor, from outside.
#[derive(Clone, Debug)]
pub(crate) struct SlotHandle(ActorRef<SlotMessage>);

impl SlotHandle {
    pub(crate) async fn start(
        parts: &Parts,
        slot: usize,
        agent: AgentHandle,
        cell: ActorCell,
    ) -> Result<ActorCell, SpawnErr> {
        let arguments = (parts.clone(), slot, agent.clone());
        let ae_process = parts.settings.tripwire.wire("ae_process", actor::AeProcess);
        let (actor, _) = cell.spawn_linked(None, ae_process, arguments).await?;
        agent.tell(Item::Slot(slot, Self(actor.clone())));
        Ok(actor.get_cell())
    }
}

/// Telling one that is gone does nothing: the supervisor tells the agent that it is.
impl SlotHandle {
    pub(crate) fn start_attempt(&self, order: Order) {
        let _ = self.0.cast(SlotMessage::Start(order));
    }

    pub(crate) fn stop(&self, token: Token, how: Stop) {
        let _ = self.0.cast(SlotMessage::Stop(token, how));
    }
}
