//! What the cluster costs: real gRPC, a durable journal on this disk, a leader in a process of its own, and
//! nodes whose renderer does nothing.
//!
//! `cargo bench -p callsheet --bench cluster` prints every figure; `-- --frames 1000000` makes the hard case
//! as long as a million-frame job. Times are of this machine, with the nodes on the same processors.

mod leader;
mod node;

use std::time::{Duration, Instant};

use callsheet_protocol::v1;

use leader::Leader;
use node::{IdleNode, Pace};

type Failure = Box<dyn std::error::Error>;

/// Frames of the hard case when nothing is said.
const FRAMES: u64 = 200_000;
/// Frames of the case with automatic chunks.
const CHUNKED: u64 = 5_000_000;
/// Jobs or frames that a latency is the median of.
const SAMPLES: usize = 300;

fn main() -> Result<(), Failure> {
    let frames = frames_asked_for()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        println!("{} processors, nodes and leader share them", std::thread::available_parallelism()?);
        throughput("frame jobs of one frame", frames, 1).await?;
        throughput("automatic chunks", CHUNKED, 0).await?;
        latencies().await
    })
}

/// `--frames N`; everything else is cargo's own.
fn frames_asked_for() -> Result<u64, Failure> {
    let mut args = std::env::args().skip_while(|arg| arg != "--frames");
    Ok(match args.nth(1) {
        Some(count) => count.parse()?,
        None => FRAMES,
    })
}

/// How fast a large job goes through four nodes of eight slots.
async fn throughput(what: &str, frames: u64, chunk: u32) -> Result<(), Failure> {
    let mut leader = Leader::start().await?;
    let mut nodes = Vec::new();
    for name in ["anna", "bruno", "clara", "dora"] {
        nodes.push(IdleNode::connect(&leader.url, name, 8, Pace::Instant).await?);
    }
    let (cpu_before, begun) = (leader.cpu()?, Instant::now());
    let id = leader.submit(frames, chunk).await?;
    leader.succeeded(&id).await?;
    let took = begun.elapsed();
    let cpu = leader.cpu()? - cpu_before;
    let offers: u64 = nodes.iter().map(IdleNode::offers).sum();
    println!("\n{what}: {frames} frames in {took:.2?}, {offers} frame jobs");
    println!("  {:>12.0} frames accepted per second", frames as f64 / took.as_secs_f64());
    println!("  {:>12.2} µs of leader CPU per frame", cpu.as_secs_f64() * 1e6 / frames as f64);
    println!("  {:>12.2} µs of leader CPU per frame job", cpu.as_secs_f64() * 1e6 / offers.max(1) as f64);
    println!("  {:>12.1} MB peak memory of the leader", leader.peak_memory()? as f64 / 1e6);
    drop(nodes);
    let journal = leader.journal_bytes()? as f64 / 1e6;
    println!(
        "  {:>12.2?} from SIGKILL to an answer, with {journal:.0} MB of journal",
        leader.recovers().await?
    );
    Ok(())
}

/// What one frame waits for, in an otherwise idle cluster.
async fn latencies() -> Result<(), Failure> {
    let leader = Leader::start().await?;
    // Frames that take a second each, as the node says: then nothing is handed out ahead, and every next frame
    // waits for the leader and its disk.
    let mut node = IdleNode::connect(&leader.url, "anna", 1, Pace::Claims(Duration::from_secs(1))).await?;
    let mut first = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        let begun = Instant::now();
        let id = leader.submit(1, 1).await?;
        first.push(node.offered().await? - begun);
        node.end().await?;
        leader.succeeded(&id).await?;
    }
    print("submit to first render", first);

    let id = leader.submit(SAMPLES as u64 + 1, 1).await?;
    let mut next = Vec::with_capacity(SAMPLES);
    node.offered().await?;
    for _ in 0..SAMPLES {
        let ended = node.end().await?;
        next.push(node.offered().await? - ended);
    }
    node.end().await?;
    leader.succeeded(&id).await?;
    print("a frame's end to the next one's start", next);
    Ok(())
}

fn print(what: &str, mut samples: Vec<Duration>) {
    samples.sort_unstable();
    let at = |part: f64| samples[((samples.len() - 1) as f64 * part) as usize];
    println!("\n{what}: median {:.2?}, 95 % {:.2?}, worst {:.2?}", at(0.5), at(0.95), at(1.0));
}

/// A job of one step whose renderer does nothing and leaves no files.
fn job(frames: u64, chunk: u32) -> v1::JobSpec {
    let step = v1::StepSpec {
        name: "frames".into(),
        renderer: "nothing".into(),
        frames: format!("1-{frames}"),
        chunk,
        ..Default::default()
    };
    v1::JobSpec {
        name: "bench".into(),
        project: "bench".into(),
        priority: None,
        approval: None,
        steps: vec![step],
    }
}
