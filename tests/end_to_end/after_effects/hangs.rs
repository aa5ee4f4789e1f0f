//! A renderer that hangs is killed within its budget, in whatever phase and however it hangs, and nothing of its
//! tree is left when that is told. One that is slow but moves is left alone, and one that only does not leave has
//! succeeded.

use std::collections::BTreeMap;

use callsheet_protocol::v1;
use serde_json::json;

use super::failures_of;
use crate::harness::{Cluster, Event, Installation, Project, Recipe, disk, now_ms, strays, work};

/// Bounds on starting, on each frame and on ending.
const START_MS: u64 = 2500;
const FRAME_MS: u64 = 1500;
const EXIT_MS: u64 = 1000;
/// What a busy machine may take to get there, and to notice the bound.
const SLACK_MS: u64 = 4000;
/// A tree that computes has so many times the bound.
const PATIENCE: u64 = 4;

/// How it hangs: composition, story, class, the phase that is told, the bound, and the frames that are done.
const HANGS: [(&str, &str, &str, &str, u64, &str); 9] = [
    ("Launch", "hang = { in = 'launch' }", "hang_start", "launch", START_MS, ""),
    ("LaunchDialog", "hang = { in = 'launch', how = 'dialog' }", "hang_start", "launch", START_MS, ""),
    ("LaunchBurn", "hang = { in = 'launch', how = 'burn' }", "hang_start", "launch", START_MS * PATIENCE, ""),
    ("Load", "hang = { in = 'load', how = 'dialog' }", "hang_start", "", START_MS, ""),
    ("First", "hang = { in = 'first_frame' }", "hang_start", "first_frame", START_MS, ""),
    ("Frame", "hang = { in = 'frame', at = 4 }", "hang_frame", "frames", FRAME_MS, "0-3"),
    (
        "FrameDialog",
        "hang = { in = 'frame', at = 4, how = 'dialog' }",
        "hang_frame",
        "frames",
        FRAME_MS,
        "0-3",
    ),
    // Deaf to its parent's end, so that only a kill of the whole tree ends it.
    (
        "Deaf",
        "deaf = true\nhang = { in = 'frame', at = 2, how = 'dialog' }",
        "hang_frame",
        "frames",
        FRAME_MS,
        "0-1",
    ),
    // Claimed, but not all of it there: now it matters that it hung.
    (
        "Exit",
        "lie = { how = 'frames_missing', frames = '3' }\nhang = { in = 'exit' }",
        "hang_exit",
        "exit",
        EXIT_MS,
        "0-2,4-7",
    ),
];

fn step(cluster: &Cluster, template: &v1::Template, name: &str) -> v1::StepSpec {
    let settings = json!({ "composition": name, "multi_frame": false });
    v1::StepSpec {
        retries: Some(0),
        timeouts: Some(v1::Timeouts {
            start_ms: Some(START_MS),
            frame_ms: Some(FRAME_MS),
            exit_ms: Some(EXIT_MS),
        }),
        ..work::composed(template, &cluster.output(name), "0-7", 8, &settings)
    }
}

async fn cluster_of(rows: &[(&str, &str)]) -> (Cluster, v1::Template) {
    let story = rows.iter().fold(Installation::new("25.1x67"), |installation, (name, keys)| {
        installation.run(&format!("composition = {name:?}\n{keys}"))
    });
    // All of them at once: they wait, and nothing else.
    let slots = u32::try_from(rows.len()).unwrap();
    let recipe = Recipe::new().section("[leader.quarantine]\ncrashes = 1000\n");
    let cluster = Cluster::start(recipe.after_effects("anna", slots, story)).await;
    let template = Project::of_each(rows.iter().map(|(name, _)| *name), 8).upload(&cluster).await;
    (cluster, template)
}

/// Living processes of After Effects that render a composition.
fn alive(cluster: &Cluster, composition: &str) -> Vec<(i32, String)> {
    let mut found = strays::after_effects_of(cluster.root());
    found.retain(|(_, line)| line.contains(&format!(" -comp {composition} ")));
    found
}

/// The bound that a failure tells, in milliseconds: `for 2.5s, its bound`.
fn bound_in(message: &str) -> u64 {
    let told =
        message.split_once(" for ").and_then(|(_, rest)| rest.split_once(", its bound")).expect(message).0;
    let (number, unit) = match told.strip_suffix("ms") {
        Some(number) => (number, 1.0),
        None => (told.strip_suffix('s').expect(told), 1000.0),
    };
    let number: f64 = number.parse().expect(told);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few seconds")]
    let millis = (number * unit).round() as u64;
    millis
}

