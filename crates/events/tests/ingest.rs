//! What other services post: every generation's form is accepted and reads back canonically, and what is wrong is
//! named.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use callsheet_events::ingest::{Posted, Refused, read};
use callsheet_events::{Digest, Prepared, Sealed};
use callsheet_model::limits::{MAX_EVENT_BYTES, MAX_EVENT_DEPTH, MAX_EVENT_MISTAKES, MAX_EVENTS};
use callsheet_model::{Author, AuthorKind, Context, Envelope, Event, Outside};
use chrono::{DateTime, Utc};
use noetl_events::ExecutorEvent;
use serde_json::{Value, json};
use uuid::Uuid;

use common::AT;

const FRESH: Uuid = Uuid::from_u128(0xf0f0);

fn post(body: &str) -> Result<Vec<Posted>, Vec<Refused>> {
    read(body.as_bytes(), AT, &mut || FRESH)
}

fn taken(body: &Value) -> Posted {
    post(&body.to_string()).unwrap_or_else(|error| panic!("{error:?}")).remove(0)
}

fn sealed(posted: Posted) -> Sealed {
    let event = Event::Outside(Arc::new(posted.event));
    Sealed::seal(Envelope { sequence: 9, at: AT, context: posted.context, event }, &Digest::default())
}

/// The event as it reads back.
fn back(body: &Value) -> Value {
    serde_json::from_str(&sealed(taken(body)).json).unwrap()
}

fn refused(body: &Value) -> Vec<String> {
    post(&body.to_string()).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn the_full_form_of_the_workers_table_reads_back_with_canonical_names() {
    let body = json!({
        "name": "step.exit", "context": {"rows": 3}, "node_name": "fetch",
        "execution_id": 9_223_372_036_854_775_807_i64, "event_id": "478775660589088777", "status": "completed",
        "created_at": "2026-05-31T05:14:15.120+02:00", "worker_id": "worker-7", "meta": [1, {"a": null}],
        "result_kind": "refs", "result_uri": "s3://bucket/x", "event_ids": [1, 9_007_199_254_740_993_i64],
        "actionable": false, "informative": true, "tenant": {"z": 1, "a": 2.50}
    });
    let read = back(&body);
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, b"callsheet/event/478775660589088777").to_string();
    let hash = read["hash"].clone();
    let wanted = json!({
        "id": id, "type": "step.exit", "timestamp": "2026-05-31T03:14:15.120Z", "project_id": null,
        "actor_id": null, "actor_type": "agent", "correlation_id": null, "payload": {"rows": 3},
        "event_type": "step.exit", "step": "fetch", "execution_id": "9223372036854775807",
        "event_id": "478775660589088777", "status": "COMPLETED", "created_at": "2026-05-31T03:14:15.120Z",
        "worker_id": "worker-7", "meta": [1, {"a": null}], "result_kind": "refs", "result_uri": "s3://bucket/x",
        "event_ids": ["1", "9007199254740993"], "actionable": false, "informative": true,
        "tenant": {"z": 1, "a": 2.50}, "sequence": 9, "hash": hash, "chain": read["chain"],
        "received_at": "2023-11-14T22:13:20.123Z"
    });
    assert_eq!(read, wanted);
}

#[test]
fn the_least_event_has_everything_filled_in() {
    for name in ["event_type", "name", "type"] {
        let read = back(&json!({ name: "command.issued" }));
        for (field, wanted) in [
            ("id", json!(FRESH)),
            ("event_id", json!(FRESH)),
            ("type", json!("command.issued")),
            ("event_type", json!("command.issued")),
            ("payload", json!({})),
            ("timestamp", json!(AT.to_string())),
            ("created_at", json!(AT.to_string())),
            ("status", json!("STARTED")),
            ("result_kind", json!("data")),
            ("actionable", json!(true)),
            ("informative", json!(false)),
            ("actor_type", json!("agent")),
        ] {
            assert_eq!(read[field], wanted, "{field}, posted as {name}");
        }
        for field in ["step", "execution_id", "worker_id", "meta", "result_uri", "event_ids"] {
            assert!(read.get(field).is_none(), "{field}");
        }
    }
}

