//! A node whose renderer does nothing: a real session, and every frame is proven as soon as it is offered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use callsheet_protocol::v1::{self, nodes_client::NodesClient};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Endpoint;

use crate::Failure;

/// How the node goes about its frames.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Pace {
    /// Proves everything at once, by itself, and says that it took no time.
    Instant,
    /// Proves one lease at a time, when it is told to, and says that each frame took this long.
    Claims(Duration),
}

pub(crate) struct IdleNode {
    offers: Arc<AtomicU64>,
    /// When each lease came, for a node that waits to be told.
    arrivals: mpsc::Receiver<(Instant, v1::OfferedLease)>,
    told: mpsc::Sender<v1::NodeMessage>,
    pace: Pace,
    current: Option<v1::OfferedLease>,
    reported: u64,
}

impl IdleNode {
    pub(crate) async fn connect(url: &str, name: &str, slots: u32, pace: Pace) -> Result<Self, Failure> {
        let channel = Endpoint::from_shared(url.to_owned())?.tcp_nodelay(true).connect().await?;
        let (told, outgoing) = mpsc::channel(64);
        told.send(message(v1::node_message::Body::Hello(hello(name, slots)))).await?;
        let session = NodesClient::new(channel).session(ReceiverStream::new(outgoing)).await?.into_inner();
        let offers = Arc::new(AtomicU64::new(0));
        let (arrived, arrivals) = mpsc::channel(64);
        tokio::spawn(pulse(told.clone()));
        tokio::spawn(listen(session, told.clone(), arrived, offers.clone(), pace));
        Ok(Self { offers, arrivals, told, pace, current: None, reported: 0 })
    }

    /// Leases offered so far.
    pub(crate) fn offers(&self) -> u64 {
        self.offers.load(Ordering::Relaxed)
    }

    /// Waits for the next lease and says when it came.
    pub(crate) async fn offered(&mut self) -> Result<Instant, Failure> {
        let (at, lease) = self.arrivals.recv().await.ok_or("the session is over")?;
        self.current = Some(lease);
        Ok(at)
    }

    /// Ends the lease that came last, and says when.
    pub(crate) async fn end(&mut self) -> Result<Instant, Failure> {
        let lease = self.current.take().ok_or("no lease to end")?;
        let took = match self.pace {
            Pace::Instant => Duration::ZERO,
            Pace::Claims(took) => took,
        };
        let mut reports = Vec::new();
        report(&lease, took, &mut self.reported, &mut reports);
        let at = Instant::now();
        self.told.send(message(v1::node_message::Body::Reports(v1::Reports { reports }))).await?;
        Ok(at)
    }
}

async fn listen(
    mut session: tonic::Streaming<v1::LeaderMessage>,
    told: mpsc::Sender<v1::NodeMessage>,
    arrived: mpsc::Sender<(Instant, v1::OfferedLease)>,
    offers: Arc<AtomicU64>,
    pace: Pace,
) {
    let mut reported = 0;
    while let Ok(Some(v1::LeaderMessage { body })) = session.message().await {
        let Some(v1::leader_message::Body::Offers(offered)) = body else { continue };
        offers.fetch_add(offered.leases.len() as u64, Ordering::Relaxed);
        if pace != Pace::Instant {
            for lease in offered.leases {
                if arrived.send((Instant::now(), lease)).await.is_err() {
                    return;
                }
            }
            continue;
        }
        let mut reports = Vec::with_capacity(offered.leases.len() * 2);
        for lease in &offered.leases {
            report(lease, Duration::ZERO, &mut reported, &mut reports);
        }
        if told.send(message(v1::node_message::Body::Reports(v1::Reports { reports }))).await.is_err() {
            return;
        }
    }
}

/// Everything a node says of a lease that went well.
fn report(lease: &v1::OfferedLease, took: Duration, last: &mut u64, reports: &mut Vec<v1::Report>) {
    let proven = v1::Proven { frames: lease.frames.clone(), bytes: 1, took_us: took.as_micros() as u64 };
    let ended = v1::Ended {
        how: v1::ended::How::Succeeded.into(),
        failure: None,
        blamed: Vec::new(),
        last_frame: None,
    };
    for what in [v1::report::What::Proven(proven), v1::report::What::Ended(ended)] {
        *last += 1;
        reports.push(v1::Report { number: *last, token: lease.token, what: Some(what) });
    }
}

async fn pulse(told: mpsc::Sender<v1::NodeMessage>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    for number in 1.. {
        ticks.tick().await;
        if told
            .send(message(v1::node_message::Body::Pulse(v1::Pulse { number, holding: None })))
            .await
            .is_err()
        {
            return;
        }
    }
}

fn message(body: v1::node_message::Body) -> v1::NodeMessage {
    v1::NodeMessage { body: Some(body) }
}

fn hello(name: &str, slots: u32) -> v1::Hello {
    let capabilities = v1::Capabilities {
        renderers: [("nothing".to_owned(), String::new())].into(),
        slots,
        memory_bytes: 1 << 30,
        cpus: 1,
        os: "linux".to_owned(),
        ..Default::default()
    };
    v1::Hello {
        node: name.to_owned(),
        incarnation: 1,
        capabilities: Some(capabilities),
        ..Default::default()
    }
}
