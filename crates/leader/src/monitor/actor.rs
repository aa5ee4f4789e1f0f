//! The actor itself: what it does at each look, at each turn of the calendar, and for each watcher.

use std::collections::BTreeSet;
use std::time::Duration;

use callsheet_model::signal::{WorkerBeat, WorkerState};
use callsheet_model::{Pause, PauseKey, PauseSource, Timestamp};
use callsheet_monitor::Calendar;
use callsheet_scheduler::Command;
use callsheet_supervision::Held;
use ractor::{Actor, ActorProcessingErr, ActorRef};

use super::{Eyes, Message};
use crate::error::LeaderError;

/// The calendar is looked at at least this often, whatever it says: clocks are put, machines sleep.
const LONGEST_TURN: Duration = Duration::from_secs(600);
/// Whether the leader slept is looked at this often.
const SECOND: Duration = Duration::from_secs(1);
/// After a scheduler that could not be asked.
const AGAIN: Duration = Duration::from_secs(1);
/// What a watcher's pause is called when its mode is not told.
const UNNAMED_MODE: &str = "trading";

/// The actor.
pub(crate) struct Monitor;

/// Everything it owns.
pub(crate) struct State {
    eyes: Eyes,
    /// When the calendar is looked at again.
    turn: Option<Held>,
}

impl Actor for Monitor {
    type Msg = Message;
    type State = State;
    type Arguments = Eyes;

    async fn pre_start(&self, myself: ActorRef<Message>, eyes: Eyes) -> Result<State, ActorProcessingErr> {
        let interval = eyes.config.monitor.interval;
        // The time from which silence counts begins now at the latest.
        eyes.workers(|_, _| ());
        // These end with the actor, at the latest when they would ring.
        drop(myself.send_interval(SECOND, || Message::Second));
        drop(myself.send_interval(interval, || Message::Look));
        myself.cast(Message::Turn)?;
        let waiting: Vec<String> = eyes.seen().watchers.keys().cloned().collect();
        waiting.into_iter().try_for_each(|watcher| myself.cast(Message::Watcher(watcher)))?;
        Ok(State { eyes, turn: None })
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        State { eyes, turn }: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Second => eyes.workers(|workers, now| workers.awake(now)),
            Message::Look => {
                // After a sleep both are due, in any order.
                eyes.workers(|workers, now| workers.awake(now));
                if let Err(error) = eyes.look().await {
                    tracing::debug!(%error, "workers are looked at again later");
                }
            }
            Message::Turn => {
                let wait = eyes.turn().await.unwrap_or(AGAIN);
                *turn = Some(Held::after(wait, move || {
                    let _ = myself.cast(Message::Turn);
                }));
            }
            Message::Watcher(name) => {
                let beat = eyes.seen().watchers.remove(&name);
                let Some(beat) = beat else { return Ok(()) };
                if let Err(error) = eyes.watcher(&beat) {
                    tracing::debug!(%error, watcher = beat.name, "its mode is carried out with its next heartbeat");
                }
            }
        }
        Ok(())
    }
}

impl Eyes {
    /// A watcher in mode `trading` keeps its scope paused for as long as it lives.
    fn watcher(&self, beat: &WorkerBeat) -> Result<(), LeaderError> {
        let expected = self.config.monitor.workers.iter().find(|worker| worker.name == beat.name);
        let Some(expected) = expected else { return Ok(()) };
        let key =
            PauseKey { scope: expected.pauses.clone(), source: PauseSource::Watcher(beat.name.clone()) };
        if beat.state != WorkerState::Trading {
            return self.scheduler.tell(Command::LiftPause { key });
        }
        let reason = beat.mode.clone().unwrap_or_else(|| UNNAMED_MODE.to_owned());
        let until = Some(self.clock.now().plus(self.config.monitor.ttl));
        let pause = Pause { key, reason, until, running: expected.running };
        self.scheduler.tell(Command::SetPause { pause })
    }

    /// Brings the calendar's pauses up to date; how long until that is due again.
    async fn turn(&self) -> Result<Duration, LeaderError> {
        let now = self.clock.now();
        let set = self.scheduler.read(|scheduler| scheduler.pauses()).await?;
        let mut open = BTreeSet::new();
        let mut next = now.plus(LONGEST_TURN);
        for window in &self.config.pauses {
            let calendar = match Calendar::of(window) {
                Ok(calendar) => calendar,
                Err(error) => {
                    tracing::error!(%error, "this window is never open");
                    continue;
                }
            };
            next = calendar.next_change(now).map_or(next, |change| change.min(next));
            let Some(until) = calendar.open_until(now) else { continue };
            let key =
                PauseKey { scope: window.scope.clone(), source: PauseSource::Calendar(window.name.clone()) };
            let (reason, running) = (window.reason.clone(), window.running);
            let pause = Pause { key: key.clone(), reason, until: Some(until), running };
            if !set.contains(&pause) {
                self.scheduler.tell(Command::SetPause { pause })?;
            }
            open.insert(key);
        }
        // Those whose window is over, or is not in the config any more.
        for Pause { key, .. } in set {
            if matches!(key.source, PauseSource::Calendar(_)) && !open.contains(&key) {
                self.scheduler.tell(Command::LiftPause { key })?;
            }
        }
        Ok(wait(now, next))
    }

    async fn look(&self) -> Result<(), LeaderError> {
        let seen = self.observations().await?;
        let (threshold, channels) = (self.config.monitor.dead_letters, self.config.channels.clone());
        self.scheduler.tell(Command::ObserveWorkers { seen, threshold, channels })
    }
}

fn wait(now: Timestamp, next: Timestamp) -> Duration {
    next.since(now).max(Duration::from_millis(1))
}
