//! Streams as Server-Sent Events: their bytes, cursors, filters, and their ends.

use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::sse::{Message, Sse};

#[tokio::test]
async fn a_stream_is_written_as_the_contract_says() {
    let bench = Bench::start().await;
    let head = bench.leader.range().1;
    let mut stream = Sse::open(bench.address, "/api/events/stream").await;
    assert_eq!(stream.status, 200);
    for header in
        ["content-type: text/event-stream\r\n", "cache-control: no-cache\r\n", "x-accel-buffering: no\r\n"]
    {
        assert!(stream.head.contains(header), "{header} in {}", stream.head);
    }
    assert!(!stream.head.contains("content-encoding"), "a stream is not held back to be compressed");
    assert_eq!(stream.piece().await.unwrap(), format!("retry: 1000\nid: {head}\n\n"));

    bench.events(0, 1).await;
    let (status, page) = bench.get(&format!("/api/events?after={head}")).await;
    assert_eq!((status, page["head"].as_u64()), (200, Some(head + 1)));
    let text = stream.piece().await.unwrap();
    let data = text.strip_prefix(&format!("id: {}\nevent: work.done\ndata: ", head + 1)).unwrap();
    let data = data.strip_suffix("\n\n").unwrap();
    assert!(!data.contains('\n'));
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data, page["events"][0]);
    assert_eq!(data["sequence"], head + 1);
    for field in ["id", "type", "timestamp", "payload", "hash", "chain"] {
        assert!(!data[field].is_null(), "{field} in {data}");
    }
}

