//! The log as people and scripts read it: filtered, in envelopes as every door serves them, added to, checked for
//! every kind of damage, and folded into what became of a job.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::said::{code, json, json_lines};
use crate::harness::{Cluster, LEADER, Recipe, work};

async fn told(cluster: &Cluster, args: &[&str]) -> Vec<Value> {
    json_lines(&cluster.run(&[&["events", "--json"], args].concat()).await)
}

fn file(cluster: &Cluster, name: &str, text: &str) -> PathBuf {
    let path = cluster.root().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

async fn rendered(cluster: &Cluster, name: &str) -> String {
    let step = work::acted(&cluster.output(name), "1-6", 2, &json!({}));
    let id = cluster.submit(work::job(name, vec![step])).await;
    cluster.succeeded(&id).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_in_envelopes_and_every_filter_finds_its_own() {
    let cluster = Cluster::start(Recipe::new().node("anna", 1).node("bruno", 1)).await;
    let id = rendered(&cluster, "filtered").await;
    let all = told(&cluster, &[]).await;
    for (nth, event) in all.iter().enumerate() {
        assert_eq!(event["sequence"], nth as u64 + 1, "{event}");
        for field in ["id", "type", "timestamp", "actor_type", "payload", "hash", "chain"] {
            assert!(!event[field].is_null(), "{field} is missing: {event}");
        }
    }
    let kinds = |events: &[Value]| -> Vec<String> {
        events.iter().filter_map(|event| event["type"].as_str()).map(str::to_owned).collect()
    };
    let of_job = told(&cluster, &["--job", &id[24..]]).await;
    assert!(
        of_job.len() > 5 && of_job.iter().all(|event| event["correlation_id"] == id.as_str()),
        "{of_job:?}"
    );
    let run = of_job.iter().find(|event| event["type"] == "frame_job.leased").unwrap();
    let run = run["payload"]["frame_job_id"].as_str().unwrap();
    let of_run = told(&cluster, &["--run", run]).await;
    assert!(of_run.iter().all(|event| event["payload"]["frame_job_id"] == run) && of_run.len() >= 3);
    let of_node = told(&cluster, &["--node", "anna", "--type", "node.online.*"]).await;
    assert_eq!(kinds(&of_node), ["node.online.v1"]);
    assert_eq!(told(&cluster, &["--correlation", &id]).await.len(), of_job.len());
    assert_eq!(told(&cluster, &["--project", "tests", "--type", "job.submitted"]).await.len(), 1);
    assert!(told(&cluster, &["--project", "another"]).await.is_empty());
    let after = all.len().to_string();
    assert!(told(&cluster, &["--after", &after, "--type", "job.*"]).await.is_empty());
    let refused = code(&cluster.run(&["events", "--run", "this one"]).await, 2);
    assert!(refused.contains("run") && refused.contains("this one"), "{refused}");
    let ahead = code(&cluster.run(&["events", "--after", "999999"]).await, 2);
    assert!(ahead.contains("999999"), "{ahead}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_other_services_are_posted_once_or_not_at_all() {
    let cluster = Cluster::lead(Recipe::new()).await;
    let good = json!([
        { "event_type": "step.exit", "event_id": "2f5f3a0e-3b52-4c1e-9d6f-0a1b2c3d4e5f", "execution_id": 7,
          "payload": { "code": 0 } },
        { "name": "call.done", "context": { "of": "it" } },
    ]);
    let good = file(&cluster, "good.json", &good.to_string());
    let first = json(&cluster.run(&["events", "post", text(&good), "--json"]).await);
    let taken = first["events"].as_array().unwrap();
    assert_eq!((taken.len(), &taken[0]["already"]), (2, &json!(false)), "{first}");
    assert_eq!(taken[0]["id"], "2f5f3a0e-3b52-4c1e-9d6f-0a1b2c3d4e5f");
    let again = json(&cluster.run(&["events", "post", text(&good), "--json"]).await);
    assert_eq!(
        (&again["events"][0]["already"], &again["events"][0]["sequence"]),
        (&json!(true), &taken[0]["sequence"])
    );
    let stored = told(&cluster, &["--type", "step.*"]).await;
    assert_eq!(stored.len(), 1, "the same event is kept once");
    assert_eq!((&stored[0]["payload"]["code"], &stored[0]["execution_id"]), (&json!(0), &json!("7")));

    let before = cluster.sequence().await;
    let bad = json!([
        { "event_type": "fine" },
        { "event_type": "approval.granted", "payload": { "approval_id": 7 } },
    ]);
    let bad = file(&cluster, "bad.json", &bad.to_string());
    let refused = code(&cluster.run(&["events", "post", text(&bad)]).await, 2);
    assert!(refused.contains("[1].payload.approval_id"), "{refused}");
    assert_eq!(cluster.sequence().await, before, "none of them is kept");
    code(&cluster.run(&["events", "post", text(&file(&cluster, "no.json", "no json"))]).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_altered_left_out_or_put_elsewhere_is_found() {
    let mut cluster = Cluster::start(Recipe::new().node("anna", 1)).await;
    rendered(&cluster, "checked").await;
    let checked = json(&cluster.run(&["events", "verify", "--json"]).await);
    assert_eq!((&checked["ok"], &checked["first"]), (&json!(true), &json!(1)), "{checked}");
    assert!(checked["last"].as_u64().unwrap() > 8, "{checked}");

    let whole = code(&cluster.run(&["events", "--json"]).await, 0);
    let lines: Vec<&str> = whole.lines().collect();
    let verify = async |name: &str, lines: &[&str]| {
        let path = file(&cluster, name, &(lines.join("\n") + "\n"));
        cluster.run(&["events", "verify", text(&path), "--json"]).await
    };
    code(&verify("whole.jsonl", &lines).await, 0);
    code(&verify("part.jsonl", &lines[3..]).await, 0);
    let signal = r#"{"type":"worker.heartbeat","timestamp":null,"payload":{}}"#;
    code(&verify("with_signals.jsonl", &[lines[0], signal, lines[1]]).await, 0);

    let broken = async |name: &str, lines: &[&str], event: u64| {
        let output = verify(name, lines).await;
        let said: Value = serde_json::from_str(&code(&output, 1)).unwrap();
        assert_eq!((&said["ok"], &said["broken"]["event"]), (&json!(false), &json!(event)), "{name}: {said}");
    };
    let (name, other) = ("\"anna\"", "\"ben\"");
    let nth = lines.iter().position(|line| line.contains(name)).unwrap();
    let altered = lines[nth].replacen(name, other, 1);
    let mut changed = lines.clone();
    changed[nth] = &altered;
    broken("altered.jsonl", &changed, nth as u64 + 1).await;
    let missing: Vec<&str> = [&lines[..4], &lines[5..]].concat();
    broken("missing.jsonl", &missing, 5).await;
    let mut swapped = lines.clone();
    swapped.swap(4, 5);
    let said = code(&verify("swapped.jsonl", &swapped).await, 1);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert!([5, 6].contains(&said["broken"]["event"].as_u64().unwrap()), "{said}");
    code(&verify("nothing.jsonl", &[]).await, 2);

    let data = cluster.root().join("leader");
    code(&cluster.run(&["events", "verify", "--data", text(&data)]).await, 2);
    cluster.kill(LEADER).await;
    let offline = json(&cluster.run(&["events", "verify", "--data", text(&data), "--json"]).await);
    assert_eq!((&offline["ok"], &offline["first"]), (&json!(true), &json!(1)), "{offline}");
    assert!(offline["last"].as_u64() >= checked["last"].as_u64());
    code(&cluster.run(&["events", "verify", "--data", text(&cluster.root().join("none"))]).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_may_begin_with_the_state_and_goes_on_from_there() {
    let cluster = Cluster::start(Recipe::new().node("anna", 1)).await;
    let done = rendered(&cluster, "before").await;
    let mut follower = cluster.command(&["events", "--follow", "--snapshot", "--json"]);
    let mut follower = follower.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut said =
        tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(follower.stdout.take().unwrap()));
    let mut line = async || -> Value {
        let line = cluster.within("a line", said.next_line()).await.unwrap().expect("it goes on");
        serde_json::from_str(&line).expect(&line)
    };
    let state = line().await["snapshot"].take();
    assert_eq!(state["jobs"][0]["id"], done.as_str(), "{state}");
    assert_eq!(state["nodes"][0]["name"], "anna", "{state}");
    let mut next = state["sequence"].as_u64().unwrap();
    assert!(next > 8, "{state}");
    let id = rendered(&cluster, "behind").await;
    loop {
        let event = line().await;
        next += 1;
        assert_eq!(event["sequence"], next, "nothing is missing, and nothing is there twice");
        if event["type"] == "job.succeeded" && event["payload"]["job_id"] == id.as_str() {
            break;
        }
    }
    follower.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_tells_what_became_of_each_frame_job() {
    let cluster = Cluster::start(Recipe::new().node("anna", 1)).await;
    let id = rendered(&cluster, "told").await;
    let readable = code(&cluster.run(&["timeline", &id[24..]]).await, 0);
    for word in ["anna", "published"] {
        assert!(readable.contains(word), "{word} is missing:\n{readable}");
    }
    let timeline = json(&cluster.run(&["timeline", &id, "--json"]).await);
    assert_eq!(timeline["job_id"], id.as_str(), "{timeline}");
    code(&cluster.run(&["timeline", &uuid::Uuid::new_v4().to_string()]).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_stand_among_workers_and_lists_without_anything_say_so() {
    let cluster = Cluster::start(Recipe::new().node("anna", 1)).await;
    let office = json(&cluster.run(&["workers", "--json"]).await);
    assert_eq!((&office["redis_ok"], &office["paused"]), (&json!(true), &json!(false)), "{office}");
    let workers = office["workers"].as_array().unwrap();
    assert!(workers.iter().any(|worker| worker["name"] == "anna" && worker["kind"] == "render"), "{office}");
    assert!(code(&cluster.run(&["workers"]).await, 0).contains("anna"));
    assert_eq!(json(&cluster.run(&["alerts", "--json"]).await)["alerts"], json!([]));
    assert_eq!(json(&cluster.run(&["webhooks", "--json"]).await)["targets"], json!([]));
    let unknown = code(&cluster.run(&["webhooks", "dead", "nobody"]).await, 4);
    assert!(unknown.contains("nobody"), "{unknown}");
}
