//! Pictures, sound and film in place of what the template has.

use callsheet_after_effects::script::{Outcome, PlanError, judge};
use callsheet_model::FailureClass;
use serde_json::json;

use crate::bench::Bench;

const PROJECT: &str = "
    var main = comp('Main'), inner = comp('Inner'), other = comp('Other');
    var logo = footageLayer(main, 'logo', '/old.png'), innerLogo = footageLayer(inner, 'logo', '/old2.png');
    var otherLogo = footageLayer(other, 'logo', '/old3.png'), title = textLayer(main, 'title', 'Hello');
    nest(main, inner);
";

#[test]
fn a_layer_of_the_rendered_composition_gets_the_file() {
    let bench = Bench::new(PROJECT)
        .data(json!([{ "type": "image", "src": "https://x/a.png", "layer_name": "logo" }]));
    let report = bench.run();
    assert_eq!((report.assets[0].outcome, report.assets[0].layers), (Outcome::Applied, 1));
    assert_eq!(bench.text("logo.source.file.fsName"), "/fetched/0");
    assert!(bench.holds("logo.fixed === false"));
    assert_eq!(bench.text("innerLogo.source.file.fsName"), "/old2.png", "another composition is left alone");
    assert!(report.saved && bench.holds("disk['f /copy.aep'] === 'saved'"));
    assert_eq!(report.verdict(), Ok(vec![]));
}

#[test]
fn every_composition_and_layers_by_position_can_be_meant() {
    let assets = json!([
        { "type": "video", "src": "/a.mov", "layerName": "logo", "composition": "*" },
        { "type": "audio", "src": "/a.wav", "layerIndex": 1, "composition": "Inner" },
    ]);
    let bench = Bench::new(PROJECT).data(assets);
    let report = bench.run();
    assert_eq!(report.assets[0].layers, 3);
    assert_eq!(bench.text("logo.source.file.fsName"), "/fetched/0");
    assert_eq!(bench.text("otherLogo.source.file.fsName"), "/fetched/0");
    assert_eq!(bench.text("innerLogo.source.file.fsName"), "/fetched/1");
    assert!(bench.holds("stored.imports === 2"), "each file is imported once, however many layers show it");
}

#[test]
fn a_percent_sign_in_a_path_is_no_escape() {
    let mut bench = Bench::new(PROJECT).data(json!([{ "type": "image", "src": "/x", "layer_name": "logo" }]));
    bench.file("/fetched/100%25 ü.png", "");
    bench.plan.inject.as_mut().unwrap().files.insert(0, "/fetched/100%25 ü.png".to_owned());
    assert_eq!(bench.run().assets[0].outcome, Outcome::Applied);
    assert_eq!(bench.text("logo.source.file.fsName"), "/fetched/100%25 ü.png");
}

#[test]
fn what_cannot_be_footage_is_an_input_that_is_missing_here() {
    for (file, on_disk, words) in [
        ("/fetched/gone.png", false, "is not there"),
        ("/fetched/a.broken", true, "damaged"),
        ("/fetched/a.aep", true, "cannot take this file as footage"),
    ] {
        let mut bench =
            Bench::new(PROJECT).data(json!([{ "type": "image", "src": "/x", "layer_name": "logo" }]));
        if on_disk {
            bench.file(file, "");
        }
        bench.plan.inject.as_mut().unwrap().files.insert(0, file.to_owned());
        let report = bench.run();
        let failure = report.verdict().unwrap_err();
        assert_eq!(failure.class, FailureClass::InputMissing);
        assert!(failure.message.contains(words), "{}", failure.message);
        assert!(!report.saved && bench.holds("disk['f /copy.aep'] === undefined"));
    }
}

#[test]
fn a_layer_without_a_source_cannot_get_one() {
    let bench = Bench::new(PROJECT).data(json!([{ "type": "image", "src": "/x", "layer_name": "title" }]));
    let failure = bench.run().verdict().unwrap_err();
    assert!(failure.message.contains("the layer title has no source"), "{}", failure.message);
}

#[test]
fn an_asset_that_nobody_fetched_makes_no_script() {
    let mut bench = Bench::new(PROJECT)
        .data(json!([{ "type": "image", "src": "https://u:p@x/a?k=1", "layer_name": "logo" }]));
    bench.plan.inject.as_mut().unwrap().files.clear();
    let error = bench.plan.script().unwrap_err();
    assert_eq!(error, PlanError::NoFile { index: 0, source_shown: "https://x/a?…".to_owned() });
}

#[test]
fn a_copy_that_cannot_be_saved_is_an_output_failure() {
    let bench = Bench::new(PROJECT).data(json!([{ "type": "image", "src": "/x", "layer_name": "logo" }]));
    bench.evaluate::<()>("unwritable['f /copy.aep'] = true;");
    bench.run_silent();
    let failure = judge(bench.report().map(String::into_bytes).as_deref()).unwrap_err();
    assert_eq!(failure.class, FailureClass::OutputIo);
    assert!(failure.message.contains("cannot write /copy.aep"), "{}", failure.message);
}