#[tokio::test]
async fn a_hundred_events_at_once_arrive_all_in_order() {
    let bench = Bench::start().await;
    let mut stream = Sse::open(bench.address, "/api/events/stream").await;
    bench.events(0, 100).await;
    let got = stream.take(100).await;
    let numbers: Vec<u64> =
        got.iter().map(|message| message.json()["payload"]["nth"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_stream_resumes_exactly_after_its_cursor() {
    let bench = Bench::start().await;
    let last = bench.events(0, 20).await;
    let cursor = last - 7;
    let expected: Vec<u64> = (cursor + 1..=last).collect();
    let query = |query: &str| format!("/api/events/stream{query}");
    let header = format!("Last-Event-ID: {cursor}\r\n");
    for (path, headers) in [
        (query(&format!("?after={cursor}")), ""),
        (query(&format!("?last_event_id={cursor}")), ""),
        (query(&format!("?after=0&lastEventId={cursor}")), ""),
        (query(""), header.as_str()),
        // What a browser sends when it comes back: the URL that it began with, and the header.
        (query("?after=1"), header.as_str()),
        (query("?snapshot=true"), header.as_str()),
    ] {
        let mut stream = Sse::with(bench.address, &path, headers).await;
        let got: Vec<u64> = stream.take(7).await.iter().filter_map(|message| message.id).collect();
        assert_eq!(got, expected, "{path} {headers}");
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_by_its_name() {
    let bench = Bench::start().await;
    for (path, field) in [
        ("/api/events/stream?after=x", "after"),
        ("/api/events/stream?after=-1", "after"),
        ("/api/events/stream?after=%2B1", "after"),
        ("/api/events/stream?after=1&after=2", "after"),
        ("/api/events/stream?last_event_id=2&last_event_id=3", "last_event_id"),
        ("/api/events/stream?signals=maybe", "signals"),
        ("/api/events/stream?job=7", "job"),
        ("/api/events/stream?jobs=7", "jobs"),
        ("/api/v1/jobs/7/stream", "job"),
        ("/api/events?limit=0", "limit"),
        ("/api/events?limit=1001", "limit"),
        ("/api/events?snapshot=true", "snapshot"),
    ] {
        let (status, problem) = bench.get(path).await;
        assert_eq!((status, problem["code"].as_str()), (400, Some("bad_parameter")), "{path}: {problem}");
        let told = problem["errors"][0]["field"].as_str().unwrap().trim_matches('"');
        assert_eq!(told, field, "{path}: {problem}");
    }
    let mut stream = Sse::with(bench.address, "/api/events/stream", "Last-Event-ID: seven\r\n").await;
    assert_eq!(stream.status, 400);
    assert!(stream.head.contains("application/problem+json"));
    let _ = stream.piece().await;
}

/// Each filter lets through exactly the events that fit it.
#[tokio::test]
async fn every_scope_of_the_contract_can_be_followed() {
    let bench = Bench::start().await;
    let begin = bench.leader.range().1;
    let uuid = |nth: u8| format!("00000000-0000-4000-8000-0000000000{nth:02}");
    let event = |kind: &str, more: Value| {
        let mut event = json!({ "event_type": kind, "payload": {} });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let posted = json!([
        event("scene.cut", json!({ "payload": { "job_id": uuid(1) } })),
        event("scene.run", json!({ "payload": { "frame_job_id": uuid(2) } })),
        event("scene.node", json!({ "payload": { "node_id": uuid(3) } })),
        event("scene.project", json!({ "project_id": uuid(4) })),
        event("scene.payload", json!({ "payload": { "project_id": uuid(7) } })),
        event("scene.agent", json!({ "actor_id": uuid(5), "actor_type": "agent" })),
        event("scene.user", json!({ "actor_id": uuid(6), "actor_type": "user" })),
        event("scene.correlated", json!({ "correlation_id": "shot 7" })),
        event("other.type", json!({})),
    ]);
    let (status, answer) = bench.post("/api/events", &posted).await;
    assert_eq!(status, 201, "{answer}");
    for (filter, kinds) in [
        (format!("job={}", uuid(1)), vec!["scene.cut"]),
        (format!("workflow={}", uuid(1)), vec!["scene.cut"]),
        (format!("run={}", uuid(2)), vec!["scene.run"]),
        (format!("node={}", uuid(3)), vec!["scene.node"]),
        (format!("project={}", uuid(4)), vec!["scene.project"]),
        (format!("project={}", uuid(7)), vec!["scene.payload"]),
        (format!("agent={}", uuid(5)), vec!["scene.agent"]),
        (format!("user={}", uuid(6)), vec!["scene.user"]),
        ("correlation=shot+7".to_owned(), vec!["scene.correlated"]),
        ("types=other.*".to_owned(), vec!["other.type"]),
        ("types=scene.cut,other.type".to_owned(), vec!["scene.cut", "other.type"]),
        ("types=scene.cut&types=*.type".to_owned(), vec!["scene.cut", "other.type"]),
        (format!("types=scene.*&node={}", uuid(3)), vec!["scene.node"]),
    ] {
        let mut stream =
            Sse::open(bench.address, &format!("/api/events/stream?after={begin}&{filter}")).await;
        let got: Vec<String> =
            stream.take(kinds.len()).await.into_iter().map(|message| message.event).collect();
        assert_eq!(got, kinds, "{filter}");
        let (_, page) = bench.get(&format!("/api/events?after={begin}&{filter}")).await;
        let told: Vec<&str> =
            page["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
        assert_eq!(told, kinds, "{filter}: {page}");
        assert_eq!(page["next"].as_u64(), Some(begin + 9), "the cursor moves on where nothing fits");
    }
    for (path, kind) in [
        (format!("/api/v1/jobs/{}/stream?after={begin}", uuid(1)), "scene.cut"),
        (format!("/api/v1/nodes/{}/stream?after={begin}", uuid(3)), "scene.node"),
    ] {
        assert_eq!(Sse::open(bench.address, &path).await.next().await.unwrap().event, kind);
    }
}

#[tokio::test]
async fn a_newcomer_is_told_the_state_and_then_what_follows_without_a_gap() {
    let bench = Bench::start().await;
    let job = bench.job("1-3").await;
    let mut stream = {
        // While events keep coming.
        let posts = async {
            for nth in 0..20 {
                bench.events(nth, 1).await;
            }
        };
        let opens = Sse::open(bench.address, "/api/events/stream?snapshot=true");
        tokio::join!(posts, opens).1
    };
    assert_eq!(stream.piece().await.unwrap(), "retry: 1000\n\n", "there is nothing to come back to yet");
    let last = bench.events(20, 1).await;
    let snapshot = stream.next().await.unwrap();
    assert_eq!(snapshot.event, "snapshot");
    let state = snapshot.json();
    assert_eq!(state["sequence"].as_u64(), snapshot.id);
    assert_eq!(state["jobs"][0]["id"], job.to_string());
    let begin = snapshot.id.unwrap();
    let rest = stream.take((last - begin) as usize).await;
    let ids: Vec<u64> = rest.iter().filter_map(|message| message.id).collect();
    assert_eq!(ids, (begin + 1..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_state_of_one_job_is_only_that_job() {
    let bench = Bench::start().await;
    let (one, _other) = (bench.job("1-3").await, bench.job("1-3").await);
    let path = format!("/api/v1/jobs/{one}/stream?snapshot=true");
    let state = Sse::open(bench.address, &path).await.next().await.unwrap().json();
    let ids: Vec<&str> =
        state["jobs"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [one.to_string()]);
}

#[tokio::test]
async fn silence_is_broken_by_a_comment() {
    let bench = Bench::with(|config| config.leader.http.keep_alive = Duration::from_millis(20)).await;
    let mut stream = Sse::open(bench.address, "/api/events/stream").await;
    assert_eq!(stream.block().await.unwrap().comment, "", "the beginning");
    for _ in 0..3 {
        let block = stream.block().await.unwrap();
        assert_eq!(block, Message { comment: "keep-alive".into(), ..Message::default() });
    }
    bench.events(0, 1).await;
    assert_eq!(stream.next().await.unwrap().event, "work.done");
}

/// Otherwise it would have to come back to its last event, which may be long gone.
#[tokio::test]
async fn a_reader_of_rare_events_moves_on_with_the_log() {
    let bench = Bench::with(|config| config.leader.http.keep_alive = Duration::from_millis(20)).await;
    let mut stream = Sse::open(bench.address, "/api/events/stream?types=rare.event").await;
    stream.block().await.unwrap();
    let last = bench.events(0, 10).await;
    let mut block = stream.block().await.unwrap();
    while block.id != Some(last) {
        assert_eq!((block.comment.as_str(), block.data.as_str()), ("keep-alive", ""), "{block:?}");
        block = stream.block().await.unwrap();
    }
    assert_eq!(stream.block().await.unwrap().id, None, "it is told once");
}

#[tokio::test]
async fn a_cursor_that_the_log_does_not_have_is_told_where_to_begin() {
    let bench = Bench::start().await;
    let head = bench.leader.range().1;
    let mut stream = Sse::open(bench.address, &format!("/api/events/stream?after={}", head + 10)).await;
    let word = stream.next().await.unwrap();
    assert_eq!((word.id, word.event.as_str()), (None, "cut_off"));
    let word = word.json();
    assert_eq!(
        (&word["code"], &word["head"], &word["snapshot"]),
        (&json!("cursor_ahead"), &json!(head), &json!("/api/v1/snapshot"))
    );
    assert!(stream.next().await.is_none(), "that was the last word");
    let (status, problem) = bench.get(&format!("/api/events?after={}", head + 10)).await;
    assert_eq!((status, &problem["code"]), (400, &json!("cursor_ahead")), "{problem}");

    // With a state to begin with the same cursor is no mistake.
    let path = format!("/api/events/stream?snapshot=true&after={}", head + 10);
    assert_eq!(Sse::open(bench.address, &path).await.next().await.unwrap().event, "snapshot");
}

#[tokio::test]
async fn events_that_are_not_kept_any_more_are_not_passed_over_in_silence() {
    let bench = Bench::keeping(10, |config| config.leader.keep.snapshot_every = 20).await;
    let dropped = async {
        while bench.leader.range().0 == 1 {
            bench.events(0, 10).await;
        }
    };
    tokio::time::timeout(crate::bench::PATIENCE, dropped).await.unwrap();
    let (status, problem) = bench.get("/api/events?after=0").await;
    assert_eq!((status, &problem["code"]), (410, &json!("cursor_too_old")), "{problem}");
    assert_eq!(problem["snapshot"], "/api/v1/snapshot");
    let oldest = problem["oldest"].as_u64().unwrap();
    assert!(oldest > 1);
    let mut stream = Sse::with(bench.address, "/api/events/stream", "Last-Event-ID: 0\r\n").await;
    let word = stream.next().await.unwrap().json();
    assert_eq!((&word["code"], word["cursor"].as_u64()), (&json!("cursor_too_old"), Some(0)));
    assert_eq!((word["oldest"].as_u64(), &word["snapshot"]), (Some(oldest), &json!("/api/v1/snapshot")));
    assert!(stream.next().await.is_none());

    // The oldest one there is can be begun with, and so can the state.
    let from = format!("Last-Event-ID: {}\r\n", oldest - 1);
    let mut stream = Sse::with(bench.address, "/api/events/stream", &from).await;
    assert_eq!(stream.next().await.unwrap().id, Some(oldest));
    let mut stream =
        Sse::with(bench.address, "/api/events/stream?snapshot=true", "Last-Event-ID: 0\r\n").await;
    assert_eq!(stream.next().await.unwrap().event, "snapshot");
    let (_, page) = bench.get("/api/events").await;
    assert_eq!(
        page["events"][0]["sequence"].as_u64(),
        Some(oldest),
        "without a cursor from the oldest one on"
    );
}

#[tokio::test]
async fn a_leader_that_leaves_says_so_with_the_cursor() {
    let bench = Bench::start().await;
    let mut stream = Sse::open(bench.address, "/api/events/stream").await;
    let last = bench.events(0, 3).await;
    stream.take(3).await;
    bench.leave.cancel();
    let word = stream.next().await.unwrap();
    assert_eq!((word.id, word.event.as_str()), (None, "leaving"));
    assert_eq!((&word.json()["code"], word.json()["cursor"].as_u64()), (&json!("leaving"), Some(last)));
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn there_is_a_place_for_so_many_readers_and_it_is_given_back() {
    let bench = Bench::with(|config| config.leader.http.readers = 2).await;
    let first = Sse::open(bench.address, "/api/events/stream").await;
    let _second = Sse::open(bench.address, "/api/events/stream").await;
    let third = Sse::open(bench.address, "/api/events/stream").await;
    assert_eq!(third.status, 503);
    assert!(third.head.contains("retry-after: "), "{}", third.head);
    drop(first);
    let again = async {
        // The connection's end takes a moment to be seen.
        while Sse::open(bench.address, "/api/events/stream").await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::bench::PATIENCE, again).await.unwrap();
}

/// What a reader that was cut off does: it goes on from its last event, and in the end it has everything once.
#[tokio::test]
async fn a_reader_that_falls_behind_is_cut_off_with_its_cursor_and_resumes_without_a_gap() {
    let bench = Bench::with(|config| config.leader.http.reader_backlog = 100).await;
    let begin = bench.leader.range().1;
    let mut stream = Sse::open(bench.address, "/api/events/stream").await;
    // More than the system's buffers between the two hold.
    let event = json!({ "event_type": "work.done", "payload": { "text": "x".repeat(100_000) } });
    let batch = json!(vec![event; 15]);
    for _ in 0..30 {
        assert_eq!(bench.post("/api/events", &batch).await.0, 201);
    }
    let last = bench.leader.range().1;
    let mut cursor = begin;
    let mut was_cut_off = 0;
    while cursor < last {
        match stream.next().await {
            Some(message) if message.event == "cut_off" => {
                let word = message.json();
                assert_eq!((&word["code"], word["cursor"].as_u64()), (&json!("fell_behind"), Some(cursor)));
                assert!(stream.next().await.is_none());
                was_cut_off += 1;
                let header = format!("Last-Event-ID: {cursor}\r\n");
                stream = Sse::with(bench.address, "/api/events/stream", &header).await;
            }
            Some(message) => {
                assert_eq!(message.id, Some(cursor + 1));
                cursor += 1;
            }
            None => panic!("the stream ended without a word at {cursor}"),
        }
    }
    assert!(was_cut_off > 0, "it took nothing of 45 MB");
}
