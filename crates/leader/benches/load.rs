//! How long commands take while others post events and read them: `cargo bench -p callsheet-leader`.
//!
//! A whole leader on a real disk, without doors. One thread gives a command every two milliseconds and times it:
//! with nothing else going on, while events are posted at full speed, and while two hundred readers take them,
//! too. Every reader checks that it gets every event once and in order. It refuses to compare with anything: it
//! prints what it finds.

use std::error::Error;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use callsheet_config::ClusterConfig;
use callsheet_events::Filter;
use callsheet_events::ingest::Posted;
use callsheet_journal::{DiskStore, Options};
use callsheet_leader::{Events, Figures, Leader, SchedulerCommand, Wanted};
use callsheet_model::{Chunk, Context, JobId, JobSpec, Outside, Requirements, StepSpec, Timeouts};
use uuid::Uuid;

/// Events in each part.
const EVENTS: usize = 100_000;
/// Events in a post.
const POST: usize = 500;
/// Those who post at the same time.
const POSTERS: usize = 4;
/// Those who read.
const READERS: usize = 200;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> Outcome<()> {
    let directory = tempfile::tempdir()?;
    let config = config(directory.path())?;
    let store = DiskStore::new(directory.path().join("journal"), Options::default());
    let leader = Leader::start_apart(config, Arc::new(store), Arc::new(Figures::default())).await?;
    let (job, spec) = job()?;
    leader.command(SchedulerCommand::SubmitJob { id: job, spec }).await?;

    let idle = commands(&leader, job, async { tokio::time::sleep(Duration::from_secs(3)).await }).await?;
    println!("nothing else            {}", words(idle));

    let started = Instant::now();
    let posting = commands(&leader, job, post(&leader)).await?;
    println!("{EVENTS} events posted   {}  {:.0} events/s", words(posting), rate(started, EVENTS));

    let started = Instant::now();
    let reading = commands(&leader, job, async {
        // All of them are there before the first event is.
        let wanted = Wanted { after: None, follow: true, filter: Filter::default() };
        let readers: Vec<_> =
            (0..READERS).map(|_| tokio::spawn(read(leader.follow(wanted.clone())))).collect();
        let posted = post(&leader).await;
        println!("  (posted within {:.1} s)", started.elapsed().as_secs_f64());
        for reader in readers {
            reader.await??;
        }
        posted
    });
    let reading = reading.await?;
    println!(
        "and {READERS} readers of them {}  {:.0} events/s handed out",
        words(reading),
        rate(started, EVENTS * READERS)
    );
    let started = Instant::now();
    let one = posts(10_000, 10_000).next().unwrap_or_default();
    leader.ingest(one).await?;
    println!("10000 events in one post: {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
    println!("pages read from the disk: {}", leader.figures().readers.cold_pages.get());
    leader.stop().await;
    Ok(())
}

/// Times commands, on a thread of their own, for as long as something goes on: how long each took, sorted.
async fn commands<T>(
    leader: &Leader,
    job: JobId,
    meanwhile: impl Future<Output = T>,
) -> Outcome<Vec<Duration>> {
    let done = Arc::new(AtomicBool::new(false));
    let (leader, until) = (leader.clone(), done.clone());
    let timing = std::thread::spawn(move || -> Outcome<Vec<Duration>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut times = Vec::new();
            while !until.load(Ordering::Relaxed) {
                for command in [SchedulerCommand::PauseJob { job }, SchedulerCommand::ResumeJob { job }] {
                    let started = Instant::now();
                    leader.command(command).await?;
                    times.push(started.elapsed());
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            }
            times.sort();
            Ok(times)
        })
    });
    meanwhile.await;
    done.store(true, Ordering::Relaxed);
    timing.join().map_err(|_| "the thread that times commands panicked")?
}

async fn post(leader: &Leader) -> Outcome<()> {
    let posts = Arc::new(std::sync::Mutex::new(posts(EVENTS, POST).collect::<Vec<_>>()));
    let poster = |leader: Leader, posts: Arc<std::sync::Mutex<Vec<Vec<Posted>>>>| async move {
        loop {
            let next = posts.lock().ok().and_then(|mut posts| posts.pop());
            let Some(next) = next else { return Outcome::Ok(()) };
            leader.ingest(next).await?;
        }
    };
    let posters: Vec<_> = (0..POSTERS).map(|_| tokio::spawn(poster(leader.clone(), posts.clone()))).collect();
    for poster in posters {
        poster.await??;
    }
    Ok(())
}

/// Reads until it has had every event that is posted, and sees that none is missing or comes twice.
async fn read(mut events: Events) -> Outcome<()> {
    let (mut next, mut had) = (events.cursor() + 1, 0);
    while had < EVENTS {
        for event in events.recv().await.ok_or("the stream ended")?? {
            if event.envelope.sequence != next {
                return Err(format!("event {} where {next} was due", event.envelope.sequence).into());
            }
            next += 1;
            had += usize::from(event.envelope.event.kind() == "call.done");
        }
    }
    Ok(())
}

fn posts(events: usize, each: usize) -> impl Iterator<Item = Vec<Posted>> {
    (0..events / each).map(move |_| (0..each).map(|_| posted()).collect())
}

fn posted() -> Posted {
    let event = Outside {
        id: Uuid::new_v4(),
        kind: "call.done".to_owned(),
        timestamp: "2026-11-21T12:00:00.123456Z".to_owned(),
        correlation: Some("execution-17".to_owned()),
        payload:
            r#"{"result":{"status":"ok","rows":[1,2,3],"took_ms":17.5},"attempt":1,"note":"a step is over"}"#
                .to_owned(),
        fields:
            r#"{"step":"fetch","execution_id":"478775660589088776","status":"COMPLETED","worker_id":"w-7"}"#
                .to_owned(),
    };
    Posted { event, context: Context::default() }
}

fn job() -> Outcome<(JobId, JobSpec)> {
    let step = StepSpec {
        name: "frames".into(),
        renderer: "null".into(),
        template: None,
        frames: "1-100".parse()?,
        chunk: Chunk::Frames(NonZeroU32::MIN),
        output: None,
        retries: 3,
        timeouts: Timeouts::default(),
        requires: Requirements::default(),
        after: [].into(),
        settings: [].into(),
        approximate: false,
    };
    let (name, project) = ("load".to_owned(), "load".to_owned());
    let spec = JobSpec { name, project, priority: 50, steps: vec![step], approval: None };
    Ok((JobId(Uuid::new_v4()), spec))
}

fn config(directory: &Path) -> Outcome<ClusterConfig> {
    let text = "[cluster]\nname = \"load\"\n[leader]\ndata = \"leader\"\n[[node]]\nname = \"anna\"\n\
                renderers = [\"lottie\"]\nwork = \"work\"\ncache = \"cache\"\n";
    let nothing = |path: &Path| Err(std::io::Error::other(format!("{} is not included", path.display())));
    let mut config = ClusterConfig::parse(text, "load.toml", directory, &nothing)?;
    // They are to get everything, however slow they are on a machine that does nothing but post and read.
    config.leader.http.reader_backlog = u32::MAX;
    Ok(config)
}

fn rate(started: Instant, count: usize) -> f64 {
    count as f64 / started.elapsed().as_secs_f64()
}

fn words(times: Vec<Duration>) -> String {
    let at = |part: f64| times.get((times.len() as f64 * part) as usize).copied().unwrap_or_default();
    let worst = times.last().copied().unwrap_or_default();
    format!(
        "{:>6} commands: half within {:.1?}, 99 % within {:.1?}, all within {worst:.1?}",
        times.len(),
        at(0.5),
        at(0.99)
    )
}
