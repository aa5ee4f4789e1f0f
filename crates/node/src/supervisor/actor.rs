//! The supervisor's actor.

use std::collections::BTreeMap;
use std::sync::Arc;

use callsheet_model::Capabilities;
use callsheet_supervision::{Falls, Verdict};
use ractor::{Actor, ActorCell, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::ae_process::{SlotHandle, Workshop};
use crate::agent::{AgentHandle, Item};
use crate::cache::CacheHandle;
use crate::error::NodeError;
use crate::heartbeat::HeartbeatHandle;
use crate::leader_link::LinkHandle;
use crate::settings::{NodeSettings, Shutdown};
use crate::supervisor::restart::{Child, Scope};
use crate::supervisor::{DYING, SupervisorHandle, SupervisorMessage};
use crate::troupe::{End, Troupe};

/// What all children are made of.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) settings: Arc<NodeSettings>,
    pub(crate) capabilities: Arc<Capabilities>,
    pub(crate) workshop: Arc<Workshop>,
    pub(crate) troupe: Arc<Troupe>,
}

/// Agent, cache, heartbeat, link.
const BESIDE_SLOTS: usize = 4;

pub(crate) struct Supervisor;

pub(crate) struct State {
    parts: Parts,
    over: Option<oneshot::Sender<Result<(), NodeError>>>,
    began: Instant,
    agent: Option<AgentHandle>,
    living: BTreeMap<ActorId, (Child, ActorCell)>,
    falls: BTreeMap<Child, Falls>,
    /// Counts fresh starts of everything; what was ordered before one is void.
    generation: u64,
    wish: Shutdown,
}

