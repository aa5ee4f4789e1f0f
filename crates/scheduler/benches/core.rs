//! What the core itself costs, without wire and disk: `cargo bench -p callsheet-scheduler`.
//!
//! Single-frame frame jobs are the hard case: every frame is leased, accepted and released on its own.

// A measurement that cannot go on ends.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use callsheet_model::{
    Capabilities, Chunk, Context, Envelope, FrameSet, JobId, JobSpec, NodeName, Outcome, OutputPattern,
    Outside, Report, Reported, Requirements, SessionId, StepSpec, Timeouts, Timestamp, Token, Versions,
};
use callsheet_scheduler::{Command, Effect, Output, Policy, Scheduler};
use uuid::Uuid;

const BATCH: usize = 256;

struct World {
    scheduler: Scheduler,
    out: Output,
    now: Timestamp,
    offers: VecDeque<(NodeName, Token, FrameSet)>,
    confirmed: VecDeque<(NodeName, Token, FrameSet)>,
    journal: Option<Vec<Envelope>>,
    events: u64,
}

impl World {
    fn new(nodes: usize, slots: u32) -> Self {
        let mut world = Self {
            scheduler: Scheduler::new(Policy::default()),
            out: Output::default(),
            now: Timestamp(1_700_000_000_000),
            offers: VecDeque::new(),
            confirmed: VecDeque::new(),
            journal: None,
            events: 0,
        };
        world.tell(Command::StartLeader);
        for number in 0..nodes {
            let capabilities = Capabilities {
                renderers: [("null".to_owned(), Versions::default())].into(),
                slots,
                ..Capabilities::default()
            };
            let node = NodeName::new(&format!("node-{number:03}")).unwrap();
            let session = SessionId(number as u64);
            world.tell(Command::ConnectNode {
                node,
                session,
                capabilities,
                arrival: Box::default(),
                held: BTreeSet::new(),
            });
        }
        world.settle();
        world
    }

    fn tell(&mut self, command: Command) {
        self.scheduler.handle(self.now, callsheet_model::Author::SYSTEM, command, &mut self.out).unwrap();
    }

    /// Ends a batch.
    fn settle(&mut self) {
        self.scheduler.dispatch(self.now, &mut self.out);
        self.events += self.out.events.len() as u64;
        if let Some(journal) = &mut self.journal {
            journal.append(&mut self.out.events);
        }
        for effect in self.out.effects.drain(..) {
            match effect {
                Effect::OfferLease { lease, .. } => {
                    self.offers.push_back((lease.node, lease.token, lease.frames))
                }
                Effect::ConfirmAccepted { node, token, frames, .. } => {
                    self.confirmed.push_back((node, token, frames));
                }
                _ => {}
            }
        }
        self.out.clear();
    }

    fn submit(&mut self, number: u128, frames: FrameSet, chunk: Chunk, output: bool) {
        let step = StepSpec {
            name: "render".to_owned(),
            renderer: "null".to_owned(),
            template: None,
            frames,
            chunk,
            output: output.then(|| OutputPattern::parse_absolute("/out/f_[####].png").unwrap()),
            retries: 2,
            timeouts: Timeouts::default(),
            requires: Requirements::default(),
            after: BTreeSet::new(),
            settings: BTreeMap::new(),
            approximate: false,
        };
        let (name, project) = ("bench".into(), "bench".into());
        let spec = JobSpec { name, project, priority: 50, approval: None, steps: vec![step] };
        self.tell(Command::SubmitJob { id: JobId(Uuid::from_u128(number)), spec });
    }

    /// Does up to a batch of offered work; true while there was any.
    fn work(&mut self, output: bool) -> bool {
        let report = |node, token, what| Command::Report { node, report: Report { token, what } };
        let mut worked = false;
        for _ in 0..BATCH {
            let Some((node, token, frames)) = self.offers.pop_front() else { break };
            let took = Duration::from_micros(100) * frames.len() as u32;
            self.tell(report(node.clone(), token, Reported::Proven { frames, bytes: 0, took }));
            let ended =
                Reported::Ended { outcome: Outcome::Succeeded, blamed: FrameSet::new(), last_frame: None };
            self.tell(report(node, token, ended));
            worked = true;
        }
        while let Some((node, token, frames)) = self.confirmed.pop_front() {
            if output {
                self.tell(report(node, token, Reported::Published { frames }));
                worked = true;
            }
        }
        self.now = Timestamp(self.now.0 + 1);
        self.settle();
        worked
    }
}

