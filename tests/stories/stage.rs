//! The stage: one scheduler, the clock, and who is connected. A sentence becomes commands; commands that are
//! joined with `&` are one batch.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use callsheet_model::approval::nobody_uuid;
use callsheet_model::{Envelope, JobId, NodeName, SessionId, Timestamp};
use callsheet_scheduler::{Command, Output, Policy, Rejection, Reply, Scheduler};
use uuid::Uuid;

use crate::{telling, told, wording, words};

/// The story begins at this moment.
const DAWN: Timestamp = Timestamp(1_700_000_000_000);
/// How often a connected node gives a sign of life while time passes.
const PULSE: Duration = Duration::from_secs(1);

pub(crate) struct Stage {
    pub(crate) scheduler: Scheduler,
    pub(crate) policy: Policy,
    pub(crate) now: Timestamp,
    pub(crate) sessions: BTreeMap<NodeName, SessionId>,
    pub(crate) frozen: BTreeSet<NodeName>,
    pub(crate) jobs: BTreeMap<String, JobId>,
    /// People and actors that were spoken of, by their UUIDs.
    pub(crate) people: BTreeMap<Uuid, String>,
    pub(crate) players: BTreeMap<Uuid, String>,
    /// Alerts in the order they were raised: `A1` is the first.
    pub(crate) alerts: Vec<Uuid>,
    /// Where alerts go.
    pub(crate) channels: Vec<String>,
    last_session: u64,
    journal: Vec<Envelope>,
    out: Output,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let policy = Policy::default();
        let mut stage = Self {
            scheduler: Scheduler::new(policy.clone()),
            policy,
            now: DAWN,
            sessions: BTreeMap::new(),
            frozen: BTreeSet::new(),
            jobs: BTreeMap::new(),
            people: BTreeMap::new(),
            players: BTreeMap::new(),
            alerts: Vec::new(),
            channels: Vec::new(),
            last_session: 0,
            journal: Vec::new(),
            out: Output::default(),
        };
        stage.batch(vec![Command::StartLeader]);
        stage
    }

    /// Plays one sentence; what came of it, line by line.
    pub(crate) fn play(&mut self, sentence: &str) -> Vec<String> {
        let words: Vec<&str> = sentence.split_whitespace().collect();
        match words.as_slice() {
            ["after", span] => self.pass(told::span(span)),
            ["the", "leader", "sleeps", span] => {
                self.now = self.now.plus(told::span(span));
                let lines = self.batch(Vec::new());
                self.with_time(lines)
            }
            ["the", "leader", "restarts"] => self.restart(false),
            ["the", "leader", "restarts", "from", "a", "snapshot"] => self.restart(true),
            ["policy", key, value] => {
                told::set_policy(&mut self.policy, key, value);
                self.scheduler = Scheduler::new(self.policy.clone());
                self.journal.clear();
                self.batch(vec![Command::StartLeader])
            }
            [node, "freezes"] => {
                self.frozen.insert(told::node(node));
                Vec::new()
            }
            [node, "thaws"] => {
                self.frozen.remove(&told::node(node));
                Vec::new()
            }
            ["alerts", "go", "to", "nobody"] => {
                self.channels.clear();
                Vec::new()
            }
            ["alerts", "go", "to", channels] => {
                self.channels = channels.split(',').map(str::to_owned).collect();
                Vec::new()
            }
            ["show", what @ ("queues" | "figures" | "pauses" | "alerts")] | ["show", "node", what] => {
                wording::show(self, what)
            }
            ["explain", job] => words::explanation(self, job),
            ["show", job] => words::frames(self, job),
            _ => {
                let commands = sentence.split('&').map(|part| told::command(self, part.trim())).collect();
                self.batch(commands)
            }
        }
    }

    pub(crate) fn job_id(&mut self, name: &str) -> JobId {
        let next = JobId(Uuid::from_u128(self.jobs.len() as u128 + 1));
        *self.jobs.entry(name.to_owned()).or_insert(next)
    }

    pub(crate) fn person(&mut self, name: &str) -> Uuid {
        let id = telling::uuid(name);
        self.people.insert(id, name.to_owned());
        id
    }

    pub(crate) fn who(&self, person: Uuid) -> String {
        let nobody = (person == nobody_uuid()).then(|| "nobody".to_owned());
        nobody.or_else(|| self.people.get(&person).cloned()).unwrap_or_else(|| "a stranger".to_owned())
    }

    pub(crate) fn alert(&self, name: &str) -> Uuid {
        let nth: Option<usize> = name.strip_prefix('A').and_then(|nth| nth.parse().ok());
        nth.and_then(|nth| self.alerts.get(nth.checked_sub(1)?).copied()).unwrap_or(telling::uuid(name))
    }

    pub(crate) fn new_session(&mut self, node: &NodeName) -> SessionId {
        self.last_session += 1;
        self.sessions.insert(node.clone(), SessionId(self.last_session));
        SessionId(self.last_session)
    }

    pub(crate) fn since_dawn(&self, at: Timestamp) -> String {
        let seconds = at.since(DAWN).as_millis() as f64 / 1000.0;
        format!("{seconds}s")
    }

    /// Carries out commands as one batch, and checks that everything holds together.
    fn batch(&mut self, commands: Vec<Command>) -> Vec<String> {
        let mut lines = Vec::new();
        for command in commands {
            match self.scheduler.handle(self.now, callsheet_model::Author::SYSTEM, command, &mut self.out) {
                Ok(Reply::Done | Reply::Submitted { already: false, .. }) => {}
                Ok(Reply::Submitted { already: true, .. }) => {
                    lines.push("= it was submitted before".to_owned())
                }
                Ok(Reply::Ingested(taken)) => lines.extend(taken.iter().map(|one| {
                    let before = if one.already { ", and was before" } else { "" };
                    format!("= event {}{before}", one.sequence)
                })),
                Ok(Reply::Retried { frames }) => lines.push(format!("= {frames} frames wait again")),
                Err(rejection) => lines.push(self.refusal(&rejection)),
            }
        }
        self.scheduler.dispatch(self.now, &mut self.out);
        let out = std::mem::take(&mut self.out);
        for envelope in &out.events {
            assert_eq!(envelope.sequence, self.journal.len() as u64 + 1, "numbered without gaps");
            self.journal.push(envelope.clone());
            lines.push(words::event(self, &envelope.event));
        }
        lines.extend(out.effects.iter().map(|effect| words::effect(self, effect)));
        self.hold_together();
        lines
    }

    fn refusal(&self, rejection: &Rejection) -> String {
        let mut text = rejection.to_string();
        for (name, id) in &self.jobs {
            text = text.replace(&id.to_string(), name);
        }
        for (nth, id) in self.alerts.iter().enumerate() {
            text = text.replace(&id.to_string(), &format!("A{}", nth + 1));
        }
        format!("! {text}")
    }

    fn hold_together(&self) {
        self.scheduler.check().unwrap();
        let mut replayed = Scheduler::new(self.policy.clone());
        self.journal.iter().for_each(|envelope| replayed.replay(envelope));
        assert!(replayed.state() == self.scheduler.state(), "replay gives another state");
        replayed.check().unwrap();
        let copy = Scheduler::from_image(self.policy.clone(), self.scheduler.image());
        assert!(copy.state() == self.scheduler.state(), "an image gives another state");
    }

    /// Lets time pass as it does in a live cluster: nodes that are connected and not frozen give signs of life,
    /// and the leader is called whenever it asked to be.
    fn pass(&mut self, span: Duration) -> Vec<String> {
        let end = self.now.plus(span);
        let mut lines = Vec::new();
        let mut pulse = self.now.plus(PULSE);
        while self.now < end {
            let wake = self.scheduler.next_wake(self.now).unwrap_or(end);
            let next = wake.min(pulse).min(end);
            self.now = next;
            let mut heard = Vec::new();
            if next == pulse {
                pulse = pulse.plus(PULSE);
                let awake = self.sessions.iter().filter(|(node, _)| !self.frozen.contains(*node));
                heard.extend(awake.map(|(node, session)| Command::HearNode {
                    node: node.clone(),
                    session: *session,
                    holding: None,
                }));
            }
            let came = self.batch(heard);
            lines.extend(self.with_time(came));
        }
        lines
    }

    fn with_time(&self, lines: Vec<String>) -> Vec<String> {
        let at = (!lines.is_empty()).then(|| format!("at {}", self.since_dawn(self.now)));
        at.into_iter().chain(lines).collect()
    }

    /// The leader process dies and another one goes on from the journal, or from a snapshot. Every stream is broken by it.
    fn restart(&mut self, from_snapshot: bool) -> Vec<String> {
        if from_snapshot {
            self.scheduler = Scheduler::from_image(self.policy.clone(), self.scheduler.image());
        } else {
            self.scheduler = Scheduler::new(self.policy.clone());
            self.journal.iter().for_each(|envelope| self.scheduler.replay(envelope));
        }
        self.sessions.clear();
        self.batch(vec![Command::StartLeader])
    }
}
