//! Readers that exist, each with its own library: curl, Python's httpx-sse and websockets, and a browser's EventSource
//! and WebSocket. Their connection breaks again and again, and each has every event once, in order.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::{OnceCell, watch};

use crate::harness::{Cluster, Cut, Http, Recipe, Wire};

const EVENTS: u64 = 400;
const CUTS: u64 = 8;
const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients");

/// A leader whose streams any page may read, a wire to it, and the log's number when all that came.
struct Stage {
    cluster: Cluster,
    wire: Wire,
    begin: u64,
}

impl Stage {
    async fn start() -> Self {
        let cluster =
            Cluster::lead(Recipe::new().leader("\n[leader.http]\ncors = [\"*\"]\nkeep_alive = \"1s\"\n"))
                .await;
        let (wire, begin) = (Wire::to(&cluster.url).await, cluster.sequence().await);
        Self { cluster, wire, begin }
    }

    fn last(&self) -> u64 {
        self.begin + EVENTS
    }

    /// Posts the events, and breaks the wire in between, each time after the reader is back.
    async fn post(&self) {
        let http = Http::of(&self.cluster);
        for nth in 0..EVENTS {
            let (status, answer) = http
                .post("/api/events", &json!({ "event_type": "work.done", "payload": { "nth": nth } }))
                .await;
            assert_eq!(status, 201, "{answer}");
            if nth % (EVENTS / CUTS) == EVENTS / CUTS / 2 {
                let before = self.wire.connections();
                self.wire.cut(Cut::Closed);
                self.cluster.within("the reader dials again", self.wire.dialled(before)).await;
            }
        }
        assert!(self.wire.connections() > CUTS);
    }
}

#[track_caller]
fn assert_each_once(who: &str, got: &[Value], stage: &Stage) {
    let sequences: Vec<u64> = got.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
    let wanted: Vec<u64> = (stage.begin + 1..=stage.last()).collect();
    assert_eq!(sequences, wanted, "{who} has every event once, in order");
    assert!(
        got.iter().all(|event| event["id"] == event["sequence"] && event["type"] == "work.done"),
        "{got:?}"
    );
    println!("{who}: {} events once, in order, over {} connections", got.len(), stage.wire.connections());
}

/// Where a program is; says so when the test is skipped without it.
pub(super) fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file());
    if found.is_none() {
        println!("SKIPPED: {program} is not installed");
    }
    found
}

/// A Python with what `tests/clients/requirements.txt` names, made once for all tests; nothing where it cannot be.
pub(super) async fn python() -> Option<&'static Path> {
    static PYTHON: OnceCell<Option<PathBuf>> = OnceCell::const_new();
    let python = PYTHON.get_or_init(|| async { tokio::task::spawn_blocking(environment).await.unwrap() });
    python.await.as_deref()
}

fn environment() -> Option<PathBuf> {
    let folder = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("clients-python");
    let python = folder.join("bin/python");
    let requirements = Path::new(CLIENTS).join("requirements.txt");
    // What an earlier run has made is good for as long as it was made of the same.
    let (made, wanted) = (folder.join("made-of"), std::fs::read(&requirements).unwrap());
    if std::fs::read(&made).is_ok_and(|of| of == wanted) {
        return Some(python);
    }
    let run = |program: &Path, args: &[&std::ffi::OsStr]| {
        let output = Command::new(program).args(args).stdin(Stdio::null()).output();
        output.is_ok_and(|output| output.status.success())
    };
    let done =
        run(&found("python3")?, &["-m".as_ref(), "venv".as_ref(), "--clear".as_ref(), folder.as_ref()])
            && run(
                &python,
                &["-m", "pip", "-q", "install", "-r"]
                    .map(str::as_ref)
                    .into_iter()
                    .chain([requirements.as_ref()])
                    .collect::<Vec<_>>(),
            );
    if !done {
        println!("SKIPPED: Python's clients cannot be installed (tests/clients/requirements.txt)");
        return None;
    }
    std::fs::write(made, wanted).unwrap();
    Some(python)
}

/// Lines of a program that reads a stream, until it has all.
async fn told_by(mut program: tokio::process::Command, stage: &Stage) -> Vec<Value> {
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
    let mut child = program.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let read = async {
        let mut got = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            got.push(serde_json::from_str(&line).expect(&line));
        }
        got
    };
    let post = async {
        stage.cluster.within("it dials", stage.wire.dialled(0)).await;
        stage.post().await;
    };
    let (got, ()) = stage.cluster.within("it has every event", futures::future::join(read, post)).await;
    assert!(child.wait().await.unwrap().success());
    got
}

