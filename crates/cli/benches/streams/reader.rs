//! One reader: it checks that every event comes once and in order, and where it is cut it resumes from its cursor.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::Failure;

/// A reader that gets nothing for this long has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a reader reads.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Sse,
    WebSocket,
}

/// What a reader is to do.
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    /// It has everything up to this event, and says here how far it has come.
    pub(crate) place: Arc<AtomicU64>,
    /// It is cut so many times ...
    pub(crate) cuts: u64,
    /// ... until about this event.
    pub(crate) until: u64,
    /// What its chance begins with.
    pub(crate) seed: u64,
    /// It ends with this event, once that is known.
    pub(crate) end: Arc<AtomicU64>,
    /// Who opens a stream goes through here.
    pub(crate) doorway: Arc<Semaphore>,
}

/// What a reader has done.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) events: u64,
    pub(crate) connections: u64,
    /// Connections that the leader ended.
    pub(crate) cut_off: u64,
}

/// A reader's place in the log.
struct Place {
    cursor: u64,
    told: Arc<AtomicU64>,
    /// The connection is cut here.
    stop: u64,
    end: Arc<AtomicU64>,
    /// Told when the first stream is open.
    opened: Option<oneshot::Sender<()>>,
}

impl Place {
    /// Counts an event; true when this connection has done its part.
    fn take(&mut self, sequence: u64) -> Result<bool, Failure> {
        if sequence != self.cursor + 1 {
            return Err(format!("event {sequence} came after {}", self.cursor).into());
        }
        self.cursor = sequence;
        self.told.store(sequence, Ordering::Release);
        Ok(self.is_done())
    }

    fn is_done(&self) -> bool {
        self.cursor >= self.stop || self.cursor >= self.end.load(Ordering::Relaxed)
    }

    fn is_open(&mut self) {
        // Who waits for it waits for as long as there are readers.
        let _ = self.opened.take().map(|opened| opened.send(()));
    }
}

/// Reads until the end.
pub(crate) async fn read(plan: Plan, opened: oneshot::Sender<()>) -> Result<Read, Failure> {
    let mut done = Read::default();
    let mut chance = plan.seed;
    let cursor = plan.place.load(Ordering::Acquire);
    let mut place = Place { cursor, told: plan.place, stop: 0, end: plan.end, opened: Some(opened) };
    while place.cursor < place.end.load(Ordering::Relaxed) {
        place.stop = u64::MAX;
        if done.connections < plan.cuts {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // On average its share of what is left.
            let left = plan.until.saturating_sub(place.cursor);
            let share = left / (plan.cuts - done.connections).max(1);
            place.stop = place.cursor + (chance >> 33) % (2 * share + 1);
        }
        let turn = plan.doorway.acquire().await?;
        let stream = TcpStream::connect(plan.address).await?;
        drop(turn);
        // A cut, not a goodbye: what was on its way is lost.
        stream.set_zero_linger()?;
        let from = place.cursor;
        let ended = match plan.kind {
            Kind::Sse => sse(stream, &mut place).await?,
            Kind::WebSocket => websocket(stream, &mut place).await?,
        };
        done.events += place.cursor - from;
        done.connections += 1;
        done.cut_off += u64::from(ended);
    }
    Ok(done)
}

/// Reads one connection; true when the leader has ended it.
async fn sse(mut stream: TcpStream, place: &mut Place) -> Result<bool, Failure> {
    // In HTTP/1.0 the body ends with the connection, and is not in chunks.
    let request =
        format!("GET /api/events/stream HTTP/1.0\r\nHost: leader\r\nLast-Event-ID: {}\r\n\r\n", place.cursor);
    stream.write_all(request.as_bytes()).await?;
    let mut text = Vec::with_capacity(256 << 10);
    let mut begun = false;
    loop {
        if begun && place.is_done() {
            return Ok(false);
        }
        if timeout(PATIENCE, stream.read_buf(&mut text)).await?? == 0 {
            return Ok(true);
        }
        let mut used = 0;
        while let Some(end) = blank_line(&text[used..]) {
            let block = std::str::from_utf8(&text[used..used + end])?;
            used += end;
            if !begun {
                if !block.starts_with("HTTP/1.0 200") && !block.starts_with("HTTP/1.1 200") {
                    return Err(format!("no stream: {block}").into());
                }
                begun = true;
                place.is_open();
                continue;
            }
            let Some(id) = block.strip_prefix("id: ") else { continue };
            let (id, rest) = id.split_once('\n').ok_or("a block without an end")?;
            if !rest.starts_with("event: ") || !rest.contains(&format!("\"sequence\":{id}")) {
                return Err(format!("no event: {block}").into());
            }
            if place.take(id.parse()?)? {
                return Ok(false);
            }
        }
        text.drain(..used);
    }
}

/// Where the first block or head in it ends.
fn blank_line(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|byte| *byte == b'\n') {
        let at = from + at;
        match text.get(at + 1..) {
            Some([b'\n', ..]) => return Some(at + 2),
            Some([b'\r', b'\n', ..]) => return Some(at + 3),
            _ => from = at + 1,
        }
    }
    None
}

/// Reads one connection; true when the leader has ended it.
async fn websocket(stream: TcpStream, place: &mut Place) -> Result<bool, Failure> {
    let url = format!("ws://leader/api/events/ws?after={}", place.cursor);
    let (mut socket, _) = client_async(url, stream).await?;
    place.is_open();
    while !place.is_done() {
        match timeout(PATIENCE, socket.next()).await? {
            Some(Ok(Message::Text(text))) => {
                if text.starts_with("{\"type\":\"cut_off\"") {
                    return Ok(true);
                }
                let (_, rest) = text.rsplit_once("\"sequence\":").ok_or("a message without a number")?;
                let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
                if place.take(digits.parse()?)? {
                    return Ok(false);
                }
            }
            Some(Ok(Message::Close(_))) | None => return Ok(true),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
        }
    }
    Ok(false)
}
