//! The cluster's status as `GET /api/agent-office/nodes` shows it. Its names are older than this program and kept
//! for its clients: `redis_ok` is whether the state store answers, `redis-queue` work that the leader hands out,
//! `http-pull` work that a worker fetches itself.

use callsheet_model::Timestamp;
use callsheet_model::signal::{WorkerKind, WorkerState};
use serde::Serialize;

use crate::workers::Sighting;

/// What a pause is called when nobody said why.
const UNNAMED_PAUSE: &str = "trading";

/// The whole status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Office {
    /// Whether the state store answers.
    pub redis_ok: bool,
    /// Whether anything is paused.
    pub paused: bool,
    /// Why; when nothing is, the watcher's mode.
    pub paused_reason: String,
    /// When this was put together: RFC 3339 with a `Z`.
    pub generated_at: String,
    /// Workers and nodes, by name.
    pub workers: Vec<OfficeWorker>,
    /// Ways that work takes.
    pub links: Vec<OfficeLink>,
}

/// A worker or node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfficeWorker {
    /// Its name.
    pub name: String,
    /// `render`, `watcher` or `trader`.
    pub kind: &'static str,
    /// Whether it gives signs of life.
    pub alive: bool,
    /// One of its kind's states; null when it has never been heard.
    pub state: Option<&'static str>,
    /// Seconds since its last sign of life; null when it has never been heard.
    pub last_beat_age_s: Option<u64>,
    /// Frames that wait for it.
    pub queue_depth: u64,
    /// Frames that were put aside.
    pub dead_letter: u64,
    /// Frames in its hands.
    pub processing: u64,
    /// Jobs it has done; of a node, frame jobs.
    pub jobs_done: u64,
    /// Jobs it has failed at; of a node, frame jobs.
    pub jobs_failed: u64,
    /// When it last did one.
    pub last_job_at: Option<String>,
}

/// A way that work takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfficeLink {
    /// Where it begins.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// `redis-queue` or `http-pull`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// How it is.
    pub status: LinkStatus,
}

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkStatus {
    /// All is well.
    Healthy,
    /// Nothing is handed out.
    Paused,
    /// There are dead letters.
    Degraded,
    /// Nobody is there.
    Down,
}

/// What is known of the queue of a worker, or of a node's work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// Frames that wait for it.
    pub queue_depth: u64,
    /// Frames that were put aside.
    pub dead_letter: u64,
    /// Frames in its hands.
    pub processing: u64,
    /// Nothing is handed out to it.
    pub paused: bool,
}

/// A node, as the status shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    /// Its name.
    pub name: String,
    /// Whether it is online.
    pub alive: bool,
    /// Seconds since its last heartbeat.
    pub last_beat_age_s: Option<u64>,
    /// Its work.
    pub situation: Situation,
    /// Frame jobs that it finished, and that failed on it.
    pub jobs: (u64, u64),
    /// When it last finished or failed at one.
    pub last_job_at: Option<Timestamp>,
}

impl Office {
    /// The state store does not answer.
    #[must_use]
    pub fn unavailable(now: Timestamp) -> Self {
        Self {
            redis_ok: false,
            paused: false,
            paused_reason: UNNAMED_PAUSE.to_owned(),
            generated_at: now.to_string(),
            workers: Vec::new(),
            links: Vec::new(),
        }
    }

