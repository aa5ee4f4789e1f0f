//! What the tests of the journal share: events, and calls that wait for their answer.
#![allow(unreachable_pub, reason = "what tests share is all theirs")]

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use callsheet_events::Sealed;
use callsheet_journal::{AppendError, Durable, Journal, PageLimit, Recovered};
use callsheet_model::image::Image;
use callsheet_model::{Author, Context, Envelope, Event, FrameSet, Outside, StepIndex, Timestamp, Token};
use uuid::Uuid;

pub fn event(sequence: u64) -> Envelope {
    let job = "018f2d3c-1111-7222-8333-0123456789ab".parse().unwrap();
    let event = match sequence % 5 {
        0 => Event::JobCancelled { job, reason: "x".repeat((sequence % 400) as usize) },
        1 => Event::Outside(outside(sequence).into()),
        _ => Event::FramesAccepted {
            token: Token(Token::first_of(1).0 + sequence),
            job,
            step: StepIndex(0),
            frames: FrameSet::one(sequence as i32),
            bytes: sequence * 1000,
            took: Duration::from_millis(sequence),
        },
    };
    let author =
        if sequence.is_multiple_of(7) { Author::user(Some(Uuid::from_u128(7))) } else { Author::SYSTEM };
    let context = Context { project: sequence.is_multiple_of(2).then_some(Uuid::from_u128(2)), author };
    Envelope { sequence, at: Timestamp(1_700_000_000_000 + sequence), context, event }
}

fn outside(sequence: u64) -> Outside {
    Outside {
        id: Uuid::from_u128(u128::from(sequence) << 64),
        kind: "step.exit".into(),
        timestamp: "2023-11-14T22:13:20.000000001Z".into(),
        correlation: None,
        payload: format!(r#"{{"nth":{sequence}}}"#),
        fields: "{}".into(),
    }
}

pub fn events(first: u64, last: u64) -> Vec<Envelope> {
    (first..=last).map(event).collect()
}

/// An event of so many bytes, far larger than a chunk should be.
pub fn large_event(sequence: u64, bytes: usize) -> Envelope {
    let text: String = (0..bytes).map(|n| char::from(b'a' + (n * 7 % 26) as u8)).collect();
    let job = "018f2d3c-1111-7222-8333-0123456789ab".parse().unwrap();
    let context = Context::default();
    Envelope { sequence, at: Timestamp(sequence), context, event: Event::JobFailed { job, reason: text } }
}

pub fn append(journal: &dyn Journal, batch: Vec<Envelope>) -> Result<Durable, AppendError> {
    let (done, wait) = channel();
    journal.submit(batch, Box::new(move |outcome| done.send(outcome).unwrap()));
    wait.recv().expect("the journal answers")
}

pub fn snapshot(journal: &dyn Journal, image: Image) -> Result<u64, AppendError> {
    let (done, wait) = channel();
    journal.snapshot(image, Box::new(move |outcome| done.send(outcome).unwrap()));
    wait.recv().expect("the journal answers")
}

/// An image that is known by its last event.
pub fn image(sequence: u64) -> Image {
    Image { sequence, epoch: sequence as u32, last_token: Token(sequence * 3), ..Image::default() }
}

pub fn tail(recovered: Recovered) -> Vec<Envelope> {
    recovered.tail.map(|event| event.expect("the tail is whole")).collect()
}

pub fn read_all(journal: &dyn Journal, from: u64, limit: PageLimit) -> Vec<Envelope> {
    let mut events = Vec::new();
    let mut next = from;
    loop {
        let page = journal.read(next, limit).expect("a page");
        if page.events.is_empty() {
            return events;
        }
        next = page.next;
        events.extend(plain(&page.events));
    }
}

/// The events themselves.
pub fn plain(events: &[Arc<Sealed>]) -> Vec<Envelope> {
    events.iter().map(|event| event.envelope.clone()).collect()
}

/// Every event from one on, sealed.
pub fn sealed(journal: &dyn Journal, from: u64) -> Vec<Arc<Sealed>> {
    let mut events: Vec<Arc<Sealed>> = Vec::new();
    loop {
        let page = journal.read(from + events.len() as u64, PageLimit::default()).expect("a page");
        if page.events.is_empty() {
            return events;
        }
        events.extend(page.events);
    }
}

/// Whether events are each sealed behind the one before.
pub fn is_one_chain(events: &[Arc<Sealed>]) -> bool {
    events.windows(2).all(|pair| pair[1].chain == pair[0].chain.then(&pair[1].hash))
}
