//! Texts, numbers, lists, switches and expressions on properties of layers.

use callsheet_after_effects::script::Outcome;
use callsheet_model::FailureClass;
use serde_json::{Value, json};

use crate::bench::Bench;

const PROJECT: &str = "
    var main = comp('Main'), lower = comp('Lower third'), box = comp('Box'), aside = comp('Aside');
    var arrow = comp('A->B');
    var title = textLayer(main, 'title', 'Hello'), name = textLayer(lower, 'name', 'Nobody');
    var deep = textLayer(box, 'deep', 'old'), arrowText = textLayer(arrow, 'x', 'old');
    var logo = footageLayer(main, 'logo', '/old.png');
    addEffect(logo, 'Fill', 'ADBE Fill', [new Property('Color', 'ADBE Fill-0002', [0, 0, 0, 1]),
        new Property('Invert', 'ADBE Fill-0003', 0)]);
    nest(main, lower); nest(lower, box); nest(aside, box);
    // Another composition of the same name, not nested anywhere.
    var stray = comp('Lower third'), strayName = textLayer(stray, 'name', 'Stray');
    var text = function (layer) { return layer.property('Source Text').value; };
";

fn after(asset: Value) -> (Bench, callsheet_after_effects::script::Report) {
    let bench = Bench::new(PROJECT).data(json!([asset]));
    let report = bench.run();
    (bench, report)
}

#[test]
fn a_text_keeps_its_style() {
    let (bench, report) = after(
        json!({ "type": "data", "layer_name": "title", "property": "Source Text", "value": "Grüezi \"Welt\"\n😀" }),
    );
    assert_eq!(report.assets[0].outcome, Outcome::Applied);
    assert_eq!(bench.text("text(title).text"), "Grüezi \"Welt\"\n😀");
    assert!(bench.holds("text(title).font === 'Arial-Mt' && text(title).fontSize === 36"));
}

#[test]
fn a_path_by_group_and_a_number_as_text() {
    let (bench, _) = after(
        json!({ "type": "data", "layer_name": "title", "property": "Text->Source Text", "value": 42.5 }),
    );
    assert_eq!(bench.text("text(title).text"), "42.5");
}

#[test]
fn parts_of_a_style_are_set_one_by_one() {
    let style = |part: &str, value: Value| json!({ "type": "data", "layer_name": "title", "property": part, "value": value });
    let bench = Bench::new(PROJECT).data(json!([
        style("Source Text.fontSize", json!(72)),
        style("Text->Source Text.font", json!("Inter-Bold")),
        style("Source Text->fillColor", json!([1, 0.5, 0])),
        style("Source Text.justification", json!("CENTER_JUSTIFY")),
        style("Source Text.text", json!("Bye")),
    ]));
    assert_eq!(bench.run().verdict(), Ok(vec![]));
    assert!(bench.holds(
        "text(title).fontSize === 72 && text(title).font === 'Inter-Bold' && text(title).text === 'Bye'"
    ));
    assert!(bench.holds("text(title).fillColor.join() === '1,0.5,0'"));
    assert!(bench.holds("text(title).justification === ParagraphJustification.CENTER_JUSTIFY"));
}

#[test]
fn numbers_lists_and_booleans_keep_their_kind() {
    let on = |property: &str, value: Value| json!({ "type": "data", "layer_name": "logo", "property": property, "value": value });
    let bench = Bench::new(PROJECT).data(json!([
        on("Transform->Position", json!([10, -20.5])),
        on("Transform.Opacity", json!(50)),
        on("Effects->Fill->Color", json!([1, 0, 0, 1])),
        on("ADBE Effect Parade->1->ADBE Fill-0003", json!(true)),
        on("enabled", json!(false)),
    ]));
    assert_eq!(bench.run().verdict(), Ok(vec![]));
    assert!(bench.holds("logo.property('Transform').property('Position').value.join() === '10,-20.5'"));
    assert!(bench.holds("logo.property('Transform').property('Opacity').value === 50"));
    assert!(bench.holds("logo.property('Effects').property(1).property(1).value.join() === '1,0,0,1'"));
    assert!(bench.holds("logo.property('Effects').property(1).property(2).value === 1"));
    assert!(bench.holds("logo.enabled === false"));
}

#[test]
fn a_constant_takes_the_place_of_keyframes() {
    let bench = Bench::new(&format!(
        "{PROJECT} logo.property('Transform').property('Opacity').keys = [0, 1, 2];"
    ))
    .data(json!([{ "type": "data", "layer_name": "logo", "property": "Transform->Opacity", "value": 7 }]));
    assert_eq!(bench.run().assets[0].outcome, Outcome::Applied);
    assert!(bench.holds("logo.property('Transform').property('Opacity').numKeys === 0"));
    assert!(bench.holds("logo.property('Transform').property('Opacity').value === 7"));
}

