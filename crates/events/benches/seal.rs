//! What sealing costs, which is on the storage thread's way: `cargo bench -p callsheet-events`.

// A measurement that cannot go on ends.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use callsheet_events::{Digest, Filter, Sealed, catalogue, ingest};
use callsheet_model::{Envelope, Event, Timestamp};
use uuid::Uuid;

/// Short rounds, the best of which counts: what else the machine does is not measured.
const ROUNDS: u32 = 300;
const EACH: u32 = 500;

fn measure(what: &str, mut work: impl FnMut()) {
    let round = |_| {
        let began = Instant::now();
        (0..EACH).for_each(|_| work());
        began.elapsed() / EACH
    };
    let best = (0..ROUNDS).map(round).min().unwrap();
    println!("{what:<40} {:>8} ns", best.as_nanos());
}

fn outside() -> Envelope {
    let body =
        br#"{"event_type":"step.exit","step":"fetch","execution_id":478775660589088776,"status":"COMPLETED",
        "event_id":478775660589088777,"created_at":"2026-05-31T03:14:15.123456Z","worker_id":"worker-prod-7",
        "context":{"result":{"items":42,"took":1.25,"rows":9007199254740993}},"meta":{"attempts":3}}"#;
    let posted = ingest::read(body, Timestamp(0), &mut Uuid::nil).unwrap().remove(0);
    let event = Event::Outside(Arc::new(posted.event));
    Envelope { sequence: 7, at: Timestamp(1_780_197_255_120), context: posted.context, event }
}

fn main() {
    let mut before = Digest::default();
    let own = ["frame_job.leased", "frame_job.frames_accepted", "frame_job.frames_failed", "job.submitted"];
    for kind in own {
        let envelope = catalogue::example(kind).unwrap().sealed.unwrap().envelope.clone();
        measure(&format!("seal {kind}"), || {
            let sealed = Sealed::seal(envelope.clone(), &before);
            before = black_box(sealed).chain;
        });
    }
    let envelope = outside();
    measure("seal an event from outside", || {
        before = black_box(Sealed::seal(envelope.clone(), &before)).chain;
    });
    let sealed = Sealed::seal(outside(), &before);
    let body = sealed.json.as_bytes();
    measure("read a posted event", || {
        black_box(ingest::read(body, Timestamp(0), &mut Uuid::nil)).unwrap();
    });
    let filter = Filter::parse([("types", "node.*,step.*"), ("correlation", "478775660589088776")]).unwrap();
    measure("a reader's filter", || {
        assert!(black_box(filter.takes(sealed.kind(), &sealed.scopes)));
    });
}
