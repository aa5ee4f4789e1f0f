//! What streams cost: a leader in a process of its own with its journal on this disk, events posted at full speed,
//! and readers over Server-Sent Events and WebSocket that each check every event, while the scheduler is asked
//! for something all the time. Then every reader is cut at random, again and again, and resumes.
//!
//! `cargo bench -p callsheet --bench streams -- --events 100000 --readers 100 --cuts 1000`: so many readers of each
//! kind. Readers, posters and leader share this machine's processors.

mod leader;
mod post;
mod reader;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use leader::Leader;
use reader::{Kind, Plan};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Commands whose latency is the figure for an idle leader.
const SAMPLES: usize = 200;
/// Events in one post.
const BATCH: u64 = 500;
/// A reader that gets nothing for this long has failed.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() -> Result<(), Failure> {
    let (events, readers) = (asked_for("--events", 100_000)?, asked_for("--readers", 100)?);
    let cuts = asked_for("--cuts", 1000)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        println!("{} processors, leader and readers share them", std::thread::available_parallelism()?);
        let leader = Leader::start().await?;
        let mut idle = Vec::with_capacity(SAMPLES);
        for _ in 0..SAMPLES {
            idle.push(leader.command().await?);
        }
        print("a command while nothing else happens", idle);
        live(&leader, events, readers).await?;
        cut(&leader, events, readers, cuts).await
    })
}

/// `--name N`; everything else is cargo's own.
fn asked_for(name: &str, otherwise: u64) -> Result<u64, Failure> {
    let mut args = std::env::args().skip_while(|arg| arg != name);
    Ok(match args.nth(1) {
        Some(count) => count.parse()?,
        None => otherwise,
    })
}

/// Readers that are there from the beginning, and events at full speed.
async fn live(leader: &Leader, events: u64, readers: u64) -> Result<(), Failure> {
    let begin = leader.head().await?;
    let end = Arc::new(AtomicU64::new(u64::MAX));
    let open = |kind| Plan { kind, address: leader.address, begin, cuts: 0, seed: 0, end: end.clone() };
    let all = readers_of(readers, open);
    let (latency, stop) = sampled(leader);
    let (cpu, begun) = (leader.cpu()?, Instant::now());
    post::events(leader.address, events).await?;
    let posted = begun.elapsed();
    stop.store(true, Ordering::Relaxed);
    let samples = latency.await??;
    // One more, so that the last event is known before it comes.
    end.store(leader.head().await? + 1, Ordering::Release);
    post::events(leader.address, 1).await?;
    let read = wait(all).await?;
    let took = begun.elapsed();
    println!("\n{events} events, {readers} readers over SSE and {readers} over WebSocket");
    println!("  {:>12.0} events posted per second, durable", events as f64 / posted.as_secs_f64());
    println!("  {:>12.0} events read per second, by all readers", read.events as f64 / took.as_secs_f64());
    println!("  {:>12.2?} from the first post until the last reader had everything", took);
    println!("  {:>12} cut-offs of readers that fell behind", read.cut_off);
    println!("  {:>12.2?} of leader CPU", leader.cpu()? - cpu);
    println!("  {:>12.1} MB peak memory of the leader", leader.peak_memory()? as f64 / 1e6);
    print("a command meanwhile", samples);
    Ok(())
}

/// Readers that are cut so many times each, at random, and resume.
async fn cut(leader: &Leader, events: u64, readers: u64, cuts: u64) -> Result<(), Failure> {
    let end = leader.head().await? + events / 10;
    let begin = end.saturating_sub(events);
    let known = Arc::new(AtomicU64::new(end));
    let open = |kind| Plan { kind, address: leader.address, begin, cuts, seed: 0, end: known.clone() };
    let (cpu, begun) = (leader.cpu()?, Instant::now());
    let all = readers_of(readers, open);
    let (latency, stop) = sampled_quietly(leader);
    post::events(leader.address, events / 10).await?;
    let read = wait(all).await?;
    let took = begun.elapsed();
    stop.store(true, Ordering::Relaxed);
    let samples = latency.await??;
    println!("\nevery reader cut {cuts} times at random, over {} events", end - begin);
    println!("  {:>12} connections, every event once", read.connections);
    println!("  {:>12.0} of them per second", read.connections as f64 / took.as_secs_f64());
    println!("  {:>12.2?} until the last reader had everything", took);
    println!("  {:>12} cut-offs by the leader", read.cut_off);
    println!("  {:>12.2?} of leader CPU", leader.cpu()? - cpu);
    println!("  {:>12.1} MB peak memory of the leader", leader.peak_memory()? as f64 / 1e6);
    print("a look at the scheduler meanwhile", samples);
    Ok(())
}

type Reading = tokio::task::JoinHandle<Result<reader::Read, Failure>>;

fn readers_of(count: u64, open: impl Fn(Kind) -> Plan) -> Vec<Reading> {
    let plans = (0..2 * count).map(|seed| {
        let kind = if seed % 2 == 0 { Kind::Sse } else { Kind::WebSocket };
        Plan { seed, ..open(kind) }
    });
    plans.map(|plan| tokio::spawn(reader::read(plan))).collect()
}

async fn wait(readers: Vec<Reading>) -> Result<reader::Read, Failure> {
    let mut all = reader::Read::default();
    for reader in readers {
        let one = reader.await??;
        all.events += one.events;
        all.connections += one.connections;
        all.cut_off += one.cut_off;
    }
    Ok(all)
}

type Samples = tokio::task::JoinHandle<Result<Vec<Duration>, Failure>>;

/// Latencies of commands, one after the other, until it is told to stop. Their events are read, too.
fn sampled(leader: &Leader) -> (Samples, Arc<AtomicBool>) {
    let (stop, commands) = (Arc::new(AtomicBool::new(false)), leader.commands());
    let stopped = stop.clone();
    let samples = tokio::spawn(async move {
        let mut samples = Vec::new();
        while !stopped.load(Ordering::Relaxed) {
            samples.push(commands.command().await?);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(samples)
    });
    (samples, stop)
}

/// Latencies of looks at the scheduler, which leave no event: the last event is known beforehand.
fn sampled_quietly(leader: &Leader) -> (Samples, Arc<AtomicBool>) {
    let (stop, commands) = (Arc::new(AtomicBool::new(false)), leader.commands());
    let stopped = stop.clone();
    let samples = tokio::spawn(async move {
        let mut samples = Vec::new();
        while !stopped.load(Ordering::Relaxed) {
            samples.push(commands.look().await?);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(samples)
    });
    (samples, stop)
}

fn print(what: &str, mut samples: Vec<Duration>) {
    samples.sort_unstable();
    let at = |part: f64| samples[((samples.len() - 1) as f64 * part) as usize];
    let (median, most, worst) = (at(0.5), at(0.95), at(1.0));
    println!("\n{what}: median {median:.2?}, 95 % {most:.2?}, worst {worst:.2?} of {}", samples.len());
}
