//! Connections move to the crowd's threads when their handler asks, whole and alive, and end well from there.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::crowd::InTheCrowd;
use super::*;

/// The name of the thread that this runs on, and its niceness where there is such a thing.
fn whereabouts() -> String {
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    #[cfg(target_os = "linux")]
    let name = format!("{name} {}", rustix::process::getpriority_process(None).unwrap());
    name
}

/// Says where it is written, once in the beginning and once when the doors close.
async fn stream(_: InTheCrowd, State(leave): State<CancellationToken>) -> Body {
    Body::from_stream(futures::stream::unfold(0, move |nth| {
        let leave = leave.clone();
        async move {
            if nth == 1 {
                leave.cancelled().await;
            }
            (nth < 2).then(|| (Ok::<_, Infallible>(format!("[{}]", whereabouts())), nth + 1))
        }
    }))
}

async fn socket(_: InTheCrowd, upgrade: WebSocketUpgrade) -> impl IntoResponse {
    upgrade.on_upgrade(|mut socket: WebSocket| async move {
        while let Some(Ok(Message::Text(_))) = socket.recv().await {
            socket.send(Message::text(whereabouts())).await.unwrap();
        }
    })
}

struct Door {
    address: SocketAddr,
    leave: CancellationToken,
    serving: JoinHandle<io::Result<()>>,
}

fn open() -> Door {
    let leave = CancellationToken::new();
    let router = Router::new()
        .route("/plain", get(|| async { whereabouts() }))
        .route("/crowd", get(|_: InTheCrowd| async { whereabouts() }))
        .route(
            "/post",
            post(|_: InTheCrowd, body: Bytes| async move { format!("{} {}", body.len(), whereabouts()) }),
        )
        .route("/stream", get(stream))
        .route("/socket", get(socket))
        .with_state(leave.clone());
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    let (address, told) = (listener.local_addr().unwrap(), leave.clone());
    let serving = tokio::spawn(async move {
        let crowd = Crowd::new().unwrap();
        serve(listener, None, router, &crowd, told).await
    });
    Door { address, leave, serving }
}

/// Where requests of others are answered, and those of the crowd.
async fn both_places(door: &Door) -> (String, String) {
    let (plain, _) = asked(&mut dial(door).await, "/plain").await;
    let (crowd, _) = asked(&mut dial(door).await, "/crowd").await;
    (plain, crowd)
}

async fn dial(door: &Door) -> TcpStream {
    TcpStream::connect(door.address).await.unwrap()
}

/// Asks on a connection of HTTP/1.1 that stays open; the answer, and whether the connection may be used again.
async fn asked(stream: &mut TcpStream, path: &str) -> (String, bool) {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: door\r\n\r\n").as_bytes()).await.unwrap();
    answer(stream).await
}

async fn answer(stream: &mut TcpStream) -> (String, bool) {
    let mut text = String::new();
    loop {
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await.unwrap();
        assert!(read > 0, "the connection ended behind {text:?}");
        text.push_str(std::str::from_utf8(&piece[..read]).unwrap());
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.is_some_and(|length| length.parse() == Ok(body.len())) {
                assert!(head.starts_with("HTTP/1.1 200"), "{head}");
                return (body.to_owned(), !head.contains("connection: close"));
            }
        }
    }
}

/// Reads until this comes.
async fn until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut text = String::new();
    while !text.contains(wanted) {
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await.unwrap();
        assert!(read > 0, "the stream ended without {wanted:?}: {text:?}");
        text.push_str(std::str::from_utf8(&piece[..read]).unwrap());
    }
    text
}

