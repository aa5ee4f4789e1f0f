//! The actor of one slot. The attempt itself runs in a task of its own, so that a kill is heard at once.

use callsheet_model::Token;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::watch;

use crate::ae_process::attempt::Attempt;
use crate::ae_process::{Order, SlotMessage, Stop};
use crate::agent::AgentHandle;
use crate::supervisor::Parts;
use callsheet_supervision::Held;

pub(crate) struct AeProcess;

pub(crate) struct State {
    parts: Parts,
    slot: usize,
    agent: AgentHandle,
    running: Option<Running>,
}

/// Dropping it kills the attempt.
struct Running {
    token: Token,
    stop: watch::Sender<Stop>,
    _task: Held,
}

impl Actor for AeProcess {
    type Msg = SlotMessage;
    type State = State;
    type Arguments = (Parts, usize, AgentHandle);

    async fn pre_start(
        &self,
        _myself: ActorRef<SlotMessage>,
        (parts, slot, agent): Self::Arguments,
    ) -> Result<State, ActorProcessingErr> {
        Ok(State { parts, slot, agent, running: None })
    }

    async fn handle(
        &self,
        myself: ActorRef<SlotMessage>,
        message: SlotMessage,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            SlotMessage::Start(order) => state.start(myself, order),
            SlotMessage::Stop(token, how) => {
                if let Some(running) = state.running.as_ref().filter(|running| running.token == token) {
                    // It only ever becomes more urgent.
                    running.stop.send_modify(|stop| *stop = how.max(*stop));
                }
            }
            SlotMessage::Over { good: true } => {}
            SlotMessage::Over { good: false } => return Err("the attempt's task panicked".into()),
        }
        Ok(())
    }
}

impl State {
    fn start(&mut self, myself: ActorRef<SlotMessage>, order: Order) {
        let (stop, stopped) = watch::channel(Stop::No);
        let token = order.offer.token;
        let attempt = Attempt::new(
            self.parts.workshop.clone(),
            self.parts.settings.config.name.clone(),
            self.slot,
            self.agent.clone(),
            order,
        );
        let task = Held::spawn(async move {
            let mut watched = Watched { actor: myself, good: false };
            attempt.run(stopped).await;
            watched.good = true;
        });
        self.running = Some(Running { token, stop, _task: task });
    }
}

/// Says that a task is over, even when it panics.
struct Watched {
    actor: ActorRef<SlotMessage>,
    good: bool,
}

impl Drop for Watched {
    fn drop(&mut self) {
        // An actor that is gone has aborted this task itself.
        let _ = self.actor.cast(SlotMessage::Over { good: self.good });
    }
}
