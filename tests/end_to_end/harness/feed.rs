//! The cluster's events as they come, over as many lives of the leader as a test takes. The cursor must hold
//! over all of them: numbers without a gap, and nothing that was told once is ever told differently.

use std::sync::{Arc, Mutex};

use callsheet_model::FrameSet;
use callsheet_protocol::v1;
use callsheet_protocol::v1::event_message::Body;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Api;

/// An event, as clients see it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) sequence: u64,
    pub(crate) at_ms: u64,
    pub(crate) kind: String,
    pub(crate) payload: Value,
}

impl Event {
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        self.payload[key].as_str().unwrap_or_default()
    }

    pub(crate) fn job(&self) -> &str {
        self.text("job_id")
    }

    pub(crate) fn node(&self) -> &str {
        self.text("node")
    }

    pub(crate) fn token(&self) -> &str {
        self.text("token")
    }

    pub(crate) fn step(&self) -> u64 {
        self.payload["step"].as_u64().unwrap_or_default()
    }

    pub(crate) fn frames(&self) -> FrameSet {
        self.text("frames").parse().unwrap_or_default()
    }

    /// A lease under which frames are rendered, and neither only published nor only looked at.
    pub(crate) fn is_render_lease(&self) -> bool {
        self.is("frame_job.leased") && self.payload["publish_of"].is_null() && !self.is_preflight()
    }

    /// A lease under which a node only looks whether the step can be rendered.
    pub(crate) fn is_preflight(&self) -> bool {
        self.is("frame_job.leased") && self.payload["preflight"] == true
    }

    /// What a failure is: its class's word.
    pub(crate) fn class(&self) -> &str {
        self.payload["failure"]["class"].as_str().unwrap_or_default()
    }

    /// What a failure says.
    pub(crate) fn message(&self) -> &str {
        self.payload["failure"]["message"].as_str().unwrap_or_default()
    }
}

/// What has come so far, and goes on coming.
pub(crate) struct Feed {
    seen: Arc<Mutex<Vec<Event>>>,
    changed: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Feed {
    /// Follows from the first event on. `lives` counts the leader's starts.
    pub(crate) fn follow(api: Api, mut lives: watch::Receiver<u64>) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (told, changed) = watch::channel(0);
        let events = seen.clone();
        let task = tokio::spawn(async move {
            loop {
                let life = *lives.borrow_and_update();
                read(api.clone(), &events, &told).await;
                // A stream that broke for another reason than the leader's end is taken up at once.
                if *lives.borrow() == life
                    && api.clone().status().await.is_err()
                    && lives.changed().await.is_err()
                {
                    return;
                }
            }
        });
        Self { seen, changed, task }
    }

    /// Everything so far.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until `look` finds something in all that has come.
    pub(crate) async fn until<T>(&self, mut look: impl FnMut(&[Event]) -> Option<T>) -> T {
        let mut changed = self.changed.clone();
        loop {
            changed.borrow_and_update();
            if let Some(found) = look(&self.seen.lock().unwrap()) {
                return found;
            }
            if changed.changed().await.is_err() {
                panic!("the stream of events is over: its reader failed");
            }
        }
    }
}

async fn read(mut api: Api, seen: &Mutex<Vec<Event>>, told: &watch::Sender<u64>) {
    let after = seen.lock().unwrap().last().map_or(0, |event| event.sequence);
    let request = v1::EventsRequest { after: Some(after), follow: true, ..Default::default() };
    let Ok(stream) = api.cluster.events(request).await else { return };
    let mut stream = stream.into_inner();
    while let Ok(Some(message)) = stream.message().await {
        let Some(Body::Event(event)) = message.body else { continue };
        let mut seen = seen.lock().unwrap();
        let expected = seen.last().map_or(0, |event| event.sequence) + 1;
        assert_eq!(event.sequence, expected, "the stream of events has a gap, or says things twice");
        seen.push(Event {
            sequence: event.sequence,
            at_ms: event.at_ms,
            kind: event.r#type,
            payload: serde_json::from_str(&event.payload_json).expect("an event's payload is JSON"),
        });
        drop(seen);
        told.send_modify(|count| *count += 1);
    }
}
