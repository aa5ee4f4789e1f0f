//! Success that is none is never accepted: exit code 0 with frames missing, wrong, broken or left from yesterday.

use callsheet_protocol::v1;
use serde_json::json;

use super::failures_of;
use crate::harness::{Cluster, Installation, Project, Recipe, disk, work};

/// What is claimed or left for frames 0-7, the class that it has, and the frames that are well all the same.
const LIES: [(&str, &str, &str, &str); 16] = [
    ("Missing", "lie = { how = 'frames_missing', frames = '3,5' }", "broken_output", "0-2,4,6-7"),
    ("AllMissing", "lie = { how = 'frames_missing', frames = '0-7' }", "broken_output", ""),
    ("Moved", "lie = { how = 'wrong_range', by = 100 }", "broken_output", ""),
    // Which of them are what their names say is not for guessing.
    ("Shifted", "lie = { how = 'wrong_range', by = 2 }", "broken_output", ""),
    ("Logged", "lie = { how = 'logged_error' }", "input_missing", ""),
    ("Unfinished", "lie = { how = 'unfinished' }", "", "0-3"),
    ("Silent", "lie = { how = 'silent' }", "silent_death", ""),
    ("Path", "refuse = { with = 'path' }", "output_io", ""),
    ("Source", "refuse = { with = 'source' }", "input_missing", ""),
    ("Truncated", "spoil = { how = 'truncated', frames = '4' }", "broken_output", "0-3,5-7"),
    ("Empty", "spoil = { how = 'empty', frames = '0' }", "broken_output", "1-7"),
    ("Stale", "spoil = { how = 'stale', frames = '6' }", "broken_output", "0-5,7"),
    ("Garbage", "spoil = { how = 'garbage', frames = '2' }", "broken_output", "0-1,3-7"),
    ("SmallFirst", "spoil = { how = 'wrong_size', frames = '0-1' }", "broken_output", "2-7"),
    ("WrongSize", "spoil = { how = 'wrong_size', frames = '5' }", "broken_output", "0-4,6-7"),
    ("Orphan", "orphan = { in = 'frame', at = 5, exit = 0 }", "", "0-4"),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_false_success_is_ever_accepted() {
    let story = LIES.iter().fold(Installation::new("25.1x67"), |installation, (name, keys, ..)| {
        installation.run(&format!("composition = {name:?}\n{keys}"))
    });
    let recipe = Recipe::new().section("[leader.quarantine]\ncrashes = 1000\n");
    let cluster = Cluster::start(recipe.after_effects("anna", 3, story)).await;
    let template = Project::of_each(LIES.map(|(name, ..)| name), 8).upload(&cluster).await;
    let mut jobs = Vec::new();
    for (name, ..) in LIES {
        let settings = json!({ "composition": name, "multi_frame": false, "size": work::SIZE });
        let step = work::composed(&template, &cluster.output(name), "0-7", 8, &settings);
        let step = v1::StepSpec { retries: Some(0), ..step };
        jobs.push(cluster.submit(work::job(name, vec![step])).await);
    }
    for ((name, _, class, good), job) in LIES.into_iter().zip(jobs) {
        let end = cluster.over(&job, 0).await;
        let events = cluster.events();
        let failures = failures_of(&events, &job);
        let told: Vec<String> =
            failures.iter().map(|failure| failure.payload["failure"].to_string()).collect();
        println!("{name}: {} {told:?}", end.kind);
        assert!(end.is("job.failed") && !failures.is_empty(), "{name}: {} {told:?}", end.payload);
        if !class.is_empty() {
            assert!(failures.iter().all(|failure| failure.class() == class), "{name}: {told:?}");
        }
        cluster.swept().await;
        disk::assert_composed(&cluster.output(name), good);
    }
}
