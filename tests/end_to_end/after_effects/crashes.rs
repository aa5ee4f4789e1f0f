//! A crash is told with every field that others read, its node is not well until a frame shows that it is, only
//! what is missing goes out again, and a frame that crashes every time is found and put aside alone.

use std::sync::{Arc, Mutex};

use callsheet_model::FrameSet;
use callsheet_protocol::v1;
use callsheet_protocol::v1::event_message::Body;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{failures_of, render_leases};
use crate::harness::{Api, Cluster, Event, Installation, Project, Recipe, disk, strays, work};

/// The states that a node says it is in, each time that it says another.
struct Statuses {
    seen: Arc<Mutex<Vec<v1::NodeStatus>>>,
    changed: watch::Receiver<usize>,
}

impl Statuses {
    async fn follow(mut api: Api) -> Self {
        let request = v1::EventsRequest { follow: true, signals: true, ..Default::default() };
        let mut stream = api.cluster.events(request).await.unwrap().into_inner();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (told, changed) = watch::channel(0);
        let kept = seen.clone();
        tokio::spawn(async move {
            while let Ok(Some(message)) = stream.message().await {
                let Some(Body::Signal(v1::Signal { body: Some(v1::signal::Body::Heartbeat(beat)), .. })) =
                    message.body
                else {
                    continue;
                };
                let status = beat.heartbeat.unwrap_or_default().status();
                let mut seen = kept.lock().unwrap();
                if seen.last() != Some(&status) {
                    seen.push(status);
                    told.send_replace(seen.len());
                }
            }
        });
        Self { seen, changed }
    }

