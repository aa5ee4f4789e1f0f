//! The doors' own description against the doors: schemathesis makes requests of every kind that it allows, and of kinds
//! that it does not, and every answer has to be one that it describes.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use super::readers::python;
use crate::harness::{Cluster, Http, Recipe, work};

/// Long for a run of this size; a machine that does other things takes its time.
const PATIENCE: Duration = Duration::from_secs(420);
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_one_that_the_description_knows() {
    let Some(python) = python().await else { return };
    let cluster = Cluster::start(Recipe::new().node("anna", 1)).await;
    // There is something to look at.
    let step = work::acted(&cluster.output("seen"), "1-2", 1, &json!({}));
    let job = cluster.submit(work::job("seen", vec![step])).await;
    cluster.succeeded(&job).await;
    let http = Http::of(&cluster);
    let (status, description) = http.get("/openapi.json").await;
    assert_eq!((status, &description["openapi"].as_str().unwrap()[..3]), (200, "3.1"));

    // Requests about what is there, beside those about what is not.
    let known =
        format!("[parameters]\n\"path.id\" = {job:?}\n\"path.job_id\" = {job:?}\n\"path.name\" = \"anna\"\n");
    std::fs::write(cluster.root().join("schemathesis.toml"), known).unwrap();
    let mut run = tokio::process::Command::new(python.with_file_name("schemathesis"));
    run.arg("run").arg(format!("{}/openapi.json", http.url));
    run.args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", "8"]);
    run.args(["--seed", "20260531", "--no-shrink", "--continue-on-failure", "--request-timeout", "20"]);
    run.args(["--generation-database", "none", "--suppress-health-check", "all", "--workers", "2"]);
    // Streams do not end, and a WebSocket is none of its business: both have tests of their own.
    run.args(["--exclude-path-regex", "/(stream|ws)$"]);
    run.current_dir(cluster.root()).env("NO_COLOR", "1").env("NO_PROXY", "*");
    run.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, run.output()).await.expect("it ends in time").unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let tail: Vec<&str> = said.lines().rev().take(25).collect();
    println!("{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    // It did ask, and the leader took it all.
    assert!(said.contains("passed") || said.contains("No issues found"), "{said}");
    assert_eq!(http.get("/readyz").await.0, 200);
    assert!(cluster.runs("leader"));
}
