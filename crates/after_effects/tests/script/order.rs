//! Assets go in one after another, as they stand, scripts among them.

use callsheet_after_effects::script::Outcome;
use callsheet_model::FailureClass;
use serde_json::{Value, json};

use crate::bench::Bench;

const PROJECT: &str = "var main = comp('Main'), title = textLayer(main, 'title', 'old'), log = '';";

fn says(text: &str) -> Value {
    json!({ "type": "data", "layer_name": "title", "property": "Source Text", "value": text })
}

#[test]
fn the_last_word_on_a_property_counts() {
    let bench = Bench::new(PROJECT).data(json!([says("first"), says("second"), says("third")]));
    bench.run();
    assert_eq!(bench.text("title.property('Source Text').value.text"), "third");
}

#[test]
fn a_script_sees_what_went_in_before_it_and_what_comes_after_sees_it() {
    let script = json!({ "type": "script", "src": "/show/tune.jsx" });
    let bench = Bench::new(PROJECT).data(json!([says("one"), script, says("two")]));
    let tune = "log += app.project.item(1).layer(1).property('Source Text').value.text; app.project.item(1).width = 640;";
    bench.file("/fetched/1", tune);
    assert_eq!(bench.run().verdict(), Ok(vec![]));
    assert_eq!(bench.text("log"), "one");
    assert_eq!(bench.text("title.property('Source Text').value.text"), "two");
    assert!(bench.holds("main.width === 640"));
    assert!(bench.holds("$.evaluated[0].timeout > 10000"), "it is not given up after ten seconds");
}

#[test]
fn a_script_that_throws_fails_the_job_with_its_words_and_the_rest_is_still_tried() {
    let bench = Bench::new(PROJECT).data(json!([
        { "type": "script", "src": "/show/a.jsx" },
        { "type": "static", "src": "/show/list.csv" },
        says("after"),
        { "type": "data", "layer_name": "gone", "property": "Source Text", "value": "x" },
    ]));
    bench.file("/fetched/0", "throw new Error('no \"data\" \\u2028 here');");
    let report = bench.run();
    let outcomes: Vec<Outcome> = report.assets.iter().map(|asset| asset.outcome).collect();
    assert_eq!(outcomes, [Outcome::Error, Outcome::Applied, Outcome::Applied, Outcome::MissingLayer]);
    let failure = report.verdict().unwrap_err();
    assert_eq!(failure.class, FailureClass::JobFatal);
    assert_eq!(failure.message, "settings.assets[0] failed: no \"data\" \u{2028} here (and 1 more)");
    assert_eq!(failure.evidence.len(), 2);
    assert!(!report.saved);
}

#[test]
fn nothing_is_saved_where_nothing_was_asked_for() {
    let mut bench = Bench::new(PROJECT).data(json!([says("x")]));
    bench.plan.inject.as_mut().unwrap().save_as = None;
    let report = bench.run();
    assert!(!report.saved && report.verdict().is_ok());
}