    /// Puts the status together. `pause` is the reason of a pause in force, `source` what the leader's end of a link
    /// is called.
    #[must_use]
    pub fn of(
        now: Timestamp,
        source: &str,
        pause: Option<&str>,
        workers: &[(Sighting<'_>, Situation)],
        stations: &[Station],
    ) -> Self {
        let mode =
            workers.iter().filter(|(sight, _)| sight.alive).find_map(|(sight, _)| sight.beat?.mode.clone());
        let reason = match pause {
            Some("") | None => mode.filter(|_| pause.is_none()),
            Some(reason) => Some(reason.to_owned()),
        };
        let mut office = Self {
            redis_ok: true,
            paused: pause.is_some(),
            paused_reason: reason.unwrap_or_else(|| UNNAMED_PAUSE.to_owned()),
            ..Self::unavailable(now)
        };
        for (sight, situation) in workers {
            let worker = OfficeWorker::of_worker(sight, situation);
            office.link(source, sight, &worker);
            office.workers.push(worker);
        }
        for station in
            stations.iter().filter(|station| workers.iter().all(|(sight, _)| sight.name != station.name))
        {
            let worker = OfficeWorker::of_station(station);
            let (to, status) = (worker.name.clone(), LinkStatus::of(&worker));
            office.links.push(OfficeLink { from: source.to_owned(), to, kind: "redis-queue", status });
            office.workers.push(worker);
        }
        office.workers.sort_by(|a, b| a.name.cmp(&b.name));
        office.links.sort_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
        office
    }

    fn link(&mut self, source: &str, sight: &Sighting<'_>, worker: &OfficeWorker) {
        let pulls_from = sight.expected.and_then(|expected| expected.pulls_from.clone());
        let status = LinkStatus::of(worker);
        match (sight.kind, pulls_from) {
            (_, Some(to)) => {
                self.links.push(OfficeLink { from: sight.name.to_owned(), to, kind: "http-pull", status });
            }
            (WorkerKind::Render, None) => {
                let (from, to) = (source.to_owned(), sight.name.to_owned());
                self.links.push(OfficeLink { from, to, kind: "redis-queue", status });
            }
            _ => {}
        }
    }
}

impl OfficeWorker {
    fn of_worker(sight: &Sighting<'_>, situation: &Situation) -> Self {
        let said = sight.beat.map(|beat| beat.state);
        // A worker need not know of a pause to be paused.
        let paused = situation.paused && sight.kind == WorkerKind::Render && said.is_some();
        let state = if paused { Some(WorkerState::Paused) } else { said };
        Self {
            name: sight.name.to_owned(),
            kind: sight.kind.word(),
            alive: sight.alive,
            state: state.map(WorkerState::word),
            last_beat_age_s: sight.age.filter(|_| sight.beat.is_some()).map(|age| age.as_secs()),
            queue_depth: situation.queue_depth,
            dead_letter: situation.dead_letter,
            processing: situation.processing,
            jobs_done: sight.beat.map_or(0, |beat| beat.jobs_done),
            jobs_failed: sight.beat.map_or(0, |beat| beat.jobs_failed),
            last_job_at: sight.beat.and_then(|beat| beat.last_job_at).map(|at| at.to_string()),
        }
    }

    fn of_station(station: &Station) -> Self {
        let Situation { queue_depth, dead_letter, processing, paused } = station.situation;
        let state = match (paused, processing) {
            (true, _) => WorkerState::Paused,
            (false, 0) => WorkerState::Idle,
            (false, _) => WorkerState::Busy,
        };
        Self {
            name: station.name.clone(),
            kind: WorkerKind::Render.word(),
            alive: station.alive,
            state: Some(state.word()),
            last_beat_age_s: station.last_beat_age_s,
            queue_depth,
            dead_letter,
            processing,
            jobs_done: station.jobs.0,
            jobs_failed: station.jobs.1,
            last_job_at: station.last_job_at.map(|at| at.to_string()),
        }
    }
}

impl LinkStatus {
    /// The first that applies. What a trader or watcher is paused for, or leaves behind, is its own affair.
    fn of(worker: &OfficeWorker) -> Self {
        let renders = worker.kind == WorkerKind::Render.word();
        if !worker.alive {
            Self::Down
        } else if renders && worker.state == Some(WorkerState::Paused.word()) {
            Self::Paused
        } else if renders && worker.dead_letter > 0 {
            Self::Degraded
        } else {
            Self::Healthy
        }
    }
}

#[cfg(test)]
mod tests {
    use callsheet_config::{MonitorConfig, WorkerConfig};
    use callsheet_model::signal::WorkerBeat;
    use callsheet_model::{PauseScope, Running};
    use serde_json::json;

    use super::*;
    use crate::workers::Workers;

    const START: Timestamp = Timestamp(1_700_000_000_000);
    const NOW: Timestamp = Timestamp(1_700_000_003_000);

    fn expected(name: &str, kind: WorkerKind, pulls_from: Option<&str>) -> WorkerConfig {
        WorkerConfig {
            name: name.to_owned(),
            kind,
            queue: None,
            pulls_from: pulls_from.map(str::to_owned),
            pauses: PauseScope::Cluster,
            running: Running::Finish,
        }
    }

    fn workers() -> Workers {
        let workers = vec![
            expected("ai_trade", WorkerKind::Trader, Some("nas-stock")),
            expected("image-render", WorkerKind::Render, None),
            expected("music-render", WorkerKind::Render, None),
            expected("watcher", WorkerKind::Watcher, None),
        ];
        let mut workers = Workers::new(&MonitorConfig { workers, ..MonitorConfig::default() }, START);
        for (name, kind, state, mode) in [
            ("ai_trade", WorkerKind::Trader, WorkerState::MarketClosed, None),
            ("image-render", WorkerKind::Render, WorkerState::Idle, None),
            ("watcher", WorkerKind::Watcher, WorkerState::Free, Some("free")),
        ] {
            let (name, mode, last_job_at) =
                (name.to_owned(), mode.map(str::to_owned), Some(Timestamp(1_690_000_000_000)));
            workers.hear(
                START,
                WorkerBeat { name, kind, state, ts: START, last_job_at, jobs_done: 42, jobs_failed: 1, mode },
            );
        }
        workers
    }

    fn office(pause: Option<&str>, situation: Situation, stations: &[Station]) -> Office {
        let workers = workers();
        let seen: Vec<_> = workers.look(NOW).into_iter().map(|sight| (sight, situation)).collect();
        Office::of(NOW, "nas", pause, &seen, stations)
    }

    #[test]
    fn the_status_has_the_fields_and_words_that_its_clients_know() {
        let situation = Situation { queue_depth: 7, ..Situation::default() };
        let told = serde_json::to_value(office(None, situation, &[])).unwrap();
        assert_eq!(told["redis_ok"], true);
        assert_eq!(told["paused"], false);
        assert_eq!(told["paused_reason"], "free");
        assert_eq!(told["generated_at"], "2023-11-14T22:13:23.000Z");
        assert_eq!(
            told["workers"][1],
            json!({
                "name": "image-render", "kind": "render", "alive": true, "state": "idle", "last_beat_age_s": 3,
                "queue_depth": 7, "dead_letter": 0, "processing": 0, "jobs_done": 42, "jobs_failed": 1,
                "last_job_at": "2023-07-22T04:26:40.000Z",
            })
        );
        // Expected, and never heard.
        assert_eq!(told["workers"][2]["alive"], false);
        assert_eq!(
            (&told["workers"][2]["state"], &told["workers"][2]["last_beat_age_s"]),
            (&json!(null), &json!(null))
        );
        assert_eq!(
            told["links"],
            json!([
                { "from": "ai_trade", "to": "nas-stock", "type": "http-pull", "status": "healthy" },
                { "from": "nas", "to": "image-render", "type": "redis-queue", "status": "healthy" },
                { "from": "nas", "to": "music-render", "type": "redis-queue", "status": "down" },
            ])
        );
    }

    #[test]
    fn without_the_state_store_there_is_nothing_to_show() {
        let told = serde_json::to_value(Office::unavailable(NOW)).unwrap();
        assert_eq!(told["redis_ok"], false);
        assert_eq!((&told["workers"], &told["links"]), (&json!([]), &json!([])));
    }

    #[test]
    fn a_pause_says_why() {
        let paused = Situation { paused: true, dead_letter: 3, ..Situation::default() };
        let reasons =
            [Some("trading"), Some("lunch"), Some("")].map(|pause| office(pause, paused, &[]).paused_reason);
        assert_eq!(reasons, ["trading", "lunch", "trading"]);
    }

    #[test]
    fn the_first_that_applies_is_a_links_status() {
        let station = |alive, paused, dead_letter, processing| Station {
            name: "anna".to_owned(),
            alive,
            last_beat_age_s: Some(1),
            situation: Situation { queue_depth: 0, dead_letter, processing, paused },
            jobs: (0, 0),
            last_job_at: None,
        };
        let status = |alive, paused, dead, processing| {
            let office = office(None, Situation::default(), &[station(alive, paused, dead, processing)]);
            let link = office.links.iter().find(|link| link.to == "anna").unwrap().clone();
            let state = office.workers.iter().find(|worker| worker.name == "anna").unwrap().state;
            (link.status, state.unwrap())
        };
        assert_eq!(status(false, true, 1, 0), (LinkStatus::Down, "paused"));
        assert_eq!(status(true, true, 1, 4), (LinkStatus::Paused, "paused"));
        assert_eq!(status(true, false, 1, 4), (LinkStatus::Degraded, "busy"));
        assert_eq!(status(true, false, 0, 0), (LinkStatus::Healthy, "idle"));
        // A trader is healthy as long as it lives.
        let paused = Situation { paused: true, dead_letter: 9, ..Situation::default() };
        assert_eq!(office(Some("x"), paused, &[]).links[0].status, LinkStatus::Healthy);
    }
}
