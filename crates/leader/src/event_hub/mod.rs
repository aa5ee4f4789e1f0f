//! The event hub: says that something happened, passes on what is passing, and remembers the latest of it.
//!
//! Supervised by the leader's supervisor. What dies with it: the latest heartbeats and progress, which come
//! again within seconds. What survives: everything stored, since readers take that from the log.
//!
//! It never waits for a reader. Of events it only says that there are more: each reader takes them from the log
//! itself (see [`crate::follow`]), so it misses nothing and slows nobody. Signals go into a bounded ring; what
//! a slow reader misses of them is gone.

mod latest;
#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock};

use callsheet_events::Sealed;
use callsheet_model::Event;
use callsheet_model::signal::Signal;
use callsheet_supervision::{ActorSlot, kinds};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};

pub use latest::Latest;

use crate::log_keeper::LogKeeperHandle;

/// Signals that a live reader may be behind; what falls out is gone. As many may wait for the hub: of more, some
/// would fall out before anyone saw them.
const SIGNAL_RING: usize = 1024;

/// The actor.
pub(crate) struct EventHub;

/// What it can be sent.
pub(crate) enum Message {
    /// These events are durable.
    Publish(Vec<Arc<Sealed>>),
    /// This is passing; it has a place in the mailbox.
    Signal(Arc<Signal>, OwnedSemaphorePermit),
}

kinds!(Message {
    "publish": Message::Publish(_),
    "signal": Message::Signal(..),
});

/// The way to the hub. It outlives the actor: a restarted one takes over the same rings.
#[derive(Clone)]
pub(crate) struct EventHubHandle {
    actor: ActorSlot<Message>,
    shared: Arc<Shared>,
}

/// Everything it owns.
pub(crate) struct State {
    shared: Arc<Shared>,
    /// Told when a job is forgotten.
    logs: LogKeeperHandle,
}

/// What readers share with the hub.
pub(crate) struct Shared {
    /// Changes when there may be more in the log.
    more: watch::Sender<()>,
    signals: broadcast::Sender<Arc<Signal>>,
    /// Places in the mailbox for signals.
    room: Arc<Semaphore>,
    latest: RwLock<Latest>,
}

impl EventHubHandle {
    /// A handle with no actor behind it yet.
    pub(crate) fn new() -> Self {
        let shared = Shared {
            more: watch::Sender::new(()),
            signals: broadcast::Sender::new(SIGNAL_RING),
            room: Arc::new(Semaphore::new(SIGNAL_RING)),
            latest: RwLock::default(),
        };
        Self { actor: ActorSlot::default(), shared: Arc::new(shared) }
    }

    /// Points at a new actor.
    pub(crate) fn attach(&self, actor: ActorRef<Message>) {
        self.actor.put(actor);
    }

    /// What a new actor is started with.
    pub(crate) fn start(&self, logs: LogKeeperHandle) -> State {
        State { shared: self.shared.clone(), logs }
    }

    /// These events are in the log, durable.
    pub(crate) fn publish(&self, events: Vec<Arc<Sealed>>) {
        self.send(Message::Publish(events));
    }

    /// This is passing. When too much is, it is left out; output and progress first, so that there is always room
    /// for signs of life.
    pub(crate) fn signal(&self, signal: Signal) {
        let room = &self.shared.room;
        let chatter = matches!(signal, Signal::Log(_) | Signal::Progress(_) | Signal::FrameCompleted(_));
        if chatter && room.available_permits() < SIGNAL_RING / 2 {
            return;
        }
        if let Ok(place) = room.clone().try_acquire_owned() {
            self.send(Message::Signal(Arc::new(signal), place));
        }
    }

    /// The scheduler has recovered, and its journal is there to be read.
    pub(crate) fn recovered(&self) {
        self.shared.more.send_replace(());
    }

    /// Changes whenever there may be more in the log.
    pub(crate) fn more(&self) -> watch::Receiver<()> {
        self.shared.more.subscribe()
    }

    /// Live signals from now on.
    pub(crate) fn signals(&self) -> broadcast::Receiver<Arc<Signal>> {
        self.shared.signals.subscribe()
    }

    /// Looks at the latest of what passes.
    pub(crate) fn latest<T>(&self, look: impl FnOnce(&Latest) -> T) -> T {
        look(&self.shared.latest.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether no signal has a place in its mailbox.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.shared.room.available_permits() == SIGNAL_RING
    }

    fn send(&self, message: Message) {
        // While the hub is being restarted nothing is lost: the next one begins by waking all readers.
        let _ = self.actor.cast(message);
    }
}

impl Actor for EventHub {
    type Msg = Message;
    type State = State;
    type Arguments = State;

    async fn pre_start(&self, _: ActorRef<Message>, state: State) -> Result<State, ActorProcessingErr> {
        // What was sent while there was no hub has gone nowhere.
        state.shared.more.send_replace(());
        Ok(state)
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        State { shared, logs }: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Publish(events) => {
                shared.update(|latest| events.iter().for_each(|event| latest.event(&event.envelope)));
                for event in events.iter() {
                    if let Event::JobForgotten { job } = event.envelope.event {
                        logs.forget(job);
                    }
                }
                shared.more.send_replace(());
            }
            Message::Signal(signal, _place) => {
                shared.update(|latest| latest.signal(&signal));
                // No reader, no receiver.
                let _ = shared.signals.send(signal);
            }
        }
        Ok(())
    }
}

impl Shared {
    fn update(&self, change: impl FnOnce(&mut Latest)) {
        change(&mut self.latest.write().unwrap_or_else(PoisonError::into_inner));
    }
}
