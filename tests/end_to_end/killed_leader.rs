//! SIGKILL to the leader, again and again, at moments that nobody chose: nothing that anyone was told is lost,
//! and no renderer notices.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_protocol::v1;
use serde_json::json;

use crate::harness::{Api, Cluster, Dice, Event, LEADER, Recipe, disk, ledger, work};

const KILLS: usize = 6;
const FRAMES: &str = "1-60";

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_killed_again_and_again_loses_nothing() {
    let mut dice = Dice::new("killed leader");
    let mut cluster = Cluster::start(Recipe::new().three(1)).await;
    let output = cluster.output("frames");
    let frames = work::acted(&output, FRAMES, 6, &json!({ "pace": 400 }));
    let job = cluster.submit(work::job("long", vec![frames])).await;
    let client = Client::start(cluster.api.clone(), cluster.root().display().to_string());

    for _ in 0..KILLS {
        tokio::time::sleep(dice.millis(200, 1500)).await;
        cluster.kill(LEADER).await;
        tokio::time::sleep(dice.millis(0, 700)).await;
        cluster.start_leader().await;
    }
    let told = client.end().await;
    println!("killed leader: {} submissions were acknowledged meanwhile", told.len());
    assert!(!told.is_empty());
    cluster.succeeded(&job).await;
    for id in &told {
        cluster.succeeded(id).await;
    }

    let events = cluster.events();
    assert_eq!(events.iter().filter(|event| event.is("leader.started")).count(), KILLS + 1);
    let mut submitted: BTreeMap<&str, usize> = BTreeMap::new();
    for event in events.iter().filter(|event| event.is("job.submitted")) {
        *submitted.entry(event.job()).or_default() += 1;
    }
    assert!(submitted.values().all(|times| *times == 1), "an id is one job: {submitted:?}");
    assert!(told.iter().all(|id| submitted.contains_key(id.as_str())), "what was acknowledged is there");
    assert_no_render_was_disturbed(&cluster, &events, &job);
    disk::assert_frames(&output, FRAMES, work::ACTED);
    for id in &told {
        disk::assert_frames(&cluster.output(id), "1", work::ACTED);
    }
}

/// By the renderers' own ledger: whoever began a frame finished it, and nobody began it a second time.
#[track_caller]
fn assert_no_render_was_disturbed(cluster: &Cluster, events: &[Event], job: &str) {
    let entries = ledger::entries(cluster.root());
    let of = |what: &str| -> BTreeSet<(i32, i32)> {
        entries.iter().filter(|entry| entry.what == what).map(|entry| (entry.frame, entry.pid)).collect()
    };
    assert_eq!(of("began"), of("finished"), "no renderer was killed");
    let (long, small): (Vec<_>, Vec<_>) =
        ledger::times_begun(cluster.root()).into_iter().partition(|(frame, _)| *frame > 1);
    assert!(long.iter().all(|(_, times)| *times == 1), "a frame was rendered twice: {long:?}");
    let jobs = events.iter().filter(|event| event.is("job.submitted")).count();
    assert_eq!(small, [(1, jobs)], "every job has a frame 1, and it was rendered once");
    // Attempts outlive leaders: what was handed out in one epoch is accepted in a later one.
    let epoch = |token: &str| token.split_once('.').unwrap().0.parse::<u32>().unwrap();
    let mut now = 0;
    let mut taken_back = 0;
    for event in events {
        if event.is("leader.started") {
            now = u32::try_from(event.payload["epoch"].as_u64().unwrap()).unwrap();
        }
        if event.is("frame_job.frames_accepted") && event.job() == job && epoch(event.token()) < now {
            taken_back += 1;
        }
    }
    println!(
        "killed leader: {taken_back} reports were accepted by a later leader than had handed the frames out"
    );
    assert!(taken_back > 0);
}

/// A client that submits small jobs without a pause, and asks again under the same id until it is answered.
struct Client {
    stop: tokio::sync::watch::Sender<bool>,
    told: tokio::task::JoinHandle<Vec<String>>,
}

impl Client {
    fn start(api: Api, root: String) -> Self {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let told = tokio::spawn(async move {
            let mut told = Vec::new();
            while !*stopped.borrow() {
                let id = uuid::Uuid::new_v4().to_string();
                let output = work::output(root.as_ref(), &id);
                let step = work::acted(&output, "1", 1, &json!({ "pace": 0 }));
                submit_until_told(api.clone(), &id, &work::job("small", vec![step])).await;
                told.push(id);
                tokio::time::sleep(std::time::Duration::from_millis(250)).await;
            }
            told
        });
        Self { stop, told }
    }

    async fn end(self) -> Vec<String> {
        self.stop.send_replace(true);
        self.told.await.unwrap()
    }
}

async fn submit_until_told(mut api: Api, id: &str, spec: &v1::JobSpec) {
    loop {
        match api.submit(id, spec.clone()).await {
            Ok(answer) => return assert_eq!(answer.id, id),
            // The leader is gone for a moment: nobody can say when it is back.
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_id_is_one_job_over_the_death_of_a_leader() {
    let mut cluster = Cluster::start(Recipe::new()).await;
    let spec = work::job("one", vec![work::acted(&cluster.output("one"), "1-5", 1, &json!({}))]);
    let id = cluster.submit(spec.clone()).await;
    cluster.api.jobs.pause(v1::PauseRequest { id: id.clone() }).await.unwrap();
    cluster.kill(LEADER).await;
    cluster.start_leader().await;
    let answer = cluster.within("an answer", submit_for_answer(cluster.api.clone(), &id, &spec)).await;
    assert!(answer.already, "it is known");
    assert_eq!(cluster.api.job(&id).await.state(), v1::JobState::Paused, "so is the pause");
    let other = work::job("other", spec.steps.clone());
    let refused = cluster.api.submit(&id, other).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::AlreadyExists, "{refused}");
    let listed = cluster.api.jobs.list(v1::ListJobsRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.jobs.len(), 1);
}

async fn submit_for_answer(mut api: Api, id: &str, spec: &v1::JobSpec) -> v1::SubmitResponse {
    loop {
        // The first call may go out over the connection that broke.
        if let Ok(answer) = api.submit(id, spec.clone()).await {
            return answer;
        }
    }
}
