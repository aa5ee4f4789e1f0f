//! Events posted over HTTP at full speed, over a few connections.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::Failure;

/// Events in one post.
const BATCH: u64 = 500;
/// Posts under way at once: while one is synced the next is read.
const CONNECTIONS: u64 = 4;

/// Posts so many events, and waits until all are durable.
pub(crate) async fn events(address: SocketAddr, count: u64) -> Result<(), Failure> {
    let mut posters = Vec::new();
    for nth in 0..CONNECTIONS {
        let share = count / CONNECTIONS + u64::from(nth < count % CONNECTIONS);
        posters.push(tokio::spawn(poster(address, share)));
    }
    for poster in posters {
        poster.await??;
    }
    Ok(())
}

async fn poster(address: SocketAddr, mut left: u64) -> Result<(), Failure> {
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    stream.get_ref().set_nodelay(true)?;
    while left > 0 {
        let count = left.min(BATCH);
        left -= count;
        let events: Vec<String> = (0..count).map(event).collect();
        let body = format!("[{}]", events.join(","));
        let head = format!(
            "POST /api/events HTTP/1.1\r\nHost: leader\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        taken(&mut stream).await?;
    }
    Ok(())
}

fn event(nth: u64) -> String {
    format!(
        r#"{{"event_type":"step.exit","step":"fetch","execution_id":"{}","worker_id":"worker-{}","payload":{{"rows":{nth},"took_ms":12}}}}"#,
        1_182_734_123_000_000_000 + nth,
        nth % 7,
    )
}

/// Reads an answer, which has to be a good one.
async fn taken(stream: &mut BufReader<TcpStream>) -> Result<(), Failure> {
    let (mut length, mut line, mut status) = (0, String::new(), String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err("the connection ended".into());
        }
        if status.is_empty() {
            status = line.clone();
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    if status.starts_with("HTTP/1.1 201") {
        return Ok(());
    }
    Err(format!("{}: {}", status.trim(), String::from_utf8_lossy(&body)).into())
}