fn single_frames(output: bool, jobs_behind: u128) {
    const FRAMES: i32 = 500_000;
    let mut world = World::new(8, 8);
    world.submit(1, FrameSet::range(1, FRAMES), Chunk::Frames(NonZeroU32::MIN), output);
    for number in 0..jobs_behind {
        world.submit(2 + number, FrameSet::range(1, 100), Chunk::Frames(NonZeroU32::MIN), output);
    }
    world.settle();
    let (begun, events) = (Instant::now(), world.events);
    let mut done = 0;
    while done < FRAMES as u64 {
        assert!(world.work(output));
        done = world.scheduler.job(JobId(Uuid::from_u128(1))).unwrap().progress().0;
    }
    let spent = begun.elapsed();
    println!(
        "single frames, {}, {jobs_behind} jobs behind: {:>9.0} frame jobs/s, {:.2} µs and {:.1} events each",
        if output { "with output" } else { "no output" },
        f64::from(FRAMES) / spent.as_secs_f64(),
        spent.as_secs_f64() * 1e6 / f64::from(FRAMES),
        (world.events - events) as f64 / f64::from(FRAMES),
    );
    world.scheduler.check().unwrap();
}

fn queue_of_jobs() {
    let begun = Instant::now();
    let mut world = World::new(0, 0);
    for number in 0..40_000 {
        world.submit(number, FrameSet::range(1, 100), Chunk::Auto, false);
    }
    world.settle();
    println!("40,000 jobs submitted: {:.2} µs each", begun.elapsed().as_secs_f64() * 1e6 / 40_000.0);
    let begun = Instant::now();
    for _ in 0..10_000 {
        world.settle();
    }
    println!("40,000 jobs queued, idle dispatch: {:.2} µs", begun.elapsed().as_secs_f64() * 1e6 / 10_000.0);
    let begun = Instant::now();
    let waiting = world.scheduler.queues().values().map(|queue| queue.waiting).sum::<u64>();
    let queues = begun.elapsed();
    let begun = Instant::now();
    assert_eq!(world.scheduler.figures().frames.waiting, waiting);
    let millis = |span: Duration| span.as_secs_f64() * 1e3;
    println!(
        "40,000 jobs queued: {:.1} ms for the queues, {:.1} ms for the figures",
        millis(queues),
        millis(begun.elapsed())
    );
}

/// Events from outside, until the oldest ids are forgotten.
fn outside() {
    const EVENTS: u32 = 1_200_000;
    let before = resident_mib("VmRSS:");
    let mut world = World::new(0, 0);
    let event = |nth: u32| Outside {
        // Scattered, as random ids are.
        id: Uuid::from_u128(u128::from(nth).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
        kind: "step.exit".to_owned(),
        timestamp: "2026-01-01T00:00:00Z".to_owned(),
        correlation: None,
        payload: "{}".to_owned(),
        fields: "{}".to_owned(),
    };
    let mut spent = Duration::ZERO;
    for first in (0..EVENTS).step_by(500) {
        let events = (first..first + 500).map(|nth| (Arc::new(event(nth)), Context::default())).collect();
        let begun = Instant::now();
        world.tell(Command::Ingest { events });
        spent += begun.elapsed();
        world.settle();
    }
    let begun = Instant::now();
    let image = world.scheduler.image();
    println!(
        "{EVENTS} events from outside: {:.2} µs each; {} ids remembered, {:.1} MiB; {:.1} ms to copy them",
        spent.as_secs_f64() * 1e6 / f64::from(EVENTS),
        image.outside.len(),
        resident_mib("VmRSS:").zip(before).map_or(f64::NAN, |(after, before)| after - before),
        begun.elapsed().as_secs_f64() * 1e3,
    );
}

fn resident_mib(what: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(what))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}

fn million_frames() {
    let before = resident_mib("VmRSS:");
    let mut world = World::new(8, 8);
    world.submit(1, FrameSet::range(1, 1_000_000), Chunk::Auto, true);
    world.settle();
    let begun = Instant::now();
    while world.work(true) {}
    let after = resident_mib("VmHWM:");
    println!(
        "a job of a million frames in automatic chunks: {:.1} ms, {} events, {:.1} MiB before, peak {:.1} MiB",
        begun.elapsed().as_secs_f64() * 1e3,
        world.events,
        before.unwrap_or(f64::NAN),
        after.unwrap_or(f64::NAN),
    );
}

fn replay() {
    const FRAMES: i32 = 1_000_000;
    let mut world = World::new(8, 8);
    world.journal = Some(Vec::new());
    world.submit(1, FrameSet::range(1, FRAMES), Chunk::Frames(NonZeroU32::MIN), false);
    world.settle();
    while world.work(false) {}
    let journal = world.journal.take().unwrap();
    let begun = Instant::now();
    let mut copy = Scheduler::new(Policy::default());
    journal.iter().for_each(|envelope| copy.replay(envelope));
    let spent = begun.elapsed();
    println!(
        "replay of {} events (a million accepted frames): {:.0} ms, {:.0} ns each",
        journal.len(),
        spent.as_secs_f64() * 1e3,
        spent.as_secs_f64() * 1e9 / journal.len() as f64,
    );
}

fn main() {
    million_frames();
    for output in [false, true] {
        for jobs_behind in [0, 40_000] {
            single_frames(output, jobs_behind);
        }
    }
    queue_of_jobs();
    outside();
    replay();
}
