//! Output of attempts, followed over REST and gRPC: what is kept, what comes, each piece once, and a word at the end.

use std::time::Duration;

use callsheet_leader::{FromNode, NodeDoor, ToNode};
use callsheet_model::signal::{LogChunk, Signal};
use callsheet_model::{Lease, NodeName};
use callsheet_protocol::v1;
use callsheet_protocol::v1::jobs_client::JobsClient;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tonic::Code;
use tonic::transport::Channel;

use crate::bench::{Bench, CLIENT_SECRET, eventually, fields, good, refused};

/// Nothing here takes this long, unless it never comes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A followed stream: its messages by type, with their data.
struct Followed {
    response: reqwest::Response,
    text: String,
}

impl Followed {
    async fn open(bench: &Bench, path: &str) -> Self {
        let response = bench.get(path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The next message; `None` at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        tokio::time::timeout(PATIENCE, self.message()).await.expect("something comes")
    }

    async fn message(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                let line =
                    |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                if let Some(kind) = line("event: ") {
                    assert!(line("id: ").is_none(), "nothing of it is in the log: {block}");
                    return Some((kind, serde_json::from_str(&line("data: ").unwrap()).unwrap()));
                }
            }
            let more = self.response.chunk().await.unwrap()?;
            self.text.push_str(str::from_utf8(&more).unwrap());
        }
    }

    async fn piece(&mut self) -> (u64, String) {
        let (kind, data) = self.next().await.unwrap();
        assert_eq!(kind, "log", "{data}");
        (data["offset"].as_u64().unwrap(), data["text"].as_str().unwrap().to_owned())
    }

    async fn last(&mut self) -> (String, Value) {
        let word = self.next().await.unwrap();
        assert_eq!(self.next().await, None, "that was the last word");
        word
    }
}

/// A node that holds a lease and says what it is told to.
struct Speaker {
    door: NodeDoor,
    told: mpsc::Receiver<ToNode>,
    lease: Lease,
    said: u64,
}

impl Speaker {
    async fn start(bench: &Bench) -> Self {
        let (door, mut told) = bench.node("anna").await;
        let lease = eventually(async || match told.recv().await {
            Some(ToNode::Offers(offers)) => offers.first().map(|(lease, _)| lease.clone()),
            _ => None,
        })
        .await;
        Self { door, told, lease, said: 0 }
    }

    async fn say(&mut self, text: &str) {
        let chunk = LogChunk {
            node: NodeName::new("anna").unwrap(),
            token: self.lease.token,
            job: self.lease.job,
            step: self.lease.step,
            offset: self.said,
            text: text.to_owned(),
        };
        self.said += text.len() as u64;
        self.door.say(FromNode::Signal(Signal::Log(chunk))).await.unwrap();
    }
}

