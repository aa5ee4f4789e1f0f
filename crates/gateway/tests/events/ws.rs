//! Streams over WebSocket: the same as Server-Sent Events, and their own ends.

use std::net::SocketAddr;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::bench::{Bench, PATIENCE};
use crate::sse::Sse;

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) async fn open(address: SocketAddr, query: &str) -> Socket {
    connect_async(format!("ws://{address}/api/events/ws{query}")).await.unwrap().0
}

/// The next text; `None` at the stream's end.
pub(crate) async fn next(socket: &mut Socket) -> Option<Value> {
    loop {
        match timeout(PATIENCE, socket.next()).await.unwrap()?.ok()? {
            Message::Text(text) => return Some(serde_json::from_str(&text).unwrap()),
            Message::Close(_) => return None,
            _ => {}
        }
    }
}

/// The code that a socket is closed with.
async fn closed_with(socket: &mut Socket) -> u16 {
    loop {
        match timeout(PATIENCE, socket.next()).await.unwrap() {
            Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
            Some(Ok(_)) => {}
            other => panic!("no close: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_same_events_in_the_same_order_as_over_sse() {
    let bench = Bench::start().await;
    let begin = bench.leader.range().1;
    bench.events(0, 60).await;
    let mut live = open(bench.address, &format!("?after={begin}")).await;
    bench.events(60, 40).await;
    let mut sse = Sse::open(bench.address, &format!("/api/events/stream?after={begin}")).await;
    for nth in 0..100 {
        let message = next(&mut live).await.unwrap();
        assert_eq!(message["payload"]["nth"], nth);
        assert_eq!(message, sse.next().await.unwrap().json());
    }
}

#[tokio::test]
async fn filters_cursor_and_state_are_the_same_as_over_sse() {
    let bench = Bench::start().await;
    let last = bench.events(0, 5).await;
    bench.post("/api/events", &json!({ "event_type": "other.type" })).await;
    let mut filtered = open(bench.address, &format!("?after={}&types=other.*", last - 3)).await;
    assert_eq!(next(&mut filtered).await.unwrap()["type"], "other.type");
    let mut resumed = open(bench.address, &format!("?last_event_id={}", last - 1)).await;
    assert_eq!(next(&mut resumed).await.unwrap()["sequence"], last);
    let mut newcomer = open(bench.address, "?snapshot=true").await;
    let state = next(&mut newcomer).await.unwrap();
    assert_eq!((&state["type"], &state["sequence"]), (&json!("snapshot"), &json!(last + 1)));
    assert_eq!(state["payload"]["sequence"], last + 1);
    bench.events(5, 1).await;
    assert_eq!(next(&mut newcomer).await.unwrap()["sequence"], last + 2);
}

#[tokio::test]
async fn each_end_has_a_last_word_and_a_close_code() {
    let bench = Bench::start().await;
    let head = bench.leader.range().1;
    let mut ahead = open(bench.address, &format!("?after={}", head + 5)).await;
    let word = next(&mut ahead).await.unwrap();
    assert_eq!(
        (&word["type"], &word["code"], &word["head"]),
        (&json!("cut_off"), &json!("cursor_ahead"), &json!(head))
    );
    assert_eq!(closed_with(&mut ahead).await, 4011);

    let mut socket = open(bench.address, "").await;
    let last = bench.events(0, 1).await;
    next(&mut socket).await.unwrap();
    bench.leave.cancel();
    let word = next(&mut socket).await.unwrap();
    assert_eq!((&word["type"], &word["cursor"]), (&json!("leaving"), &json!(last)));
    assert_eq!(closed_with(&mut socket).await, 1001);
}

#[tokio::test]
async fn a_clients_goodbye_is_answered() {
    let bench = Bench::start().await;
    let mut socket = open(bench.address, "").await;
    bench.events(0, 1).await;
    next(&mut socket).await.unwrap();
    let goodbye = CloseFrame { code: CloseCode::Away, reason: "enough".into() };
    socket.send(Message::Close(Some(goodbye))).await.unwrap();
    assert_eq!(closed_with(&mut socket).await, 1001);
}

#[tokio::test]
async fn what_a_client_says_is_ignored_unless_it_is_too_much() {
    let bench = Bench::start().await;
    let mut socket = open(bench.address, "").await;
    socket.send(Message::text("{\"after\":0}")).await.unwrap();
    socket.send(Message::binary(vec![0; 1000])).await.unwrap();
    bench.events(0, 1).await;
    assert_eq!(next(&mut socket).await.unwrap()["payload"]["nth"], 0);
    socket.send(Message::binary(vec![0; 65 << 10])).await.unwrap();
    assert_eq!(closed_with(&mut socket).await, 1009);
}

#[tokio::test]
async fn a_client_that_answers_pings_stays_and_one_that_does_not_is_cut_off() {
    let bench = Bench::with(|config| config.leader.http.keep_alive = Duration::from_millis(30)).await;
    let mut answers = open(bench.address, "").await;
    // By hand: the library would answer.
    let mut silent = TcpStream::connect(bench.address).await.unwrap();
    let request = format!(
        "GET /api/events/ws HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        bench.address
    );
    silent.write_all(request.as_bytes()).await.unwrap();
    let (told, mut texts) = tokio::sync::mpsc::channel(10);
    tokio::spawn(async move {
        while let Some(text) = next(&mut answers).await {
            told.send(text).await.unwrap();
        }
    });
    let mut heard = Vec::new();
    // It is closed only after its goodbye was waited for, which is many pings long.
    timeout(PATIENCE, silent.read_to_end(&mut heard)).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&heard);
    assert!(text.contains("\"code\":\"no_pong\"") && text.contains("\"cursor\":"), "{text}");
    let code = 4007_u16.to_be_bytes();
    assert!(heard.windows(4).any(|frame| frame[0] == 0x88 && frame[2..] == code), "{heard:?}");
    bench.events(0, 1).await;
    assert_eq!(timeout(PATIENCE, texts.recv()).await.unwrap().unwrap()["payload"]["nth"], 0);
}

#[tokio::test]
async fn pages_of_other_origins_are_refused_unless_the_config_names_them() {
    let bench = Bench::with(|config| config.leader.http.cors = vec!["https://studio.example".into()]).await;
    let from = |origin: String| {
        let mut request = format!("ws://{}/api/events/ws", bench.address).into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        connect_async(request)
    };
    assert!(from("https://studio.example".into()).await.is_ok());
    assert!(from(format!("http://{}", bench.address)).await.is_ok());
    let refused = from("https://evil.example".into()).await.unwrap_err();
    assert!(refused.to_string().contains("403"), "{refused}");
    let (status, problem) = bench.get("/api/events/ws").await;
    assert_eq!((status, &problem["code"]), (400, &json!("no_websocket")), "{problem}");
}

/// What a browser does that already speaks HTTP/2 to this door.
#[tokio::test]
async fn a_websocket_over_http2_is_served_the_same() {
    let bench = Bench::start().await;
    let last = bench.events(0, 3).await;
    let stream = TcpStream::connect(bench.address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let uri = format!("http://{}/api/events/ws?after={}", bench.address, last - 1);
    let request = hyper::Request::connect(uri)
        .extension(hyper::ext::Protocol::from_static("websocket"))
        .header("sec-websocket-version", "13")
        .body(axum::body::Body::empty())
        .unwrap();
    // The other side has to say first that it knows how.
    let response = timeout(PATIENCE, client.send_request(request)).await.unwrap().unwrap();
    assert_eq!(response.status(), 200);
    let upgraded = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
    let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await;
    let message = timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
    let message: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
    assert_eq!(message["sequence"], last);
}
