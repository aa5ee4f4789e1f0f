//! The promise of streams: whatever is cut, whenever, a reader that resumes has every event once, in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::join_all;

use crate::bench::Bench;
use crate::sse::Sse;
use crate::ws;

/// Readers of each kind.
const READERS: u64 = 8;
/// Cuts of each reader.
const CUTS: u64 = 40;
/// Events while they read.
const EVENTS: u64 = 2000;

/// Numbers that look like chance, and are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// How many events a reader takes before its next cut; all, after the last.
fn until_cut(chance: &mut Chance, cuts: u64) -> u64 {
    if cuts < CUTS { chance.below(2 * EVENTS / CUTS) } else { u64::MAX }
}

async fn read_sse(address: SocketAddr, seed: u64, begin: u64, end: Arc<AtomicU64>) {
    let (mut chance, mut cursor, mut cuts) = (Chance(seed), begin, 0);
    while cursor < end.load(Ordering::Acquire) {
        let header = format!("Last-Event-ID: {cursor}\r\n");
        let mut stream = Sse::with(address, "/api/events/stream", &header).await;
        let stop = cursor.saturating_add(until_cut(&mut chance, cuts));
        while cursor < stop && cursor < end.load(Ordering::Acquire) {
            let message = stream.next().await.unwrap();
            assert_eq!(message.id, Some(cursor + 1), "reader {seed}: {message:?}");
            assert_eq!(message.json()["sequence"].as_u64(), message.id);
            cursor += 1;
        }
        cuts += 1;
    }
}

async fn read_ws(address: SocketAddr, seed: u64, begin: u64, end: Arc<AtomicU64>) {
    let (mut chance, mut cursor, mut cuts) = (Chance(seed), begin, 0);
    while cursor < end.load(Ordering::Acquire) {
        let mut socket = ws::open(address, &format!("?after={cursor}")).await;
        let stop = cursor.saturating_add(until_cut(&mut chance, cuts));
        while cursor < stop && cursor < end.load(Ordering::Acquire) {
            let message = ws::next(&mut socket).await.unwrap();
            assert_eq!(message["sequence"].as_u64(), Some(cursor + 1), "reader {seed}: {message}");
            cursor += 1;
        }
        cuts += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_are_cut_at_random_and_resume_have_every_event_once() {
    let bench = Bench::start().await;
    let begin = bench.leader.range().1;
    let end = Arc::new(AtomicU64::new(u64::MAX));
    let sse = (0..READERS).map(|seed| tokio::spawn(read_sse(bench.address, seed, begin, end.clone())));
    let ws =
        (READERS..2 * READERS).map(|seed| tokio::spawn(read_ws(bench.address, seed, begin, end.clone())));
    let readers: Vec<_> = sse.chain(ws).collect();
    let mut last = begin;
    for batch in 0..EVENTS / 20 {
        last = bench.events(batch * 20, 20).await;
        if batch + 2 == EVENTS / 20 {
            // Known before the last events come, so that nobody waits for one that never does.
            end.store(last + 20, Ordering::Release);
        }
    }
    assert_eq!(last, end.load(Ordering::Acquire));
    for reader in join_all(readers).await {
        reader.unwrap();
    }
}
