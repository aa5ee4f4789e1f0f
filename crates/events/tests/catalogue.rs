//! What the catalogue says is what is written: every type's example is golden, has the fields of the table and no
//! others, and hashes as it stands.
//!
//! The JSON of a stored event is hashed anew whenever it is read, so a golden file that changes breaks the chain of
//! every log there is. `UPDATE_GOLDEN=1` writes new ones, `UPDATE_EVENTS=1` the page.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use callsheet_events::catalogue::{self, Origin, Presence, Shape};
use callsheet_events::passing::KINDS;
use callsheet_events::{ADDED, Digest, canonical, is_topic};
use serde_json::Value;

fn compare(path: &Path, found: &str, update: &str) {
    if std::env::var_os(update).is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, found).unwrap();
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    let differs = kept.lines().zip(found.lines()).find(|(kept, found)| kept != found);
    assert!(
        kept == found,
        "{} is not what is written now ({update}=1 rewrites it): {differs:?}",
        path.display()
    );
}

#[test]
fn every_types_json_is_golden() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut names = BTreeSet::new();
    for kind in catalogue::all() {
        let example = catalogue::example(kind.name).unwrap_or_else(|| panic!("{} has no example", kind.name));
        assert!(names.insert(kind.name), "{} stands twice", kind.name);
        compare(&folder.join(format!("{}.json", kind.name)), &format!("{}\n", example.json), "UPDATE_GOLDEN");
        assert_eq!(example.sealed.is_none(), kind.passing, "{}", kind.name);
    }
    for event in common::bare() {
        let sealed = common::sealed(event);
        let name = format!("{}.bare.json", sealed.kind());
        compare(&folder.join(name), &format!("{}\n", sealed.json), "UPDATE_GOLDEN");
    }
}

#[test]
fn the_page_is_what_the_code_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto/EVENTS.md");
    compare(&page, &catalogue::page(), "UPDATE_EVENTS");
}

#[test]
fn every_event_of_the_model_is_known() {
    for event in common::bare() {
        assert!(catalogue::find(event.kind()).is_some(), "{}", event.kind());
    }
    for kind in KINDS {
        assert!(catalogue::find(kind).is_some_and(|kind| kind.passing), "{kind}");
    }
}

fn fits(shape: Shape, value: &Value) -> bool {
    let uuid = |value: &Value| value.as_str().is_some_and(|text| text.parse::<uuid::Uuid>().is_ok());
    match shape {
        Shape::Uuid => uuid(value),
        Shape::Text | Shape::Ipv4 => value.is_string(),
        Shape::Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        Shape::Bool => value.is_boolean(),
        Shape::Integer(least, most) => value.as_i64().is_some_and(|number| (least..=most).contains(&number)),
        Shape::Large => value.is_u64() || value.as_str().is_some_and(|text| text.parse::<u64>().is_ok()),
        Shape::Number => value.is_number(),
        Shape::Time => value.as_str().is_some_and(|text| text.contains('T') && text.ends_with('Z')),
        Shape::Texts => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
        Shape::Objects => value.as_array().is_some_and(|items| items.iter().all(Value::is_object)),
        Shape::Object => value.is_object(),
    }
}

#[test]
fn payloads_have_the_fields_of_their_table_and_no_others() {
    let bare = common::bare().into_iter().map(|event| common::sealed(event).json.to_string());
    let examples = catalogue::all().map(|kind| catalogue::example(kind.name).unwrap().json.to_string());
    for line in examples.chain(bare) {
        let envelope: Value = serde_json::from_str(&line).unwrap();
        let kind = catalogue::find(envelope["type"].as_str().unwrap()).unwrap();
        let payload = envelope["payload"].as_object().unwrap();
        for field in kind.fields {
            match payload.get(field.name) {
                Some(Value::Null) => {
                    assert!(field.presence.may_be_null(), "{}: {} is null", kind.name, field.name)
                }
                Some(value) => assert!(fits(field.shape, value), "{}: {} is {value}", kind.name, field.name),
                None => {
                    let mode = (kind.name, field.name) == ("worker.heartbeat", "mode");
                    let others = kind.origin == Origin::Services && field.presence == Presence::Optional;
                    assert!(mode || others, "{}: {} is not there", kind.name, field.name);
                }
            }
        }
        let free = kind.name.starts_with("project.");
        for key in payload.keys().filter(|_| !free) {
            assert!(
                kind.fields.iter().any(|field| field.name == key),
                "{}: {key} is not in the table",
                kind.name
            );
        }
    }
}

#[test]
fn what_is_written_is_canonical_as_it_stands() {
    let bare = common::bare().into_iter().map(common::sealed);
    let examples = catalogue::all().filter_map(|kind| catalogue::example(kind.name)?.sealed);
    for sealed in examples.map(|sealed| (*sealed).clone()).chain(bare) {
        let mut body: Value = serde_json::from_str(&sealed.json).unwrap();
        for name in ADDED {
            body.as_object_mut().unwrap().remove(name);
        }
        let canonical = canonical(&body.to_string()).unwrap();
        assert_eq!(Digest::of(canonical.as_bytes()), sealed.hash, "{}", sealed.json);
        let head = canonical.strip_suffix('}').unwrap();
        assert!(sealed.json.starts_with(head), "{}\nis not\n{head}", sealed.json);
    }
}

#[test]
fn all_but_the_two_frequent_types_go_onto_the_topic() {
    for kind in ["node.online.v1", "node.crashed.v1", "job.submitted", "issue.created", "weather.changed"] {
        assert!(is_topic(kind), "{kind}");
    }
    assert!(!is_topic("node.heartbeat.v1") && !is_topic("node.frame.completed.v1"));
}

#[test]
fn the_catalogue_as_json_has_an_example_of_each() {
    let all = catalogue::json();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), catalogue::all().count());
    for kind in all {
        assert_eq!(kind["example"]["type"], kind["type"], "{kind}");
        assert!(kind["fields"].is_array() && kind["topic"].is_boolean());
    }
}
