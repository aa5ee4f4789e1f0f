//! A client of Server-Sent Events that speaks HTTP by hand, so that tests see the very bytes.

use std::collections::VecDeque;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::bench::PATIENCE;

pub(crate) struct Sse {
    stream: BufReader<TcpStream>,
    pub(crate) status: u16,
    /// The response's head, in lower case.
    pub(crate) head: String,
    text: String,
    ready: VecDeque<Message>,
}

/// One block of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Message {
    pub(crate) id: Option<u64>,
    pub(crate) event: String,
    pub(crate) data: String,
    pub(crate) comment: String,
}

impl Message {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Sse {
    pub(crate) async fn open(address: SocketAddr, path: &str) -> Self {
        Self::with(address, path, "").await
    }

    /// With header lines, each with its line end.
    pub(crate) async fn with(address: SocketAddr, path: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept-Encoding: gzip\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = timeout(PATIENCE, stream.read_line(&mut head)).await.unwrap().unwrap();
            assert!(read > 0, "the connection ended: {head:?}");
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { stream, status, head: head.to_lowercase(), text: String::new(), ready: VecDeque::new() }
    }

    /// The next piece of the body as it was written; `None` at its end.
    pub(crate) async fn piece(&mut self) -> Option<String> {
        let mut size = String::new();
        timeout(PATIENCE, self.stream.read_line(&mut size)).await.unwrap().ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let mut bytes = vec![0; size + 2];
        timeout(PATIENCE, self.stream.read_exact(&mut bytes)).await.unwrap().ok()?;
        bytes.truncate(size);
        (size > 0).then(|| String::from_utf8(bytes).unwrap())
    }

    /// The next block that has something to say to a client; `None` at the stream's end.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            let message = self.block().await?;
            if !message.data.is_empty() {
                return Some(message);
            }
        }
    }

    /// The next block, whatever it is.
    pub(crate) async fn block(&mut self) -> Option<Message> {
        while self.ready.is_empty() {
            let piece = self.piece().await?;
            self.text.push_str(&piece);
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                self.ready.push_back(parse(block));
                self.text = rest.to_owned();
            }
        }
        self.ready.pop_front()
    }

    /// So many messages.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<Message> {
        let mut all = Vec::with_capacity(count);
        while all.len() < count {
            all.push(self.next().await.expect("the stream ended"));
        }
        all
    }
}

fn parse(block: &str) -> Message {
    let mut message = Message::default();
    for line in block.lines() {
        match line.split_once(": ").unwrap_or_else(|| panic!("no field: {line:?}")) {
            ("id", id) => message.id = Some(id.parse().unwrap()),
            ("event", event) => message.event = event.to_owned(),
            ("data", data) => message.data.push_str(data),
            ("", comment) => message.comment = comment.to_owned(),
            ("retry", _) => {}
            (field, _) => panic!("an unknown field {field:?}"),
        }
    }
    message
}
