//! The root of the tree of all that goes outward: one child per errand, started again as the table says.
//!
//! ```text
//!   keeper ── supervisor ──┬─ target *     one per webhook and broker
//!                          ├─ channel *    one per alert channel
//!                          ├─ orphans      alerts whose channel is not in the config any more
//!                          └─ traces       if there is a collector
//! ```
//!
//! A child that falls too often is put on the bench for a while, and then begins anew; so is the supervisor itself, by
//! the [`keeper`]. Nothing here ever ends the leader, and nothing but starting and waiting is done here.

pub(crate) mod errand;
pub(crate) mod keeper;
pub(crate) mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use callsheet_supervision::{Falls, Held as Timer, Tripwire, kinds};
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::time::Instant;

use errand::{Errand, Held, Leaving, Runner};

/// The actor.
pub(crate) struct Supervisor;

/// What it can be sent.
pub(crate) enum Message {
    /// The back-off of a fallen child is over.
    StartAgain(usize),
    /// Errands have been told to leave: the supervisor ends when the last has.
    Leave,
}

kinds!(Message {
    "start_again": Message::StartAgain(_),
    "leave": Message::Leave,
});

/// What the tree is made of.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) errands: Vec<Arc<dyn Errand>>,
    pub(crate) leaving: Leaving,
    pub(crate) tripwire: Tripwire,
}

/// Everything it owns.
pub(crate) struct State {
    parts: Parts,
    children: BTreeMap<ActorId, usize>,
    falls: Vec<Falls>,
    /// Those that are to be started again.
    again: BTreeMap<usize, Timer>,
    /// What falls are timed by.
    since: Instant,
}

impl Actor for Supervisor {
    type Msg = Message;
    type State = State;
    type Arguments = Parts;

    async fn pre_start(&self, myself: ActorRef<Message>, parts: Parts) -> Result<State, ActorProcessingErr> {
        let falls = vec![Falls::default(); parts.errands.len()];
        let (children, again) = (BTreeMap::new(), BTreeMap::new());
        let mut state = State { parts, children, falls, again, since: Instant::now() };
        for nth in 0..state.parts.errands.len() {
            state.start(&myself, nth).await;
        }
        Ok(state)
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::StartAgain(nth) if !state.parts.leaving.is_told() => state.start(&myself, nth).await,
            Message::StartAgain(_) | Message::Leave => {}
        }
        state.end_if_alone(&myself);
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Message>,
        event: SupervisionEvent,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        let (who, why) = match event {
            SupervisionEvent::ActorFailed(who, error) => (who, error.to_string()),
            SupervisionEvent::ActorTerminated(who, _, reason) => (who, reason.unwrap_or_default()),
            _ => return Ok(()),
        };
        if let Some(nth) = state.children.remove(&who.get_id())
            && !state.parts.leaving.is_told()
        {
            state.fell(&myself, nth, &why);
        }
        state.end_if_alone(&myself);
        Ok(())
    }
}

impl State {
    async fn start(&mut self, myself: &ActorRef<Message>, nth: usize) {
        let Some(errand) = self.parts.errands.get(nth).cloned() else { return };
        let runner = self.parts.tripwire.wire(errand.actor(), Runner);
        let held = Held { errand, leaving: self.parts.leaving.clone() };
        match Actor::spawn_linked(None, runner, held, myself.get_cell()).await {
            Ok((actor, _)) => drop(self.children.insert(actor.get_id(), nth)),
            Err(error) => self.fell(myself, nth, &error.to_string()),
        }
    }

    fn fell(&mut self, myself: &ActorRef<Message>, nth: usize, why: &str) {
        let (Some(errand), Some(falls)) = (self.parts.errands.get(nth), self.falls.get_mut(nth)) else {
            return;
        };
        errand.fell(why);
        let wait = table::wait(falls, self.since.elapsed());
        tracing::error!(target = errand.name(), why, ?wait, "fell, and is started again");
        let again = myself.clone();
        let timer = Timer::after(wait, move || {
            // A supervisor that has gone needs no message.
            let _ = again.cast(Message::StartAgain(nth));
        });
        self.again.insert(nth, timer);
    }

    fn end_if_alone(&self, myself: &ActorRef<Message>) {
        if self.parts.leaving.is_told() && self.children.is_empty() {
            myself.stop(None);
        }
    }
}
