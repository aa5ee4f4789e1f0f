//! What a failed attempt's log tells a person is what the cluster decided: the log is fetched with `callsheet
//! logs`, and explained with `callsheet ae explain-log`, by somebody who knows nothing else.

use serde_json::{Value, json};

use callsheet_protocol::v1;

use crate::harness::{Cluster, Event, Installation, Project, Recipe, work};

/// What goes wrong with a composition of that name, and what the cluster calls it.
const MISFORTUNES: [(&str, &str, &str); 14] = [
    ("Crash", "crash = { at = 3 }", "crash"),
    // Slowly, so that After Effects does not draw the rest before it is killed too.
    ("Quit", "crash = { at = 3, victim = 'aerender', exit = 9 }\nslow = { frame_ms = 100 }", "crash"),
    ("Silence", "lie = { how = 'silent' }", "silent_death"),
    ("Half", "lie = { how = 'unfinished' }", ""),
    ("Logged", "lie = { how = 'logged_error' }", ""),
    ("Gone", "refuse = { with = 'composition' }", "job_fatal"),
    ("Damaged", "refuse = { with = 'damaged' }", ""),
    ("Module", "refuse = { with = 'output_module' }", "node_config"),
    ("Socket", "refuse = { with = 'socket' }", "node_config"),
    ("Licence", "refuse = { with = 'licence', at = 2 }", "licence"),
    ("Disk", "refuse = { with = 'disk_full', at = 2 }", "output_io"),
    ("Exporter", "refuse = { with = 'exporter', at = 2 }", "output_io"),
    ("Memory", "refuse = { with = 'memory', at = 2 }", "oom"),
    ("Codec", "refuse = { with = 'codec' }", "input_missing"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_failed_attempt_explains_what_the_cluster_decided() {
    all_are_explained("locale = 'en_US'\nnoise = true").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_a_log_in_another_language_and_encoding() {
    all_are_explained("locale = 'de_DE'\nencoding = 'cp850'\nformat = 'ae_log'").await;
}

async fn all_are_explained(dialect: &str) {
    let installation = Installation::new("24.6x2").is(dialect);
    let installation = MISFORTUNES.iter().fold(installation, |installation, (name, run, _)| {
        // Once: what is tried again succeeds.
        installation.run(&format!("composition = '{name}'\ntimes = 1\n{run}"))
    });
    // This is not about who is trusted.
    let patient = "[leader.quarantine]\nfirst = \"1s\"\ncrashes = 1000\n";
    let recipe = Recipe::new().after_effects("anna", 1, installation).section(patient);
    let cluster = Cluster::start(recipe).await;
    let names = MISFORTUNES.map(|(name, ..)| name);
    let template = Project::of_each(names, 6).upload(&cluster).await;
    for (name, _, class) in MISFORTUNES {
        let output = cluster.output(name);
        let step = work::composed(
            &template,
            &output,
            "0-5",
            6,
            &json!({ "composition": name, "multi_frame": false }),
        );
        let job = cluster.submit(work::job(name, vec![step])).await;
        cluster.over(&job, 0).await;
        let events = cluster.events();
        let failed = |event: &&Event| {
            let kinds = ["frame_job.frames_failed", "frame_job.frames_dead_lettered"];
            event.job() == job && kinds.contains(&event.kind.as_str())
        };
        let failed = events.iter().find(failed).unwrap_or_else(|| panic!("{name} goes wrong"));
        assert!(class.is_empty() || failed.class() == class, "{name}: {}", failed.payload);
        assert_explained(&cluster, &job, name, failed).await;
    }
}

/// A person who has nothing but the log comes to the same class as the cluster.
async fn assert_explained(cluster: &Cluster, job: &str, name: &str, failed: &Event) {
    let logs = cluster.run(&["logs", job, "--token", failed.token()]).await;
    assert!(logs.status.success(), "{name}: {logs:?}");
    let file = cluster.root().join(format!("{name}.log"));
    std::fs::write(&file, &logs.stdout).unwrap();
    let file = file.to_str().unwrap();
    let exit = failed.payload["failure"]["exit"].as_str().unwrap_or_default();
    // "exit code 9 (After Effects failed)"
    let code = exit.strip_prefix("exit code ").and_then(|rest| rest.split(' ').next()).unwrap_or("1");
    let explain = ["ae", "explain-log", file, "--frames", "0-5", "--exit-code", code];
    let output = cluster.run(&[&explain[..], &["--json"]].concat()).await;
    let log = String::from_utf8_lossy(&logs.stdout);
    assert_eq!(output.status.code(), Some(1), "{name}: {output:?}\n{log}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    println!("explained, {name}: {} ({exit}): {}", failed.class(), told["failure"]["message"]);
    assert_eq!(told["failure"]["class"], failed.class(), "{name}: {}\n{told:#}\n{log}", failed.payload);
    assert_eq!(told["version"], "24.6x2", "{name}: {log}");
    let action = told["action"]["sentence"].as_str().unwrap();
    let text = cluster.run(&explain).await;
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains(failed.class()) && text.contains(action), "{name}: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_success_is_explained_as_one() {
    let installation = Installation::new("26.0x12").is("platform = 'macos'\nlocale = 'fr_FR'\nnoise = true");
    let cluster = Cluster::start(Recipe::new().after_effects("anna", 1, installation)).await;
    let template = Project::of("Main", 6).is("start = 1000\nrate = 23.976").upload(&cluster).await;
    let step = work::composed(&template, &cluster.output("fine"), "1000-1005", 6, &json!({}));
    let step = v1::StepSpec { retries: Some(0), ..step };
    let job = cluster.submit(work::job("fine", vec![step])).await;
    cluster.succeeded(&job).await;
    let events = cluster.events();
    let lease = events.iter().find(|event| event.is_render_lease()).unwrap();
    let logs = cluster.run(&["logs", &job, "--token", lease.token()]).await;
    let file = cluster.root().join("fine.log");
    std::fs::write(&file, &logs.stdout).unwrap();
    let file = file.to_str().unwrap();
    let explain = cluster
        .run(&["ae", "explain-log", file, "--frames", "1000-1009", "--exit-code", "0", "--json"])
        .await;
    let told: Value = serde_json::from_slice(&explain.stdout).unwrap();
    assert_eq!(told["frames"]["finished"], "1000-1005", "{told:#}");
    assert_eq!(told["frames"]["remaining"], "1006-1009", "what was not asked for is not there: {told:#}");
    let explain =
        cluster.run(&["ae", "explain-log", file, "--frames", "1000-1005", "--exit-code", "0"]).await;
    assert_eq!(explain.status.code(), Some(0), "{}", String::from_utf8_lossy(&explain.stdout));
}