impl Actor for Supervisor {
    type Msg = SupervisorMessage;
    type State = State;
    type Arguments = (Parts, oneshot::Sender<Result<(), NodeError>>);

    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        (parts, over): Self::Arguments,
    ) -> Result<State, ActorProcessingErr> {
        parts.troupe.opens();
        myself.cast(SupervisorMessage::Start { child: Child::Agent, generation: 0 })?;
        Ok(State {
            parts,
            over: Some(over),
            began: Instant::now(),
            agent: None,
            living: BTreeMap::new(),
            falls: BTreeMap::new(),
            generation: 0,
            wish: Shutdown::Stay,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        message: Self::Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            SupervisorMessage::Start { child, generation } => {
                if generation == state.generation && state.over.is_some() {
                    state.start(&myself, child).await;
                }
            }
            SupervisorMessage::Wish(wish) => {
                state.wish = state.wish.max(wish);
                match (state.wish, &state.agent) {
                    (Shutdown::Now, _) => state.end(&myself, Ok(())).await,
                    (Shutdown::Drain, Some(agent)) => agent.leave(state.parts.settings.grace),
                    // The next agent is told when it starts.
                    (Shutdown::Drain, None) | (Shutdown::Stay, _) => {}
                }
            }
            SupervisorMessage::AgentLeft => state.end(&myself, Ok(())).await,
            SupervisorMessage::Unwelcome(said) => {
                let leader = state.parts.settings.door.url();
                state.end(&myself, Err(NodeError::Unwelcome { leader, said })).await;
            }
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Self::Msg>,
        event: SupervisionEvent,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        let (cell, reason) = match event {
            SupervisionEvent::ActorFailed(cell, error) => (cell, error.to_string()),
            SupervisionEvent::ActorTerminated(cell, _, reason) => {
                (cell, reason.unwrap_or_else(|| "it stopped by itself".into()))
            }
            _ => return Ok(()),
        };
        // Those we ended ourselves are not in the list any more.
        if let Some((child, _)) = state.living.remove(&cell.get_id()) {
            state.failed(&myself, child, &reason).await;
        }
        Ok(())
    }
}

impl State {
    /// Starts a child; the agent brings all others with it.
    async fn start(&mut self, myself: &ActorRef<SupervisorMessage>, child: Child) {
        let mut children = vec![child];
        if child == Child::Agent {
            children.extend([Child::Cache, Child::Heartbeat]);
            children.extend((0..self.slots()).map(Child::AeProcess));
            // Last, so that the leader is told of all at once.
            children.push(Child::LeaderLink);
        }
        for child in children {
            if let Err(reason) = self.start_one(myself, child).await {
                self.failed(myself, child, &reason).await;
                if child == Child::Agent {
                    return;
                }
            }
        }
        if self.living.len() == self.slots().saturating_add(BESIDE_SLOTS) {
            self.parts.troupe.is_complete();
        }
        self.tell_of_the_troupe();
    }

    fn slots(&self) -> usize {
        usize::try_from(self.parts.capabilities.slots).unwrap_or(usize::MAX)
    }

    /// The troupe has changed: the agent passes it on.
    fn tell_of_the_troupe(&self) {
        if let Some(agent) = &self.agent {
            agent.tell(Item::Troupe);
        }
    }

    async fn start_one(&mut self, myself: &ActorRef<SupervisorMessage>, child: Child) -> Result<(), String> {
        let cell = myself.get_cell();
        let parts = &self.parts;
        let begins = || parts.troupe.begins(child.actor(), child.name());
        let started = if child == Child::Agent {
            begins();
            let supervisor = SupervisorHandle(myself.clone());
            let (agent, cell) =
                AgentHandle::start(parts.clone(), supervisor, cell).await.map_err(|e| e.to_string())?;
            if self.wish == Shutdown::Drain {
                agent.leave(parts.settings.grace);
            }
            self.agent = Some(agent);
            cell
        } else {
            let Some(agent) = self.agent.clone() else { return Ok(()) };
            begins();
            let started = match child {
                Child::Cache => CacheHandle::start(parts, agent, cell).await,
                Child::Heartbeat => HeartbeatHandle::start(parts, agent, cell).await,
                Child::LeaderLink => LinkHandle::start(parts, agent, cell).await,
                Child::AeProcess(slot) => SlotHandle::start(parts, slot, agent, cell).await,
                Child::Agent => return Ok(()),
            };
            started.map_err(|error| error.to_string())?
        };
        tracing::debug!(actor = %child, "started");
        self.living.insert(started.get_id(), (child, started));
        Ok(())
    }

    async fn failed(&mut self, myself: &ActorRef<SupervisorMessage>, child: Child, reason: &str) {
        if self.over.is_none() {
            return;
        }
        let troupe = self.parts.troupe.clone();
        troupe.ends(&child.name(), End::Failed, reason);
        troupe.restarts(&format!("{child} failed: {reason}"));
        let rule = child.rule();
        let falls = self.falls.entry(child).or_default();
        let verdict = falls.fell(self.began.elapsed(), &rule.restart);
        let times = falls.count();
        let Verdict::RestartAfter(wait) = verdict else {
            tracing::error!(actor = %child, reason, times, "failed too often");
            let (actor, reason) = (child.to_string(), reason.to_owned());
            let error = NodeError::Escalated { actor, times, within: rule.restart.within, reason };
            return self.end(myself, Err(error)).await;
        };
        tracing::warn!(actor = %child, reason, times, ?wait, "failed; it is started again");
        match rule.scope {
            Scope::Everything => {
                self.stop_all().await;
                self.generation += 1;
            }
            Scope::Alone => {
                if let Some(agent) = &self.agent {
                    agent.gone(child);
                }
            }
        }
        self.tell_of_the_troupe();
        let generation = self.generation;
        myself.send_after(wait, move || SupervisorMessage::Start { child, generation });
    }

    async fn stop_all(&mut self) {
        self.agent = None;
        for (_, (child, cell)) in std::mem::take(&mut self.living) {
            if cell.kill_and_wait(Some(DYING)).await.is_err() {
                tracing::error!(actor = %child, "does not die");
            }
            self.parts.troupe.ends(&child.name(), End::Stopped, "everything is stopped");
        }
    }

    async fn end(&mut self, myself: &ActorRef<SupervisorMessage>, result: Result<(), NodeError>) {
        if let Some(over) = self.over.take() {
            self.stop_all().await;
            // Nobody may wait for it any more.
            let _ = over.send(result);
            myself.stop(None);
        }
    }
}
