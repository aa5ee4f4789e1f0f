//! The numbers of a run, for whoever reads its output.

use std::time::Duration;

use serde_json::Value;

use crate::harness::{Event, invariants};

use super::listeners::Heard;
use super::people::Books;
use super::storm::Storm;

pub(super) fn print(
    storm: &Storm,
    events: &[Event],
    log: &[Value],
    heard: &Heard,
    books: &Books,
    healed: Duration,
) {
    let count = |kind: &str| events.iter().filter(|event| event.is(kind)).count();
    let frames = |kind: &str| -> u64 {
        events.iter().filter(|event| event.is(kind)).map(|event| event.frames().len()).sum()
    };
    let faults: Vec<String> =
        storm.counts.iter().map(|(fault, times)| format!("{times} {fault:?}")).collect();
    println!("faults: {} ({})", storm.counts.values().sum::<u64>(), faults.join(", "));
    let again: u64 = books.jobs.iter().map(|job| invariants::handed_out_again(events, &job.id)).sum();
    println!(
        "{} jobs, {} times one was cancelled, {} times one failed before it was rendered; {} leases; \
         {} frames accepted, {} published, {again} handed out again, {} failed, {} lost",
        books.jobs.len(),
        count("job.cancelled"),
        count("job.failed"),
        count("frame_job.leased"),
        frames("frame_job.frames_accepted"),
        frames("frame_job.frames_published"),
        frames("frame_job.frames_failed"),
        frames("frame_job.frames_lost"),
    );
    println!(
        "{} questions were answered with done, {} times there was no answer and they were asked again",
        books.said.len(),
        books.unanswered
    );
    println!(
        "{} events in the log; {} readers had every one, over {} connections",
        log.len(),
        heard.readers.len(),
        heard.connections
    );
    println!(
        "{} leaders; the longest time without an answer of one was {:.1} s; everything was done {:.1} s after the storm",
        count("leader.started"),
        heard.silence.as_secs_f64(),
        healed.as_secs_f64()
    );
}
