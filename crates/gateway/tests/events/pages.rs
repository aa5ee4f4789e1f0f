//! The log in pages, the types of events, and the state to begin with.

use serde_json::{Value, json};

use crate::bench::Bench;

#[tokio::test]
async fn pages_lead_through_the_whole_log() {
    let bench = Bench::start().await;
    let last = bench.events(0, 25).await;
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let path = match after {
            Some(after) => format!("/api/events?limit=10&after={after}"),
            None => "/api/events?limit=10".to_owned(),
        };
        let (status, page) = bench.get(&path).await;
        assert_eq!(status, 200, "{page}");
        let events = page["events"].as_array().unwrap();
        seen.extend(events.iter().map(|event| event["sequence"].as_u64().unwrap()));
        assert_eq!((&page["oldest"], &page["head"]), (&json!(1), &json!(last)));
        after = page["next"].as_u64();
        if page["more"] == false {
            break;
        }
        assert_eq!(events.len(), 10);
    }
    assert_eq!(seen, (1..=last).collect::<Vec<_>>());
    assert_eq!(after, Some(last));
}

#[tokio::test]
async fn a_page_at_the_end_is_empty_and_leads_on() {
    let bench = Bench::start().await;
    let head = bench.leader.range().1;
    let (_, page) = bench.get(&format!("/api/events?after={head}")).await;
    assert_eq!(page, json!({ "events": [], "next": head, "more": false, "oldest": 1, "head": head }));
}

#[tokio::test]
async fn the_types_of_events_are_told_with_an_example_each() {
    let bench = Bench::start().await;
    let (status, types) = bench.get("/api/events/types").await;
    assert_eq!(status, 200);
    let types = types.as_array().unwrap();
    for kind in ["node.online.v1", "job.submitted", "approval.requested", "workflow.step_completed"] {
        assert!(types.iter().any(|one| one["type"] == kind), "{kind}");
    }
}

#[tokio::test]
async fn the_state_has_a_tag_that_changes_with_the_log() {
    let bench = Bench::start().await;
    let fetch = async |tag: &str| {
        let request = bench.http.get(bench.url("/api/v1/snapshot")).header("if-none-match", tag);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let tag = response.headers()["etag"].to_str().unwrap().to_owned();
        (status, tag, response.text().await.unwrap())
    };
    let job = bench.job("1-3").await;
    let (status, tag, text) = fetch("").await;
    let state: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, state["sequence"].as_u64()), (200, Some(bench.leader.range().1)));
    assert_eq!(state["jobs"][0]["id"], job.to_string());
    assert_eq!((&state["more_jobs"], &state["pauses"]), (&json!(false), &json!([])));
    assert!(state["nodes"].is_array() && state["workers"].is_array());
    assert_eq!(fetch(&tag).await.0, 304);
    bench.events(0, 1).await;
    let (status, other, _) = fetch(&tag).await;
    assert_eq!(status, 200);
    assert_ne!(tag, other);
}
