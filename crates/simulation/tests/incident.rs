//! Incidents: a cluster's log is replayed and judged, and asked what would have happened otherwise.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use callsheet_model::image::Image;
use callsheet_model::{Chunk, Envelope, Event, FrameSet, JobId};
use callsheet_scheduler::{Command, Policy, Scheduler};
use callsheet_simulation::Micros;
use callsheet_simulation::faults::{Fault, Kind, Plan, Planned, draw};
use callsheet_simulation::incident::{Change, Ending, Incident, Replayed, side_by_side};
use callsheet_simulation::invariants::Invariant;
use callsheet_simulation::run::{Tracing, run_watched};
use callsheet_simulation::scenario::{Cost, Scenario, Size};
use callsheet_simulation::sight::Sight;

/// Keeps every event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Envelope>>>);

impl Invariant for Log {
    fn name(&self) -> &'static str {
        "kept"
    }

    fn see(&mut self, _: Micros, sight: &Sight<'_>) -> Result<(), String> {
        if let Sight::Durable(event) = sight {
            self.0.lock().unwrap().push(event.envelope.clone());
        }
        Ok(())
    }
}

/// The log of a cluster that had a bad day.
fn log(seed: u64, kind: Kind) -> Vec<Envelope> {
    let size = Size { nodes: 4, jobs: 6, storm: 30 * 60 * 1_000_000, silence: Some(Duration::from_secs(5)) };
    let scenario = Scenario::draw(seed, size);
    let plan = draw(kind, seed, scenario.storm);
    let log = Log::default();
    let outcome = run_watched(scenario, plan, Tracing::Off, vec![Box::new(log.clone())]);
    assert_eq!(outcome.violation, None);
    let events = log.0.lock().unwrap().clone();
    assert!(events.len() > 100, "{} events", events.len());
    events
}

/// The log of a cluster with more work than it can do at once: four jobs of forty frames, three nodes, a slot each.
fn busy(faults: Vec<Planned>) -> Vec<Envelope> {
    let size = Size { nodes: 3, jobs: 4, storm: 30 * 60 * 1_000_000, silence: Some(Duration::from_secs(5)) };
    let mut scenario = Scenario::draw(1, size);
    scenario.deeds.retain(|deed| matches!(deed.command, Command::SubmitJob { .. }));
    for deed in &mut scenario.deeds {
        deed.at = 1_000_000;
        if let Command::SubmitJob { spec, .. } = &mut deed.command {
            spec.priority = 50;
            spec.steps.truncate(1);
            let step = &mut spec.steps[0];
            (step.renderer, step.frames, step.template) = ("lottie".to_owned(), FrameSet::range(1, 40), None);
            step.chunk = Chunk::Frames(4.try_into().unwrap());
        }
    }
    scenario.machines.iter_mut().for_each(|machine| machine.capabilities.slots = 1);
    for quirks in scenario.quirks.values_mut() {
        quirks.poison.clear();
        (quirks.crashes, quirks.licensed) = (0, false);
        quirks.cost = Cost { load: 2_000_000, frame: 5_000_000, stray: 0.2 };
    }
    let log = Log::default();
    let outcome = run_watched(scenario, Plan { faults }, Tracing::Off, vec![Box::new(log.clone())]);
    assert_eq!(outcome.violation, None);
    log.0.lock().unwrap().clone()
}

fn replay(images: Vec<Image>, events: Vec<Envelope>) -> Replayed {
    Incident::new(images, events).unwrap().replay(&mut |_| {})
}

/// A snapshot after so many events.
fn image(events: &[Envelope], after: usize) -> Image {
    let mut scheduler = Scheduler::new(Policy::default());
    events[..after].iter().for_each(|event| scheduler.replay(event));
    scheduler.image()
}

#[test]
fn a_log_of_a_cluster_that_kept_its_promise_has_nothing_wrong_with_it() {
    for (seed, kind) in [(1, Kind::None), (2, Kind::Random), (3, Kind::Swizzled), (4, Kind::Targeted)] {
        let events = log(seed, kind);
        let mut lines = Vec::new();
        let replayed = Incident::new(vec![], events.clone()).unwrap().replay(&mut |line| lines.push(line));
        assert_eq!(replayed.violations, []);
        assert!(
            replayed.asked.contains(&"one_valid_lease") && replayed.asked.len() >= 6,
            "{:?}",
            replayed.asked
        );
        assert_eq!((replayed.events, lines.len()), (events.len() as u64, events.len()));
        assert_eq!(replayed.jobs.iter().map(|(_, count)| count).sum::<u64>(), 6, "{:?}", replayed.jobs);
        assert!(lines.iter().any(|line| line.what.contains("go to node-0")), "leases can be read");
    }
}

