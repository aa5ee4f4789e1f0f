//! Who has been heard, and when. Ages are counted by the leader's clock from the moment a heartbeat came in: what a
//! worker's own clock says is shown to people and decides nothing. The leader suspects itself first: time that it
//! slept through, or that its clock was put on by, is nobody's silence.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use callsheet_config::{MonitorConfig, WorkerConfig};
use callsheet_model::signal::{WorkerBeat, WorkerKind};
use callsheet_model::{Observation, Timestamp};

/// Most workers that are remembered: of those that no config expects, the one silent for longest goes first.
const MOST_WORKERS: usize = 1000;

/// A leader that says nothing of itself for this long was asleep.
const ASLEEP: Duration = Duration::from_secs(5);

/// All workers that are expected or were heard.
#[derive(Clone, Debug)]
pub struct Workers {
    ttl: Duration,
    grace: Duration,
    expected: Vec<WorkerConfig>,
    started: Timestamp,
    /// When the leader was last known to be awake.
    awake: Timestamp,
    heard: BTreeMap<String, Heard>,
}

/// The last that was heard of a worker.
#[derive(Clone, Debug)]
struct Heard {
    at: Timestamp,
    /// Its last heartbeat that could be read.
    beat: Option<WorkerBeat>,
    /// The last one could be read.
    readable: bool,
}

/// How a worker looks at a moment.
#[derive(Clone, Debug)]
pub struct Sighting<'w> {
    /// Its name.
    pub name: &'w str,
    /// What it is: as it says, or else as the config expects.
    pub kind: WorkerKind,
    /// What the config says of it.
    pub expected: Option<&'w WorkerConfig>,
    /// Its last heartbeat, if one came that could be read.
    pub beat: Option<&'w WorkerBeat>,
    /// It gives signs of life.
    pub alive: bool,
    /// How long its last sign of life is ago; none came in this leader's life when there is none.
    pub age: Option<Duration>,
}

impl Workers {
    /// Nobody was heard yet.
    #[must_use]
    pub fn new(config: &MonitorConfig, started: Timestamp) -> Self {
        Self {
            ttl: config.ttl,
            grace: config.grace.max(config.ttl),
            expected: config.workers.clone(),
            started,
            awake: started,
            heard: BTreeMap::new(),
        }
    }

    /// When the leader began to listen.
    #[must_use]
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// The leader is awake, as it says about every second. If it was not, what nobody could hear is not missed.
    pub fn awake(&mut self, now: Timestamp) {
        let slept = now.since(self.awake);
        self.awake = now;
        if slept >= ASLEEP {
            let later = |at: Timestamp| at.plus(slept).min(now);
            self.started = later(self.started);
            self.heard.values_mut().for_each(|heard| heard.at = later(heard.at));
        }
    }

    /// A heartbeat came.
    pub fn hear(&mut self, now: Timestamp, beat: WorkerBeat) {
        let heard = Heard { at: now, beat: None, readable: true };
        let name = beat.name.clone();
        self.heard.insert(name, Heard { beat: Some(beat), ..heard });
        self.make_room();
    }

    /// A heartbeat came that cannot be read: the worker counts as not alive until one comes that can.
    pub fn hear_unreadable(&mut self, now: Timestamp, name: &str) {
        let beat = self.heard.remove(name).and_then(|heard| heard.beat);
        self.heard.insert(name.to_owned(), Heard { at: now, beat, readable: false });
        self.make_room();
    }

    fn make_room(&mut self) {
        while self.heard.len() > MOST_WORKERS {
            let stranger = |(name, _): &(&String, &Heard)| self.expects(name).is_none();
            let oldest = self.heard.iter().filter(stranger).min_by_key(|(_, heard)| heard.at);
            let Some(name) = oldest.map(|(name, _)| name.clone()) else { return };
            self.heard.remove(&name);
        }
    }

    fn expects(&self, name: &str) -> Option<&WorkerConfig> {
        self.expected.iter().find(|worker| worker.name == name)
    }

