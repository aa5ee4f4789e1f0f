//! The root of the leader's tree: starts its children, and starts them again as the table says.
//!
//! ```text
//!   supervisor ─┬─ event_hub
//!               ├─ log_keeper
//!               ├─ monitor
//!               ├─ scheduler          a fall ends every node_session
//!               └─ node_session *     one per connected node, never restarted
//! ```
//!
//! It does nothing else, so that it has no reason to fall. When it does, or when a child falls too often, the
//! leader ends with a clear message: never a half-dead process that still holds its doors open.

mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use callsheet_journal::Store;
use callsheet_model::SessionId;
use callsheet_scheduler::Policy;
use callsheet_supervision::{Falls, Restart, Tripwire, Verdict, kinds};
use ractor::{Actor, ActorCell, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::clock::ClockSlot;
use crate::event_hub::{EventHub, EventHubHandle};
use crate::figures::Figures;
use crate::follow::JournalSlot;
use crate::log_keeper::{LogKeeper, LogKeeperHandle};
use crate::monitor::{Monitor, MonitorHandle};
use crate::node_session::{self, Hello, NodeDoor, NodeSession, ToNode};
use crate::scheduler::{self, SchedulerActor, SchedulerHandle};

/// The actor.
pub(crate) struct Supervisor;

/// What it can be sent.
pub(crate) enum Message {
    /// A node said hello.
    OpenSession { hello: Hello, reply: oneshot::Sender<(NodeDoor, mpsc::Receiver<ToNode>)> },
    /// The back-off of a fallen child is over.
    StartAgain(Child),
}

kinds!(Message {
    "open_session": Message::OpenSession { .. },
    "start_again": Message::StartAgain(_),
});

/// A child that is restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Child {
    EventHub,
    LogKeeper,
    Monitor,
    Scheduler,
}

impl Child {
    fn name(self) -> &'static str {
        match self {
            Self::EventHub => "event_hub",
            Self::LogKeeper => "log_keeper",
            Self::Monitor => "monitor",
            Self::Scheduler => "scheduler",
        }
    }

    fn rule(self) -> &'static Restart {
        match self {
            Self::EventHub => &table::EVENT_HUB,
            Self::LogKeeper => &table::LOG_KEEPER,
            Self::Monitor => &table::MONITOR,
            Self::Scheduler => &table::SCHEDULER,
        }
    }
}

/// What the tree is made of.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) policy: Policy,
    pub(crate) snapshot_every: u64,
    pub(crate) slot: JournalSlot,
    pub(crate) hub: EventHubHandle,
    pub(crate) figures: Arc<Figures>,
    pub(crate) logs: LogKeeperHandle,
    pub(crate) scheduler: SchedulerHandle,
    pub(crate) monitor: MonitorHandle,
    /// The clock of the scheduler that serves.
    pub(crate) clock: ClockSlot,
    /// Told why, when the tree cannot go on.
    pub(crate) fatal: watch::Sender<Option<String>>,
    /// Empty, but in tests.
    pub(crate) tripwire: Tripwire,
}

/// Everything it owns.
pub(crate) struct State {
    parts: Parts,
    children: BTreeMap<ActorId, Child>,
    sessions: BTreeMap<ActorId, ActorCell>,
    falls: BTreeMap<Child, Falls>,
    /// What falls are timed by.
    since: Instant,
    last_session: SessionId,
}

impl Actor for Supervisor {
    type Msg = Message;
    type State = State;
    type Arguments = Parts;

    async fn pre_start(&self, myself: ActorRef<Message>, parts: Parts) -> Result<State, ActorProcessingErr> {
        let mut state = State {
            parts,
            children: BTreeMap::new(),
            sessions: BTreeMap::new(),
            falls: BTreeMap::new(),
            since: Instant::now(),
            last_session: SessionId(0),
        };
        // The hub first: the scheduler tells it what has happened.
        for child in [Child::EventHub, Child::LogKeeper, Child::Scheduler, Child::Monitor] {
            state.start(&myself, child).await?;
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
            Message::OpenSession { hello, reply } => state.open_session(&myself, hello, reply).await,
            Message::StartAgain(child) => {
                if let Err(error) = state.start(&myself, child).await {
                    state.fell(&myself, child, &error.to_string());
                }
            }
        }
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
        if state.sessions.remove(&who.get_id()).is_some() {
            tracing::debug!(why, "a node's session ended");
        } else if let Some(child) = state.children.remove(&who.get_id()) {
            state.fell(&myself, child, &why);
        }
        Ok(())
    }
}