#[test]
fn the_envelopes_own_form_is_taken() {
    let (id, project, actor) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
    let posted = taken(&json!({
        "id": id, "type": "issue.created", "timestamp": "2026-05-31T03:14:15Z", "project_id": project,
        "actor_id": actor, "actor_type": "user", "correlation_id": "c-1",
        "payload": {"issue_id": "A-1", "title": "dark"}
    }));
    assert_eq!(
        (posted.event.id, posted.context.project, posted.context.author.id),
        (id, Some(project), Some(actor))
    );
    assert_eq!(posted.context.author.kind, AuthorKind::User);
    assert_eq!(posted.event.timestamp, "2026-05-31T03:14:15Z");
    assert_eq!(posted.event.correlation.as_deref(), Some("c-1"));
    assert_eq!(posted.event.payload, r#"{"issue_id":"A-1","labels":[],"title":"dark"}"#);
}

fn executor_event() -> ExecutorEvent {
    ExecutorEvent {
        execution_id: 478_775_660_589_088_776,
        event_type: "command.completed".to_owned(),
        step: "fetch_calendar".to_owned(),
        status: "COMPLETED".to_owned(),
        created_at: DateTime::parse_from_rfc3339("2026-05-31T03:14:15.123456789Z")
            .unwrap()
            .with_timezone(&Utc),
        context: json!({"result": {"items": 42}}),
        event_id: Some(478_775_660_589_088_777),
        worker_id: Some("worker-prod-7".to_owned()),
        meta: Some(json!({"attempts": 3, "parent_event_id": "478775660589088770"})),
    }
}

#[test]
fn a_real_producers_events_are_accepted_as_they_are() {
    let full = executor_event();
    let read = back(&serde_json::to_value(&full).unwrap());
    assert_eq!(read["event_type"], "command.completed");
    assert_eq!(read["execution_id"], "478775660589088776");
    assert_eq!(read["event_id"], "478775660589088777");
    assert_eq!(read["timestamp"], "2026-05-31T03:14:15.123456789Z");
    assert_eq!(read["payload"], full.context);
    assert_eq!(read["meta"], full.meta.unwrap());
    assert_eq!((&read["worker_id"], &read["step"]), (&json!("worker-prod-7"), &json!("fetch_calendar")));

    let least = ExecutorEvent {
        execution_id: i64::MIN,
        event_type: "step.enter".to_owned(),
        step: String::new(),
        status: "STARTED".to_owned(),
        context: Value::Null,
        event_id: None,
        worker_id: None,
        meta: None,
        ..executor_event()
    };
    let read = back(&serde_json::to_value(&least).unwrap());
    assert_eq!((&read["payload"], &read["step"]), (&json!({}), &json!("")));
    assert_eq!(read["execution_id"], i64::MIN.to_string());
    assert_eq!(read["id"], json!(FRESH));
    for status in ["STARTED", "RUNNING", "COMPLETED", "FAILED"] {
        let event = ExecutorEvent { status: status.to_owned(), ..executor_event() };
        assert_eq!(back(&serde_json::to_value(&event).unwrap())["status"], status);
    }
}

#[test]
fn an_event_has_one_id_whatever_it_is_called() {
    let uuid = Uuid::from_u128(77);
    let id = |body: Value| taken(&body).event.id;
    assert_eq!(id(json!({"type": "a.b", "event_id": uuid})), uuid);
    assert_eq!(id(json!({"type": "a.b", "id": uuid})), uuid);
    assert_eq!(id(json!({"type": "a.b", "id": uuid, "event_id": 5})), uuid);
    let named = id(json!({"type": "a.b", "event_id": 5}));
    assert_eq!(named, id(json!({"type": "c.d", "event_id": "5"})), "a number and its digits are one name");
    assert_ne!(named, id(json!({"type": "a.b", "event_id": 6})));
    assert_eq!(id(json!({"type": "a.b"})), FRESH);
}

#[test]
fn an_alias_beside_its_name_may_only_repeat_it() {
    let both = json!({"event_type": "a.b", "type": "a.b", "name": "a.b", "payload": {"x": 1}, "context": {"x": 1},
        "step": "s", "node_name": "s", "timestamp": "2026-05-31T03:14:15Z", "created_at": "2026-05-31T05:14:15+02:00"});
    assert_eq!(taken(&both).event.kind, "a.b");
    for (body, field, other) in [
        (json!({"event_type": "a.b", "name": "a.c"}), "name", "event_type"),
        (json!({"type": "a.b", "name": "a.c"}), "name", "type"),
        (json!({"type": "a.b", "payload": {}, "context": {"x": 1}}), "context", "payload"),
        (json!({"type": "a.b", "step": "x", "node_name": "y"}), "node_name", "step"),
        (
            json!({"type": "a.b", "timestamp": "2026-05-31T03:14:15Z", "created_at": "2026-05-31T03:14:16Z"}),
            "created_at",
            "timestamp",
        ),
    ] {
        let said = refused(&body).join("\n");
        assert!(said.starts_with(&format!("{field}: ")) && said.contains(&format!("{other} says")), "{said}");
    }
}

#[test]
fn every_wrong_field_is_named_with_what_was_found() {
    let uuid = "a UUID is wanted";
    for (body, wanted) in [
        (json!({}), "event_type: found nothing"),
        (json!({"name": ""}), "name: found \"\""),
        (json!({"type": 7}), "type: found 7"),
        (json!({"type": "a\nb"}), "type: found \"a\\nb\""),
        (json!({"type": "a.b", "payload": [1]}), "payload: found [1], and an object is wanted"),
        (json!({"type": "a.b", "context": "x"}), "context: found \"x\", and an object is wanted"),
        (json!({"type": "a.b", "id": "seven"}), &format!("id: found \"seven\", and {uuid}")),
        (json!({"type": "a.b", "project_id": 7}), &format!("project_id: found 7, and {uuid}")),
        (json!({"type": "a.b", "actor_type": "robot"}), "actor_type: found \"robot\""),
        (json!({"type": "a.b", "timestamp": "noon"}), "timestamp: found \"noon\", and a time"),
        (json!({"type": "a.b", "created_at": 1_700_000_000}), "created_at: found 1700000000, and a time"),
        (json!({"type": "a.b", "execution_id": 1.5}), "execution_id: found 1.5, and an integer of 64 bits"),
        (json!({"type": "a.b", "execution_id": "x"}), "execution_id: found \"x\""),
        (json!({"type": "a.b", "event_id": {}}), "event_id: found {}"),
        (json!({"type": "a.b", "event_ids": [1, "x"]}), "event_ids[1]: found \"x\""),
        (json!({"type": "a.b", "event_ids": 1}), "event_ids: found 1"),
        (json!({"type": "a.b", "status": "MAYBE"}), "status: found \"MAYBE\", and one of STARTED"),
        (json!({"type": "a.b", "result_kind": "file"}), "result_kind: found \"file\", and one of data"),
        (json!({"type": "a.b", "actionable": "yes"}), "actionable: found \"yes\", and true or false"),
        (json!({"type": "a.b", "worker_id": 7}), "worker_id: found 7"),
        (json!({"type": "a.b", "correlation_id": 7}), "correlation_id: found 7"),
        (
            json!({"type": "job.succeeded", "payload": {}}),
            "event_type: found job.succeeded, and that type is this",
        ),
        (
            json!({"type": "approval.granted", "payload": {"approval_id": 7, "approved_by": Uuid::nil()}}),
            &format!("payload.approval_id: found 7, and {uuid}"),
        ),
        (
            json!({"type": "approval.granted", "payload": {"approval_id": Uuid::nil(), "approved_by": null}}),
            &format!("payload.approved_by: found null, and {uuid}"),
        ),
        (
            json!({"type": "agent.message", "payload": {"agent_instance_id": Uuid::nil(), "message": "m",
            "message_type": "loud"}}),
            "payload.message_type: found \"loud\", and one of info, warning",
        ),
        (
            json!({"type": "node.heartbeat.v1", "payload": {"node_id": Uuid::nil(), "status": "Ready",
            "recorded_at": "2026-05-31T03:14:15Z", "cpu_pct": 101}}),
            "payload.cpu_pct: found 101, and an integer from 0 to 100 is wanted",
        ),
        (
            json!({"type": "workflow.step_completed", "payload": {"workflow_id": Uuid::nil(), "step_name": "a",
            "step_number": 0, "total_steps": 2}}),
            "payload.step_number: found 0",
        ),
        (json!(7), "body: found 7"),
        (json!([{"type": "a.b"}, 7]), "[1]: found 7, and an event is an object"),
        (json!([{"type": "a.b"}, {"type": "issue.closed"}]), "[1].payload.issue_id: found nothing"),
    ] {
        let said = refused(&body).join("\n");
        assert!(said.contains(wanted), "{body}\n{said}\nshould say {wanted}");
    }
    for (text, wanted) in [
        ("", "body: found "),
        ("{", "body: found {, and JSON is wanted"),
        (r#"{"type":"a.b","type":"a.b"}"#, "type: found it twice"),
        (r#"{"type":"a.b","meta":{"x":[1,1e999]}}"#, "meta.x[1]: found 1e999"),
        (r#"{"type":"a.b","meta":"\ud800"}"#, "meta: found"),
    ] {
        let said = post(text).unwrap_err()[0].to_string();
        assert!(said.starts_with(wanted), "{text}\n{said}");
    }
    assert_eq!(read(&[0xff], AT, &mut || FRESH).unwrap_err()[0].field, "body");
}

#[test]
fn all_mistakes_of_a_batch_are_told_and_none_of_it_is_taken() {
    let said = refused(&json!([{"type": "a.b"}, {"status": 1, "type": 2}, {"type": "a.b", "id": 1}]));
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(
        said[0].starts_with("[1].type") && said[1].starts_with("[1].status") && said[2].starts_with("[2].id")
    );
    let many = vec![json!({}); 3 * MAX_EVENT_MISTAKES];
    assert_eq!(refused(&json!(many)).len(), MAX_EVENT_MISTAKES);
}

#[test]
fn what_is_posted_is_bounded() {
    let many = vec![json!({"type": "a.b"}); MAX_EVENTS + 1];
    assert_eq!(refused(&json!(many)), ["body: found 10001 events, and 10000 are the most at once"]);
    assert_eq!(post(&json!(many[1..]).to_string()).unwrap().len(), MAX_EVENTS);
    let large = json!({"type": "a.b", "payload": {"x": "x".repeat(MAX_EVENT_BYTES)}});
    assert!(refused(&json!([large]))[0].starts_with("[0]: found "));
    let nested = |levels: usize| {
        let text = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        post(&format!(r#"{{"type":"a.b","meta":{text}}}"#))
    };
    assert!(nested(MAX_EVENT_DEPTH - 1).is_ok());
    assert!(nested(MAX_EVENT_DEPTH + 1).unwrap_err()[0].allowed.contains("deep"));
    assert!(nested(50_000).is_err());
    assert!(post("[]").unwrap().is_empty());
}

#[test]
fn null_is_the_same_as_absent_and_unknown_members_pass_untouched() {
    let nulls = json!({"type": "a.b", "id": FRESH, "timestamp": null, "payload": null, "step": null, "status": null,
        "execution_id": null, "meta": null, "result_kind": null, "actionable": null, "actor_id": null});
    assert_eq!(taken(&nulls), taken(&json!({"type": "a.b", "id": FRESH})));
    let text = r#"{"type":"a.b","payload":{"big":123456789012345678901,"exact":1.50,"e":1E2},"odd":{"b":1,"a":-0.0}}"#;
    let event = post(text).unwrap().remove(0).event;
    assert_eq!(event.payload, r#"{"big":123456789012345678901,"e":1E2,"exact":1.50}"#);
    assert!(event.fields.contains(r#""odd":{"a":-0.0,"b":1}"#), "{}", event.fields);
}

#[test]
fn known_types_of_the_contract_are_taken_from_others_too() {
    for kind in callsheet_events::catalogue::all() {
        let example = callsheet_events::catalogue::example(kind.name).unwrap();
        let mut body: Value = serde_json::from_str(&example.json).unwrap();
        body["id"] = json!(FRESH);
        // A signal may not know when it was.
        let posted = post(&body.to_string());
        let own = kind.origin == callsheet_events::catalogue::Origin::Cluster;
        assert_eq!(posted.is_err(), own, "{}: {posted:?}", kind.name);
    }
}

#[test]
fn what_this_cluster_adds_to_a_type_is_not_asked_of_others() {
    let posted = taken(&json!({"type": "approval.denied", "payload": {"approval_id": Uuid::nil(),
        "denied_by": Uuid::nil(), "reason": "no", "job_id": 7}}));
    assert!(posted.event.payload.contains("\"job_id\":7"), "{}", posted.event.payload);
}

#[test]
fn equal_events_hash_alike_however_they_were_posted() {
    let one = json!({"id": FRESH, "type": "step.exit", "timestamp": "2026-05-31T03:14:15Z", "payload": {"a": 1, "b": 1.0},
        "status": "COMPLETED", "actor_type": "agent", "execution_id": "5", "event_ids": ["1"]});
    let other = r#" { "context" : { "b" : 1, "a" : 1e0 }, "name" : "step.exit", "event_id" : "00000000-0000-0000-0000-00000000F0F0",
        "created_at" : "2026-05-31T04:14:15+01:00", "execution_id": 5, "event_ids": [1], "informative": false } "#;
    let later = Envelope { sequence: 400, at: callsheet_model::Timestamp(5), ..sealed(taken(&one)).envelope };
    let other = sealed(post(other).unwrap().remove(0));
    assert_eq!(Sealed::seal(later, &other.chain).hash, other.hash);
    assert_ne!(sealed(taken(&json!({"id": FRESH, "type": "step.exit"}))).hash, other.hash);
}

#[test]
fn what_was_prepared_changes_nothing_but_when_it_is_done() {
    let event = |number: i32| {
        let body = json!({ "event_type": "demo.counted", "payload": { "number": number, "large": 1e21, "small": -0.0 } });
        Arc::new(taken(&body).event)
    };
    let context = Context { project: Some(FRESH), author: Author::agent(FRESH) };
    let prepared = |event: &Arc<Outside>| Prepared::of(event, &context);
    let [first, second, third] = [1, 2, 3].map(event);
    let envelopes = [(9, &first), (10, &second), (11, &third)].map(|(sequence, event)| Envelope {
        sequence,
        at: AT,
        context: context.clone(),
        event: Event::Outside(Arc::clone(event)),
    });
    let mut chain = Digest([5; 32]);
    let plain: Vec<Sealed> = envelopes
        .iter()
        .map(|envelope| {
            let sealed = Sealed::seal(envelope.clone(), &chain);
            chain = sealed.chain;
            sealed
        })
        .collect();
    let strangers = Prepared::of(&second, &Context::default());
    for all in [
        vec![prepared(&first), prepared(&second), prepared(&third)],
        // One that was known already has no envelope.
        vec![prepared(&event(7)), prepared(&first), prepared(&event(1)), prepared(&second), prepared(&third)],
        vec![prepared(&second)],
        vec![prepared(&third), prepared(&second)],
        vec![prepared(&first), strangers],
        Vec::new(),
    ] {
        let (mut all, mut chain) = (all.into_iter(), Digest([5; 32]));
        for (envelope, plain) in envelopes.iter().zip(&plain) {
            let sealed = Sealed::seal_prepared(envelope.clone(), &chain, &mut all);
            chain = sealed.chain;
            assert_eq!((&sealed.json, sealed.hash, chain), (&plain.json, plain.hash, plain.chain));
            assert_eq!((sealed.id, &sealed.scopes), (plain.id, &plain.scopes));
        }
    }
}
