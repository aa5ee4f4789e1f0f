//! The event hub: passes on what happened and what is passing, and remembers the latest of what passes.
//!
//! Supervised by the leader's supervisor. What dies with it: the latest heartbeats and progress, which come
//! again within seconds. What survives: everything stored, since readers fill gaps from the journal.
//!
//! It never waits for a reader. Live events go into a bounded ring; a reader that falls out of it reads on
//! from the journal (see [`crate::follow`]), so it misses nothing and slows nobody.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use callsheet_model::signal::{Heartbeat, Progress, Signal};
use callsheet_model::{Envelope, Event, NodeName, Token};
use callsheet_supervision::ActorSlot;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::broadcast;

use crate::log_keeper::LogKeeperHandle;

#[cfg(test)]
mod tests;

/// Batches of events that a live reader may be behind.
const EVENT_RING: usize = 256;
/// Attempts whose progress is remembered.
const MOST_PROGRESS: usize = 10_000;
/// Signals that a live reader may be behind; what falls out is gone.
const SIGNAL_RING: usize = 1024;

/// The actor.
pub(crate) struct EventHub;

/// What it can be sent.
pub(crate) enum Message {
    /// These events are durable.
    Publish(Arc<Vec<Envelope>>),
    /// This is passing.
    Signal(Arc<Signal>),
    #[cfg(test)]
    Panic,
}

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
    /// The number of the last event that is durable, whether it has been passed on or not.
    head: AtomicU64,
    events: broadcast::Sender<Arc<Vec<Envelope>>>,
    signals: broadcast::Sender<Arc<Signal>>,
    latest: RwLock<Latest>,
}

/// The latest of what passes.
#[derive(Clone, Debug, Default)]
pub struct Latest {
    /// The last heartbeat of each node that is online.
    pub heartbeats: BTreeMap<NodeName, Heartbeat>,
    /// What attempts under leases in force are doing.
    pub progress: BTreeMap<Token, Progress>,
}

impl EventHubHandle {
    /// A handle with no actor behind it yet.
    pub(crate) fn new() -> Self {
        let shared = Shared {
            head: AtomicU64::new(0),
            events: broadcast::Sender::new(EVENT_RING),
            signals: broadcast::Sender::new(SIGNAL_RING),
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

    pub(crate) fn publish(&self, events: Vec<Envelope>) {
        if let Some(last) = events.last() {
            // Before the actor has it: if it never gets it, readers still know how far to read.
            self.shared.head.fetch_max(last.sequence, Ordering::AcqRel);
        }
        self.send(Message::Publish(Arc::new(events)));
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.send(Message::Signal(Arc::new(signal)));
    }

    /// The scheduler has recovered, and this is the last event of its journal.
    pub(crate) fn recovered(&self, sequence: u64) {
        self.shared.head.fetch_max(sequence, Ordering::AcqRel);
        self.shared.look_for_gaps();
    }

    /// Live events from now on, and the number of the last one before.
    pub(crate) fn events(&self) -> (broadcast::Receiver<Arc<Vec<Envelope>>>, u64) {
        // The receiver first: what is published in between is then both counted and received, never neither.
        let receiver = self.shared.events.subscribe();
        (receiver, self.shared.head.load(Ordering::Acquire))
    }

    /// Live signals from now on.
    pub(crate) fn signals(&self) -> broadcast::Receiver<Arc<Signal>> {
        self.shared.signals.subscribe()
    }

    /// Looks at the latest of what passes.
    pub(crate) fn latest<T>(&self, look: impl FnOnce(&Latest) -> T) -> T {
        look(&self.shared.latest.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn send(&self, message: Message) {
        // While the hub is being restarted nothing is lost: readers see the gap and read the journal.
        let _ = self.actor.cast(message);
    }

    #[cfg(test)]
    pub(crate) fn panic(&self) {
        self.send(Message::Panic);
    }
}

impl Actor for EventHub {
    type Msg = Message;
    type State = State;
    type Arguments = State;

    async fn pre_start(&self, _: ActorRef<Message>, state: State) -> Result<State, ActorProcessingErr> {
        // What was sent while there was no hub has gone nowhere.
        state.shared.look_for_gaps();
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
                shared.update(|latest| events.iter().for_each(|envelope| latest.event(envelope)));
                for envelope in events.iter() {
                    if let Event::JobForgotten { job } = envelope.event {
                        logs.forget(job);
                    }
                }
                // No reader, no receiver.
                let _ = shared.events.send(events);
            }
            Message::Signal(signal) => {
                shared.update(|latest| latest.signal(&signal));
                let _ = shared.signals.send(signal);
            }
            #[cfg(test)]
            Message::Panic => panic!("as asked"),
        }
        Ok(())
    }
}

impl Shared {
    /// Wakes live readers with an empty batch: they compare the head with their cursors.
    fn look_for_gaps(&self) {
        let _ = self.events.send(Arc::default());
    }

    fn update(&self, change: impl FnOnce(&mut Latest)) {
        change(&mut self.latest.write().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Latest {
    fn event(&mut self, envelope: &Envelope) {
        match &envelope.event {
            Event::LeaseReleased { token, .. } => {
                self.progress.remove(token);
            }
            Event::NodeOffline { node, .. } => {
                self.heartbeats.remove(node);
                self.progress.retain(|_, progress| progress.node != *node);
            }
            _ => {}
        }
    }

    fn signal(&mut self, signal: &Signal) {
        match signal {
            Signal::Heartbeat(beat) => {
                self.heartbeats.insert(beat.node.clone(), beat.clone());
            }
            Signal::Progress(progress) if progress.remaining.is_empty() => {
                self.progress.remove(&progress.token);
            }
            Signal::Progress(progress) => {
                // A node works on few leases at once: what it no longer speaks of is over.
                self.progress.insert(progress.token, progress.clone());
                if self.progress.len() > MOST_PROGRESS {
                    // Old tokens are low ones: a node that never said the end of its attempt is not waited for.
                    self.progress.pop_first();
                }
            }
            Signal::Log(_) | Signal::Cache(_) => {}
        }
    }
}