    /// Every worker, by name.
    #[must_use]
    pub fn look(&self, now: Timestamp) -> Vec<Sighting<'_>> {
        let names: BTreeSet<&str> = self
            .expected
            .iter()
            .map(|worker| &*worker.name)
            .chain(self.heard.keys().map(|name| &**name))
            .collect();
        names.into_iter().map(|name| self.sight(now, name)).collect()
    }

    fn sight<'w>(&'w self, now: Timestamp, name: &'w str) -> Sighting<'w> {
        let (expected, heard) = (self.expects(name), self.heard.get(name));
        let beat = heard.and_then(|heard| heard.beat.as_ref());
        let age = heard.map(|heard| now.since(heard.at));
        let kind = beat.map(|beat| beat.kind).or(expected.map(|worker| worker.kind));
        Sighting {
            name,
            kind: kind.unwrap_or(WorkerKind::Render),
            expected,
            beat,
            alive: heard.is_some_and(|heard| heard.readable) && age.is_some_and(|age| age < self.ttl),
            age,
        }
    }

    /// What the scheduler decides alerts by. `told_alive` names those that people last heard to be alive, maybe from
    /// an earlier leader: they are expected, whoever they are. `dead_letters` counts those of a worker.
    ///
    /// Of one that has not been heard in this leader's life nothing is said until it had time to.
    pub fn observe<'n>(
        &self,
        now: Timestamp,
        told_alive: impl IntoIterator<Item = &'n str>,
        dead_letters: impl Fn(&Sighting<'_>) -> u64,
    ) -> Vec<Observation> {
        let early = now.since(self.started) < self.grace;
        let observation = |sight: Sighting<'_>| Observation {
            worker: sight.name.to_owned(),
            alive: if sight.age.is_none() && early { None } else { Some(sight.alive) },
            last_beat_age_s: sight.age.map(|age| age.as_secs()),
            dead_letters: dead_letters(&sight),
            expected: sight.expected.is_some(),
        };
        let mut seen: BTreeMap<String, Observation> =
            self.look(now).into_iter().map(|sight| (sight.name.to_owned(), observation(sight))).collect();
        for name in told_alive {
            seen.entry(name.to_owned()).or_insert_with(|| observation(self.sight(now, name)));
        }
        seen.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use callsheet_model::signal::WorkerState;
    use callsheet_model::{PauseScope, Running};

    use super::*;

    const START: Timestamp = Timestamp(1_700_000_000_000);

    fn after(seconds: u64) -> Timestamp {
        START.plus(Duration::from_secs(seconds))
    }

    fn beat(name: &str) -> WorkerBeat {
        WorkerBeat {
            name: name.to_owned(),
            kind: WorkerKind::Trader,
            state: WorkerState::MarketOpen,
            // Its clock is years behind: nothing here may mind.
            ts: Timestamp(5),
            last_job_at: None,
            jobs_done: 0,
            jobs_failed: 0,
            mode: None,
        }
    }

    fn workers() -> Workers {
        let expected = WorkerConfig {
            name: "music".to_owned(),
            kind: WorkerKind::Render,
            queue: None,
            pulls_from: None,
            pauses: PauseScope::Cluster,
            running: Running::Finish,
        };
        Workers::new(&MonitorConfig { workers: vec![expected], ..MonitorConfig::default() }, START)
    }

    fn alive(workers: &Workers, now: Timestamp, told: &[&str]) -> Vec<(String, Option<bool>)> {
        let seen = workers.observe(now, told.iter().copied(), |_| 0);
        seen.into_iter().map(|seen| (seen.worker, seen.alive)).collect()
    }

    #[test]
    fn a_worker_lives_for_45_seconds_after_each_beat() {
        let mut workers = workers();
        workers.hear(after(10), beat("ai"));
        assert_eq!(alive(&workers, after(54), &[]), [("ai".into(), Some(true)), ("music".into(), None)]);
        assert_eq!(alive(&workers, after(55), &[])[0].1, Some(false));
        workers.hear(after(60), beat("ai"));
        assert_eq!(alive(&workers, after(61), &[])[0].1, Some(true));
    }

    #[test]
    fn one_that_never_shows_up_is_missed_after_the_grace() {
        let workers = workers();
        assert_eq!(alive(&workers, after(119), &[]), [("music".into(), None)]);
        assert_eq!(alive(&workers, after(120), &[]), [("music".into(), Some(false))]);
    }

    #[test]
    fn one_that_an_earlier_leader_knew_is_missed_too() {
        let workers = workers();
        assert_eq!(alive(&workers, after(5), &["old"]), [("music".into(), None), ("old".into(), None)]);
        assert_eq!(alive(&workers, after(500), &["old"])[1], ("old".into(), Some(false)));
    }

    #[test]
    fn a_beat_that_cannot_be_read_counts_as_none() {
        let mut workers = workers();
        workers.hear(after(1), beat("ai"));
        workers.hear_unreadable(after(2), "ai");
        assert_eq!(alive(&workers, after(3), &[])[0].1, Some(false));
        assert!(workers.look(after(3))[0].beat.is_some(), "what it said before is still shown");
        workers.hear(after(4), beat("ai"));
        assert_eq!(alive(&workers, after(5), &[])[0].1, Some(true));
    }

    #[test]
    fn what_the_leader_slept_through_is_nobodys_silence() {
        let mut workers = workers();
        workers.hear(after(0), beat("ai"));
        (1..=10).for_each(|second| workers.awake(after(second)));
        // It is stopped for an hour, and the first thing that it does then is to look.
        workers.awake(after(3610));
        assert_eq!(alive(&workers, after(3610), &[]), [("ai".into(), Some(true)), ("music".into(), None)]);
        assert_eq!(workers.look(after(3610))[0].age, Some(Duration::from_secs(10)));
        (3611..=3644).for_each(|second| workers.awake(after(second)));
        assert_eq!(alive(&workers, after(3644), &[])[0].1, Some(true));
        assert_eq!(alive(&workers, after(3645), &[])[0].1, Some(false), "it is silent by itself now");
        // One that is heard before the leader notices that it slept is not heard in the future.
        workers.hear(after(5000), beat("ai"));
        workers.awake(after(5001));
        assert_eq!(workers.look(after(5001))[0].age, Some(Duration::ZERO));
    }

    #[test]
    fn strangers_without_number_do_not_push_out_who_is_expected() {
        let mut workers = workers();
        workers.hear(after(0), beat("music"));
        for nth in 0..3000 {
            workers.hear(after(1 + nth), beat(&format!("stranger-{nth}")));
        }
        assert_eq!(workers.heard.len(), MOST_WORKERS);
        assert!(workers.heard.contains_key("music") && workers.heard.contains_key("stranger-2999"));
    }
}
