//! Streams over WebSocket: the same events, the same order, the same filters. Each event is a text message with
//! its envelope as JSON. What the client says is not listened to, but it has to answer pings.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use callsheet_events::{Passing, Sealed};
use futures::{SinkExt, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::asked::{Asked, Pairs};
use super::described::{CursorHeader, FilterParams, StreamParams};
use super::feed::{Feed, Told};
use super::words::LastWord;
use crate::http::{Code, Params, Problem, Shared, origin};
use crate::serve::crowd::InTheCrowd;

/// Largest message that a client may send, in bytes; none is wanted.
const LARGEST_HEARD: usize = 64 << 10;
/// Bytes that are collected before they are written to the connection.
const WRITE_BUFFER: usize = 64 << 10;
/// A client that does not answer this many pings is gone.
const UNANSWERED: u32 = 2;
/// How long the client's own goodbye is waited for.
const GOODBYE: Duration = Duration::from_secs(5);

/// Messages of a stream, many to be sent at once.
#[derive(Default)]
struct Messages {
    all: Vec<Message>,
    bytes: usize,
    last: Option<LastWord>,
}

impl Messages {
    fn push(&mut self, json: &str) {
        self.bytes += json.len();
        self.all.push(Message::text(json));
    }
}

impl Told for Messages {
    fn event(&mut self, event: &Sealed) {
        self.push(&event.json);
    }

    fn passing(&mut self, passing: &Passing) {
        self.push(&passing.json);
    }

    fn snapshot(&mut self, sequence: u64, json: &str) {
        self.push(&format!(r#"{{"type":"snapshot","sequence":{sequence},"payload":{json}}}"#));
    }

    fn last(&mut self, word: &LastWord) {
        self.push(&word.json());
        self.last = Some(word.clone());
    }

    fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Follows the log, and what is passing, over WebSocket.
#[utoipa::path(
    get,
    path = "/api/events/ws",
    tag = "events",
    operation_id = "follow_events",
    description = "WebSocket: each text message is one envelope as JSON, the same as `/api/events/stream` has in its \
        `data:`. The last message has the type `cut_off` or `leaving`, and the cursor to go on from. Close codes: \
        1001 the leader leaves, 1013 try again, 4007 pings unanswered, 4008 too slow, 4010 cursor too old, 4011 \
        cursor ahead of the log.",
    params(StreamParams, FilterParams, CursorHeader),
    responses(
        (status = 101, description = "The stream."),
        (status = 400, description = "This is no WebSocket's request, or a parameter cannot be read.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A page of another origin asks.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn stream(
    _: InTheCrowd,
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    uri: Uri,
    Params(pairs): Params<Pairs>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let config = &shared.leader.config().leader.http;
    let upgrade = upgrade.map_err(|rejection| Problem::new(Code::NoWebSocket, rejection.body_text()))?;
    // A browser lets any page open a WebSocket to anywhere, and only this side can look at the origin.
    origin::may_ask(&headers, &uri, &config.cors)?;
    let feed = Feed::open(&shared, Asked::read(pairs, &headers)?).await?;
    let keep_alive = config.keep_alive;
    let upgrade =
        upgrade.max_message_size(LARGEST_HEARD).max_frame_size(LARGEST_HEARD).write_buffer_size(WRITE_BUFFER);
    let token = shared.sockets.token();
    let told = upgrade.on_upgrade(move |socket| async move {
        talk(socket, feed, keep_alive).await;
        // Only now the doors may count it as closed.
        drop(token);
    });
    Ok(told.into_response())
}

/// Tells everything, until one side has enough.
async fn talk(mut socket: WebSocket, mut feed: Feed, keep_alive: Duration) {
    let mut pings = interval_at(Instant::now() + keep_alive, keep_alive);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unanswered = 0;
    loop {
        let messages = tokio::select! {
            messages = feed.next::<Messages>() => messages,
            heard = socket.recv() => match heard {
                Some(Ok(Message::Pong(_))) => {
                    unanswered = 0;
                    continue;
                }
                Some(Ok(Message::Close(_))) => return parted(&mut socket).await,
                None => return,
                Some(Ok(_)) => continue,
                // The connection broke, or something larger than may be said was.
                Some(Err(_)) => return close(socket, 1009, "nothing larger than 64 KiB is heard").await,
            },
            _ = pings.tick() => {
                let mut messages = Messages::default();
                if unanswered >= UNANSWERED {
                    messages.last(&LastWord::no_pong(feed.cursor()));
                } else {
                    unanswered += 1;
                    messages.all.push(Message::Ping(Default::default()));
                }
                Some(messages)
            }
        };
        let Some(Messages { all, last, .. }) = messages else { return };
        if send(&mut socket, all).await.is_err() {
            // Nobody is there, or nobody reads: there is no one to say goodbye to.
            return;
        }
        if let Some(word) = last {
            return close(socket, word.close_code(), word.code).await;
        }
    }
}

/// Many messages, one flush. A peer that takes nothing is the connection's own to give up.
async fn send(socket: &mut WebSocket, messages: Vec<Message>) -> Result<(), axum::Error> {
    for message in messages {
        socket.feed(message).await?;
    }
    socket.flush().await
}

async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    let goodbye = socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() })));
    // One who does not say goodbye is left without.
    if let Ok(Ok(())) = timeout(GOODBYE, goodbye).await {
        parted(&mut socket).await;
    }
}

/// Both have said goodbye, or will have: what is still to be sent of it goes out while its end is read for.
async fn parted(socket: &mut WebSocket) {
    let end = async { while let Some(Ok(_)) = socket.next().await {} };
    let _ = timeout(GOODBYE, end).await;
}
