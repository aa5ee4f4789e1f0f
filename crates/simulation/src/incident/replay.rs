//! What did happen: every event folded into the shipping scheduler, judged by the invariants that events alone can
//! tell of, and told line by line.

use callsheet_events::{Digest, Scopes, Sealed};
use callsheet_model::{Context, Envelope, Event, Timestamp};
use callsheet_scheduler::{Policy, Scheduler};
use uuid::Uuid;

use super::{Incident, history};
use crate::invariants::{Invariant, Violation, of_events};
use crate::sight::{Sight, Weight};
use crate::world::storage::Storage;
use crate::{Micros, words};

/// One that compares the storage with what was accepted, and so cannot be asked at the end.
const ASKS_STORAGE: &str = "one_accepted_attempt";

/// What came of it.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// Events looked at.
    pub events: u64,
    /// Invariants that were asked.
    pub asked: Vec<&'static str>,
    /// What was broken: the first thing of each invariant.
    pub violations: Vec<Violation>,
    /// How many jobs are in which state in the end.
    pub jobs: Vec<(&'static str, u64)>,
    /// Leases in force in the end.
    pub leases: usize,
}

/// An event in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineLine {
    /// Its number.
    pub sequence: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub what: String,
}

struct Judges {
    all: Vec<Box<dyn Invariant>>,
    violations: Vec<Violation>,
}

impl Judges {
    fn see(&mut self, at: Micros, sight: &Sight<'_>, but: Option<&str>) {
        for judge in &mut self.all {
            let name = judge.name();
            if but == Some(name) || self.violations.iter().any(|known| known.invariant == name) {
                continue;
            }
            if let Err(why) = judge.see(at, sight) {
                self.violations.push(Violation { invariant: name, why, at });
            }
        }
    }

    fn durable(&mut self, at: Micros, envelope: Envelope) {
        // Those who judge look at the envelope; its place in the chain is checked by `events verify`.
        let event = Sealed {
            envelope,
            id: Uuid::nil(),
            hash: Digest::default(),
            chain: Digest::default(),
            json: "".into(),
            scopes: Scopes::default(),
        };
        self.see(at, &Sight::Durable(&event), None);
    }

    fn broke(&mut self, invariant: &'static str, at: Micros, why: String) {
        if self.violations.iter().all(|known| known.invariant != invariant) {
            self.violations.push(Violation { invariant, why, at });
        }
    }
}

impl Incident {
    /// Replays it. `told` hears of every event in words.
    pub fn replay(&self, told: &mut dyn FnMut(TimelineLine)) -> Replayed {
        let mut judges = Judges { all: of_events(), violations: Vec::new() };
        let policy = Policy::default();
        let mut scheduler = match &self.image {
            Some(image) => Scheduler::from_image(policy.clone(), image.clone()),
            None => Scheduler::new(policy.clone()),
        };
        for event in self.image.iter().flat_map(history::of) {
            let before = Envelope { sequence: 0, at: self.begin(), context: Context::default(), event };
            judges.durable(0, before);
        }
        // A second one goes on from a snapshot taken half-way: it has to come to the same.
        let (mut half, middle) = (None, self.events.len() / 2);
        let mut last = self.begin();
        for (nth, envelope) in self.events.iter().enumerate() {
            let at = self.micros(envelope);
            if envelope.at < last {
                let why = format!("event {} is of an earlier time than the one before it", envelope.sequence);
                judges.broke("numbered_once", at, why);
            }
            if envelope.at > last {
                // What was decided at one moment is one batch.
                judges.see(at, &Sight::Weighed(Weight::default()), None);
            }
            last = last.max(envelope.at);
            scheduler.replay(envelope);
            if nth == middle {
                half = Some(Scheduler::from_image(policy.clone(), scheduler.image()));
            } else if let Some(half) = &mut half {
                half.replay(envelope);
            }
            judges.durable(at, envelope.clone());
            told(TimelineLine {
                sequence: envelope.sequence,
                at: envelope.at,
                what: words::of(&envelope.event),
            });
        }
        self.end(&scheduler, half.as_ref(), judges)
    }

    fn end(&self, scheduler: &Scheduler, half: Option<&Scheduler>, mut judges: Judges) -> Replayed {
        let at = self.events.last().map_or(0, |event| self.micros(event));
        let storage = Storage::default();
        judges.see(at, &Sight::End { scheduler: Some(scheduler), storage: &storage }, Some(ASKS_STORAGE));
        if let Err(damage) = scheduler.check() {
            judges.broke("replay_is_state", at, format!("{damage:?}"));
        }
        if half.is_some_and(|half| half.state() != scheduler.state()) {
            let why = "a snapshot and the events behind it do not come to the same as all events";
            judges.broke("replay_is_state", at, why.to_owned());
        }
        let mut asked: Vec<&'static str> = judges.all.iter().map(|judge| judge.name()).collect();
        asked.extend(["numbered_once", "replay_is_state"]);
        let jobs = scheduler.job_counts().into_iter().filter(|(_, count)| *count > 0);
        Replayed {
            events: self.events.len() as u64,
            asked,
            violations: judges.violations,
            jobs: jobs.map(|(state, count)| (state.word(), count)).collect(),
            leases: scheduler.leases(None, None, usize::MAX).items.len(),
        }
    }

    fn micros(&self, envelope: &Envelope) -> Micros {
        crate::micros(envelope.at.since(self.begin()))
    }

    /// Events of one kind, with their times since the beginning.
    pub(super) fn events(&self) -> impl Iterator<Item = (Micros, &Event)> {
        self.events.iter().map(|envelope| (self.micros(envelope), &envelope.event))
    }
}
