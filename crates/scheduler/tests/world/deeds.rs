//! Deeds that are not about frames, as commands.

use std::sync::Arc;
use std::time::Duration;

use callsheet_model::{
    Context, Observation, Outside, Pause, PauseKey, PauseScope, PauseSource, Player, PlayerChange, Running,
    Timestamp,
};
use callsheet_scheduler::{AlertOutcome, Command};
use proptest::sample::Index;
use uuid::Uuid;

use super::{World, job, node};

/// A deed beside frames.
#[derive(Clone, Debug)]
pub(crate) enum Aside {
    Grant { job: u8 },
    Deny { job: u8 },
    Hold { what: u8, source: u8, ms: Option<u64>, hand_back: bool },
    LetGo { what: u8, source: u8 },
    Post { ids: Vec<u8> },
    Watch { worker: u8, how: u8, dead: u64 },
    Send { nth: Index, how: u8 },
    Actors { node: u8, players: Vec<u8>, whole: bool },
    Status { node: u8, player: u8, status: u8 },
}

fn key(what: u8, source: u8) -> PauseKey {
    let scope = match what % 4 {
        0 => PauseScope::Cluster,
        1 => PauseScope::Pool("night".to_owned()),
        2 => PauseScope::Queue("common".to_owned()),
        _ => PauseScope::Queue(super::LOOKS.to_owned()),
    };
    let source = match source % 3 {
        0 => PauseSource::Person,
        1 => PauseSource::Watcher("ai".to_owned()),
        _ => PauseSource::Calendar("nights".to_owned()),
    };
    PauseKey { scope, source }
}

fn outside(id: u8) -> Outside {
    let text = |text: &str| text.to_owned();
    Outside {
        id: Uuid::from_u128(id.into()),
        kind: text("step.exit"),
        timestamp: text("2026-01-01T00:00:00Z"),
        correlation: None,
        payload: text("{}"),
        fields: text("{}"),
    }
}

impl World {
    pub(super) fn aside(&self, deed: Aside) -> Vec<Command> {
        let by = Uuid::from_u128(99);
        match deed {
            Aside::Grant { job: id } => {
                vec![Command::GrantApproval { job: job(id), by, comments: None }]
            }
            Aside::Deny { job: id } => {
                vec![Command::DenyApproval { job: job(id), by, reason: "no".to_owned() }]
            }
            Aside::Hold { what, source, ms, hand_back } => {
                let until = ms.map(|ms| self.now.plus(Duration::from_millis(ms)));
                let running = if hand_back { Running::HandBack } else { Running::Finish };
                let pause = Pause { key: key(what, source), reason: "test".to_owned(), until, running };
                vec![Command::SetPause { pause }]
            }
            Aside::LetGo { what, source } => vec![Command::LiftPause { key: key(what, source) }],
            Aside::Post { ids } => {
                let events = ids.into_iter().map(|id| (Arc::new(outside(id)), Context::default()));
                vec![Command::Ingest { events: events.collect() }]
            }
            Aside::Watch { worker, how, dead } => {
                let seen = Observation {
                    worker: format!("worker-{worker}"),
                    alive: [None, Some(true), Some(false)][usize::from(how) % 3],
                    last_beat_age_s: (how > 3).then_some(50),
                    dead_letters: dead,
                    expected: how % 2 == 0,
                };
                let channels = vec!["telegram".to_owned(), "slack".to_owned()];
                vec![Command::ObserveWorkers { seen: vec![seen], threshold: 1, channels }]
            }
            Aside::Send { nth, how } => self.send(nth, how),
            Aside::Actors { node: number, players, whole } => {
                let node = node(number);
                let session = self.sessions.get(&node).copied().unwrap_or_default();
                let spawn = |life: u8| {
                    let instance = Uuid::from_u128(1000 + u128::from(number % 4) * 100 + u128::from(life));
                    PlayerChange::Spawned(Player { instance, role: "cache".into(), name: "cache".into() })
                };
                let changes = players.into_iter().map(spawn).collect();
                vec![Command::NoteTroupe { node, session, changes, whole }]
            }
            Aside::Status { node: number, player, status } => {
                let node = node(number);
                let session = self.sessions.get(&node).copied().unwrap_or_default();
                let instance = Uuid::from_u128(1000 + u128::from(number % 4) * 100 + u128::from(player));
                let change = match status % 3 {
                    0 => PlayerChange::Ended { instance, reason: "done".into(), status: "stopped".into() },
                    status => PlayerChange::Status { instance, status: status.to_string(), reason: None },
                };
                vec![Command::NoteTroupe { node, session, changes: vec![change], whole: false }]
            }
        }
    }

    fn send(&self, nth: Index, how: u8) -> Vec<Command> {
        let pending = self.scheduler.pending_alerts();
        if pending.is_empty() {
            return Vec::new();
        }
        let pending = nth.get(&pending);
        let (alert, channel) = (pending.alert.id, pending.channel.clone());
        let error = "no answer".to_owned();
        let outcome = match how % 5 {
            0 => return vec![Command::AlertSending { alert, channel }],
            1 => AlertOutcome::Sent,
            2 => AlertOutcome::Failed { error, retry_at: Some(Timestamp(self.now.0 + 30_000)) },
            3 => AlertOutcome::Failed { error, retry_at: None },
            _ => AlertOutcome::Unconfirmed,
        };
        vec![Command::AlertTried { alert, channel, outcome }]
    }

    /// Every pause is lifted.
    pub(super) fn let_go(&self) -> Vec<Command> {
        self.scheduler.pauses().into_iter().map(|pause| Command::LiftPause { key: pause.key }).collect()
    }
}
