//! The description of the doors: it is the one that is checked in, it is what is served, and it says of each door
//! what a client must know.

use std::path::Path;

use reqwest::Method;
use serde_json::Value;

use crate::bench::Bench;

fn described() -> Value {
    serde_json::from_str(&callsheet_gateway::openapi()).unwrap()
}

/// Every operation with its path and method.
fn operations(api: &Value) -> Vec<(String, Method, &Value)> {
    let mut all = Vec::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push((path.clone(), method.to_uppercase().parse().unwrap(), operation));
        }
    }
    all
}

/// `UPDATE_OPENAPI=1` writes the file anew.
#[test]
fn the_description_that_is_checked_in_is_the_one_that_is_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto/openapi.json");
    let made = callsheet_gateway::openapi();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept == made, "proto/openapi.json is out of date: run this test with UPDATE_OPENAPI=1");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_served_and_is_openapi_3_1() {
    let bench = Bench::start().await;
    let served = bench.json("/openapi.json").await;
    assert_eq!(served, described());
    assert!(served["openapi"].as_str().unwrap().starts_with("3.1"));
}

#[test]
fn every_operation_has_a_name_a_sentence_and_its_refusals() {
    let api = described();
    let mut names = std::collections::BTreeSet::new();
    for (path, method, operation) in operations(&api) {
        let place = format!("{method} {path}");
        let name = operation["operationId"].as_str().unwrap_or_else(|| panic!("{place} has no name"));
        assert!(names.insert(name.to_owned()), "{name} is there twice");
        let told = operation["summary"].as_str().or(operation["description"].as_str()).unwrap_or_default();
        assert!(!told.is_empty(), "{place} says nothing of itself");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key("500"), "{place}");
        assert!(responses.keys().any(|status| status.starts_with('2') || status == "101"), "{place}");
        let open = path == "/healthz" || path == "/readyz";
        assert_eq!(responses.contains_key("401"), !open, "{place}");
        for (status, response) in responses.iter().filter(|(status, _)| *status >= &"400".to_owned()) {
            let content = response["content"].as_object();
            let kinds: Vec<&String> = content.map(|content| content.keys().collect()).unwrap_or_default();
            assert!(
                method == Method::HEAD || kinds == ["application/problem+json"],
                "{place} {status}: {kinds:?}"
            );
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let told = parameter["description"].as_str().unwrap_or_default();
            assert!(!told.is_empty(), "{place}: {} says nothing of itself", parameter["name"]);
            let schema = parameter["schema"].to_string();
            assert!(!schema.contains("null"), "{place}: {} cannot be null: {schema}", parameter["name"]);
            if parameter["in"] == "path" {
                assert!(path.contains(&format!("{{{}}}", parameter["name"].as_str().unwrap())), "{place}");
            }
        }
        let in_path = path.matches('{').count();
        let described = operation["parameters"].as_array().into_iter().flatten();
        assert_eq!(described.filter(|parameter| parameter["in"] == "path").count(), in_path, "{place}");
    }
}

#[test]
fn every_schema_that_is_named_is_there() {
    let api = described();
    let text = api.to_string();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(api["components"]["schemas"][name].is_object(), "{name} is named and not there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_that_is_described_is_served_and_other_methods_are_not() {
    let bench = Bench::start().await;
    let api = described();
    for (path, item) in api["paths"].as_object().unwrap() {
        let real = path.replace("{id}", "ffffffff").replace("{token}", "1").replace("{name}", "nobody");
        let real = real.replace("{md5}", &"0".repeat(32)).replace("{node_id}", "x").replace("{job_id}", "x");
        let real = real.replace("{approval_id}", "6b1f1c4e-0f0e-4b57-9a43-6f1f8a5c2d11");
        assert!(!real.contains('{'), "{path}: say what stands for its parameter");
        let answer = bench.ask(Method::TRACE, &real).send().await.unwrap();
        let allow = answer.headers().get("allow").map(|allow| allow.to_str().unwrap().to_owned());
        assert_eq!(answer.status().as_u16(), 405, "{path}");
        let allow = allow.unwrap_or_default();
        for method in item.as_object().unwrap().keys() {
            assert!(allow.split(',').any(|known| known.eq_ignore_ascii_case(method)), "{path}: {allow}");
        }
    }
}
