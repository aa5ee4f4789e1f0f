//! Whatever is posted: nothing panics, and what is accepted reads back as the same event.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use callsheet_events::ingest::{Posted, read};
use callsheet_events::{Digest, Filter, Sealed, Verifier, fits};
use callsheet_model::{Envelope, Event};
use proptest::prelude::*;
use serde_json::{Map, Value};
use uuid::Uuid;

use common::AT;

fn post(body: &str) -> Option<Vec<Posted>> {
    read(body.as_bytes(), AT, &mut || Uuid::from_u128(1)).ok()
}

fn seal(posted: Posted) -> Sealed {
    let event = Event::Outside(Arc::new(posted.event));
    Sealed::seal(Envelope { sequence: 1, at: AT, context: posted.context, event }, &Digest::default())
}

/// Any JSON, with what is hard among its texts and numbers.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no others", |value| value.is_finite()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(Value::from("2026-05-31T03:14:15.5+02:00")),
        Just(Value::from("00000000-0000-0000-0000-00000000F0F0")),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((".{0,8}", inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

const NAMES: [&str; 28] = [
    "id",
    "type",
    "event_type",
    "name",
    "timestamp",
    "created_at",
    "project_id",
    "actor_id",
    "actor_type",
    "correlation_id",
    "payload",
    "context",
    "step",
    "node_name",
    "execution_id",
    "event_id",
    "status",
    "worker_id",
    "meta",
    "result_kind",
    "result_uri",
    "event_ids",
    "actionable",
    "informative",
    "sequence",
    "hash",
    "chain",
    "received_at",
];

/// An event that is often nearly right.
fn event() -> impl Strategy<Value = Value> {
    let kinds = callsheet_events::catalogue::all().map(|kind| kind.name).collect::<Vec<_>>();
    let kind =
        prop_oneof![prop::sample::select(kinds).prop_map(String::from), "[a-z]{1,6}\\.[a-z]{1,6}", ".{0,6}"];
    let members = prop::collection::vec((prop::sample::select(NAMES.to_vec()), json()), 0..4);
    let others = prop::collection::vec((".{0,8}", json()), 0..3);
    (kind, members, others, json()).prop_map(|(kind, members, others, payload)| {
        let mut event = Map::new();
        event.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
        event.extend(others);
        event.insert("type".into(), kind.into());
        if payload.is_object() {
            event.insert("payload".into(), payload);
        }
        Value::Object(event)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&body, AT, &mut Uuid::nil);
        if let Ok(text) = std::str::from_utf8(&body) {
            let _ = Verifier::new(None).next(text);
        }
    }

    #[test]
    fn no_json_makes_it_panic(body in json()) {
        let _ = post(&body.to_string());
        let _ = Verifier::new(None).next(&body.to_string());
    }

    #[test]
    fn what_is_accepted_reads_back_as_the_same_event(body in event()) {
        let Some(posted) = post(&body.to_string()) else { return Ok(()) };
        for posted in posted {
            let sealed = seal(posted.clone());
            prop_assert_eq!(Verifier::new(Some(Digest::default())).next(&sealed.json), Ok(()), "{}", sealed.json);
            let again = post(&sealed.json).expect("what was read from a log can be posted").remove(0);
            prop_assert_eq!(&again, &posted, "{}", sealed.json);
            let again = seal(again);
            prop_assert_eq!((again.hash, &again.json), (sealed.hash, &sealed.json));
            prop_assert!(!sealed.json.contains(['\n', '\r']), "a line is a line");
        }
    }

    #[test]
    fn no_parameter_makes_a_filter_panic(key in prop_oneof![prop::sample::select(Filter::PARAMETERS.to_vec()).prop_map(String::from), ".{0,8}"], value in ".{0,40}") {
        let _ = Filter::parse([(key, value)]);
    }

    #[test]
    fn a_pattern_fits_as_one_would_read_it(pattern in "[ab*]{0,8}", kind in "[ab]{0,10}") {
        prop_assert_eq!(fits(&pattern, &kind), slowly(pattern.as_bytes(), kind.as_bytes()));
    }
}

/// What a pattern means, with nothing clever in it.
fn slowly(pattern: &[u8], kind: &[u8]) -> bool {
    match pattern.split_first() {
        None => kind.is_empty(),
        Some((b'*', rest)) => (0..=kind.len()).any(|skip| slowly(rest, &kind[skip..])),
        Some((first, rest)) => {
            kind.split_first().is_some_and(|(byte, kind)| byte == first && slowly(rest, kind))
        }
    }
}
