//! The heartbeat: every few seconds, how the machine is.
//!
//! Supervised by: `supervisor`. With it dies: nothing; figures are missing until it is back. What survives:
//! everything. Leases do not hang on it: pulses renew them, and the agent sends those.
//!
//! It refuses to look at the machine on the runtime's own threads.

mod gauges;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use callsheet_supervision::{aside, kinds};
use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SpawnErr};
use tokio::time::Instant;

use crate::agent::{AgentHandle, Figures, Item};
use crate::supervisor::Parts;
use callsheet_supervision::Held;

use gauges::Gauges;
pub(crate) use gauges::total_memory;

/// What the heartbeat can be told.
#[derive(Debug)]
pub(crate) enum HeartbeatMessage {
    /// Beat now, and as often as is wished.
    Every,
    /// It is time.
    Beat,
    /// The machine was looked at.
    Measured(Box<Gauges>, Figures),
}

kinds!(HeartbeatMessage {
    "every": HeartbeatMessage::Every,
    "beat": HeartbeatMessage::Beat,
    "measured": HeartbeatMessage::Measured(..),
});

/// How often it is to beat, until it has heard of it: of several such wishes the last one counts.
type Wish = Arc<Mutex<Option<Duration>>>;

/// The heartbeat, from outside.
#[derive(Clone, Debug)]
pub(crate) struct HeartbeatHandle {
    actor: ActorRef<HeartbeatMessage>,
    wish: Wish,
}

impl HeartbeatHandle {
    pub(crate) async fn start(
        parts: &Parts,
        agent: AgentHandle,
        cell: ActorCell,
    ) -> Result<ActorCell, SpawnErr> {
        let heartbeat = parts.settings.tripwire.wire("heartbeat", Heartbeat);
        let wish = Wish::default();
        let (actor, _) = cell.spawn_linked(None, heartbeat, (agent.clone(), wish.clone())).await?;
        let cell = actor.get_cell();
        agent.tell(Item::Heartbeat(Self { actor, wish }));
        Ok(cell)
    }

    pub(crate) fn every(&self, interval: Duration) {
        let before = self.wish.lock().unwrap_or_else(PoisonError::into_inner).replace(interval);
        if before.is_none() {
            // One that is gone is told again when it is back.
            let _ = self.actor.cast(HeartbeatMessage::Every);
        }
    }
}

struct Heartbeat;

struct State {
    agent: AgentHandle,
    wish: Wish,
    every: Option<Duration>,
    next: Instant,
    timer: Option<Held>,
    /// Away while the machine is being looked at.
    gauges: Option<Box<Gauges>>,
}

impl Actor for Heartbeat {
    type Msg = HeartbeatMessage;
    type State = State;
    type Arguments = (AgentHandle, Wish);

    async fn pre_start(
        &self,
        _myself: ActorRef<HeartbeatMessage>,
        (agent, wish): Self::Arguments,
    ) -> Result<State, ActorProcessingErr> {
        let gauges = Some(Box::default());
        Ok(State { agent, wish, every: None, next: Instant::now(), timer: None, gauges })
    }

    async fn handle(
        &self,
        myself: ActorRef<HeartbeatMessage>,
        message: HeartbeatMessage,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            HeartbeatMessage::Every => {
                let wish = state.wish.lock().unwrap_or_else(PoisonError::into_inner).take();
                state.every = wish.or(state.every);
                // One comes at once: it says what the node holds.
                state.next = Instant::now();
                state.beat_later(myself);
            }
            HeartbeatMessage::Beat => {
                let Some(every) = state.every else { return Ok(()) };
                // A beat that was missed is not made up for.
                state.next = (state.next + every).max(Instant::now());
                state.measure(myself.clone());
                state.beat_later(myself);
            }
            HeartbeatMessage::Measured(gauges, figures) => {
                state.gauges = Some(gauges);
                state.agent.tell(Item::Beat(figures));
            }
        }
        Ok(())
    }
}

impl State {
    fn beat_later(&mut self, myself: ActorRef<HeartbeatMessage>) {
        let next = self.next;
        self.timer = Some(Held::spawn(async move {
            tokio::time::sleep_until(next).await;
            let _ = myself.cast(HeartbeatMessage::Beat);
        }));
    }

    fn measure(&mut self, myself: ActorRef<HeartbeatMessage>) {
        // Still looking since the last time: the machine is too busy to be asked twice.
        let Some(mut gauges) = self.gauges.take() else { return };
        tokio::spawn(async move {
            let measured = aside(move || {
                let figures = gauges.read();
                (gauges, figures)
            });
            // Without figures it is still a heartbeat.
            let (gauges, figures) = measured.await.unwrap_or_default();
            let _ = myself.cast(HeartbeatMessage::Measured(gauges, figures));
        });
    }
}
