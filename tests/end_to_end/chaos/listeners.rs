//! Who only listens: readers of the log, each over a wire that breaks again and again, which resume where they were;
//! and one who asks all the time whether the leader is there.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::harness::{Api, Cluster, Cut, Dice, Http, Wire};

const READERS: usize = 3;

/// What they know in the end.
pub(super) struct Heard {
    /// Of each reader: every event, in order.
    pub(super) readers: Vec<Vec<Value>>,
    /// Connections that readers needed.
    pub(super) connections: u64,
    /// The longest time without an answer of the leader.
    pub(super) silence: Duration,
}

pub(super) struct Listeners {
    /// The number of the last event that readers wait for.
    end: watch::Sender<u64>,
    readers: Vec<JoinHandle<(Vec<Value>, u64)>>,
    pulse: JoinHandle<Duration>,
}

impl Listeners {
    pub(super) async fn start(cluster: &Cluster, dice: &mut Dice) -> Self {
        let end = watch::Sender::new(u64::MAX);
        let mut readers = Vec::new();
        for _ in 0..READERS {
            let wire = Wire::to(&cluster.url).await;
            readers.push(tokio::spawn(read(wire, dice.fork(), end.subscribe())));
        }
        let pulse = tokio::spawn(feel(cluster.api.clone(), end.subscribe()));
        Self { end, readers, pulse }
    }

    /// They leave with the last event that there is now.
    pub(super) async fn leave(self, cluster: &Cluster) -> Heard {
        self.end.send_replace(cluster.sequence().await);
        let mut heard = Heard { readers: Vec::new(), connections: 0, silence: Duration::ZERO };
        for reader in self.readers {
            let (events, connections) = cluster.within("a reader has everything", reader).await.unwrap();
            heard.readers.push(events);
            heard.connections += connections;
        }
        heard.silence = cluster.within("the pulse ends", self.pulse).await.unwrap();
        heard
    }
}

/// Follows the log from its beginning, over every break, up to the end.
async fn read(wire: Wire, mut dice: Dice, end: watch::Receiver<u64>) -> (Vec<Value>, u64) {
    let http = Http::at(&wire.url);
    let mut heard: Vec<Value> = Vec::new();
    let is_over = |heard: &[Value]| heard.len() as u64 >= *end.borrow();
    while !is_over(&heard) {
        let Ok(mut stream) = http.stream("/api/events/stream", Some(heard.len() as u64)).await else {
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let breaks = Instant::now() + dice.millis(200, 4000);
        let how = [Cut::Closed, Cut::Reset, Cut::LeaderOnly][dice.below(3)];
        while !is_over(&heard) {
            let Ok(next) = timeout(breaks.saturating_duration_since(Instant::now()), stream.next()).await
            else {
                wire.cut(how);
                break;
            };
            let Some(message) = next else { break };
            // The last word of a stream that ends has no number.
            let Some(id) = message.id else { continue };
            assert_eq!(id, heard.len() as u64 + 1, "a gap, or something twice: {message:?}");
            heard.push(message.data);
        }
    }
    (heard, wire.connections())
}

/// Asks again and again, and tells the longest time from one answer to the next.
async fn feel(mut api: Api, mut end: watch::Receiver<u64>) -> Duration {
    let (mut longest, mut last) = (Duration::ZERO, Instant::now());
    while *end.borrow() == u64::MAX {
        if let Ok(Ok(_)) = timeout(Duration::from_secs(1), api.status()).await {
            longest = longest.max(last.elapsed());
            last = Instant::now();
        }
        let _ = timeout(Duration::from_millis(40), end.changed()).await;
    }
    longest
}