#[test]
fn it_may_begin_with_a_snapshot_anywhere() {
    let events = log(2, Kind::Random);
    for part in 1..8 {
        let at = events.len() * part / 8;
        let replayed = replay(vec![image(&events, at)], events[at..].to_vec());
        assert_eq!(replayed.violations, [], "from event {at}");
        let whole = replay(vec![], events.clone());
        assert_eq!((replayed.jobs, replayed.leases), (whole.jobs, whole.leases));
    }
}

/// A log with something wrong, numbered anew.
fn spoilt(events: &[Envelope], spoil: impl FnOnce(&mut Vec<Envelope>)) -> Vec<&'static str> {
    let mut events = events.to_vec();
    spoil(&mut events);
    for (sequence, event) in (1..).zip(&mut events) {
        event.sequence = sequence;
    }
    replay(vec![], events).violations.iter().map(|violation| violation.invariant).collect()
}

fn position(events: &[Envelope], wanted: impl Fn(&Event) -> bool) -> usize {
    events.iter().position(|event| wanted(&event.event)).expect("it is in every log")
}

#[test]
fn what_is_wrong_with_a_log_is_named() {
    let events = log(2, Kind::Random);
    let lost = position(&events, |event| matches!(event, Event::FramesPublished { .. }));
    let broken = spoilt(&events, |events| drop(events.remove(lost)));
    assert!(broken.contains(&"finished_iff_complete"), "{broken:?}");
    let twice = position(&events, |event| matches!(event, Event::FramesAccepted { .. }));
    let broken = spoilt(&events, |events| events.insert(twice + 1, events[twice].clone()));
    assert!(broken.contains(&"one_accepted_attempt") && broken.contains(&"one_valid_lease"), "{broken:?}");
    let leased = position(&events, |event| matches!(event, Event::FramesLeased { .. }));
    let broken = spoilt(&events, |events| events.insert(leased + 1, events[leased].clone()));
    assert!(broken.contains(&"one_valid_lease"), "{broken:?}");
    let broken = spoilt(&events, |events| {
        let earlier = events[0].at;
        events[twice].at = earlier;
    });
    assert!(broken.contains(&"numbered_once"), "{broken:?}");
}

#[test]
fn the_model_comes_close_to_what_did_happen() {
    let incident = Incident::new(vec![], log(1, Kind::None)).unwrap();
    let (model, happened) = (incident.model().unwrap(), incident.figures());
    let simulated = model.simulate(1..4);
    assert_eq!(simulated.violation, None);
    let figures = simulated.figures;
    assert_eq!(figures.jobs.keys().collect::<Vec<_>>(), happened.jobs.keys().collect::<Vec<_>>());
    assert_eq!(figures.accepted, happened.accepted);
    let close = |one: Micros, other: Micros| (one as f64 / other as f64 - 1.0).abs() < 0.35;
    assert!(close(figures.render_time, happened.render_time), "{figures:?}\n{happened:?}");
    assert!(close(figures.last(), happened.last()), "{figures:?}\n{happened:?}");
    let same = incident.model().unwrap().simulate(1..4);
    assert_eq!(same.figures, figures, "the same is simulated twice");
}

fn changes(texts: &[&str]) -> Vec<Change> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn more_nodes_are_done_sooner_and_fewer_later() {
    let model = Incident::new(vec![], busy(vec![])).unwrap().model().unwrap();
    let last = |texts: &[&str]| model.with(&changes(texts)).unwrap().simulate(1..2).figures.last();
    let unchanged = last(&[]);
    assert!(last(&["nodes=+3"]) < unchanged * 2 / 3, "with twice as many nodes");
    assert!(last(&["nodes=-node-001"]) > unchanged * 5 / 4, "with one less");
    assert!(last(&["nodes=node-000:slots=4"]) < unchanged * 2 / 3, "with twice as many slots");
}