impl State {
    async fn start(&mut self, myself: &ActorRef<Message>, child: Child) -> Result<(), ActorProcessingErr> {
        let (parts, up) = (self.parts.clone(), myself.get_cell());
        let (wire, name) = (&parts.tripwire, child.name());
        let id = match child {
            Child::EventHub => {
                let (hub, logs) = (wire.wire(name, EventHub), parts.logs.clone());
                let (actor, _) = Actor::spawn_linked(None, hub, parts.hub.start(logs), up).await?;
                parts.hub.attach(actor.clone());
                actor.get_id()
            }
            Child::LogKeeper => {
                let keeper = wire.wire(name, LogKeeper);
                let (actor, _) = Actor::spawn_linked(None, keeper, parts.logs.files(), up).await?;
                parts.logs.attach(actor.clone());
                actor.get_id()
            }
            Child::Monitor => {
                let monitor = wire.wire(name, Monitor);
                let (actor, _) = Actor::spawn_linked(None, monitor, parts.monitor.eyes(), up).await?;
                parts.monitor.attach(actor.clone());
                actor.get_id()
            }
            Child::Scheduler => {
                let args = scheduler::Arguments {
                    policy: parts.policy,
                    store: parts.store,
                    slot: parts.slot,
                    clock: parts.clock,
                    hub: parts.hub,
                    figures: parts.figures,
                    snapshot_every: parts.snapshot_every,
                };
                let scheduler = wire.wire(name, SchedulerActor);
                let (actor, _) = Actor::spawn_linked(None, scheduler, args, up).await?;
                parts.scheduler.attach(actor.clone());
                actor.get_id()
            }
        };
        self.children.insert(id, child);
        Ok(())
    }

    fn fell(&mut self, myself: &ActorRef<Message>, child: Child, why: &str) {
        let (name, rule) = (child.name(), child.rule());
        if child == Child::Scheduler {
            for session in std::mem::take(&mut self.sessions).into_values() {
                session.stop(Some("the scheduler is being restarted".to_owned()));
            }
        }
        match self.falls.entry(child).or_default().fell(self.since.elapsed(), rule) {
            Verdict::RestartAfter(wait) => {
                tracing::error!(child = name, why, ?wait, "fell, and is started again");
                // The join handle is of no use: a supervisor that has gone needs no message.
                drop(myself.send_after(wait, move || Message::StartAgain(child)));
            }
            Verdict::GoesUp => {
                let message =
                    format!("{} fell more than {} times in {:?}: {why}", name, rule.most, rule.within);
                tracing::error!(message, "the leader cannot go on");
                self.parts.fatal.send_replace(Some(message.clone()));
                myself.stop(Some(message));
            }
        }
    }

    async fn open_session(
        &mut self,
        myself: &ActorRef<Message>,
        hello: Hello,
        reply: oneshot::Sender<(NodeDoor, mpsc::Receiver<ToNode>)>,
    ) {
        self.last_session = SessionId(self.last_session.0 + 1);
        let (out, messages) = node_session::out_channel();
        let node = hello.node.clone();
        let args = node_session::Arguments {
            session: self.last_session,
            hello,
            scheduler: self.parts.scheduler.clone(),
            hub: self.parts.hub.clone(),
            logs: self.parts.logs.clone(),
            monitor: self.parts.monitor.clone(),
            out,
        };
        let session = self.parts.tripwire.wire("node_session", NodeSession);
        match Actor::spawn_linked(None, session, args, myself.get_cell()).await {
            Ok((actor, _)) => {
                self.sessions.insert(actor.get_id(), actor.get_cell());
                // A door that has gone by now drops the session again.
                let _ = reply.send((NodeDoor::new(actor), messages));
            }
            // The scheduler is being restarted: the door sees `reply` dropped, and the node dials again.
            Err(error) => tracing::debug!(%node, %error, "no session could be opened"),
        }
    }
}
