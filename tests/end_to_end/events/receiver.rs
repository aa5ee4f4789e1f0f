//! A server that the leader sends to: webhooks and alerts. It keeps what came, and refuses when it is told to.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::sync::watch;

/// Something that came.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
    /// Whether it was taken, and not refused.
    pub(super) taken: bool,
}

#[derive(Clone)]
pub(super) struct Receiver {
    pub(super) url: String,
    kept: Arc<Kept>,
}

struct Kept {
    sent: Mutex<Vec<Sent>>,
    refuse: AtomicU32,
    count: watch::Sender<usize>,
}

impl Receiver {
    /// One that refuses so many times first.
    pub(super) async fn start(refuse: u32) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/take", listener.local_addr().unwrap());
        let kept = Arc::new(Kept {
            sent: Mutex::default(),
            refuse: AtomicU32::new(refuse),
            count: watch::Sender::new(0),
        });
        let router = Router::new().fallback(take).with_state(kept.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, kept }
    }

    /// Refuses so many times from now on.
    pub(super) fn refuse(&self, times: u32) {
        self.kept.refuse.store(times, Ordering::Relaxed);
    }

    /// Everything that came so far.
    pub(super) fn sent(&self) -> Vec<Sent> {
        self.kept.sent.lock().unwrap().clone()
    }

    /// What was taken of it.
    pub(super) fn taken(&self) -> Vec<Value> {
        self.sent().into_iter().filter(|sent| sent.taken).map(|sent| sent.body).collect()
    }

    /// Waits until what was taken is enough.
    pub(super) async fn until(&self, mut enough: impl FnMut(&[Value]) -> bool) -> Vec<Value> {
        let mut count = self.kept.count.subscribe();
        loop {
            count.borrow_and_update();
            let taken = self.taken();
            if enough(&taken) {
                return taken;
            }
            count.changed().await.unwrap();
        }
    }
}

async fn take(State(kept): State<Arc<Kept>>, headers: HeaderMap, body: String) -> StatusCode {
    let body = serde_json::from_str(&body).expect("what is sent is JSON");
    let less = |left: u32| left.checked_sub(1);
    let taken = kept.refuse.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_err();
    kept.sent.lock().unwrap().push(Sent { headers, body, taken });
    kept.count.send_modify(|count| *count += 1);
    if taken { StatusCode::NO_CONTENT } else { StatusCode::SERVICE_UNAVAILABLE }
}