#[test]
fn a_job_with_a_higher_priority_ends_sooner() {
    let model = Incident::new(vec![], busy(vec![])).unwrap().model().unwrap();
    let unchanged = model.simulate(1..2).figures;
    let first = unchanged.jobs.values().map(|ended| ended.at).min().unwrap();
    for (job, ended) in unchanged.jobs.iter().filter(|(_, ended)| ended.at > first) {
        let changed = model.with(&changes(&[&format!("priority={job}:90")])).unwrap().simulate(1..2).figures;
        assert!(changed.jobs[job].at < ended.at * 2 / 3, "{unchanged:?}\n{changed:?}");
    }
}

#[test]
fn without_outages_nothing_is_drawn_twice() {
    let crash = |at: u64, node| {
        let fault = Fault::NodeCrash { node, disk: true };
        Planned { at: at * 1_000_000, lasts: 40_000_000, fault }
    };
    let events = busy((0..8).map(|nth| crash(33 + 31 * nth, nth as u16)).collect());
    let gone = events.iter().filter(|event| matches!(event.event, Event::NodeOffline { .. })).count();
    assert!(gone > 3, "{gone}");
    let incident = Incident::new(vec![], events).unwrap();
    let model = incident.model().unwrap();
    let as_it_was = model.simulate(1..4).figures;
    assert!(as_it_was.again > 5 && incident.figures().again > 5, "{as_it_was:?}");
    let better = model.with(&changes(&["outages=none"])).unwrap().simulate(1..4).figures;
    assert_eq!((better.twice, better.again), (Some(0), 0), "{better:?}");
    assert!(better.last() < as_it_was.last() && better.node_time > 0);
}

#[test]
fn frames_that_were_put_aside_are_so_again_unless_nothing_fails() {
    let events = log(1, Kind::None);
    let failed = |event: &Envelope| matches!(event.event, Event::JobFailed { .. });
    assert!(events.iter().any(failed), "a job of it has a frame that no renderer survives");
    let model = Incident::new(vec![], events).unwrap().model().unwrap();
    let ends = |texts: &[&str]| {
        let figures = model.with(&changes(texts)).unwrap().simulate(1..2).figures;
        figures.jobs.values().filter(|ended| ended.how == Ending::Failed).count()
    };
    assert!(ends(&[]) > 0);
    assert_eq!(ends(&["failures=none"]), 0);
}

#[test]
fn a_model_can_begin_in_the_middle() {
    let events = log(1, Kind::None);
    let at = events.len() / 2;
    let incident = Incident::new(vec![image(&events, at)], events[at..].to_vec()).unwrap();
    let model = incident.model().unwrap();
    assert!(model.notes().iter().any(|note| note.contains("snapshot")), "{:?}", model.notes());
    let simulated = model.simulate(1..2);
    assert_eq!(simulated.violation, None);
    let (figures, happened) = (simulated.figures, incident.figures());
    assert!(figures.jobs.len() >= happened.jobs.len(), "{figures:?}\n{happened:?}");
}

#[test]
fn changes_to_what_is_not_there_are_refused() {
    let model = Incident::new(vec![], log(1, Kind::None)).unwrap().model().unwrap();
    let refused = |text: &str, word: &str| {
        let error = model.with(&changes(&[text])).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    refused("nodes=-node-77", "node-003");
    refused("nodes=node-77:slots=3", "node-77");
    refused("priority=nobody:3", "job-0");
}

#[test]
fn the_table_says_each_job_in_all_columns() {
    let incident = Incident::new(vec![], log(1, Kind::None)).unwrap();
    let model = incident.model().unwrap();
    let figures = incident.figures();
    let table = side_by_side(&model, &figures, &figures, Some(&figures));
    let jobs: Vec<JobId> = model.jobs().map(|(job, _)| job).collect();
    for job in &jobs {
        let line = table.lines().find(|line| line.starts_with(&job.short())).expect("a line for each job");
        let how = figures.jobs.get(job).unwrap().how.word();
        assert_eq!(line.matches(how).count(), 3, "{line}");
    }
    assert_eq!(table.lines().count(), jobs.len() + 7, "{table}");
    assert!(!side_by_side(&model, &figures, &figures, None).contains("with the changes"));
}