async fn grpc(bench: &Bench) -> JobsClient<Channel> {
    JobsClient::connect(bench.grpc.clone()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn output_is_told_from_the_beginning_and_on_as_it_comes_until_the_job_is_over() {
    let bench = Bench::start().await;
    let id = bench.submit(&bench.job("followed").await).await;
    let mut anna = Speaker::start(&bench).await;
    let logs = format!("/api/v1/jobs/{id}/logs");
    anna.say("one\n").await;
    eventually(async || (bench.json(&logs).await["attempts"][0]["bytes"] == 4).then_some(())).await;
    let mut rest = Followed::open(&bench, &format!("{logs}?follow=true")).await;
    let request = v1::LogsRequest { id: id.clone(), follow: true, ..Default::default() };
    let mut over_grpc = grpc(&bench).await.logs(request).await.unwrap().into_inner();
    let (kind, first) = rest.next().await.unwrap();
    let token = anna.lease.token;
    let wanted = json!({
        "token": token.0, "frame_job_id": token.frame_job_uuid(anna.lease.job).to_string(), "job": id, "step": 0,
        "node": "anna", "offset": 0, "text": "one\n",
    });
    assert_eq!((kind.as_str(), first), ("log", wanted));
    assert_eq!(over_grpc.message().await.unwrap().unwrap().text, "one\n");
    let mut told = String::from("one\n");
    for text in ["two\n", "thr\u{e9}e\n", "and the last\n"] {
        anna.say(text).await;
        let (offset, piece) = rest.piece().await;
        assert_eq!((offset, piece.as_str()), (told.len() as u64, text));
        let piece = over_grpc.message().await.unwrap().unwrap();
        assert_eq!((piece.offset, piece.text.as_str()), (told.len() as u64, text));
        told.push_str(text);
    }
    good(bench.post(&format!("/api/v1/jobs/{id}/cancel")), StatusCode::OK).await;
    let (kind, word) = rest.last().await;
    assert_eq!((kind.as_str(), &word["code"]), ("over", &json!("job_over")));
    assert!(over_grpc.message().await.unwrap().is_none(), "the job is over: nothing more comes");

    // Of a job that is over everything is told, and then it ends at once.
    let mut again = Followed::open(&bench, &format!("{logs}?follow=true&token={token}")).await;
    assert_eq!(again.piece().await, (0, told));
    assert_eq!(again.last().await.0, "over");
    drop(anna.told);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_attempt_said_last_is_told_before_the_end() {
    let bench = Bench::start().await;
    let id = bench.submit(&bench.job("hasty").await).await;
    let mut anna = Speaker::start(&bench).await;
    let mut followed = Followed::open(&bench, &format!("/api/v1/jobs/{id}/logs?follow=true")).await;
    anna.say("first\n").await;
    assert_eq!(followed.piece().await.1, "first\n");
    let mut wanted = String::new();
    for nth in 0..50 {
        let line = format!("line {nth}\n");
        anna.say(&line).await;
        wanted.push_str(&line);
    }
    // What is passed on is passed on in order: the other one's word is behind all of them.
    let mut other = Followed::open(&bench, "/api/events/stream?types=worker.heartbeat").await;
    let beat = json!({ "name": "w", "kind": "render", "state": "idle", "ts": "2026-05-31T03:14:15Z",
        "last_job_at": null, "jobs_done": 1, "jobs_failed": 0 });
    eventually(async || {
        let kept = bench.json(&format!("/api/v1/jobs/{id}/logs")).await;
        (kept["attempts"][0]["end"] == 6 + wanted.len()).then_some(())
    })
    .await;
    good_status(bench.post("/v1/internal/workers/w/heartbeat").json(&beat), 202).await;
    assert_eq!(other.next().await.unwrap().0, "worker.heartbeat");
    good(bench.post(&format!("/api/v1/jobs/{id}/cancel")), StatusCode::OK).await;
    let mut told = String::new();
    while told.len() < wanted.len() {
        told.push_str(&followed.piece().await.1);
    }
    assert_eq!(told, wanted);
    assert_eq!(followed.last().await.0, "over");
}

async fn good_status(request: reqwest::RequestBuilder, status: u16) {
    assert_eq!(request.send().await.unwrap().status().as_u16(), status);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_attempts_that_held_a_frame_are_told_also_those_that_begin_later() {
    let bench = Bench::start().await;
    let id = bench.submit(&bench.job("framed").await).await;
    let logs = format!("/api/v1/jobs/{id}/logs");
    // Before anyone has the frame.
    let mut held = Followed::open(&bench, &format!("{logs}?follow=true&frame=0")).await;
    let mut never = Followed::open(&bench, &format!("{logs}?follow=true&frame=-7")).await;
    let mut anna = Speaker::start(&bench).await;
    assert!(anna.lease.frames.contains(0), "{:?}", anna.lease);
    anna.say("frame 0\n").await;
    assert_eq!(held.piece().await, (0, "frame 0\n".to_owned()));
    let kept = eventually(async || {
        let kept = bench.json(&format!("{logs}?frame=0")).await;
        (kept["attempts"][0]["bytes"] == 8).then_some(kept)
    })
    .await;
    assert_eq!(kept, bench.json(&logs).await);
    for nothing in ["frame=-7", "frame=0&token=8"] {
        assert_eq!(bench.json(&format!("{logs}?{nothing}")).await, json!({ "attempts": [] }), "{nothing}");
    }
    let request = v1::LogsRequest { id: id.clone(), frame: Some(-7), ..Default::default() };
    let mut none = grpc(&bench).await.logs(request).await.unwrap().into_inner();
    assert!(none.message().await.unwrap().is_none());
    good(bench.post(&format!("/api/v1/jobs/{id}/cancel")), StatusCode::OK).await;
    assert_eq!(held.last().await.0, "over");
    assert_eq!(never.last().await.0, "over", "it was told nothing else");
    let problem = refused(bench.get(&format!("{logs}?frame=first")), 400, "bad_parameter").await;
    assert_eq!(fields(&problem), ["frame"]);
    refused(bench.get("/api/v1/jobs/ffffffff/logs?follow=true"), 404, "unknown_job").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_leaves_says_so() {
    let bench = Bench::start().await;
    let id = bench.submit(&bench.job("left").await).await;
    let mut followed = Followed::open(&bench, &format!("/api/v1/jobs/{id}/logs?follow=true")).await;
    let request = v1::LogsRequest { id, follow: true, ..Default::default() };
    let mut over_grpc = grpc(&bench).await.logs(request).await.unwrap().into_inner();
    bench.leave.cancel();
    let (kind, word) = followed.last().await;
    let status = over_grpc.message().await.unwrap_err();
    assert_eq!((kind.as_str(), status.code()), ("leaving", Code::Unavailable));
    assert_eq!(word["reason"], status.message(), "the same word");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_follows_shows_its_token_in_the_address() {
    let bench = Bench::guarded().await;
    let asked = |query: String| bench.get("/api/v1/jobs/ffffffff/logs").query(&query_of(&query));
    let token = format!("access_token={CLIENT_SECRET}");
    refused(asked(format!("follow=true;{token}")), 404, "unknown_job").await;
    for query in [token.clone(), format!("follow=false;{token}"), "follow=true".to_owned()] {
        refused(asked(query), 401, "unauthenticated").await;
    }
    refused(asked("follow=true;access_token=something-else-00".to_owned()), 401, "unauthenticated").await;
}

/// Parameters with semicolons between them; the client writes them as addresses want it.
fn query_of(text: &str) -> Vec<(String, String)> {
    let pair =
        |part: &str| part.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())).unwrap();
    text.split(';').map(pair).collect()
}
