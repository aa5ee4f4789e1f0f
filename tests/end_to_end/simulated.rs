//! `callsheet simulate`: sweeps, single runs and files of plans as people use them, and the log of a real cluster that
//! had a bad day, replayed and asked what would have been.

use serde_json::json;

use crate::harness::said::code;
use crate::harness::{Cluster, LEADER, Recipe, work};

#[tokio::test(flavor = "multi_thread")]
async fn a_real_clusters_log_is_replayed_and_asked_what_if() {
    let mut cluster = Cluster::start(Recipe::new().three(1)).await;
    let step = work::acted(&cluster.output("bad"), "1-60", 2, &json!({ "pace": 60 }));
    let job = cluster.submit(work::job("bad", vec![step])).await;
    let accepted = |event: &crate::harness::Event| event.is("frame_job.frames_accepted");
    let first = cluster.event("a frame is accepted", 0, accepted).await;
    let leased = |event: &crate::harness::Event| event.is_render_lease() && event.token() == first.token();
    let victim = cluster.event("its lease", 0, leased).await.node().to_owned();
    cluster.kill(&victim).await;
    let gone = cluster.offline(&victim, 0).await;
    cluster.spawn(&victim);
    cluster.online(&victim, gone.sequence).await;
    cluster.kill(LEADER).await;
    cluster.start_leader().await;
    cluster.succeeded(&job).await;
    cluster.kill(LEADER).await;

    let journal = cluster.root().join("leader/journal");
    let export = cluster.root().join("log.jsonl");
    let (journal, export) = (journal.to_str().unwrap(), export.to_str().unwrap());
    code(&cluster.run(&["journal", "export", journal, "--output", export]).await, 0);
    let said = code(&cluster.run(&["simulate", "--incident", export, "--trace"]).await, 0);
    assert!(said.contains("all of it holds") && said.contains("one_valid_lease"), "{said}");
    assert!(said.contains("jobs 1 succeeded; 0 leases in force"), "{said}");
    assert!(said.contains(&format!("{victim} is offline: HeartbeatLost")), "{said}");
    let what_if = ["simulate", "--incident", export, "--what-if", "nodes=+3", "--what-if", "outages=none"];
    let said = code(&cluster.run(&what_if).await, 0);
    let line = said.lines().find(|line| line.starts_with(&job[28..])).expect("a line for the job");
    assert_eq!(line.matches("succeeded").count(), 3, "{said}");
    assert!(said.contains("frames handed out again") && said.contains("node hours"), "{said}");
    let refused = code(&cluster.run(&["simulate", "--incident", export, "--what-if", "nodes=-eve"]).await, 2);
    assert!(refused.contains("eve") && refused.contains("anna"), "{refused}");

    // What somebody cut out of it is missed.
    let text = std::fs::read_to_string(export).unwrap();
    let cut: Vec<&str> = text.lines().filter(|line| !line.contains("\"sequence\":7,")).collect();
    let broken = cluster.root().join("cut.jsonl");
    std::fs::write(&broken, cut.join("\n")).unwrap();
    let refused = code(&cluster.run(&["simulate", "--incident", broken.to_str().unwrap()]).await, 2);
    assert!(refused.contains("event 7 should follow, and 8 does"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn seeds_are_swept_and_one_is_told_line_by_line() {
    let cluster = Cluster::lead(Recipe::new()).await;
    let said = code(&cluster.run(&["simulate", "--seeds", "4", "--hours", "0.1", "--nodes", "3"]).await, 0);
    assert!(
        said.contains("4 runs") && said.contains("cluster hours") && said.contains("invariants"),
        "{said}"
    );
    let one = ["simulate", "--seed", "3", "--plan", "swizzled", "--hours", "0.1", "--nodes", "3", "--trace"];
    let said = code(&cluster.run(&one).await, 0);
    assert!(said.contains("fault 0: ") && said.contains("is submitted"), "{said}");
    let steps =
        |said: &str| said.lines().filter(|line| line.starts_with(' ')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(steps(&said), steps(&code(&cluster.run(&one).await, 0)), "the same seed tells the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_faults_is_run_and_its_mistakes_are_told() {
    let cluster = Cluster::lead(Recipe::new()).await;
    let file = |name: &str, text: &str| {
        let path = cluster.root().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let header = r#"{"run":{"seed":5,"nodes":2,"jobs":2,"storm":60000000,"silence":null}}"#;
    let fault = r#"{"at":9000000,"lasts":1000000,"fault":"leader_stall"}"#;
    let good = file("good.plan", &format!("# a short one\n{header}\n{fault}\n"));
    let said = code(&cluster.run(&["simulate", "--plan-file", &good, "--trace"]).await, 0);
    assert!(said.contains("fault 0: LeaderStall for 1 s"), "{said}");
    let bad = file("bad.plan", &format!("{header}\n{}\n", fault.replace("stall", "sulks")));
    let refused = code(&cluster.run(&["simulate", "--plan-file", &bad]).await, 2);
    assert!(refused.contains("line 2") && refused.contains("leader_sulks"), "{refused}");
    for wrong in [
        &["--nodes", "0"][..],
        &["--hours", "-1"],
        &["--plan", "gentle"],
        &["--what-if", "nodes=+1"],
        &["--silence", "1ms"],
        &["--incident", "no-such-file"],
    ] {
        code(&cluster.run(&[&["simulate"], wrong].concat()).await, 2);
    }
}
