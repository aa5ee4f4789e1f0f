//! What the journal costs: how many events a second become durable and for how much processor time, how long a
//! start takes with a million accepted frames, and how much memory. `cargo bench -p callsheet-journal`; a
//! number after `--` is taken for how many frames the large journal has.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark that cannot go on says so by panicking"
)]

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use callsheet_journal::{DiskStore, Journal, Options, PageLimit, Recovered, Store};
use callsheet_model::image::{Image, JobImage, StepImage};
use callsheet_model::{
    Author, Context, Envelope, Event, FrameSet, Job, JobId, JobSpec, Lease, NodeName, StepIndex, Timestamp,
    Token, Work,
};

const NODES: u64 = 40;

/// The life of frames that go out one by one: each is leased, accepted, published.
struct Frames {
    job: JobId,
    context: Context,
    nodes: Vec<NodeName>,
    sequence: u64,
}

impl Frames {
    fn after(sequence: u64) -> Self {
        let nodes = (0..NODES).map(|n| NodeName::new(&format!("render-{n:02}")).unwrap()).collect();
        let author = Author::agent(uuid::Uuid::from_u128(1));
        let context = Context { project: Some(uuid::Uuid::from_u128(2)), author };
        Self { job: "018f2d3c-0000-7000-8000-0123456789ab".parse().unwrap(), context, nodes, sequence }
    }

    fn event(&mut self) -> Envelope {
        // A hundred frame jobs are on their way at any time.
        let (wave, place) = (self.sequence / 300, self.sequence % 300);
        let nth = wave * 100 + place % 100;
        let (job, step, token) = (self.job, StepIndex(0), Token(Token::first_of(1).0 + nth));
        let frames = FrameSet::one(i32::try_from(nth).unwrap());
        let event = match place / 100 {
            0 => {
                let node = self.nodes[(nth % NODES) as usize].clone();
                Event::FramesLeased {
                    lease: Lease { token, job, step, node, work: Work::Render, frames, gentle: false },
                }
            }
            1 => Event::FramesAccepted {
                token,
                job,
                step,
                frames,
                bytes: 1_200_000 + nth % 4096,
                took: Duration::from_micros(730_000 + nth % 9999),
            },
            _ => Event::FramesPublished { token, job, step, frames },
        };
        self.sequence += 1;
        let (sequence, at) = (self.sequence, Timestamp(1_700_000_000_000 + self.sequence / 20));
        Envelope { sequence, at, context: self.context.clone(), event }
    }

    fn batch(&mut self, size: usize) -> Vec<Envelope> {
        (0..size).map(|_| self.event()).collect()
    }
}

fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn memory(field: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<u64>().ok())
        .map_or("?".into(), |kib| format!("{} MB", kib * 1024 / 1_000_000))
}

/// Keeps `in_flight` batches on their way to the disk, as the leader does, and measures each.
struct Pipeline<'j> {
    journal: &'j dyn Journal,
    in_flight: usize,
    waits: Vec<Duration>,
    results: (std::sync::mpsc::Sender<Duration>, Receiver<Duration>),
}

impl<'j> Pipeline<'j> {
    fn new(journal: &'j dyn Journal) -> Self {
        Self { journal, in_flight: 0, waits: Vec::new(), results: channel() }
    }

    fn submit(&mut self, batch: Vec<Envelope>) {
        while self.in_flight >= 2 {
            self.wait();
        }
        let sent = Instant::now();
        let done = self.results.0.clone();
        self.in_flight += 1;
        self.journal.submit(
            batch,
            Box::new(move |outcome| {
                outcome.unwrap();
                done.send(sent.elapsed()).unwrap();
            }),
        );
    }

    fn wait(&mut self) {
        self.waits.push(self.results.1.recv().unwrap());
        self.in_flight -= 1;
    }

    fn finish(mut self) -> Vec<Duration> {
        while self.in_flight > 0 {
            self.wait();
        }
        self.waits.sort();
        self.waits
    }
}

fn appends() {
    println!("appends: two batches on their way, synced to the platter before each acknowledgement");
    println!(
        "{:>8} {:>10} {:>10} {:>12} {:>10} {:>10}",
        "batch", "events", "events/s", "CPU/event", "p50", "p99"
    );
    for (size, events) in [(1, 6_000), (64, 200_000), (256, 400_000), (1024, 600_000)] {
        let directory = tempfile::tempdir().unwrap();
        let Recovered { journal, .. } = DiskStore::new(directory.path(), Options::default()).open().unwrap();
        let mut frames = Frames::after(0);
        let batches: Vec<_> = (0..events / size).map(|_| frames.batch(size)).collect();
        let (began, processor) = (Instant::now(), processor_time());
        let mut pipeline = Pipeline::new(journal.as_ref());
        batches.into_iter().for_each(|batch| pipeline.submit(batch));
        let waits = pipeline.finish();
        let (took, used) = (began.elapsed(), processor_time() - processor);
        println!(
            "{size:>8} {events:>10} {:>10.0} {:>9.2} us {:>7.2} ms {:>7.2} ms",
            events as f64 / took.as_secs_f64(),
            used.as_secs_f64() * 1e6 / events as f64,
            waits[waits.len() / 2].as_secs_f64() * 1e3,
            waits[waits.len() * 99 / 100].as_secs_f64() * 1e3,
        );
    }
}

