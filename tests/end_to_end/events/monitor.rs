//! Workers that only report, watched by a real leader: who never shows up, who comes, who falls silent, and what people
//! are told of it, once, whatever happens to the leader or to the server that takes the alerts.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::receiver::Receiver;
use crate::harness::{Cluster, Event, Http, LEADER, Recipe, disk, work};

const WATCHED: &str = r#"
[monitor]
interval = "1s"
ttl = "3s"
grace = "2s"

[[monitor.worker]]
name = "image-render"
kind = "render"

[[monitor.worker]]
name = "market-watch"
kind = "watcher"
pauses = "queue actor"

[[monitor.worker]]
name = "ai_trade"
kind = "trader"
pulls_from = "nas-stock"
"#;

fn recipe(receiver: &Receiver) -> Recipe {
    let channel = format!(
        "\n[[alert]]\nname = \"ops\"\nkind = \"webhook\"\nurl = {:?}\nretry_first = \"50ms\"\nretry_max = \"200ms\"\n",
        receiver.url
    );
    Recipe::new().section(WATCHED).section(&channel)
}

fn beat(name: &str, kind: &str, state: &str) -> Value {
    let ts = "2026-05-31T03:14:15Z";
    let mut beat = json!({ "name": name, "kind": kind, "state": state, "ts": ts, "last_job_at": null,
        "jobs_done": 42, "jobs_failed": 1 });
    if kind == "watcher" {
        beat["mode"] = json!(state);
    }
    beat
}

/// A worker that is alive until it is dropped.
struct Alive(Arc<AtomicBool>, JoinHandle<()>);

