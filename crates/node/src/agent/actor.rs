//! The agent's actor: takes what is in the queue, hands it to the mind, carries out what the mind wants.

use std::sync::PoisonError;

use callsheet_agent::{Action, Input};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::time::{Instant, sleep_until};

use crate::agent::greeting::Silent;
use crate::agent::handle::{AgentHandle, Queue};
use crate::agent::messages::{Heard, Item, Wake};
use crate::agent::state::State;
use crate::supervisor::restart::Child;
use crate::supervisor::{Parts, SupervisorHandle};
use crate::task::Held;

pub(crate) struct AgentActor;

impl Actor for AgentActor {
    type Msg = Wake;
    type State = State;
    type Arguments = (Parts, SupervisorHandle, Queue);

    async fn pre_start(
        &self,
        myself: ActorRef<Wake>,
        (parts, supervisor, queue): Self::Arguments,
    ) -> Result<State, ActorProcessingErr> {
        Ok(State::new(parts, supervisor, AgentHandle { queue, actor: myself }))
    }

    async fn handle(
        &self,
        _myself: ActorRef<Wake>,
        _wake: Wake,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        state.parts.settings.tripwire.step("agent");
        let items = std::mem::take(&mut *state.me.queue.lock().unwrap_or_else(PoisonError::into_inner));
        let mut actions = Vec::new();
        for item in items {
            state.take(item, &mut actions);
            state.perform(&mut actions);
        }
        state.greet(&mut actions);
        state.perform(&mut actions);
        // Last, so that watchdogs have heard all that came.
        state.think(Input::Tick, &mut actions);
        state.perform(&mut actions);
        state.flush();
        state.say_news();
        let status_due = state.say_status();
        state.set_timer(status_due);
        Ok(())
    }
}

impl State {
    /// Takes one item. Actions stay in order: they are carried out before the next item is taken.
    fn take(&mut self, item: Item, actions: &mut Vec<Action>) {
        match item {
            Item::Cache(cache) => {
                self.cache = Some(cache);
                self.think(Input::CacheLost, actions);
            }
            Item::Heartbeat(heartbeat) => {
                heartbeat.every(self.heartbeat_every);
                self.heartbeat = Some(heartbeat);
            }
            Item::Link(link) => self.link = Some(link),
            Item::Slot(slot, handle) => {
                if let Some(place) = self.slots.get_mut(slot) {
                    *place = Some(handle);
                    self.think(Input::SlotUp(slot), actions);
                }
            }
            Item::Gone(child) => self.brother_died(child, actions),
            Item::Mind(input) => self.think(input, actions),
            Item::Fetched { token, result } => {
                if !self.mind.needs_template(token) {
                    // It was released in this moment.
                    return;
                }
                let result = result.map(|path| {
                    self.templates.insert(token, path);
                });
                self.think(Input::Fetched { token, result }, actions);
            }
            Item::Cached { bytes, templates } => {
                self.cached = Some((bytes, templates));
                self.greet(actions);
            }
            Item::Beat(figures) => {
                self.say_heartbeat(figures);
                self.think(Input::Beat, actions);
            }
            Item::Signal(body) => self.signal(body),
            Item::CacheChanged(update) => self.news.cache_changed(*update),
            // It is told at the end of this wake-up.
            Item::Troupe => {}
            Item::LinkUp { session, outlet } => {
                self.silent = Some(Silent::new(session, outlet));
                self.greet(actions);
            }
            Item::LinkDown { refused } => {
                (self.session, self.silent) = (None, None);
                self.news.stream_changed();
                if self.left.take().is_some() {
                    self.supervisor.agent_left();
                }
                let refused = refused.map(|dialled| dialled.saturating_duration_since(self.began));
                self.think(refused.map_or(Input::LinkDown, |dialled| Input::Refused { dialled }), actions);
            }
            Item::Heard { session, heard, permit } => {
                if self.session.as_ref().is_some_and(|(current, _)| *current == session) {
                    self.hear(heard, actions);
                }
                drop(permit);
            }
            Item::Unwelcome { said } => self.supervisor.unwelcome(said),
            Item::Leave { grace } => self.think(Input::Leave { grace }, actions),
        }
    }

    pub(super) fn think(&mut self, input: Input, actions: &mut Vec<Action>) {
        actions.extend(self.mind.handle(self.began.elapsed(), input));
    }

    fn brother_died(&mut self, child: Child, actions: &mut Vec<Action>) {
        match child {
            Child::AeProcess(slot) => {
                if let Some(place) = self.slots.get_mut(slot) {
                    *place = None;
                    self.think(Input::SlotDown(slot), actions);
                }
            }
            Child::LeaderLink => {
                (self.link, self.session, self.silent) = (None, None, None);
                self.think(Input::LinkDown, actions);
            }
            // What they were asked is asked again when they are back.
            Child::Cache => self.cache = None,
            Child::Heartbeat => self.heartbeat = None,
            Child::Agent => {}
        }
    }

    fn hear(&mut self, heard: Heard, actions: &mut Vec<Action>) {
        match heard {
            Heard::Inputs(inputs) => {
                for input in inputs {
                    if let Input::PulseAcked(number) = input {
                        self.news.pulse_acked(number);
                    }
                    self.think(input, actions);
                }
            }
            Heard::Welcome { terms, heartbeat, log_bytes } => {
                self.log_bytes = log_bytes;
                self.heartbeat_every = heartbeat;
                if let Some(handle) = &self.heartbeat {
                    handle.every(heartbeat);
                }
                self.think(Input::Welcomed(terms), actions);
                self.say_all_news();
                self.send_backlog();
            }
            Heard::Sweep { job, up_to, outputs } => self.disk.sweep(job, up_to, outputs),
        }
    }

    /// Sees to it that the mind is asked when its time comes. Waking too early is harmless.
    fn set_timer(&mut self, status_due: Option<Instant>) {
        // What lies beyond the end of time needs no timer.
        let mind = self.mind.next_wake().and_then(|wake| self.began.checked_add(wake));
        let greeting = self.silent.as_ref().map(Silent::until);
        let Some(wake) = mind.into_iter().chain(status_due).chain(greeting).min() else { return };
        if self.timer.as_ref().is_some_and(|(armed, _)| *armed <= wake && *armed > Instant::now()) {
            return;
        }
        let me = self.me.clone();
        let sleeper = Held::spawn(async move {
            sleep_until(wake).await;
            me.wake();
        });
        self.timer = Some((wake, sleeper));
    }
}