    /// Waits until they were these, in this order, perhaps with others between them.
    async fn were(&mut self, wanted: &[v1::NodeStatus]) {
        loop {
            self.changed.borrow_and_update();
            let mut left = wanted.iter().peekable();
            self.seen.lock().unwrap().iter().for_each(|status| {
                left.next_if(|wanted| *wanted == status);
            });
            if left.peek().is_none() {
                return;
            }
            self.changed.changed().await.expect("signals go on");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_is_told_with_every_field_and_only_what_is_missing_goes_out_again() {
    let story = Installation::new("25.1x67").is("times = { frame_ms = 150 }");
    let story = story.run("times = 1\ncrash = { at = 5, by = 'segv', exit = 1, leaves = 'truncated' }");
    let recipe = Recipe::new().leader("heartbeat = \"100ms\"\n").after_effects("anna", 1, story);
    let cluster = Cluster::start(recipe).await;
    let mut statuses = Statuses::follow(cluster.api.clone()).await;
    let template = Project::of("Main", 9).upload(&cluster).await;
    let output = cluster.output("frames");
    let settings = json!({ "multi_frame": false });
    let job = cluster
        .submit(work::job("crash", vec![work::composed(&template, &output, "0-8", 9, &settings)]))
        .await;
    let crashed = cluster.event("the crash", 0, |event| event.is("node.crashed.v1")).await;
    cluster.succeeded(&job).await;
    disk::assert_composed(&output, "0-8");

    let events = cluster.events();
    let lease = render_leases(&events, &job).next().unwrap();
    assert_is_the_contract(&crashed, lease, &job);
    assert_its_log_is_there(&crashed, &cluster).await;
    let failures = failures_of(&events, &job);
    let [failure] = &failures[..] else { panic!("{failures:?}") };
    assert_eq!((failure.class(), failure.frames()), ("crash", "5-8".parse::<FrameSet>().unwrap()));
    let again: Vec<String> =
        render_leases(&events, &job).skip(1).map(|lease| lease.text("frames").to_owned()).collect();
    let all = again.iter().fold(FrameSet::new(), |mut sum, frames| {
        sum.add(&frames.parse().unwrap());
        sum
    });
    assert_eq!(all, "5-8".parse::<FrameSet>().unwrap(), "{again:?}");
    use v1::NodeStatus::{Busy, Crashed, Ready};
    cluster.within("it was busy, crashed, and is ready again", statuses.were(&[Busy, Crashed, Ready])).await;
}

/// Every field of `node.crashed.v1`, by name and by kind, and what it says here.
fn assert_is_the_contract(crashed: &Event, lease: &Event, job: &str) {
    let told = &crashed.payload;
    assert_eq!(told["node_id"], lease.payload["node_id"]);
    assert_eq!(told["render_job_id"], job);
    assert_eq!(told["frame_job_id"], lease.payload["frame_job_id"]);
    for id in ["node_id", "render_job_id", "frame_job_id"] {
        assert!(crashed.text(id).parse::<uuid::Uuid>().is_ok(), "{id}: {told}");
    }
    let at = crashed.text("crashed_at");
    assert!(at.len() >= 20 && at.as_bytes()[10] == b'T' && at.ends_with('Z'), "{at}");
    let last = told["last_known_frame"].as_i64().unwrap_or(-1);
    assert!((4..=5).contains(&last), "at frame 5, or after frame 4: {told}");
    assert!(crashed.text("crash_signal").contains("exit code 1"), "{told}");
    assert_eq!(told["ae_version"], "25.1");
    let tail: Vec<&str> = crashed.text("error_log_tail").lines().collect();
    assert!((5..=51).contains(&tail.len()), "about the last 50 lines: {tail:?}");
    assert!(tail.iter().any(|line| line.contains("PROGRESS")), "{tail:?}");
    assert_eq!(told["auto_recovery_started"], true);
}

/// The whole log of the attempt is where the event says.
async fn assert_its_log_is_there(crashed: &Event, cluster: &Cluster) {
    let url = crashed.text("log_file_url");
    assert!(url.starts_with(&cluster.url), "{url}");
    // The only error is that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(url).send().await.unwrap().error_for_status().unwrap();
    let log = answer.text().await.unwrap();
    assert!(log.contains("Launching After Effects"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_crashes_every_time_is_found_and_put_aside_alone() {
    let story = Installation::new("25.1x67").run("frames = '13'\ncrash = { at = 13 }");
    let recipe = Recipe::new().after_effects("anna", 1, story.clone()).after_effects("bruno", 1, story);
    let cluster = Cluster::start(recipe).await;
    let template = Project::of("Main", 24).upload(&cluster).await;
    let output = cluster.output("frames");
    // With several frames at once nobody knows which one it was: it is found by halves.
    for (name, several) in [("one", false), ("several", true)] {
        let output = output.replace("/frames/", &format!("/{name}/"));
        let settings = json!({ "multi_frame": several });
        let step = work::composed(&template, &output, "0-23", 12, &settings);
        let job = cluster.submit(work::job(name, vec![v1::StepSpec { retries: Some(2), ..step }])).await;
        let end = cluster.over(&job, 0).await;
        assert!(end.is("job.failed") && end.text("reason").contains("13"), "{name}: {}", end.payload);
        cluster.swept().await;
        let events = cluster.events();
        crate::harness::invariants::assert_history(&events);
        let mut dead = FrameSet::new();
        let letters =
            events.iter().filter(|event| event.is("frame_job.frames_dead_lettered") && event.job() == job);
        letters.for_each(|event| dead.add(&event.frames()));
        assert_eq!(dead, FrameSet::one(13), "{name}");
        disk::assert_composed(&output, "0-12,14-23");
        println!("{name}: {} attempts", render_leases(&events, &job).count());
    }
    assert!(!cluster.events().iter().any(|event| event.is("node.quarantined")), "the frame is to blame");
}

/// Whoever of the two programs dies, and in whatever way.
const DEATHS: [(&str, &str); 6] = [
    ("German", "crash = { at = 2 }"),
    ("Segv", "crash = { at = 2, by = 'segv' }"),
    ("Both", "crash = { at = 2, by = 'abort', victim = 'both' }"),
    // What it had started would go on, and does not hear that it is alone.
    ("Aerender", "crash = { at = 2, victim = 'aerender', exit = 1 }\ndeaf = true\nslow = { frame_ms = 700 }"),
    ("Loading", "crash = { in = 'load', by = 'kill' }"),
    ("Exiting", "crash = { in = 'finalise', by = 'segv' }"),
];

#[tokio::test(flavor = "multi_thread")]
async fn whoever_dies_it_is_a_crash_and_nobody_is_left() {
    let story = Installation::new("24.6x2").is("locale = 'de_DE'");
    let story = DEATHS
        .iter()
        .fold(story, |story, (name, keys)| story.run(&format!("times = 1\ncomposition = {name:?}\n{keys}")));
    let recipe =
        Recipe::new().section("[leader.quarantine]\ncrashes = 1000\n").after_effects("anna", 3, story);
    let cluster = Cluster::start(recipe).await;
    let template = Project::of_each(DEATHS.map(|(name, _)| name), 5).upload(&cluster).await;
    let mut jobs = Vec::new();
    for (name, _) in DEATHS {
        let settings = json!({ "composition": name, "multi_frame": false });
        let step = work::composed(&template, &cluster.output(name), "0-4", 5, &settings);
        jobs.push((name, cluster.submit(work::job(name, vec![step])).await));
    }
    for (name, job) in jobs {
        cluster.succeeded(&job).await;
        disk::assert_composed(&cluster.output(name), "0-4");
        let events = cluster.events();
        let failures = failures_of(&events, &job);
        let told: Vec<&Value> = failures.iter().map(|failure| &failure.payload["failure"]).collect();
        // All frames were there already when it died while it ended.
        let most = usize::from(name != "Exiting");
        assert!(failures.len() >= most, "{name}: {told:?}");
        assert!(failures.iter().all(|failure| failure.class() == "crash"), "{name}: {told:?}");
    }
    assert_eq!(strays::after_effects_of(cluster.root()), []);
}
