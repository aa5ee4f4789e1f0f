//! HTTP as tests speak it: JSON there and back, and Server-Sent Events read by hand, byte by byte, so that what is
//! on the wire is what is tested.

use std::sync::Once;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

use super::{Cluster, LONG};

/// A person who decides things in these tests.
pub(crate) const PERSON: &str = "0b7e1a52-7a55-4d7c-9d0e-4c2e6a1d9f10";

/// The HTTP doors of a leader.
#[derive(Clone)]
pub(crate) struct Http {
    pub(crate) url: String,
    client: Client,
}

impl Http {
    pub(crate) fn of(cluster: &Cluster) -> Self {
        Self::at(&cluster.url)
    }

    pub(crate) fn at(url: &str) -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        Self { url: url.to_owned(), client: Client::builder().no_proxy().build().unwrap() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).header("x-actor-id", PERSON)
    }

    /// The status and the answer; or an error when the leader was not there, or died over it.
    pub(crate) async fn try_post(&self, path: &str, body: &str) -> Result<(u16, Value), String> {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        answer(request.body(body.to_owned())).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.try_post(path, &body.to_string()).await.unwrap()
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.request(Method::PUT, path).header("content-type", "application/json");
        answer(request.body(body.to_string())).await.unwrap()
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::DELETE, path)).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await.unwrap()
    }

    /// The same, as text for people.
    pub(crate) async fn text(&self, path: &str) -> String {
        let (status, said) =
            answer(self.request(Method::GET, path).header("accept", "text/plain")).await.unwrap();
        assert_eq!(status, 200, "{said}");
        said.as_str().expect("it is no JSON").to_owned()
    }

    /// All events of the log that a query finds, page by page.
    pub(crate) async fn log(&self, query: &str) -> Vec<Value> {
        let (mut events, mut after) = (Vec::new(), 0);
        loop {
            let (status, page) = self.get(&format!("/api/events?after={after}&limit=1000{query}")).await;
            assert_eq!(status, 200, "{page}");
            let found = page["events"].as_array().unwrap();
            let Some(last) = found.last() else { return events };
            after = last["sequence"].as_u64().unwrap();
            events.extend(found.iter().cloned());
        }
    }

    /// Opens a stream, resuming after an event.
    pub(crate) async fn stream(&self, path: &str, after: Option<u64>) -> Result<Sse, String> {
        let mut request = self.request(Method::GET, path);
        if let Some(after) = after {
            request = request.header("Last-Event-ID", after.to_string());
        }
        let response = request.send().await.map_err(|error| error.to_string())?;
        if response.status() == 503 {
            return Err("a part of the leader restarts".to_owned());
        }
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Ok(Sse { response, buffer: Vec::new() })
    }
}

async fn answer(request: RequestBuilder) -> Result<(u16, Value), String> {
    let done = async {
        let response = request.send().await?;
        let status = response.status().as_u16();
        Ok::<_, reqwest::Error>((status, response.text().await?))
    };
    let done = tokio::time::timeout(LONG, done).await.expect("an answer, or an error, comes in time");
    let (status, text) = done.map_err(|error| error.to_string())?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}

/// A message of a stream.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: Option<u64>,
    pub(crate) kind: String,
    pub(crate) data: Value,
}

/// Server-Sent Events, one after the other.
pub(crate) struct Sse {
    response: Response,
    buffer: Vec<u8>,
}

impl Sse {
    /// The next message; `None` when the connection ended or broke.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            while let Some(end) = self.buffer.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
                if let Some(message) = read(&String::from_utf8(block).unwrap()) {
                    return Some(message);
                }
            }
            let more = tokio::time::timeout(LONG, self.response.chunk()).await.expect("it says something");
            self.buffer.extend_from_slice(&more.ok()??);
        }
    }
}

/// A message, unless there is nothing in it but comments or a cursor.
fn read(block: &str) -> Option<Message> {
    let field = |name: &str| {
        let of = |line: &str| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim_start().to_owned());
        block.lines().find_map(of)
    };
    let data = serde_json::from_str(&field("data")?).expect("data is JSON on one line");
    let id = field("id").map(|id| id.parse().expect("an id is a number"));
    Some(Message { id, kind: field("event").unwrap_or_default(), data })
}