async fn by_python(script: &str, url: &str, stage: &Stage) -> Option<Vec<Value>> {
    let mut program = tokio::process::Command::new(python().await?);
    program.arg(Path::new(CLIENTS).join(script)).arg(url);
    program.args([stage.begin.to_string(), stage.last().to_string()]);
    Some(told_by(program, stage).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_sse_client_that_is_cut_and_resumes_has_every_event_once() {
    let stage = Stage::start().await;
    let url = format!("{}/api/events/stream?types=work.*", stage.wire.url);
    let Some(got) = by_python("sse.py", &url, &stage).await else { return };
    assert_each_once("httpx-sse", &got, &stage);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_websocket_client_that_is_cut_and_resumes_has_every_event_once() {
    let stage = Stage::start().await;
    let url = format!("{}/api/events/ws?types=work.*", stage.wire.url.replace("http", "ws"));
    let Some(got) = by_python("ws.py", &url, &stage).await else { return };
    assert_each_once("websockets", &got, &stage);
}

/// One curl after the other: it does not come back by itself, so whoever runs it says where to go on.
async fn curl_all(curl: &Path, stage: &Stage) -> Vec<Value> {
    let url = format!("{}/api/events/stream?types=work.*", stage.wire.url);
    let mut got: Vec<Value> = Vec::new();
    loop {
        let cursor = got.last().map_or(stage.begin, |event| event["sequence"].as_u64().unwrap());
        let mut program = tokio::process::Command::new(curl);
        program.args(["-sN", "--noproxy", "*", "-H", &format!("Last-Event-ID: {cursor}"), &url]);
        let mut child =
            program.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut id, mut kind, mut data) = (Value::Null, Value::Null, None);
        while let Ok(Some(line)) = lines.next_line().await {
            match line.split_once(':') {
                Some(("id", text)) => id = text.trim().parse::<u64>().ok().into(),
                Some(("event", text)) => kind = text.trim().into(),
                Some(("data", text)) => data = serde_json::from_str::<Value>(text).ok(),
                _ => {}
            }
            // An event counts from its blank line on: what the cut took in the middle comes again.
            if line.is_empty()
                && let Some(event) = data.take()
            {
                got.push(json!({ "id": id, "sequence": event["sequence"], "type": kind }));
                if event["sequence"] == stage.last() {
                    return got;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_that_is_cut_and_run_again_has_every_event_once() {
    let Some(curl) = found("curl") else { return };
    let stage = Stage::start().await;
    let post = async {
        stage.cluster.within("it dials", stage.wire.dialled(0)).await;
        stage.post().await;
    };
    let both = futures::future::join(curl_all(&curl, &stage), post);
    let (got, ()) = stage.cluster.within("it has every event", both).await;
    assert_each_once("curl", &got, &stage);
}

/// The server of the page, and what the page told it.
async fn page() -> (String, watch::Receiver<Value>) {
    let told = Arc::new(watch::Sender::new(Value::Null));
    let heard = told.subscribe();
    let serve = || async { Html(std::fs::read_to_string(Path::new(CLIENTS).join("page.html")).unwrap()) };
    let hear = |State(told): State<Arc<watch::Sender<Value>>>, body: String| async move {
        told.send_replace(serde_json::from_str(&body).unwrap());
    };
    let router = Router::new().route("/page", get(serve)).route("/told", post(hear)).with_state(told);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, heard)
}

async fn by_browser(kind: &str, path: impl Fn(u64) -> String, scheme: &str) {
    let Some(chromium) = found("chromium") else { return };
    let stage = Stage::start().await;
    let path = path(stage.begin);
    let (server, mut told) = page().await;
    let url =
        format!("{}{path}", stage.wire.url.replace("http", scheme)).replace('&', "%26").replace('?', "%3F");
    let page = format!("{server}/page?kind={kind}&after={}&last={}&url={url}", stage.begin, stage.last());
    let profile = tempfile::tempdir().unwrap();
    let mut browser = tokio::process::Command::new(chromium);
    browser.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
    ]);
    browser.args(["--disable-background-networking", "--disable-component-update", "--no-proxy-server"]);
    browser.args(["--disable-sync", "--remote-debugging-port=0"]);
    browser.arg(format!("--user-data-dir={}", profile.path().display())).arg(&page);
    browser
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true);
    let browser = Browser(browser.spawn().unwrap());
    stage.cluster.within("the browser dials", stage.wire.dialled(0)).await;
    stage.post().await;
    let told =
        stage.cluster.within("the page tells", told.wait_for(|told| !told.is_null())).await.unwrap().clone();
    drop(browser);
    assert!(told["opened"].as_u64().unwrap() > 1, "it came back: {}", told["opened"]);
    assert_each_once(&format!("a browser's {kind}"), told["got"].as_array().unwrap(), &stage);
}

/// A browser, with all its processes.
struct Browser(tokio::process::Child);

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(id) = self.0.id() {
            let group = nix::unistd::Pid::from_raw(i32::try_from(id).unwrap());
            let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browsers_event_source_that_is_cut_comes_back_by_itself_and_has_every_event_once() {
    // Where it begins stands in its URL; where it goes on, in a header that only the browser sets.
    by_browser("sse", |begin| format!("/api/events/stream?types=work.*&after={begin}"), "http").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browsers_websocket_that_is_cut_and_resumes_has_every_event_once() {
    by_browser("ws", |_| "/api/events/ws?types=work.*".to_owned(), "ws").await;
}
