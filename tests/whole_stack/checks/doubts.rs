//! Can the checks fail? A good run is made bad in one way after the other, and each is noticed by the check that is
//! there for it.

use super::*;
use crate::plan::Weather;
use crate::trace::Trace;
use crate::world;

/// A good run, and what was told in it.
struct Good {
    left: Left,
    happened: Vec<(Duration, What)>,
}

impl Good {
    fn run() -> Self {
        let trace = Trace::default();
        let left = world::left_by(1, Weather::Calm, &trace).unwrap();
        Self { left, happened: trace.all() }
    }

    fn told(&self) -> Vec<Event> {
        self.happened.iter().filter_map(|(_, what)| as_event(what)).cloned().collect()
    }
}

/// The place of the first event of a kind.
fn first(told: &[Event], kind: &str) -> usize {
    told.iter().position(|event| event.kind == kind).unwrap()
}

fn refs(told: &[Event]) -> Vec<&Event> {
    told.iter().collect()
}

#[track_caller]
fn noticed<T>(verdict: Result<T, String>, words: &str) {
    let why = verdict.err().unwrap_or_else(|| panic!("it is not noticed: {words}"));
    assert!(why.contains(words), "{why}");
}

#[test]
fn each_check_notices_what_it_is_for() {
    let good = Good::run();
    let Good { left, happened } = &good;
    assert_eq!(all(left, happened), Ok(()));
    let told = good.told();

    let on_the_disk = |told: &[Event]| told_is_what_the_disk_has(&left.store, &refs(told));
    let mut bad = told.clone();
    bad.remove(7);
    noticed(on_the_disk(&bad), "was told as 8");
    let mut bad = told.clone();
    bad[7].hash = bad[8].hash.clone();
    noticed(on_the_disk(&bad), "was told as 8");
    noticed(told_is_what_the_disk_has(&MemoryStore::new(10), &refs(&told)), "is not on the disk");

    let is_taken = |what: &What| matches!(what, What::Taken { .. });
    let bad: Vec<_> = happened.iter().filter(|(_, what)| !is_taken(what)).cloned().collect();
    noticed(what_was_taken_is_there_once(left, &bad, &refs(&told)), "0 times taken");
    let mut bad = told.clone();
    bad.remove(first(&told, "job.submitted"));
    noticed(what_was_taken_is_there_once(left, happened, &refs(&bad)), "0 submitted");

    let mut bad = told.clone();
    bad.insert(first(&told, "frame_job.leased"), told[first(&told, "frame_job.leased")].clone());
    noticed(no_frame_is_in_two_hands(&refs(&bad)), "is handed out");
    let mut bad = told.clone();
    bad.remove(first(&told, "frame_job.leased"));
    noticed(no_frame_is_in_two_hands(&refs(&bad)), "which does not hold it");

    let twice = |kind: &str| {
        let mut bad = told.clone();
        bad.push(told[first(&told, kind)].clone());
        each_frame_is_accepted_and_published_once(left, &refs(&bad))
    };
    noticed(twice("frame_job.frames_accepted"), "and is again");
    noticed(twice("frame_job.frames_published"), "published a second time");
    let mut bad = told.clone();
    bad.remove(first(&told, "frame_job.frames_published"));
    noticed(each_frame_is_accepted_and_published_once(left, &refs(&bad)), "are wanted");
}

#[test]
fn pictures_and_renderers_are_looked_at_too() {
    let good = Good::run();
    let Good { left, happened } = &good;
    let told = good.told();
    let accepted = each_frame_is_accepted_and_published_once(left, &refs(&told)).unwrap();

    let bad: Vec<_> =
        happened.iter().filter(|(_, what)| !matches!(what, What::Ends { frame: 1, .. })).cloned().collect();
    noticed(who_renders_has_drawn_what_counts(&bad, &accepted), "never drew it");
    let begun = happened.iter().position(|(_, what)| matches!(what, What::Begins { .. })).unwrap();
    let mut bad = happened.clone();
    bad.insert(begun, happened[begun].clone());
    noticed(renderers_of_one_frame_never_overlap(&bad, &refs(&told)), "and still under");

    // Another attempt's picture, one that is cut off, and none.
    let (frame, file) = of_wish(&left.wishes[0]).swap_remove(0);
    let path = left.home.path().join(OUT).join(file);
    let whole = std::fs::read(&path).unwrap();
    let mut other = accepted.clone();
    other.insert(frame, "9.9".to_owned());
    noticed(files_are_those_of_the_accepted_attempt(left, &other), "accepted was");
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    noticed(files_are_those_of_the_accepted_attempt(left, &accepted), "is None");
    std::fs::remove_file(&path).unwrap();
    noticed(files_are_those_of_the_accepted_attempt(left, &accepted), "is None");
}
