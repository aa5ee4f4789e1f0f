//! What streams cost the scheduler: a leader in a process of its own with its journal on this disk, events posted at
//! full speed, and readers over Server-Sent Events and WebSocket that each check every event. Then every reader is cut
//! at random, again and again, and resumes. All the while commands and looks go to the scheduler at a steady pace.
//!
//! ```text
//!   this process ── commands, looks ──► leader ◄── posts ──── a process of posters     both give way to everyone
//!                                         └────── streams ──► a process of readers     else on this machine
//! ```
//!
//! `cargo bench -p callsheet --bench streams -- --events 100000 --readers 100 --cuts 1000`: so many readers of each
//! kind. `--only live` or `--only cuts` leaves the other part out.
//!
//! Clients are other machines' work, which the scheduler's latency has nothing to do with. As they have to run on
//! this one, the system is told to give them only what nobody else wants. The process that takes the time does
//! nothing but that.

mod figures;
mod latency;
mod leader;
mod others;
mod post;
mod reader;

use std::time::{Duration, Instant};

use figures::Figures;
use latency::{Latencies, Sampler};
use leader::Leader;
use others::{Cuts, Posters, Readers};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How long an idle leader's latency is looked at.
const IDLE: Duration = Duration::from_secs(5);
/// Between two commands, and between two looks, while events are read.
const PACE: Duration = Duration::from_millis(20);
/// The same while readers are cut, which takes longer: jobs are remembered.
const SLOW_PACE: Duration = Duration::from_millis(100);
/// Readers are asked this often how far they are.
const ASKED_EVERY: Duration = Duration::from_millis(100);

fn main() -> Result<(), Failure> {
    if let Some(role) = word("--role") {
        return others::play(&role);
    }
    // One thread: whatever else this process would do would be in the way of taking the time.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> Result<(), Failure> {
    let (events, readers) = (number("--events", 100_000)?, number("--readers", 100)?);
    let (cuts, only) = (number("--cuts", 1000)?, word("--only").unwrap_or_default());
    println!("{} processors, which leader, posters and readers share", std::thread::available_parallelism()?);
    let leader = Leader::start().await?;
    // The first of each is no latency of a leader that runs.
    let warming = Sampler::start(&leader, PACE);
    tokio::time::sleep(IDLE / 5).await;
    warming.stop().await?;
    let idle = measured(&leader, tokio::time::sleep(IDLE)).await?;
    if only != "cuts" {
        live(&leader, &idle, events, readers).await?;
    }
    if only != "live" {
        cut(&leader, &idle, events, readers, cuts).await?;
    }
    Ok(())
}

/// `--name WORD`; everything else is cargo's own.
fn word(name: &str) -> Option<String> {
    std::env::args().skip_while(|arg| arg != name).nth(1)
}

/// `--name N`.
fn number(name: &str, otherwise: u64) -> Result<u64, Failure> {
    Ok(word(name).map_or(Ok(otherwise), |count| count.parse())?)
}

/// Latencies as the client has them, and as the leader counts them.
struct Measured {
    client: Latencies,
    leader: Figures,
}

/// Takes latencies until something is over.
async fn measured(leader: &Leader, until: impl Future<Output = ()>) -> Result<Measured, Failure> {
    let before = Figures::of(leader.address).await?;
    let sampler = Sampler::start(leader, PACE);
    until.await;
    let client = sampler.stop().await?;
    Ok(Measured { client, leader: Figures::of(leader.address).await?.since(&before) })
}

/// Readers that are there from the beginning, and events at full speed.
async fn live(leader: &Leader, idle: &Measured, events: u64, readers: u64) -> Result<(), Failure> {
    let begin = leader.head().await?;
    let mut crowd = Readers::start(leader.address, readers, begin, Cuts::none()).await?;
    let (cpu, begun) = (leader.cpu()?, Instant::now());
    let before = Figures::of(leader.address).await?;
    let sampler = Sampler::start(leader, PACE);
    Posters::start(leader.address, events)?.done().await?;
    let posted = begun.elapsed();
    let ingest =
        Measured { client: sampler.stop().await?, leader: Figures::of(leader.address).await?.since(&before) };
    let (sampler, before) = (Sampler::start(leader, PACE), Figures::of(leader.address).await?);
    crowd.reach(leader.head().await?).await?;
    let took = begun.elapsed();
    let rest =
        Measured { client: sampler.stop().await?, leader: Figures::of(leader.address).await?.since(&before) };
    let read = finish(leader, crowd).await?;
    println!("\n{events} events, {readers} readers over SSE and {readers} over WebSocket");
    println!("  {:>12.0} events posted per second, durable", events as f64 / posted.as_secs_f64());
    println!("  {:>12.0} events read per second, by all readers", read.events as f64 / took.as_secs_f64());
    println!("  {:>12.2?} from the first post until the last reader had everything", took);
    println!("  {:>12} events each, once and in order", read.events / (2 * readers).max(1));
    println!("  {:>12} cut-offs of readers that fell behind", read.cut_off);
    println!("  {:>12.2?} of leader CPU", leader.cpu()? - cpu);
    println!("  {:>12.1} MB peak memory of the leader", leader.peak_memory()? as f64 / 1e6);
    print(&[("idle", idle), ("posting and reading", &ingest), ("reading", &rest)]);
    Ok(())
}

/// Readers that are cut so many times each, at random, and resume.
async fn cut(leader: &Leader, idle: &Measured, events: u64, readers: u64, cuts: u64) -> Result<(), Failure> {
    let more = events / 10;
    let head = leader.head().await?;
    // What is not there yet is posted while they read.
    let begin = (head + more).saturating_sub(events);
    let (cpu, begun) = (leader.cpu()?, Instant::now());
    let before = Figures::of(leader.address).await?;
    let sampler = Sampler::start(leader, SLOW_PACE);
    let mut crowd = Readers::start(leader.address, readers, begin, Cuts::new(cuts, head + more)).await?;
    Posters::start(leader.address, more)?.done().await?;
    crowd.reach(leader.head().await?).await?;
    let took = begun.elapsed();
    let meanwhile =
        Measured { client: sampler.stop().await?, leader: Figures::of(leader.address).await?.since(&before) };
    let read = finish(leader, crowd).await?;
    println!("\nevery reader cut {cuts} times at random, over {} events", read.events / (2 * readers).max(1));
    println!("  {:>12} connections, every event once", read.connections);
    println!("  {:>12.0} of them per second", read.connections as f64 / took.as_secs_f64());
    println!("  {:>12.2?} until the last reader had everything", took);
    println!("  {:>12} cut-offs by the leader", read.cut_off);
    println!("  {:>12.2?} of leader CPU", leader.cpu()? - cpu);
    println!("  {:>12.1} MB peak memory of the leader", leader.peak_memory()? as f64 / 1e6);
    print(&[("idle", idle), ("readers cut", &meanwhile)]);
    Ok(())
}

/// Tells the readers the last event there is, and has one more come after it was told, so that nobody waits for ever.
async fn finish(leader: &Leader, crowd: Readers) -> Result<reader::Read, Failure> {
    let reading = crowd.end(leader.head().await? + 1).await?;
    Posters::start(leader.address, 1)?.done().await?;
    reading.done().await
}

fn print(all: &[(&str, &Measured)]) {
    println!("\n  {:<42} {:>9} {:>9} {:>9} {:>9} {:>7}", "latency", "median", "95 %", "99 %", "worst", "of");
    for (when, measured) in all {
        println!("  {when}");
        measured.client.print();
        measured.leader.print();
    }
}
