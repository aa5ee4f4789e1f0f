//! The gRPC door's own promises about streams: every event once and in order over cuts of any kind, a clear word
//! with the cursor at each end, filters and signals as every door has them. Real sockets, a disk of memory.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod bench;

use callsheet_protocol::v1::event_message::Body;
use callsheet_protocol::{detail, v1};
use serde_json::Value;
use tonic::{Code, Request};

use bench::Bench;

const MANY: u64 = 1_000_000;

fn after(after: u64) -> v1::EventsRequest {
    v1::EventsRequest { after: Some(after), ..Default::default() }
}

fn follow(from: u64) -> v1::EventsRequest {
    v1::EventsRequest { follow: true, ..after(from) }
}

fn end(status: &tonic::Status) -> v1::StreamEnd {
    detail(status).unwrap_or_else(|| panic!("no detail: {status}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_told_with_its_envelope_and_with_its_payload_alone() {
    let bench = Bench::start(MANY, |_| {}).await;
    bench.post(1, 1, 0).await;
    let mut reader = bench.read(v1::EventsRequest { types: vec!["work.*".into()], ..after(0) }).await;
    let event = reader.event().await;
    let envelope: Value = serde_json::from_str(&event.json).unwrap();
    let payload: Value = serde_json::from_str(&event.payload_json).unwrap();
    assert_eq!(payload["nth"], 1, "{payload}");
    assert_eq!(envelope["payload"], payload);
    let told = [&event.id, &event.r#type, &event.hash, &event.chain, &event.actor_type];
    let fields = ["id", "type", "hash", "chain", "actor_type"];
    for (told, field) in told.iter().zip(fields) {
        assert_eq!(envelope[field], told.as_str(), "{field}");
    }
    assert_eq!(envelope["sequence"], event.sequence);
    assert!(matches!(reader.next().await, Ok(None)), "what does not follow ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_cut_at_random_gets_every_event_once_and_in_order() {
    let bench = Bench::start(MANY, |_| {}).await;
    let first = bench.stands().await.sequence;
    let all = 3000;
    let posting = async {
        for nth in 0..all / 100 {
            bench.post(nth * 100, 100, 0).await;
        }
    };
    let reading = async {
        let (mut cursor, mut seen, mut dice) = (first, 0, 7_u64);
        while seen < all {
            let mut reader = bench.read(follow(cursor)).await;
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            for _ in 0..(dice >> 33) % 200 {
                if seen == all {
                    break;
                }
                let event = reader.event().await;
                let payload: Value = serde_json::from_str(&event.payload_json).unwrap();
                assert_eq!((event.sequence, &payload["nth"]), (cursor + 1, &seen.into()));
                (cursor, seen) = (event.sequence, seen + 1);
            }
        }
    };
    tokio::join!(posting, reading);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_falls_behind_is_cut_off_with_its_cursor_and_resumes_there() {
    let bench = Bench::start(MANY, |config| config.leader.http.reader_backlog = 100).await;
    let first = bench.stands().await.sequence;
    let mut slow = bench.read(follow(first)).await;
    bench.post(0, 1, 0).await;
    assert_eq!(slow.event().await.sequence, first + 1, "it follows live");
    // More than all buffers on the way could hold, and it takes none of it.
    for nth in 0..60 {
        bench.post(1 + nth * 100, 100, 10_000).await;
    }
    let (taken, word) = slow.rest().await;
    let status = word.expect("it is cut off");
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    let end = end(&status);
    assert_eq!((end.code.as_str(), end.cursor), ("fell_behind", taken.last().map(|event| event.sequence)));
    assert!((taken.len() as u64) < 6000, "it was too slow");
    let (rest, word) = bench.read(after(end.cursor.unwrap())).await.rest().await;
    assert!(word.is_none(), "{word:?}");
    let all: Vec<u64> = taken.iter().chain(&rest).map(|event| event.sequence).collect();
    assert_eq!(
        all,
        (first + 2..=first + 6001).collect::<Vec<_>>(),
        "nothing is lost, nothing is there twice"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_is_not_in_the_log_is_refused_with_what_is() {
    let bench = Bench::start(1000, |config| config.leader.keep.snapshot_every = 1000).await;
    let head = bench.stands().await.sequence;
    let (_, word) = bench.read(after(head + 5)).await.rest().await;
    let status = word.unwrap();
    let told = end(&status);
    assert_eq!(
        (status.code(), told.code.as_str(), told.head),
        (Code::OutOfRange, "cursor_ahead", Some(head))
    );

    // Old events go with snapshots.
    let mut nth = 0;
    while bench.stands().await.oldest <= 1 {
        bench.post(nth * 500, 500, 0).await;
        nth += 1;
        assert!(nth < 200, "nothing is ever dropped");
    }
    let (_, word) = bench.read(after(0)).await.rest().await;
    let status = word.unwrap();
    let told = end(&status);
    assert_eq!((status.code(), told.code.as_str()), (Code::OutOfRange, "cursor_too_old"));
    let oldest = told.oldest.unwrap();
    assert!(oldest > 1 && told.cursor.is_none(), "{told:?}");
    let first = bench.read(after(bench.stands().await.oldest - 1)).await.event().await;
    assert!(first.sequence >= oldest, "{first:?}");
    let snapshot = v1::EventsRequest { snapshot: true, ..Default::default() };
    let Ok(Some(Body::Snapshot(state))) = bench.read(snapshot).await.next().await else { panic!("no state") };
    assert!(state.sequence >= oldest && !state.more, "{state:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_leaves_says_so_with_the_cursor() {
    let bench = Bench::start(MANY, |_| {}).await;
    let first = bench.stands().await.sequence;
    let mut reader = bench.read(follow(first)).await;
    bench.post(0, 3, 0).await;
    for _ in 0..3 {
        reader.event().await;
    }
    bench.leave.cancel();
    let (events, word) = reader.rest().await;
    let status = word.expect("a word at the end");
    assert_eq!((events.len(), status.code()), (0, Code::Unavailable), "{status}");
    let end = end(&status);
    assert_eq!((end.code.as_str(), end.cursor), ("leaving", Some(first + 3)));
}

fn beat() -> v1::WorkerBeat {
    v1::WorkerBeat {
        name: "image-render".into(),
        kind: v1::WorkerKind::Render.into(),
        state: v1::WorkerState::Busy.into(),
        ts_ms: 1_700_000_000_000,
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_go_to_those_who_asked_for_them() {
    let bench = Bench::start(MANY, |_| {}).await;
    let first = bench.stands().await.sequence;
    let all = v1::EventsRequest { signals: true, ..follow(first) };
    let named = v1::EventsRequest { types: vec!["worker.heartbeat".into()], ..follow(first) };
    let others = v1::EventsRequest { types: vec!["node.*".into()], ..all.clone() };
    let mut readers = [bench.read(all).await, bench.read(named).await];
    let mut others = bench.read(others).await;
    let mut plain = bench.read(follow(first)).await;
    bench.cluster.clone().beat(beat()).await.unwrap();
    for reader in &mut readers {
        let signal = reader.signal().await;
        assert_eq!(signal.r#type, "worker.heartbeat");
        let Some(v1::signal::Body::Worker(told)) = &signal.body else { panic!("{signal:?}") };
        assert_eq!(told, &beat());
        let envelope: Value = serde_json::from_str(&signal.json).unwrap();
        assert_eq!(envelope["payload"]["name"], "image-render", "{envelope}");
    }
    bench.post(0, 1, 0).await;
    assert_eq!(plain.event().await.sequence, first + 1, "no signal came before it");
    bench.leave.cancel();
    assert_eq!(others.rest().await.0.len(), 0);

    let wrong = v1::WorkerBeat { mode: Some("trading".into()), ..beat() };
    let bench = Bench::start(MANY, |_| {}).await;
    let status = bench.cluster.clone().beat(wrong).await.unwrap_err();
    assert!(status.code() == Code::InvalidArgument && status.message().starts_with("mode: "), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_is_refused_before_a_stream_begins() {
    let bench = Bench::start(MANY, |_| {}).await;
    let ask = |request: v1::EventsRequest| {
        let mut cluster = bench.cluster.clone();
        async move { cluster.events(request).await.map(|_| ()).unwrap_err() }
    };
    for (request, field) in [
        (v1::EventsRequest { job: "mine".into(), ..after(0) }, "job"),
        (v1::EventsRequest { run: "this".into(), ..after(0) }, "run"),
        (v1::EventsRequest { node: "no name!".into(), ..after(0) }, "node"),
        (v1::EventsRequest { types: vec![String::new()], ..after(0) }, "types"),
        (v1::EventsRequest { correlation: "x".repeat(100_000), ..after(0) }, "correlation"),
        (v1::EventsRequest { snapshot: true, ..after(0) }, "after"),
    ] {
        let status = ask(request).await;
        assert!(
            status.code() == Code::InvalidArgument && status.message().contains(field),
            "{field}: {status}"
        );
    }
    let mut request = Request::new(v1::DrainRequest { node: "anna".into() });
    request.metadata_mut().insert("x-actor-id", "somebody".parse().unwrap());
    let status = bench.cluster.clone().drain(request).await.unwrap_err();
    assert!(status.code() == Code::InvalidArgument && status.message().contains("x-actor-id"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_with_a_bad_event_is_refused_with_every_field() {
    let bench = Bench::start(MANY, |_| {}).await;
    let before = bench.stands().await.sequence;
    let body = br#"[{"event_type":"fine"},{"event_type":"agent.message","payload":{"agent_instance_id":7}}]"#;
    let request = v1::IngestRequest { body: body.to_vec() };
    let status = bench.cluster.clone().ingest(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let refusals: v1::Refusals = detail(&status).unwrap();
    let fields: Vec<&str> = refusals.refusals.iter().map(|refusal| refusal.field.as_str()).collect();
    assert!(fields.contains(&"[1].payload.agent_instance_id"), "{fields:?}");
    assert_eq!(bench.stands().await.sequence, before, "none of them is kept");
}
