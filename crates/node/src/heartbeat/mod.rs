//! The heartbeat: every few seconds, how the machine is.
//!
//! Supervised by: `supervisor`. With it dies: nothing; figures are missing until it is back. What survives:
//! everything. Leases do not hang on it: pulses renew them, and the agent sends those.
//!
//! It refuses to look at the machine on the runtime's own threads.

mod gauges;

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
    /// Beat now, and this often.
    Every(Duration),
    /// It is time.
    Beat,
    /// The machine was looked at.
    Measured(Box<Gauges>, Figures),
}

kinds!(HeartbeatMessage {
    "every": HeartbeatMessage::Every(_),
    "beat": HeartbeatMessage::Beat,
    "measured": HeartbeatMessage::Measured(..),
});

/// The heartbeat, from outside.
#[derive(Clone, Debug)]
pub(crate) struct HeartbeatHandle(ActorRef<HeartbeatMessage>);

impl HeartbeatHandle {
    pub(crate) async fn start(
        parts: &Parts,
        agent: AgentHandle,
        cell: ActorCell,
    ) -> Result<ActorCell, SpawnErr> {
        let heartbeat = parts.settings.tripwire.wire("heartbeat", Heartbeat);
        let (actor, _) = cell.spawn_linked(None, heartbeat, agent.clone()).await?;
        agent.tell(Item::Heartbeat(Self(actor.clone())));
        Ok(actor.get_cell())
    }

    pub(crate) fn every(&self, interval: Duration) {
        // One that is gone is told again when it is back.
        let _ = self.0.cast(HeartbeatMessage::Every(interval));
    }
}

struct Heartbeat;

struct State {
    agent: AgentHandle,
    every: Option<Duration>,
    next: Instant,
    timer: Option<Held>,
    /// Away while the machine is being looked at.
    gauges: Option<Box<Gauges>>,
}

impl Actor for Heartbeat {
    type Msg = HeartbeatMessage;
    type State = State;
    type Arguments = AgentHandle;

    async fn pre_start(
        &self,
        _myself: ActorRef<HeartbeatMessage>,
        agent: AgentHandle,
    ) -> Result<State, ActorProcessingErr> {
        let gauges = Some(Box::default());
        Ok(State { agent, every: None, next: Instant::now(), timer: None, gauges })
    }

    async fn handle(
        &self,
        myself: ActorRef<HeartbeatMessage>,
        message: HeartbeatMessage,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            HeartbeatMessage::Every(interval) => {
                state.every = Some(interval);
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
