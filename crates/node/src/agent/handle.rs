//! The agent's actor, from outside.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use callsheet_agent::Input;
use ractor::{ActorCell, ActorRef, SpawnErr};

use crate::agent::actor::AgentActor;
use crate::agent::messages::{Item, Wake};
use crate::supervisor::restart::Child;
use crate::supervisor::{Parts, SupervisorHandle};

/// What waits to be taken, all at once.
pub(super) type Queue = Arc<Mutex<Vec<Item>>>;

/// The agent's actor, from outside. Telling one that is gone does nothing.
#[derive(Clone, Debug)]
pub(crate) struct AgentHandle {
    pub(super) queue: Queue,
    pub(super) actor: ActorRef<Wake>,
}

impl AgentHandle {
    pub(crate) async fn start(
        parts: Parts,
        supervisor: SupervisorHandle,
        cell: ActorCell,
    ) -> Result<(Self, ActorCell), SpawnErr> {
        let (queue, wire) = (Queue::default(), parts.settings.tripwire.clone());
        let arguments = (parts, supervisor, queue.clone());
        let agent = wire.wire("agent", AgentActor);
        let (actor, _) = cell.spawn_linked(None, agent, arguments).await?;
        let cell = actor.get_cell();
        Ok((Self { queue, actor }, cell))
    }

    /// Tells it something. It is woken only when it had nothing to do.
    pub(crate) fn tell(&self, item: Item) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let sleeps = queue.is_empty();
        queue.push(item);
        drop(queue);
        if sleeps {
            self.wake();
        }
    }

    pub(crate) fn mind(&self, input: Input) {
        self.tell(Item::Mind(input));
    }

    pub(crate) fn gone(&self, child: Child) {
        self.tell(Item::Gone(child));
    }

    pub(crate) fn leave(&self, grace: Duration) {
        self.tell(Item::Leave { grace });
    }

    pub(super) fn wake(&self) {
        // One that is gone needs no waking.
        let _ = self.actor.cast(Wake);
    }
}
