//! The command line, as people and scripts use it: what it prints, what it exits with.

use std::path::Path;

use crate::harness::said::{code, json, json_lines};
use crate::harness::{Cluster, Recipe, disk, work};

const JOB: &str = r#"
name = "by hand"
project = "tests"

[[steps]]
name = "frames"
renderer = "actor"
frames = "1-6"
chunk = 2
output = "out/NAME/f_[####].png"
retries = 0
settings = { pace = PACE, moods = "MOODS" }
"#;

fn job_file(cluster: &Cluster, name: &str, pace: u32, moods: &str) -> String {
    let text = JOB.replace("NAME", name).replace("PACE", &pace.to_string()).replace("MOODS", moods);
    let path = cluster.root().join(format!("{name}.toml"));
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_submitted_watched_and_looked_at() {
    let cluster = Cluster::start(Recipe::new().three(1)).await;
    let good = job_file(&cluster, "good", 20, "none");
    let bad = job_file(&cluster, "bad", 0, "4=crash");
    code(&cluster.run(&["submit", &good, "--dry-run"]).await, 0);
    code(&cluster.run(&["submit", &good, "--watch"]).await, 0);
    disk::assert_frames(&cluster.output("good"), "1-6", work::ACTED);
    let watched = cluster.run(&["submit", &bad, "--watch"]).await;
    assert_eq!(watched.status.code(), Some(1), "the job failed");
    let told =
        String::from_utf8_lossy(&watched.stdout).into_owned() + &String::from_utf8_lossy(&watched.stderr);
    assert!(told.contains("crash"), "it says why: {told}");

    let jobs = json(&cluster.run(&["jobs", "--json"]).await);
    let listed = jobs["jobs"].as_array().unwrap();
    assert_eq!(listed.len(), 2, "a dry run is no job: {jobs}");
    let (failed, done) = (listed[0]["id"].as_str().unwrap(), listed[1]["id"].as_str().unwrap());
    assert_eq!(json(&cluster.run(&["job", done, "--json"]).await)["state"], "JOB_STATE_SUCCEEDED");
    assert_eq!(
        json(&cluster.run(&["job", &failed[24..], "--json"]).await)["id"],
        failed,
        "its end is enough"
    );
    let frames = json(&cluster.run(&["frames", failed, "--json"]).await);
    assert_eq!(frames["steps"][0]["dead"][0]["frames"], "4", "{frames}");
    assert_eq!(json(&cluster.run(&["nodes", "--json"]).await)["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(json(&cluster.run(&["status", "--json"]).await)["cluster"], "test");
    let events = json_lines(&cluster.run(&["events", "--json", "--job", done]).await);
    assert!(events.len() > 5, "{events:?}");
    let logs = json_lines(&cluster.run(&["logs", failed, "--frame", "4", "--json"]).await);
    let text: String = logs.iter().filter_map(|chunk| chunk["text"].as_str()).collect();
    assert!(text.contains("about to do something foolish"), "{text}");
    for readable in
        [&["jobs"][..], &["job", failed], &["frames", failed], &["nodes"], &["status"], &["logs", done]]
    {
        assert!(!code(&cluster.run(readable).await, 0).is_empty(), "{readable:?} says nothing");
    }
    code(&cluster.run(&["retry", failed]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_their_exit_codes() {
    let cluster = Cluster::lead(Recipe::new()).await;
    let unknown = uuid::Uuid::new_v4().to_string();
    for command in ["job", "frames", "logs", "cancel", "pause", "resume", "retry"] {
        let output = cluster.run(&[command, &unknown]).await;
        assert_eq!(output.status.code(), Some(4), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    code(&cluster.run(&["drain", "nobody"]).await, 4);
    code(&cluster.run(&["submit", "no-such-file.toml"]).await, 2);
    let broken = cluster.root().join("broken.toml");
    std::fs::write(
        &broken,
        "nmae = \"x\"\n[[steps]]\nname = \"a\"\nrenderer = \"lotie\"\nframes = \"9-1\"\n",
    )
    .unwrap();
    let refused = cluster.run(&["submit", broken.to_str().unwrap()]).await;
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("broken.toml:1") && said.contains("broken.toml:5"),
        "every mistake at once: {said}"
    );
    let nobody = ["status", "--leader", "http://127.0.0.1:1"];
    code(&cluster.run(&nobody).await, 3);
    let node = ["node", "--config", cluster.config.to_str().unwrap(), "--name", "nobody"];
    code(&cluster.run(&node).await, 2);
    assert_eq!(cluster.sequence().await, 1, "nothing of this has happened to the cluster");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_paused_resumed_cancelled_and_nodes_drained() {
    let cluster = Cluster::start(Recipe::new().node("anna", 1)).await;
    let file = job_file(&cluster, "steered", 100, "none");
    let id = code(&cluster.run(&["submit", &file]).await, 0).trim().to_owned();
    cluster.event("it began", 0, |event| event.is("frame_job.frames_accepted")).await;
    assert_eq!(json(&cluster.run(&["pause", &id, "--json"]).await)["state"], "JOB_STATE_PAUSED");
    code(&cluster.run(&["prioritise", &id, "90"]).await, 0);
    assert_eq!(json(&cluster.run(&["job", &id, "--json"]).await)["spec"]["priority"], 90);
    let paused = cluster.sequence().await;
    code(&cluster.run(&["drain", "anna"]).await, 0);
    assert_eq!(json(&cluster.run(&["resume", &id, "--json"]).await)["state"], "JOB_STATE_RUNNING");
    let drained = cluster.event("anna is drained", paused, |event| event.is("node.drained")).await;
    assert_eq!(json(&cluster.run(&["nodes", "--json"]).await)["nodes"][0]["drained"], true);
    code(&cluster.run(&["undrain", "anna"]).await, 0);
    let undrained =
        cluster.event("anna gets work", drained.sequence, |event| event.is("node.undrained")).await;
    let leased = |event: &crate::harness::Event| event.is_render_lease();
    let next = cluster.event("it goes on", paused, leased).await;
    assert!(next.sequence > undrained.sequence, "nothing was handed out while it was paused or drained");
    cluster.succeeded(&id).await;
    disk::assert_frames(&cluster.output("steered"), "1-6", work::ACTED);

    let file = job_file(&cluster, "stopped", 300, "none");
    let id = code(&cluster.run(&["submit", &file]).await, 0).trim().to_owned();
    cluster.event("it began", next.sequence, |event| event.is_render_lease() && event.job() == id).await;
    assert_eq!(json(&cluster.run(&["cancel", &id, "--json"]).await)["state"], "JOB_STATE_CANCELLED");
    cluster.swept().await;
    let renderers = || crate::harness::strays::renderers_of(cluster.root());
    cluster.until("its renderer is killed", || renderers().is_empty()).await;
    code(&cluster.run(&["pause", &id]).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn output_of_attempts_is_followed_live() {
    let cluster = Cluster::start(Recipe::new().node("anna", 1)).await;
    let file = job_file(&cluster, "spoken", 60, "none");
    let id = code(&cluster.run(&["submit", &file]).await, 0).trim().to_owned();
    let live = cluster.run(&["logs", &id, "--follow"]).await;
    let live = code(&live, 0);
    let after = code(&cluster.run(&["logs", &id]).await, 0);
    for frame in 1..=6 {
        let line = format!("finished frame {frame}\n");
        assert!(live.contains(&line) && after.contains(&line), "{line}: {live}\n---\n{after}");
    }
    cluster.succeeded(&id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shipped_configs_have_no_mistakes() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cluster");
    for name in ["demo.toml", "studio.toml"] {
        let path = shipped.join(name);
        let mut command = tokio::process::Command::new(crate::harness::callsheet());
        let output = command.args(["config", "check"]).arg(&path).arg("--json").output().await.unwrap();
        assert_eq!(json(&output)["ok"], true, "{name}");
    }
    let directory = tempfile::tempdir().unwrap();
    let wrong = directory.path().join("wrong.toml");
    std::fs::write(&wrong, "[cluster]\nname = \"x\"\n[leader]\nsilence = \"never\"\n").unwrap();
    let mut command = tokio::process::Command::new(crate::harness::callsheet());
    let output = command.args(["config", "check"]).arg(&wrong).output().await.unwrap();
    let said = code(&output, 1);
    assert!(said.contains("wrong.toml:4") && said.contains("leader.silence"), "{said}");
}