#[test]
fn an_expression_is_handed_over_and_its_error_comes_back() {
    let with = |expression: &str| json!({ "type": "data", "layer_name": "logo", "property": "Transform->Opacity", "expression": expression });
    let (bench, report) = after(with("wiggle(\"1\", 2)\n// done"));
    assert_eq!(report.verdict(), Ok(vec![]));
    assert_eq!(
        bench.text("logo.property('Transform').property('Opacity').expression"),
        "wiggle(\"1\", 2)\n// done"
    );
    let (_, report) = after(with("syntax error"));
    let failure = report.verdict().unwrap_err();
    assert_eq!(failure.class, FailureClass::JobFatal);
    assert!(failure.message.contains("settings.assets[0] failed on layer \"logo\""), "{}", failure.message);
    assert!(failure.message.contains("syntax error in expression"), "{}", failure.message);
}

#[test]
fn a_nested_composition_is_found_by_its_path() {
    let aimed = |composition: &str, layer: &str| json!({ "type": "data", "composition": composition, "layer_name": layer, "property": "Source Text", "value": "new" });
    let (bench, report) = after(aimed("Main -> Lower third", "name"));
    assert_eq!(report.assets[0].layers, 1);
    assert_eq!(
        (bench.text("text(name).text"), bench.text("text(strayName).text")),
        ("new".into(), "Stray".into())
    );
    let (bench, _) = after(aimed("Lower third", "name"));
    assert_eq!(bench.text("text(strayName).text"), "new", "a name means every composition of that name");
    // Box is used in Aside first and in Lower third too: any way up counts, not only the first.
    let (bench, report) = after(aimed("Main->Lower third->Box", "deep"));
    assert_eq!((report.assets[0].layers, bench.text("text(deep).text").as_str()), (1, "new"));
    let (_, report) = after(aimed("Aside->Lower third->Box", "deep"));
    assert_eq!(report.assets[0].outcome, Outcome::MissingComposition);
    let (bench, _) = after(aimed("A->B", "x"));
    assert_eq!(bench.text("text(arrowText).text"), "new", "a whole name goes before a path");
}

#[test]
fn what_is_missing_fails_the_job_and_is_named_unless_it_may_be() {
    for (asset, outcome, words) in [
        (
            json!({ "layer_name": "titel", "property": "Source Text" }),
            Outcome::MissingLayer,
            "no layer \"titel\" in composition \"Main\"",
        ),
        (json!({ "layer_index": 9, "property": "Source Text" }), Outcome::MissingLayer, "no layer \"#9\""),
        (
            json!({ "composition": "Mian", "layer_name": "title", "property": "Source Text" }),
            Outcome::MissingComposition,
            "no composition \"Mian\"",
        ),
        (
            json!({ "layer_name": "title", "property": "Effects->Glow" }),
            Outcome::MissingProperty,
            "no property \"Effects->Glow\" on layer \"title\"",
        ),
    ] {
        let mut asset = asset;
        asset["type"] = json!("data");
        asset["value"] = json!("x");
        let (bench, report) = after(asset.clone());
        let failure = report.verdict().unwrap_err();
        assert_eq!((report.assets[0].outcome, failure.class), (outcome, FailureClass::JobFatal));
        assert!(failure.message.contains(words), "{}", failure.message);
        assert!(bench.holds("disk['f /copy.aep'] === undefined"), "half a data set is not saved");

        asset["continueOnMissing"] = json!(true);
        let (bench, report) = after(asset);
        let warnings = report.verdict().unwrap();
        assert!(warnings.len() == 1 && warnings[0].contains(words), "{warnings:?}");
        assert!(report.saved && bench.holds("disk['f /copy.aep'] === 'saved'"));
    }
}

#[test]
fn a_value_that_does_not_fit_is_not_forgiven_by_continue() {
    let (_, report) = after(
        json!({ "type": "data", "layer_name": "logo", "property": "Transform->Position", "value": "left", "continue_on_missing": true }),
    );
    let failure = report.verdict().unwrap_err();
    assert!(failure.message.contains("not of the type"), "{}", failure.message);
    let (_, report) =
        after(json!({ "type": "data", "layer_name": "logo", "property": "Transform", "value": 1 }));
    assert!(report.verdict().unwrap_err().message.contains("is a group"));
}
