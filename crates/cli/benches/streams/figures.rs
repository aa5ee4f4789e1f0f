//! What the leader counts of itself: how long commands take inside it, and how long the disk does. Its page has them
//! in buckets, so what is told is an upper bound.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Failure;

/// What is looked for, and what it says.
const WANTED: [(&str, &str); 3] = [
    ("callsheet_command_seconds_bucket{le=\"", "in the leader: arrival to durable"),
    ("callsheet_journal_flush_seconds_bucket{le=\"", "in the leader: one write and sync"),
    ("callsheet_post_seconds_bucket{le=\"", "in the leader: a post, to durable"),
];

/// Upper ends of buckets in seconds, and how many were not above.
type Buckets = Vec<(f64, u64)>;

/// The page at one moment, or the difference of two.
pub(crate) struct Figures([Buckets; WANTED.len()]);

impl Figures {
    pub(crate) async fn of(address: SocketAddr) -> Result<Self, Failure> {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET /metrics HTTP/1.0\r\nHost: leader\r\n\r\n").await?;
        let mut page = String::new();
        stream.read_to_string(&mut page).await?;
        let mut all = WANTED.map(|_| Buckets::new());
        for (buckets, (name, _)) in all.iter_mut().zip(WANTED) {
            for line in page.lines().filter_map(|line| line.strip_prefix(name)) {
                let (end, count) = line.split_once("\"} ").ok_or("a bucket without a count")?;
                let end = if end == "+Inf" { f64::INFINITY } else { end.parse()? };
                buckets.push((end, count.trim().parse()?));
            }
            if buckets.is_empty() {
                return Err(format!("{name} is not on the leader's page").into());
            }
        }
        Ok(Self(all))
    }

    pub(crate) fn since(mut self, before: &Self) -> Self {
        for ((_, count), (_, then)) in self.0.iter_mut().flatten().zip(before.0.iter().flatten()) {
            *count -= then;
        }
        self
    }

    pub(crate) fn print(&self) {
        for (buckets, (_, what)) in self.0.iter().zip(WANTED) {
            let count = buckets.last().map_or(0, |(_, count)| *count);
            if count == 0 {
                continue;
            }
            let within = |part: f64| {
                let wanted = (count as f64 * part).ceil() as u64;
                let end = buckets.iter().find(|(_, so_far)| *so_far >= wanted).map_or(0.0, |(end, _)| *end);
                if end.is_finite() { format!("<{} ms", end * 1e3) } else { ">10 s".to_owned() }
            };
            let (median, most, nearly, worst) = (within(0.5), within(0.95), within(0.99), within(1.0));
            println!("    {what:<40} {median:>9} {most:>9} {nearly:>9} {worst:>9} {count:>7}");
        }
    }
}