fn image(sequence: u64, frames: u64) -> Image {
    let id = Frames::after(0).job;
    let spec =
        JobSpec { name: "long".into(), project: "p".into(), priority: 50, approval: None, steps: Vec::new() };
    let job = Job { id, submitted_at: Timestamp(0), spec };
    // Every third frame is not accepted: more ranges than any real job has.
    let accepted: FrameSet = (0..frames as i32).filter(|frame| frame % 3 != 0).collect();
    let steps = vec![StepImage { published: accepted.clone(), accepted, ..StepImage::default() }];
    let jobs = vec![JobImage {
        priority: job.spec.priority,
        job: job.into(),
        paused: false,
        release: None,
        started: None,
        end: None,
        steps,
    }];
    Image { sequence, jobs, ..Image::default() }
}

fn snapshot(journal: &dyn Journal, image: Image) -> Duration {
    let (done, wait) = channel();
    let began = Instant::now();
    journal.snapshot(image, Box::new(move |outcome| done.send(outcome.map(|_| ())).unwrap()));
    wait.recv().unwrap().unwrap();
    began.elapsed()
}

fn recover_apart(path: &Path, what: &str) {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .arg("recover")
        .arg(path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    print!("{what:>24}: {}", String::from_utf8_lossy(&output.stdout));
}

fn recover(path: &Path) {
    let began = Instant::now();
    let recovered = DiskStore::new(path, Options::default()).open().unwrap();
    let scanned = began.elapsed();
    let after_image = recovered.tail.inspect(|event| assert!(event.is_ok())).count();
    let (_, head) = recovered.journal.range();
    println!(
        "{head} events scanned in {:.2} s, {after_image} replayed, {:.2} s in all, peak memory {}",
        scanned.as_secs_f64(),
        began.elapsed().as_secs_f64(),
        memory("VmHWM:")
    );
}

/// Reads a stretch of the log by so many readers at once, each from its beginning; events a second, all together.
fn read_by(journal: &dyn Journal, readers: usize, first: u64, last: u64) -> f64 {
    let limit = PageLimit { events: 1000, bytes: 1 << 20 };
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..readers {
            scope.spawn(|| {
                let mut next = first;
                while next <= last {
                    next = journal.read(next, limit).unwrap().next;
                }
            });
        }
    });
    readers as f64 * (last + 1 - first) as f64 / began.elapsed().as_secs_f64()
}

fn reads(journal: &dyn Journal, head: u64) {
    let mut hot = head;
    while journal.read_hot(hot - 1, PageLimit { events: 1, bytes: 1 }).is_some() {
        hot -= 1;
    }
    println!("the latest {} events are in memory", head + 1 - hot);
    let middle = head / 2;
    for readers in [1, 100] {
        println!(
            "{readers} readers in pages of 1000: {:.0} events/s out of memory, {:.0} from the disk",
            read_by(journal, readers, hot, head),
            read_by(journal, readers, middle, middle + 100_000.min(head / 4)),
        );
    }
}

fn large(frames: u64) {
    let events = frames * 3;
    println!("\na journal of {frames} frames that went out one by one: {events} events");
    let directory = tempfile::tempdir().unwrap();
    let store = DiskStore::new(directory.path(), Options::default());
    let Recovered { journal, .. } = store.open().unwrap();
    let before = memory("VmRSS:");
    let (began, processor) = (Instant::now(), processor_time());
    let mut source = Frames::after(0);
    let mut pipeline = Pipeline::new(journal.as_ref());
    for _ in 0..events / 256 {
        pipeline.submit(source.batch(256));
    }
    pipeline.finish();
    println!(
        "written in batches of 256 in {:.1} s, with {:.1} s of processor time; memory {before} before, {} after, {} on disk",
        began.elapsed().as_secs_f64(),
        (processor_time() - processor).as_secs_f64(),
        memory("VmRSS:"),
        disk_use(directory.path())
    );
    let head = source.sequence;
    reads(journal.as_ref(), head);
    drop(journal);
    recover_apart(directory.path(), "without a snapshot");
    let Recovered { journal, .. } = store.open().unwrap();
    let first = snapshot(journal.as_ref(), image(head - 600_000.min(head / 2), frames));
    let second = snapshot(journal.as_ref(), image(head - 300_000.min(head / 3), frames));
    println!(
        "a snapshot of {frames} frames in {} runs takes {:.2} s, and the next {:.2} s",
        frames / 3,
        first.as_secs_f64(),
        second.as_secs_f64()
    );
    drop(journal);
    recover_apart(directory.path(), "with two snapshots");
    println!("{} on disk", disk_use(directory.path()));
}

fn disk_use(path: &Path) -> String {
    fn bytes(path: &Path) -> u64 {
        let entries = std::fs::read_dir(path).unwrap().map(Result::unwrap);
        entries
            .map(
                |entry| {
                    if entry.path().is_dir() { bytes(&entry.path()) } else { entry.metadata().unwrap().len() }
                },
            )
            .sum()
    }
    format!("{} MB", bytes(path) / 1_000_000)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match arguments.as_slice() {
        [word, path] if word == "recover" => recover(Path::new(path)),
        [] => {
            appends();
            large(1_000_000);
        }
        [frames, ..] => large(frames.parse().expect("how many frames")),
    }
}