impl Alive {
    fn start(http: &Http, beat: Value) -> Self {
        let (http, lives) = (http.clone(), Arc::new(AtomicBool::new(true)));
        let path = format!("/v1/internal/workers/{}/heartbeat", beat["name"].as_str().unwrap());
        let (body, goes_on) = (beat.to_string(), lives.clone());
        let beating = tokio::spawn(async move {
            while goes_on.load(Ordering::Acquire) {
                // One that fails is sent again at the next interval.
                if let Ok((status, answer)) = http.try_post(&path, &body).await {
                    assert!(matches!(status, 202 | 503), "{answer}");
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        });
        Self(lives, beating)
    }

    async fn stop(self) {
        self.0.store(false, Ordering::Release);
        self.1.await.unwrap();
    }
}

/// Texts of alerts that say this of a worker.
fn of(taken: &[Value], sign: &str, worker: &str) -> usize {
    let text =
        |alert: &Value| alert["text"].as_str().unwrap_or_else(|| panic!("no text: {alert}")).to_owned();
    taken.iter().filter(|alert| text(alert).starts_with(&format!("{sign} [{worker}]"))).count()
}

const ALL: [&str; 3] = ["image-render", "market-watch", "ai_trade"];

#[tokio::test(flavor = "multi_thread")]
async fn each_transition_is_told_once_over_restarts_and_a_channel_that_fails() {
    // What is refused is tried again, and not taken for sent.
    let receiver = Receiver::start(4).await;
    let mut cluster = Cluster::lead(recipe(&receiver)).await;
    let http = Http::of(&cluster);
    let told = receiver.until(|taken| ALL.iter().all(|worker| of(taken, "🔴", worker) == 1));
    cluster.within("everyone who is expected is told as down", told).await;
    assert!(receiver.sent().iter().filter(|sent| !sent.taken).count() == 4);

    let mut alive: Vec<Alive> = [("image-render", "render", "idle"), ("ai_trade", "trader", "market_open")]
        .into_iter()
        .map(|(name, kind, state)| Alive::start(&http, beat(name, kind, state)))
        .collect();
    let up = ["image-render", "ai_trade"];
    let told = receiver.until(|taken| up.iter().all(|worker| of(taken, "🟢", worker) == 1));
    cluster.within("they are told as up", told).await;
    // Every alert that was sent is also an event, and it stands in the log before the leader is killed.
    let sent = |count: usize| {
        move |events: &[Event]| {
            (events.iter().filter(|event| event.is("alert.sent")).count() == count).then_some(())
        }
    };
    cluster.wait("five alerts are known to be sent", sent(5)).await;
    cluster.kill(LEADER).await;
    cluster.start_leader().await;

    // The next transition comes after whatever the restart might have told.
    let trader = alive.pop().unwrap();
    trader.stop().await;
    let told = receiver.until(|taken| of(taken, "🔴", "ai_trade") == 2);
    let taken = cluster.within("the one that fell silent is told", told).await;
    cluster.wait("so is that", sent(6)).await;
    assert_eq!(taken.len(), 6, "one message per transition, over a restart too: {taken:#?}");
    assert_eq!((of(&taken, "🟢", "image-render"), of(&taken, "🔴", "image-render")), (1, 1));
    let raised = http.log("&types=alert.raised").await;
    assert_eq!(raised.len(), 6);
    let (_, open) = http.get("/api/v1/alerts").await;
    assert_eq!(open["pending"], json!([]), "none is on its way");
    for worker in alive {
        worker.stop().await;
    }
}

#[track_caller]
fn assert_keys(value: &Value, keys: &[&str]) {
    let found: BTreeSet<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(found, keys.iter().copied().collect(), "{value}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_has_exactly_the_contracts_names_and_a_watcher_pauses_its_queue() {
    let receiver = Receiver::start(0).await;
    let cluster = Cluster::start(recipe(&receiver).node("anna", 1)).await;
    let http = Http::of(&cluster);
    let render = Alive::start(&http, beat("image-render", "render", "idle"));
    let watcher = Alive::start(&http, beat("market-watch", "watcher", "trading"));
    let paused = cluster.event("the watcher pauses its queue", 0, |event| event.is("queue.paused")).await;
    assert_eq!(paused.text("reason"), "trading", "{}", paused.payload);
    let step = work::acted(&cluster.output("held"), "1-2", 1, &json!({}));
    let held = cluster.submit(work::job("held", vec![step])).await;

    let (status, office) = http.get("/api/agent-office/nodes").await;
    assert_eq!(status, 200);
    assert_keys(&office, &["redis_ok", "paused", "paused_reason", "generated_at", "workers", "links"]);
    assert_eq!((&office["redis_ok"], &office["paused"]), (&json!(true), &json!(true)), "{office}");
    assert_eq!(office["paused_reason"], "trading");
    assert!(office["generated_at"].as_str().unwrap().ends_with('Z'));
    let keys = "name kind alive state last_beat_age_s queue_depth dead_letter processing jobs_done jobs_failed last_job_at";
    let keys: Vec<&str> = keys.split(' ').collect();
    let workers = office["workers"].as_array().unwrap();
    for worker in workers {
        assert_keys(worker, &keys);
        for count in ["queue_depth", "dead_letter", "processing", "jobs_done", "jobs_failed"] {
            assert!(worker[count].is_u64(), "{count}: {worker}");
        }
    }
    let named = |name: &str| workers.iter().find(|worker| worker["name"] == name).expect(name);
    let missing = named("ai_trade");
    let nothing = (&json!(false), &Value::Null, &Value::Null);
    assert_eq!((&missing["alive"], &missing["state"], &missing["last_beat_age_s"]), nothing, "it is listed");
    let (image, anna) = (named("image-render"), named("anna"));
    assert_eq!(
        (&image["alive"], &image["state"], &image["jobs_done"]),
        (&json!(true), &json!("idle"), &json!(42))
    );
    assert_eq!((&anna["alive"], &anna["kind"]), (&json!(true), &json!("render")), "nodes stand among them");
    let links = office["links"].as_array().unwrap();
    links.iter().for_each(|link| assert_keys(link, &["from", "to", "type", "status"]));
    let pull = links.iter().find(|link| link["from"] == "ai_trade").expect("the trader's own way");
    assert_eq!(
        (&pull["to"], &pull["type"], &pull["status"]),
        (&json!("nas-stock"), &json!("http-pull"), &json!("down"))
    );
    let queue = links.iter().find(|link| link["to"] == "image-render").expect("the queue's way");
    assert_eq!(queue["type"], "redis-queue");

    assert!(!cluster.events().iter().any(|event| event.is_render_lease() && event.job() == held), "it waits");
    watcher.stop().await;
    let watcher = Alive::start(&http, beat("market-watch", "watcher", "free"));
    let resumed = cluster.event("it is lifted", paused.sequence, |event| event.is("queue.resumed")).await;
    let leased = |event: &Event| event.is_render_lease() && event.job() == held;
    cluster.event("then it is rendered", resumed.sequence, leased).await;
    cluster.succeeded(&held).await;
    disk::assert_frames(&cluster.output("held"), "1-2", work::ACTED);
    render.stop().await;
    watcher.stop().await;
}
