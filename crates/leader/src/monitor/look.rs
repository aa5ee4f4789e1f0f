//! One look at everyone: what the scheduler knows of queues, nodes and pauses, beside what was heard of workers.

use std::collections::BTreeMap;

use callsheet_model::{Observation, Pause, PauseScope};
use callsheet_monitor::{Office, Sighting, Situation, Station};
use callsheet_scheduler::Scheduler;
use callsheet_scheduler::view::{NodeView, QueueView};

use super::{Eyes, Tally};
use crate::error::LeaderError;

/// What one read of the scheduler gives.
struct Books {
    queues: BTreeMap<String, QueueView>,
    pauses: Vec<Pause>,
    /// Each with the frames in its hands.
    nodes: Vec<(NodeView, u64)>,
    /// Names of those that people last heard to be alive.
    told_alive: Vec<String>,
}

impl Books {
    fn of(scheduler: &Scheduler) -> Self {
        let told = scheduler.told().iter().filter(|(_, told)| told.alive == Some(true));
        let with_work = |node: NodeView| {
            let leases = node.leases.iter().filter_map(|token| scheduler.lease(*token));
            let in_hands = leases.map(|lease| lease.remaining.len()).sum();
            (node, in_hands)
        };
        Self {
            queues: scheduler.queues(),
            pauses: scheduler.pauses(),
            nodes: scheduler.nodes().into_iter().map(with_work).collect(),
            told_alive: told.map(|(name, _)| name.clone()).collect(),
        }
    }

    /// A worker's queue, and whether it is paused there.
    fn of_worker(&self, sight: &Sighting<'_>) -> Situation {
        let name = sight.expected.and_then(|worker| worker.queue.as_deref());
        let queue = name.and_then(|name| self.queues.get(name)).cloned().unwrap_or_default();
        Situation {
            queue_depth: queue.waiting,
            dead_letter: queue.dead,
            processing: queue.leased,
            paused: self.pauses.iter().any(|pause| match &pause.key.scope {
                PauseScope::Cluster => true,
                PauseScope::Pool(_) => false,
                PauseScope::Queue(queue) => Some(queue.as_str()) == name,
            }),
        }
    }

    fn of_node(&self, node: &NodeView, in_hands: u64) -> Situation {
        let renderers = node.capabilities.renderers.keys();
        let waiting = |renderer: &String| self.queues.get(renderer).map_or(0, |queue| queue.waiting);
        Situation {
            queue_depth: renderers.map(waiting).sum(),
            dead_letter: node.dead_letters,
            processing: in_hands,
            paused: node.drained || node.paused || self.all_its_queues_are_paused(node),
        }
    }

    fn all_its_queues_are_paused(&self, node: &NodeView) -> bool {
        let paused = |renderer: &String| {
            self.pauses.iter().any(|pause| pause.key.scope == PauseScope::Queue(renderer.clone()))
        };
        let renderers = &node.capabilities.renderers;
        !renderers.is_empty() && renderers.keys().all(paused)
    }

    /// What the status calls the reason: a watcher's before anyone else's.
    fn reason(&self) -> Option<&str> {
        let watchers = |pause: &&Pause| pause.key.source.word() == "watcher";
        self.pauses.iter().find(watchers).or(self.pauses.first()).map(|pause| pause.reason.as_str())
    }
}

impl Eyes {
    /// What the scheduler decides alerts by. A node is alive while it is online.
    pub(super) async fn observations(&self) -> Result<Vec<Observation>, LeaderError> {
        let books = self.scheduler.read(Books::of).await?;
        let is_node = |name: &str| books.nodes.iter().any(|(node, _)| node.name.as_str() == name);
        let told = books.told_alive.iter().map(String::as_str).filter(|name| !is_node(name));
        let mut seen = self
            .workers(|workers, now| workers.observe(now, told, |sight| books.of_worker(sight).dead_letter));
        seen.retain(|worker| !is_node(&worker.worker));
        // One that went from this leader is missed; of one that was gone before, people may have known for long. Where
        // the wall clock was put back, a leader begins in the very moment of the last event before it.
        let began = self.workers(|workers, _| workers.started());
        let had =
            |name: &str| books.nodes.iter().any(|(node, _)| node.name.as_str() == name && node.since > began);
        let expects = |name: &str| self.config.monitor.workers.iter().any(|worker| worker.name == name);
        seen.extend(self.stations(&books).into_iter().map(|station| Observation {
            expected: had(&station.name) || expects(&station.name),
            worker: station.name,
            alive: Some(station.alive),
            last_beat_age_s: station.last_beat_age_s,
            dead_letters: station.situation.dead_letter,
        }));
        Ok(seen)
    }

    /// The cluster's status, unless the scheduler cannot be asked.
    pub(super) async fn office(&self) -> Option<Office> {
        let books = self.scheduler.read(Books::of).await.ok()?;
        let stations = self.stations(&books);
        let source = &self.config.monitor.source;
        Some(self.workers(|workers, now| {
            let workers: Vec<_> = workers
                .look(now)
                .into_iter()
                .map(|sight| {
                    let situation = books.of_worker(&sight);
                    (sight, situation)
                })
                .collect();
            Office::of(now, source, books.reason(), &workers, &stations)
        }))
    }

    fn stations(&self, books: &Books) -> Vec<Station> {
        let now = self.clock.now();
        let tallies = self.seen().tallies.clone();
        let station = |(node, in_hands): &(NodeView, u64)| {
            let Tally { done, failed, last } = tallies.get(&node.name).copied().unwrap_or_default();
            let alive = node.offline.is_none();
            // Of one that this leader has not heard: since it came or went.
            let heard = node.last_heard.unwrap_or(node.since);
            Station {
                name: node.name.as_str().to_owned(),
                alive,
                last_beat_age_s: Some(now.since(heard).as_secs()),
                situation: books.of_node(node, *in_hands),
                jobs: (done, failed),
                last_job_at: last,
            }
        };
        books.nodes.iter().map(station).collect()
    }
}
