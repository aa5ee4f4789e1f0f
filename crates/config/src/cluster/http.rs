//! `[leader.http]`: the HTTP doors.

use std::net::SocketAddr;
use std::time::Duration;

use crate::problem::Why;
use crate::reader::Table;
use crate::tree::{Value, quoted};
use crate::values::{any_text, duration, flag, integer, size};

/// The HTTP doors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// A port of their own; without it they share the leader's with gRPC.
    pub listen: Option<SocketAddr>,
    /// Origins whose pages may call: `https://studio.example`, or `*` alone for every one.
    pub cors: Vec<String>,
    /// Largest body of a request, in bytes; templates have a limit of their own.
    pub body_limit: u64,
    /// A stream with nothing to say says so this often.
    pub keep_alive: Duration,
    /// Most streams at once, over all doors.
    pub readers: u32,
    /// Most events that wait for one reader before it is cut off.
    pub reader_backlog: u32,
    /// Whether `/metrics` is open without a token.
    pub open_metrics: bool,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: None,
            cors: Vec::new(),
            body_limit: 2 << 20,
            keep_alive: Duration::from_secs(15),
            readers: 1000,
            reader_backlog: 100_000,
            open_metrics: false,
        }
    }
}

pub(super) fn read(mut table: Table<'_>) -> HttpConfig {
    let default = HttpConfig::default();
    let (second, hour) = (Duration::from_secs(1), Duration::from_secs(3600));
    let http = HttpConfig {
        listen: table.take("listen", super::leader::address),
        cors: table.list("cors", origin).unwrap_or_default(),
        body_limit: table.take("body_limit", size(1024, 64 << 20)).unwrap_or(default.body_limit),
        keep_alive: table.take("keep_alive", duration(second, hour)).unwrap_or(default.keep_alive),
        readers: table.take("readers", integer(1..=100_000)).unwrap_or(default.readers),
        reader_backlog: table
            .take("reader_backlog", integer(100..=10_000_000))
            .unwrap_or(default.reader_backlog),
        open_metrics: table.take("open_metrics", flag).unwrap_or(default.open_metrics),
    };
    if http.cors.len() > 1 && http.cors.iter().any(|origin| origin == "*") {
        table.refuse("cors", Why::new("", "\"*\" means every origin, and stands alone"));
    }
    table.done();
    http
}

/// `https://host`, with a port if it is not the usual one, and nothing after it.
fn origin(value: &Value) -> Result<String, Why> {
    let text = any_text(value)?;
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if text == "*" || host.is_some_and(|host| !host.is_empty() && host.chars().all(plain)) {
        return Ok(text);
    }
    Err(Why::new(quoted(&text), "here must be an origin, such as \"https://studio.example\", or \"*\""))
}
