//! Each row of the table of failures leads to its action: the job's own fault fails it at once, what one node
//! lacks is rendered by another, and what passes is waited for without paying.

use callsheet_protocol::v1;
use serde_json::json;

use super::{failures_of, render_leases};
use crate::harness::{Cluster, Installation, Project, Recipe, disk, work};

/// A row: the composition, what goes wrong in it, and the words that must be told of it.
type Row = (&'static str, &'static str, &'static str);

fn with_rows(version: &str, rows: &[Row]) -> Installation {
    rows.iter().fold(Installation::new(version), |installation, (composition, keys, _)| {
        installation.run(&format!("composition = {composition:?}\n{keys}"))
    })
}

/// A node's crashes are the subject elsewhere.
const PATIENT: &str = "[leader.quarantine]\ncrashes = 1000\n";

const FATAL: [Row; 4] = [
    ("Gone", "refuse = { with = 'composition' }", "No comp was found"),
    ("Unqueued", "refuse = { with = 'queue_item' }", "No render queue item was found"),
    // Aerender says it and leaves; what it had started lives on.
    (
        "Scripted",
        "say = [{ in = 'launch', text = 'aerender ERROR: Error executing script: patch.jsx' }]\n\
         orphan = { in = 'launch', exit = 5 }",
        "patch.jsx",
    ),
    (
        "Syntax",
        "say = [{ in = 'launch', text = 'aerender SYNTAX ERROR: Illegal argument: -x' }]\n\
         orphan = { in = 'launch', exit = 3 }",
        "Illegal argument: -x",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_the_jobs_own_fault_fails_it_at_its_first_attempt() {
    let recipe = Recipe::new().after_effects("anna", 3, with_rows("25.1x67", &FATAL));
    let cluster = Cluster::start(recipe.after_effects("bruno", 3, with_rows("25.1x67", &FATAL))).await;
    let template = Project::of_each(FATAL.map(|(name, ..)| name), 8).upload(&cluster).await;
    let mut jobs = Vec::new();
    for (name, _, words) in FATAL {
        let settings = json!({ "composition": name });
        let step = work::composed(&template, &cluster.output(name), "0-7", 8, &settings);
        jobs.push((name, words, cluster.submit(work::job(name, vec![step])).await));
    }
    for (name, words, job) in jobs {
        let end = cluster.over(&job, 0).await;
        assert!(end.is("job.failed"), "{name}: {}", end.payload);
        let events = cluster.events();
        let failures = failures_of(&events, &job);
        let [failure] = &failures[..] else { panic!("{name}: one failure: {failures:?}") };
        assert_eq!(failure.class(), "job_fatal", "{name}: {}", failure.payload);
        let told = failure.payload["failure"].to_string();
        assert!(told.contains(words), "{name}: {told}");
        let message = failure.message();
        assert!(!message.is_empty() && end.text("reason").contains(message), "{name}: {}", end.payload);
        assert_eq!(render_leases(&events, &job).count(), 1, "{name}: nobody tried it again");
    }
}

const LACKING: [Row; 10] = [
    // Perhaps it was not copied whole.
    ("Damaged", "refuse = { with = 'damaged' }", "input_missing"),
    ("Footage", "refuse = { with = 'source' }", "input_missing"),
    ("Codec", "refuse = { with = 'codec' }", "input_missing"),
    ("Permission", "refuse = { with = 'permission' }", "output_io"),
    ("Locked", "refuse = { with = 'locked' }", "output_io"),
    ("Module", "refuse = { with = 'output_failed' }", "output_io"),
    ("Exporter", "refuse = { with = 'exporter' }", "output_io"),
    ("Full", "refuse = { with = 'disk_full' }", "output_io"),
    ("Silent", "lie = { how = 'silent' }", "silent_death"),
    ("Verified", "refuse = { with = 'verification' }", "crash"),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_lacks_is_rendered_by_another_for_a_retry() {
    let bad = with_rows("25.1x67", &LACKING);
    let recipe = Recipe::new().section(PATIENT).after_effects("anna", 9, bad);
    let cluster = Cluster::start(recipe.after_effects("bruno", 9, Installation::new("25.1x67"))).await;
    let template = Project::of_each(LACKING.map(|(name, ..)| name), 4).upload(&cluster).await;
    let mut jobs = Vec::new();
    for (name, _, class) in LACKING {
        let settings = json!({ "composition": name });
        let step = work::composed(&template, &cluster.output(name), "0-3", 1, &settings);
        let step = v1::StepSpec { retries: Some(1), ..step };
        jobs.push((name, class, cluster.submit(work::job(name, vec![step])).await));
    }
    for (name, class, job) in jobs {
        cluster.succeeded(&job).await;
        disk::assert_composed(&cluster.output(name), "0-3");
        let events = cluster.events();
        let failures = failures_of(&events, &job);
        assert!(!failures.is_empty(), "{name}: anna has had a share");
        for failure in failures {
            assert_eq!(failure.class(), class, "{name}: {}", failure.payload);
            assert_eq!(failure.payload["charged"], true, "{name}: {}", failure.payload);
            let frame = failure.frames().first().unwrap();
            let tries = render_leases(&events, &job).filter(|lease| lease.frames().contains(frame));
            let nodes: Vec<&str> = tries.map(|lease| lease.node()).collect();
            assert_eq!(nodes, ["anna", "bruno"], "{name}: frame {frame}");
        }
    }
}

const LICENCES: [Row; 3] = [
    ("PlugIn", "times = 2\nrefuse = { with = 'licence' }", ""),
    ("Serial", "times = 2\nrefuse = { with = 'serial' }", ""),
    ("Twice", "times = 2\nrefuse = { with = 'same_serial' }", ""),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_is_waited_for_and_costs_no_retry() {
    let recipe = Recipe::new().after_effects("anna", 3, with_rows("25.1x67", &LICENCES));
    let cluster = Cluster::start(recipe).await;
    let template = Project::of_each(LICENCES.map(|(name, ..)| name), 4).upload(&cluster).await;
    let mut jobs = Vec::new();
    for (name, ..) in LICENCES {
        let settings = json!({ "composition": name });
        let step = work::composed(&template, &cluster.output(name), "0-3", 4, &settings);
        let step = v1::StepSpec { retries: Some(0), ..step };
        jobs.push((name, cluster.submit(work::job(name, vec![step])).await));
    }
    for (name, job) in jobs {
        cluster.succeeded(&job).await;
        disk::assert_composed(&cluster.output(name), "0-3");
        let events = cluster.events();
        let failures = failures_of(&events, &job);
        assert_eq!(failures.len(), 2, "{name}: {failures:?}");
        for failure in failures {
            assert_eq!(failure.class(), "licence", "{name}: {}", failure.payload);
            assert_eq!(failure.payload["charged"], false, "{name}: {}", failure.payload);
        }
    }
    assert!(!cluster.events().iter().any(|event| event.is("node.quarantined")), "no seat is no node's fault");
}

const HUNGRY: [Row; 2] = [
    ("Allocation", "multi_frame = true\nrefuse = { with = 'memory', at = 2 }", ""),
    ("Killed", "multi_frame = true\ncrash = { by = 'kill', victim = 'both', at = 2 }", ""),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_out_of_memory_is_tried_again_with_one_frame_at_a_time() {
    let recipe = Recipe::new().section(PATIENT).after_effects("anna", 2, with_rows("25.1x67", &HUNGRY));
    let cluster = Cluster::start(recipe).await;
    let template = Project::of_each(HUNGRY.map(|(name, ..)| name), 6).upload(&cluster).await;
    for (name, ..) in HUNGRY {
        let settings = json!({ "composition": name, "multi_frame": { "cpu": 75 } });
        let step = work::composed(&template, &cluster.output(name), "0-5", 6, &settings);
        let step = v1::StepSpec { retries: Some(1), ..step };
        let job = cluster.submit(work::job(name, vec![step])).await;
        cluster.succeeded(&job).await;
        disk::assert_composed(&cluster.output(name), "0-5");
        let events = cluster.events();
        let failures = failures_of(&events, &job);
        assert!(!failures.is_empty(), "{name}");
        let all = failures.iter().all(|failure| failure.class() == "oom");
        assert!(all, "{name}: {failures:#?}");
        let gentle: Vec<bool> = render_leases(&events, &job)
            .map(|lease| lease.payload.get("gentle").is_some_and(|gentle| gentle == true))
            .collect();
        assert!(!gentle[0] && gentle[1..].iter().all(|gentle| *gentle), "{name}: {gentle:?}");
        let starts = cluster.starts("anna");
        let of_it = starts.iter().filter(|start| start.value("-comp") == Some(name));
        let told: Vec<Option<&str>> = of_it.map(|start| start.value("-mfr")).collect();
        assert_eq!(told[0], Some("ON"), "{name}");
        assert!(told.len() > 1 && told[1..].iter().all(|told| *told == Some("OFF")), "{name}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_that_is_away_is_waited_for_and_costs_no_retry() {
    if !std::path::Path::new("/proc/sys").is_dir() {
        println!("skipped: there is no file system here that takes no file");
        return;
    }
    let recipe = Recipe::new().after_effects("anna", 1, Installation::new("25.1x67"));
    let cluster = Cluster::start(recipe).await;
    let template = Project::of("Main", 4).upload(&cluster).await;
    // Where nothing can be made, whoever asks; as a mount point that nothing is mounted on.
    let share = cluster.root().join("out/share");
    std::os::unix::fs::symlink("/proc", &share).unwrap();
    let output = format!("{}/shot/f_[####].png", share.display());
    let step = work::composed(&template, &output, "0-3", 4, &json!({}));
    let step = v1::StepSpec { retries: Some(0), ..step };
    let job = cluster.submit(work::job("away", vec![step])).await;
    let twice = |events: &[crate::harness::Event]| {
        let failures = failures_of(events, &job);
        (failures.len() >= 2).then(|| failures.into_iter().cloned().collect::<Vec<_>>())
    };
    for failure in cluster.wait("it is found away twice", twice).await {
        assert_eq!(failure.class(), "storage_out", "{}", failure.payload);
        assert_eq!(failure.payload["charged"], false, "{}", failure.payload);
        assert!(failure.message().contains("/out/share/shot is out"), "{}", failure.message());
    }
    let explained = cluster.run(&["job", &job]).await;
    let explained = String::from_utf8_lossy(&explained.stdout);
    assert!(explained.contains("storage"), "{explained}");
    std::fs::create_dir(cluster.root().join("out/mounted")).unwrap();
    std::os::unix::fs::symlink("mounted", cluster.root().join("out/link")).unwrap();
    std::fs::rename(cluster.root().join("out/link"), &share).unwrap();
    cluster.succeeded(&job).await;
    disk::assert_composed(&output, "0-3");
}
