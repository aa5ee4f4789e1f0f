//! Can the checks fail? A good run is made bad in one way after the other, and each is noticed by the check that is
//! there for it.

use callsheet_model::Timestamp;

use super::*;
use crate::leader::SILENCE;
use crate::plan::Weather;
use crate::trace::{End, Trace};
use crate::world::{self, EPOCH};

/// A good run, and what was told in it.
struct Good {
    left: Left,
    happened: Vec<(Duration, What)>,
}

impl Good {
    fn run(weather: Weather) -> Self {
        let trace = Trace::default();
        let left = world::left_by(1, weather, &trace).unwrap();
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
    let good = Good::run(Weather::Calm);
    let Good { left, happened } = &good;
    assert_eq!(all(left, happened), Ok(()));
    let told = good.told();

    let nobody = BTreeSet::new();
    let wanted = wanted(left, &nobody);
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
    noticed(what_was_taken_is_there_once(left, &bad, &refs(&told), &nobody), "0 times taken");
    let mut bad = told.clone();
    bad.remove(first(&told, "job.submitted"));
    noticed(what_was_taken_is_there_once(left, happened, &refs(&bad), &nobody), "0 submitted");
    let dead = BTreeSet::from([left.wishes[0].files().swap_remove(0).0]);
    noticed(what_was_taken_is_there_once(left, happened, &refs(&told), &dead), "1 succeeded, 0 failed");

    let mut bad = told.clone();
    bad.insert(first(&told, "frame_job.leased"), told[first(&told, "frame_job.leased")].clone());
    noticed(no_frame_is_in_two_hands(&refs(&bad)), "is handed out");
    let mut bad = told.clone();
    bad.remove(first(&told, "frame_job.leased"));
    noticed(no_frame_is_in_two_hands(&refs(&bad)), "which does not hold it");

    let twice = |kind: &str| {
        let mut bad = told.clone();
        bad.push(told[first(&told, kind)].clone());
        each_frame_is_accepted_and_published_once(&wanted, &refs(&bad))
    };
    noticed(twice("frame_job.frames_accepted"), "and is again");
    noticed(twice("frame_job.frames_published"), "published a second time");
    let mut bad = told.clone();
    bad.remove(first(&told, "frame_job.frames_published"));
    noticed(each_frame_is_accepted_and_published_once(&wanted, &refs(&bad)), "are wanted");
}

#[test]
fn pictures_and_renderers_are_looked_at_too() {
    let good = Good::run(Weather::Calm);
    let Good { left, happened } = &good;
    let told = good.told();
    let wanted = wanted(left, &BTreeSet::new());
    let accepted = each_frame_is_accepted_and_published_once(&wanted, &refs(&told)).unwrap();

    let bad: Vec<_> =
        happened.iter().filter(|(_, what)| !matches!(what, What::Ends { frame: 1, .. })).cloned().collect();
    noticed(renderers::who_counts_has_drawn_it(&bad, &accepted), "never drew it");
    let begun = happened.iter().position(|(_, what)| matches!(what, What::Begins { .. })).unwrap();
    let mut bad = happened.clone();
    bad.insert(begun, happened[begun].clone());
    let overlap = |bad: &[(Duration, What)], told: &[Event]| {
        renderers::of_one_frame_never_overlap(bad, &refs(told), &GivenUp::of(&refs(told), false))
    };
    noticed(overlap(&bad, &told), "and still under");

    // Another attempt's picture, one that is cut off, and none.
    let (frame, file) = left.wishes[0].files().swap_remove(0);
    let path = left.home.path().join(OUT).join(file);
    let whole = std::fs::read(&path).unwrap();
    let mut other = accepted.clone();
    other.insert(frame.clone(), "9.9".to_owned());
    noticed(files_are_those_of_the_accepted_attempt(left, &other), "accepted was");
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    noticed(files_are_those_of_the_accepted_attempt(left, &accepted), "is None");
    let mut none = accepted.clone();
    none.remove(&frame);
    noticed(files_are_those_of_the_accepted_attempt(left, &none), "accepted was None");
    std::fs::remove_file(&path).unwrap();
    noticed(files_are_those_of_the_accepted_attempt(left, &accepted), "is None");
}

#[test]
fn a_node_that_renders_on_is_noticed_unless_its_stream_broke_for_all_to_see() {
    let good = Good::run(Weather::Calm);
    let told = good.told();
    let begun = good.happened.iter().position(|(_, what)| matches!(what, What::Begins { .. })).unwrap();
    let (at, What::Begins { node, token, .. }) = &good.happened[begun] else { unreachable!() };
    let leased = told.iter().position(|event| event.text("token") == token).unwrap();
    // It was last heard so long before it was given up, a moment after it has begun.
    let verdict = |heard: Option<u64>, strict: bool| {
        let mut offline = told[leased].clone();
        offline.kind = "node.offline.v1".to_owned();
        offline.at_ms = (EPOCH + *at).as_millis() as u64 + 1;
        let heard = heard.map(|before| Timestamp(offline.at_ms - before).to_string());
        offline.payload = serde_json::json!({ "node": node, "last_heartbeat_at": heard });
        let mut bad = told.clone();
        bad.insert(leased + 1, offline);
        let bad = refs(&bad);
        let given_up = GivenUp::of(&bad, strict);
        let mut twice = good.happened.clone();
        twice.insert(begun, good.happened[begun].clone());
        (
            renderers::who_is_out_of_contact_has_stopped(&good.happened, &given_up),
            renderers::of_one_frame_never_overlap(&twice, &bad, &given_up),
        )
    };
    for (heard, strict) in [(None, false), (Some(SILENCE), false), (Some(SILENCE - 1), true)] {
        let (stops, overlap) = verdict(heard, strict);
        noticed(stops, "was given up");
        noticed(overlap, "and still under");
    }
    assert_eq!(verdict(Some(SILENCE - 1), false), (Ok(()), Ok(())));
}

#[test]
fn who_pays_for_whom_is_noticed() {
    let good = Good::run(Weather::Poison);
    let Good { left, happened } = &good;
    assert_eq!(all(left, happened), Ok(()));
    let told = good.told();
    let judged = |happened: &[(Duration, What)], told: &[Event]| {
        failures::retries_are_spent_on_evidence(left, happened, &refs(told)).map(|dead| dead.len())
    };
    let dead = judged(happened, &told).unwrap();
    assert!(dead > 0, "a run without poison");

    let without = |token: &str| {
        let mut bad = told.clone();
        bad.retain(|event| {
            event.text("token") != token || !event.kind.starts_with("frame_job.frames_failed")
        });
        bad
    };
    let failed = first(&told, "frame_job.frames_failed");
    let token = told[failed].text("token");
    for end in [End::Drew, End::GaveUp] {
        let mut bad = happened.clone();
        for (_, what) in &mut bad {
            if let What::Ends { token: whose, end: was, .. } = what
                && whose == token
            {
                *was = end;
            }
        }
        noticed(judged(&bad, &told), "pays for");
    }
    let mut bad = told.clone();
    bad[failed].payload["failure"]["class"] = "oom".into();
    noticed(judged(happened, &bad), "pays for");
    noticed(judged(happened, &without(token)), "cost nobody anything");

    // One failure more of a frame that is dead, one less, and one that is not its last.
    let died = first(&told, "frame_job.frames_dead_lettered");
    let is_of_it = |event: &Event| {
        event.kind == "frame_job.frames_failed" && frames(event).is_superset(&frames(&told[died]))
    };
    let before = told.iter().position(is_of_it).unwrap();
    let mut bad = told.clone();
    bad.insert(before, told[before].clone());
    noticed(judged(happened, &bad), "retries at frame_job.frames_");
    noticed(
        judged(happened, &without(told[before].text("token"))),
        "retries at frame_job.frames_dead_lettered",
    );
    let mut bad = told.clone();
    bad[died].kind = "frame_job.frames_failed".to_owned();
    noticed(judged(happened, &bad), "retries at frame_job.frames_failed");
    let dead = frames(&told[died]).pop_first().unwrap();
    let is_dead = |event: &Event| frames(event).contains(&dead);
    let mut bad = told.clone();
    bad.retain(|event| event.kind == "frame_job.leased" || !is_dead(event));
    noticed(failures::poison_kills(left, &refs(&bad), &BTreeSet::new()), "is not dead");
}
