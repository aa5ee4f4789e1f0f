//! What must hold when it is over: of what people were told, of the log, of the files, and of the machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use callsheet_model::{FrameSet, OutputPattern};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::harness::said::{code, json};
use crate::harness::{Cluster, Event, Http, LEADER, disk, invariants, strays, work};

use super::acceptance::Accepted;
use super::listeners::Heard;
use super::load::Wanted;
use super::people::{Asked, Books, Said};
use super::stage::{NODES, Stage};

/// Every job is over, as people wanted it: with success unless somebody ended it. On the way some may have failed in
/// the look at them before they were rendered: two accidents in that are taken for the job's fault, and people try again.
pub(super) async fn assert_all_over(stage: &Stage, books: &Books) {
    let cluster = &stage.cluster;
    for job in &books.jobs {
        let over = |events: &[Event]| end_of(events, &job.id).cloned();
        let end = cluster.wait(&format!("job {} is over", job.id), over).await;
        let fine = end.is("job.succeeded") || job.unwanted && end.is("job.cancelled");
        assert!(fine, "{}: {} {}", job.id, end.kind, end.payload);
    }
    let events = cluster.events();
    for failed in events.iter().filter(|event| event.is("job.failed")) {
        let leased = |event: &&Event| event.is("frame_job.leased") && event.sequence < failed.sequence;
        let last = events.iter().filter(leased).rfind(|event| event.job() == failed.job());
        assert!(last.is_some_and(Event::is_preflight), "{}", failed.payload);
    }
    cluster.swept().await;
    let root = cluster.root();
    cluster.until("no renderer is left", || strays::below_agents(root).is_empty()).await;
    let scratch = NODES.map(|node| root.join("work").join(node).join("scratch"));
    let empty = |folder: &PathBuf| fs::read_dir(folder).unwrap().next().is_none();
    cluster.until("no scratch directory is left", || scratch.iter().all(empty)).await;
}

/// How a job ended last, unless it was opened again after that.
fn end_of<'a>(events: &'a [Event], job: &str) -> Option<&'a Event> {
    let ends = ["job.succeeded", "job.failed", "job.cancelled", "job.retried"];
    let last = events.iter().rfind(|event| event.job() == job && ends.contains(&event.kind.as_str()));
    last.filter(|event| !event.is("job.retried"))
}

/// What anybody was told is in the log, once; and the log is one that can be.
pub(super) async fn assert_told(cluster: &Cluster, heard: &Heard, books: &Books) -> Vec<Value> {
    let log = Http::of(cluster).log("").await;
    for (nth, event) in log.iter().enumerate() {
        assert_eq!(event["sequence"], nth as u64 + 1, "the log has no gap: {event}");
    }
    for reader in &heard.readers {
        let pairs = reader.iter().zip(&log);
        pairs.for_each(|(heard, stored)| assert_eq!(heard, stored, "told once, and told otherwise now"));
        assert!(!reader.is_empty() && reader.len() <= log.len());
    }
    let submitted = |job: &Asked| {
        log.iter().filter(|event| event["type"] == "job.submitted" && is_about(event, &job.id)).count()
    };
    assert!(books.jobs.iter().all(|job| submitted(job) == 1), "an id is one job");
    books.said.iter().for_each(|said| assert_done(said, &log));
    invariants::assert_history(&cluster.events());
    let checked = json(&cluster.run(&["events", "verify", "--json"]).await);
    assert_eq!(checked["ok"], true, "{checked}");
    log
}

/// What the leader has said is done is in the log, after the question.
#[track_caller]
fn assert_done(said: &Said, log: &[Value]) {
    let later = log.iter().skip(usize::try_from(said.after).unwrap());
    let mut found = later.filter(|event| event["type"] == said.kind && is_about(event, &said.about));
    assert!(found.next().is_some(), "{said:?} is not in the log");
}

fn is_about(event: &Value, about: &str) -> bool {
    event["payload"].to_string().contains(about)
}

