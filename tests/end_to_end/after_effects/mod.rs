//! After Effects from end to end: the shipping leader, nodes and agents render through the stand-in for Adobe's
//! programs, which misbehaves as each test's story tells it. What it cannot prove is that the stand-in is
//! faithful.

mod crashes;
mod data;
mod explaining;
mod failures;
mod hangs;
mod lies;
mod markers;
mod movies;
mod preflight;
mod quarantine;
mod rendering;

use crate::harness::Event;

/// Everything of a job that failed, in order.
fn failures_of<'a>(events: &'a [Event], job: &str) -> Vec<&'a Event> {
    let failed = ["frame_job.frames_failed", "frame_job.frames_dead_lettered"];
    events.iter().filter(|event| event.job() == job && failed.contains(&event.kind.as_str())).collect()
}

/// Each time that frames of a job were handed out to be rendered.
fn render_leases<'a>(events: &'a [Event], job: &str) -> impl Iterator<Item = &'a Event> {
    let job = job.to_owned();
    events.iter().filter(move |event| event.is_render_lease() && event.job() == job)
}
