//! The stream to the leader: dials, hears, and dials again.
//!
//! Supervised by: `supervisor`. With it dies: the stream. What survives: everything that was not settled, since
//! the agent holds it and says it again over the next stream.
//!
//! ```text
//!   dial ── open ─► LinkUp ─► agent says hello, and all else, through the outlet ─► leader
//!     ▲              leader ─► read, understood ─► agent          (as many at once as there are permits)
//!     └── wait, longer each time, with jitter ◄── LinkDown: refused, or gone
//! ```
//!
//! A leader that refuses our hello for what is in it is not dialled again: the node ends, and says why.
//!
//! It refuses to know what is said.

mod backoff;
mod hearing;
mod session;

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SpawnErr};

use crate::agent::{AgentHandle, Item};
use crate::supervisor::Parts;
use callsheet_supervision::{Held, kinds};

/// What the link can be told.
#[derive(Debug)]
pub(crate) enum LinkMessage {
    /// Give the stream up, and dial.
    Redial,
    /// The dialling task is over, which it never should be.
    Over,
}

kinds!(LinkMessage {
    "redial": LinkMessage::Redial,
    "over": LinkMessage::Over,
});

/// The link, from outside.
#[derive(Clone, Debug)]
pub(crate) struct LinkHandle(ActorRef<LinkMessage>);

impl LinkHandle {
    pub(crate) async fn start(
        parts: &Parts,
        agent: AgentHandle,
        cell: ActorCell,
    ) -> Result<ActorCell, SpawnErr> {
        let link = parts.settings.tripwire.wire("leader_link", LeaderLink);
        let (actor, _) = cell.spawn_linked(None, link, (parts.clone(), agent.clone())).await?;
        agent.tell(Item::Link(Self(actor.clone())));
        Ok(actor.get_cell())
    }

    pub(crate) fn redial(&self) {
        // One that is gone dials when it is back.
        let _ = self.0.cast(LinkMessage::Redial);
    }
}

struct LeaderLink;

struct State {
    parts: Parts,
    agent: AgentHandle,
    dialling: Held,
}

impl Actor for LeaderLink {
    type Msg = LinkMessage;
    type State = State;
    type Arguments = (Parts, AgentHandle);

    async fn pre_start(
        &self,
        myself: ActorRef<LinkMessage>,
        (parts, agent): Self::Arguments,
    ) -> Result<State, ActorProcessingErr> {
        let dialling = dial(myself, &parts, &agent);
        Ok(State { parts, agent, dialling })
    }

    async fn handle(
        &self,
        myself: ActorRef<LinkMessage>,
        message: LinkMessage,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            LinkMessage::Redial => {
                // Dropping the old one closes its stream.
                state.dialling = dial(myself, &state.parts, &state.agent);
                Ok(())
            }
            LinkMessage::Over => Err("the dialling task panicked".into()),
        }
    }
}

fn dial(myself: ActorRef<LinkMessage>, parts: &Parts, agent: &AgentHandle) -> Held {
    let caller = session::Caller::new(parts, agent.clone());
    Held::spawn(async move {
        let _watched = Watched(myself);
        caller.dial_for_ever().await;
    })
}

/// Says when the dialling task is over by itself.
struct Watched(ActorRef<LinkMessage>);

impl Drop for Watched {
    fn drop(&mut self) {
        // It is also dropped when it is aborted: then another one dials already.
        if std::thread::panicking() {
            let _ = self.0.cast(LinkMessage::Over);
        }
    }
}