/// The next attempt at rendering that is over after an event: its lease, and how long it was out.
async fn next_end(cluster: &Cluster, after: u64) -> (Event, Event) {
    let look = |events: &[Event]| {
        let over = events.iter().filter(|event| event.sequence > after && event.is("frame_job.released"));
        let of = |over: &&Event| {
            events.iter().find(|event| event.is_render_lease() && event.token() == over.token())
        };
        over.into_iter().find_map(|over| Some((of(&over)?.clone(), over.clone())))
    };
    cluster.wait("an attempt is over", look).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_is_ended_within_its_budget_and_takes_its_whole_tree_with_it() {
    let (cluster, template) = cluster_of(&HANGS.map(|(name, keys, ..)| (name, keys))).await;
    let mut rows = BTreeMap::new();
    for row in HANGS {
        let job = work::job(row.0, vec![step(&cluster, &template, row.0)]);
        rows.insert(cluster.submit(job).await, row);
    }
    let mut after = 0;
    while !rows.is_empty() {
        let (lease, over) = next_end(&cluster, after).await;
        after = over.sequence;
        let (name, _, class, phase, bound, done) = rows.remove(lease.job()).expect("each is tried once");
        assert_eq!(alive(&cluster, name), [], "{name}: whoever is told that it is over can rely on it");
        let starts = cluster.starts("anna");
        let tried: Vec<i32> =
            starts.iter().filter(|start| start.value("-comp") == Some(name)).map(|start| start.pid).collect();
        assert!(tried.len() == 1 && !strays::is_alive(tried[0]), "{name}: {tried:?}");
        let took = over.at_ms - lease.at_ms;
        assert!(took >= bound, "{name}: {took} ms, the bound is {bound} ms");
        let end = cluster.over(lease.job(), 0).await;
        assert!(end.is("job.failed"), "{name}: {}", end.payload);
        let events = cluster.events();
        let failures = failures_of(&events, lease.job());
        let failure = failures[0];
        assert_eq!((failures.len(), failure.class()), (1, class), "{name}: {}", failure.payload);
        let message = failure.message();
        assert!(message.contains(&format!("in phase {phase}")), "{name}: {message}");
        // On a busy machine the first frames were slow, and the bound has learned it.
        let told = bound_in(message);
        println!("{name}: bound {bound} ms, told {told} ms, over after {took} ms");
        assert!(told >= bound && took < told + SLACK_MS, "{name}: {took} ms, told were {told} ms");
        disk::assert_composed(&cluster.output(name), done);
    }
    cluster.swept().await;
    assert_eq!(strays::after_effects_of(cluster.root()), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_with_every_frame_proven_is_a_success_and_is_ended_all_the_same() {
    let rows = [
        ("Exit", "hang = { in = 'exit' }"),
        ("ExitDialog", "hang = { in = 'exit', how = 'dialog' }"),
        ("ExitAerender", "hang = { in = 'exit', who = 'aerender' }"),
        ("Finalise", "hang = { in = 'finalise' }"),
    ];
    let (cluster, template) = cluster_of(&rows).await;
    let mut jobs = Vec::new();
    for (name, _) in rows {
        jobs.push((name, cluster.submit(work::job(name, vec![step(&cluster, &template, name)])).await));
    }
    for (name, job) in jobs {
        let end = cluster.over(&job, 0).await;
        assert!(end.is("job.succeeded"), "{name}: {}", end.payload);
        cluster.until("what hung is gone", || alive(&cluster, name).is_empty()).await;
        println!("{name}: gone {} ms after its job", now_ms() - end.at_ms);
        disk::assert_composed(&cluster.output(name), "0-7");
        assert_eq!(failures_of(&cluster.events(), &job).len(), 0, "{name}");
        let tried = cluster.starts("anna").iter().filter(|start| start.value("-comp") == Some(name)).count();
        assert_eq!(tried, 1, "{name}");
    }
    cluster.swept().await;
    assert_eq!(strays::after_effects_of(cluster.root()), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_but_moving_is_no_hang() {
    // Computing for longer than the bounds; a file that grows for longer; silent for less. The log does not tell
    // where launching ends and loading begins, so both have to fit into the bound of the first.
    let rows = [
        ("Burning", "slow = { load_ms = 3000, frame_ms = 2500, how = 'burn' }"),
        ("Growing", "slow = { frame_ms = 3500, how = 'grow' }"),
        ("Starting", "slow = { launch_ms = 1000, load_ms = 1000, first_frame_ms = 1800 }"),
    ];
    let (cluster, template) = cluster_of(&rows).await;
    let mut jobs = Vec::new();
    for (name, _) in rows {
        let frames = if name == "Starting" { "0-1" } else { "0" };
        let step = v1::StepSpec { frames: frames.into(), ..step(&cluster, &template, name) };
        jobs.push((name, frames, cluster.submit(work::job(name, vec![step])).await));
    }
    for (name, frames, job) in jobs {
        cluster.succeeded(&job).await;
        disk::assert_composed(&cluster.output(name), frames);
        assert_eq!(failures_of(&cluster.events(), &job).len(), 0, "{name}");
    }
}