#[tokio::test]
async fn who_asks_for_the_crowd_goes_on_there_and_nobody_else_does() {
    let door = open();
    let (plain, crowd) = both_places(&door).await;
    assert!(!plain.starts_with("crowd") && crowd.starts_with("crowd"), "{plain}, {crowd}");
    // One connection goes there and stays; another one has nothing to do with it.
    let (mut moves, mut stays) = (dial(&door).await, dial(&door).await);
    assert_eq!(asked(&mut moves, "/plain").await, (plain.clone(), true));
    assert_eq!(asked(&mut stays, "/plain").await, (plain.clone(), true));
    assert_eq!(asked(&mut moves, "/crowd").await, (crowd.clone(), true));
    assert_eq!(asked(&mut moves, "/plain").await, (crowd.clone(), true));
    assert_eq!(asked(&mut moves, "/crowd").await, (crowd, true));
    assert_eq!(asked(&mut stays, "/plain").await, (plain, true));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_crowd_stands_behind_everyone_else() {
    let (plain, crowd) = both_places(&open()).await;
    let niceness = |place: &str| place.rsplit_once(' ').unwrap().1.parse::<i32>().unwrap();
    // There is no more than 19.
    assert_eq!(niceness(&crowd), (niceness(&plain) + 10).min(19), "{plain}, {crowd}");
}

#[tokio::test]
async fn a_body_that_comes_behind_the_move_is_read_whole() {
    let door = open();
    let (_, crowd) = both_places(&door).await;
    let mut stream = dial(&door).await;
    let size = 300_000;
    let head = format!("POST /post HTTP/1.1\r\nHost: door\r\nContent-Length: {size}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..3 {
        stream.write_all(&vec![b'x'; size / 3]).await.unwrap();
    }
    assert_eq!(answer(&mut stream).await, (format!("{size} {crowd}"), true));
}

#[tokio::test]
async fn a_websocket_speaks_from_the_crowd() {
    let door = open();
    let (_, crowd) = both_places(&door).await;
    let (mut socket, _) =
        tokio_tungstenite::client_async("ws://door/socket", dial(&door).await).await.unwrap();
    for _ in 0..2 {
        use futures::{SinkExt, StreamExt};
        socket.send(tokio_tungstenite::tungstenite::Message::text("where?")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap().to_text().unwrap(), crowd);
    }
}

#[tokio::test]
async fn over_http2_a_connection_goes_with_its_requests() {
    let door = open();
    let (plain, crowd) = both_places(&door).await;
    let io = TokioIo::new(dial(&door).await);
    let (mut send, connection) =
        hyper::client::conn::http2::handshake(hyper_util::rt::TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let uri = |path: &str| format!("http://{}{path}", door.address);
    let mut ask = async |path: &str| {
        let request = axum::http::Request::get(uri(path)).body(Body::empty()).unwrap();
        let answer = send.send_request(request).await.unwrap();
        Body::new(answer.into_body())
    };
    let whole = async |body: Body| {
        let bytes = axum::body::to_bytes(body, 4096).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    };
    assert_eq!(whole(ask("/plain").await).await, plain);
    let told = ask("/stream").await;
    assert_eq!(whole(ask("/plain").await).await, crowd);
    // The stream began before, and was still under way.
    door.leave.cancel();
    assert_eq!(whole(told).await, format!("[{crowd}][{crowd}]"));
    door.serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stream_in_the_crowd_ends_with_its_word_before_the_doors_are_closed() {
    let door = open();
    let (_, crowd) = both_places(&door).await;
    let mut stream = dial(&door).await;
    stream.write_all(b"GET /stream HTTP/1.0\r\n\r\n").await.unwrap();
    until(&mut stream, &format!("[{crowd}]")).await;
    assert!(!door.serving.is_finished());
    door.leave.cancel();
    until(&mut stream, &format!("[{crowd}]")).await;
    assert_eq!(stream.read(&mut [0; 16]).await.unwrap(), 0, "and nothing behind it");
    door.serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn doors_that_are_let_go_cut_the_crowd_too() {
    let door = open();
    let mut stream = dial(&door).await;
    stream.write_all(b"GET /stream HTTP/1.0\r\n\r\n").await.unwrap();
    assert!(until(&mut stream, "]").await.contains("[crowd"));
    door.serving.abort();
    let end = stream.read(&mut [0; 16]).await;
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
}