/// Every frame of every step, decoded: the right picture, drawn by the attempt that was accepted; and nothing else.
pub(super) fn assert_files(stage: &Stage, books: &Books) {
    let events = stage.cluster.events();
    let accepted = Accepted::of(&events);
    let mut known = BTreeSet::new();
    for job in &books.jobs {
        let whole = end_of(&events, &job.id).is_some_and(|end| end.is("job.succeeded"));
        for wanted in &job.wanted {
            let found = assert_step(wanted, whole, &job.id, &accepted);
            known.extend(found);
        }
    }
    let out = stage.cluster.root().join("out").canonicalize().unwrap();
    let mut there = BTreeSet::new();
    files(&out, &mut there);
    let strays: Vec<_> = there.difference(&known).collect();
    assert!(strays.is_empty(), "nobody asked for {strays:?}");
}

/// Holds one step's results to what was asked for, all of it or, of a job that was ended, some; tells which files.
fn assert_step(wanted: &Wanted, whole: bool, job: &str, accepted: &Accepted) -> Vec<PathBuf> {
    let (step, output, frames) = match wanted {
        Wanted::Book { path } => (1, path, FrameSet::one(0)),
        Wanted::Acted { output, frames, step } => (*step, output, frames.parse().unwrap()),
        Wanted::Drawn { output, frames } | Wanted::Composed { output, frames } => {
            (0, output, frames.parse().unwrap())
        }
    };
    let pattern = OutputPattern::parse_absolute(output).unwrap();
    let path = |frame: i32| Path::new(pattern.directory()).join(pattern.file_name(frame));
    let there: FrameSet = frames.iter().filter(|frame| whole || path(*frame).exists()).collect();
    let text = if there.is_empty() { String::new() } else { there.to_string() };
    match wanted {
        Wanted::Book { .. } => there.iter().for_each(|frame| disk::assert_picture(&path(frame))),
        Wanted::Drawn { .. } => disk::assert_frames(output, &text, work::SIZE),
        Wanted::Composed { .. } => disk::assert_composed(output, &text),
        Wanted::Acted { .. } => disk::assert_frames(output, &text, work::ACTED),
    }
    for frame in there.iter() {
        let whose = accepted.token(job, step, frame);
        assert!(whose.is_some(), "frame {frame} of {job} is published, and nobody accepted it");
        if let Wanted::Acted { .. } = wanted {
            let drawn_in = disk::drawn_in(&path(frame));
            assert_eq!(Some(&drawn_in), whose, "frame {frame} of {job} is another attempt's");
        }
    }
    if whole {
        accepted.assert_sizes(job, step, path);
    }
    there.iter().map(|frame| path(frame).canonicalize().unwrap()).collect()
}

fn files(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.insert(path);
        }
    }
}

/// All go when they are told to, and leave nothing behind; and the journal, with nobody using it, is whole and tells a
/// history in which everything holds that can be asked of events alone.
pub(super) async fn assert_nothing_left(stage: &mut Stage) {
    let cluster = &mut stage.cluster;
    for name in NODES.into_iter().chain([LEADER]) {
        cluster.signal(name, Signal::SIGTERM);
        let status = cluster.ended(name).await;
        assert!(status.success(), "{name} ended with {status}");
    }
    let left = strays::clear(cluster.root(), Duration::from_secs(2));
    assert!(left.is_empty(), "processes were left behind: {left:?}");
    for node in NODES {
        let markers = crate::harness::installation::documents(cluster.root(), node);
        assert_eq!(fs::read_dir(&markers).unwrap().count(), 0, "a marker is left in {}", markers.display());
    }
    let data = cluster.root().join("leader");
    let (data, journal) = (data.to_str().unwrap(), data.join("journal"));
    let journal = journal.to_str().unwrap();
    let checked = json(&cluster.run(&["events", "verify", "--data", data, "--json"]).await);
    assert_eq!(checked["ok"], true, "{checked}");
    let checked = json(&cluster.run(&["journal", "verify", journal, "--json"]).await);
    assert_eq!(checked["ok"], true, "{checked}");
    code(&cluster.run(&["journal", "export", journal, "--output", "export.jsonl"]).await, 0);
    let judged = code(&cluster.run(&["simulate", "--incident", "export.jsonl"]).await, 0);
    println!("the simulator about this log: {}", judged.trim_end().replace('\n', "; "));
}
