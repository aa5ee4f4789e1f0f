//! A receiver of webhooks that fails as it is told, spoken by hand, since a sound HTTP server cannot fail like this.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};

/// What it does with a request.
#[derive(Clone, Debug)]
pub enum Answer {
    Status(u16),
    /// A status with another header line.
    With(u16, &'static str),
    /// A status with this text.
    Text(u16, String),
    /// The status comes late.
    Late(Duration, u16),
    /// The status comes when the test says so.
    Held(Arc<Notify>, u16),
    /// Nothing ever comes.
    Hang,
    /// The connection is closed without a word.
    Close,
    /// The answer has no end.
    Endless,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub line: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    pub at: Instant,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn sequence(&self) -> u64 {
        self.header("x-callsheet-sequence").parse().unwrap()
    }

    pub fn delivery(&self) -> u32 {
        self.header("x-callsheet-delivery").parse().unwrap()
    }
}

pub struct Receiver {
    pub url: String,
    pub address: std::net::SocketAddr,
    pub requests: mpsc::UnboundedReceiver<Request>,
    script: Script,
    serving: tokio::task::JoinHandle<()>,
}

/// What is done with the next requests; with all after them what is done always.
type Script = Arc<Mutex<(VecDeque<Answer>, Answer)>>;

impl Receiver {
    pub async fn start(answers: &[Answer]) -> Self {
        Self::start_at("127.0.0.1:0", answers).await
    }

    pub async fn start_at(address: &str, answers: &[Answer]) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let script: Script = Arc::new(Mutex::new((answers.iter().cloned().collect(), Answer::Status(204))));
        let (told, requests) = mpsc::unbounded_channel();
        let plays = script.clone();
        let serving = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(serve(stream, plays.clone(), told.clone()));
            }
        });
        Self { url: format!("http://{address}/take"), address, requests, script, serving }
    }

    pub fn always(&self, answer: Answer) {
        *self.script.lock().unwrap() = (VecDeque::new(), answer);
    }

    pub async fn next(&mut self) -> Request {
        super::within("a request", self.requests.recv()).await.unwrap()
    }

    pub async fn take(&mut self, count: usize) -> Vec<Request> {
        let mut requests = Vec::new();
        while requests.len() < count {
            requests.push(self.next().await);
        }
        requests
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(stream: TcpStream, script: Script, told: mpsc::UnboundedSender<Request>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await {
        let answer = {
            let mut script = script.lock().unwrap();
            script.0.pop_front().unwrap_or_else(|| script.1.clone())
        };
        let _ = told.send(request);
        let head = |status, more| format!("HTTP/1.1 {status} So\r\ncontent-length: 5\r\n{more}\r\nhello");
        let text = match answer {
            Answer::Status(204) => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
            Answer::Status(status) => head(status, ""),
            Answer::With(status, line) => head(status, &format!("{line}\r\n")),
            Answer::Text(status, text) => {
                format!("HTTP/1.1 {status} So\r\ncontent-length: {}\r\n\r\n{text}", text.len())
            }
            Answer::Late(wait, status) => {
                tokio::time::sleep(wait).await;
                head(status, "")
            }
            Answer::Held(said, status) => {
                said.notified().await;
                head(status, "")
            }
            Answer::Hang => std::future::pending().await,
            Answer::Close => return,
            Answer::Endless => {
                let head = "HTTP/1.1 500 So\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
                let _ = stream.write_all(head.as_bytes()).await;
                while stream.write_all(b"5\r\nhello\r\n").await.is_ok() {}
                return;
            }
        };
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let pairs = lines.iter().skip(1).filter_map(|line| line.split_once(": "));
    let headers: BTreeMap<String, String> =
        pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let mut body = vec![0; headers.get("content-length").map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    let body = String::from_utf8(body).unwrap();
    Some(Request { line: lines.first()?.clone(), headers, body, at: Instant::now() })
}
