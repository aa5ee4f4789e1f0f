//! Every feature that is not drawn is named, with its layer; what is drawn is not.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "this is a test")]

mod common;

use callsheet_lottie::{Feature, Severity};
use common::{file, findings, rect_layer};
use serde_json::{Value, json};

/// The features found in a file with one layer, which is named `box`.
fn of_layer(head: Value) -> Vec<(String, Feature, Severity)> {
    of_file(file(json!({}), vec![rect_layer(head)]))
}

fn of_file(file: Value) -> Vec<(String, Feature, Severity)> {
    findings(file).into_iter().map(|finding| (finding.layer, finding.feature, finding.severity)).collect()
}

fn only(feature: Feature, severity: Severity) -> Vec<(String, Feature, Severity)> {
    vec![("box".to_owned(), feature, severity)]
}

fn bezier(corners: usize) -> Value {
    let zeros = vec![[0, 0]; corners];
    json!({ "v": zeros, "i": zeros, "o": zeros, "c": true })
}

#[test]
fn a_plain_layer_has_no_findings() {
    assert_eq!(of_layer(json!({})), []);
}

#[test]
fn layers_that_are_not_drawn_are_named() {
    for (kind, feature) in [
        (2, Feature::Image),
        (5, Feature::Text),
        (13, Feature::ThreeD),
        (9, Feature::Layer),
        (77, Feature::Layer),
    ] {
        assert_eq!(of_layer(json!({ "ty": kind })), only(feature, Severity::Missing), "kind {kind}");
    }
    let lost = of_layer(json!({ "ty": 0, "refId": "lost", "w": 1, "h": 1 }));
    assert_eq!(lost, only(Feature::MissingComposition, Severity::Missing));
}

#[test]
fn layers_that_draw_nothing_anywhere_are_no_findings() {
    for kind in [3, 6, 10, 11, 14, 15] {
        assert_eq!(of_layer(json!({ "ty": kind })), [], "kind {kind}");
    }
    assert_eq!(of_layer(json!({ "ty": 5, "hd": true })), []);
}

#[test]
fn what_surrounds_a_layer_is_named() {
    let wrong = |head, feature| assert_eq!(of_layer(head), only(feature, Severity::Wrong));
    wrong(json!({ "ef": [{ "ty": 29, "nm": "Blur" }] }), Feature::Effect);
    wrong(json!({ "bm": 16 }), Feature::BlendMode);
    wrong(json!({ "tt": 1 }), Feature::Matte);
    wrong(json!({ "ddd": 1, "ks": { "rx": { "k": 20 } } }), Feature::ThreeD);
    wrong(json!({ "ddd": 1, "ks": { "p": { "k": [0, 0, 50] } } }), Feature::ThreeD);
    wrong(json!({ "masksProperties": [{ "mode": "l", "pt": { "k": bezier(3) } }] }), Feature::Mask);
    wrong(
        json!({ "masksProperties": [{ "mode": "a", "pt": { "k": bezier(3) }, "x": { "k": 4 } }] }),
        Feature::Mask,
    );
    wrong(json!({ "ks": { "r": { "k": 0, "x": "var $bm_rt = time;" } } }), Feature::Expression);
    assert_eq!(
        of_layer(json!({ "sy": [{ "ty": 1, "nm": "Drop Shadow" }] })),
        only(Feature::LayerStyle, Severity::Missing)
    );
}

#[test]
fn controls_and_disabled_effects_are_no_findings() {
    let control = json!({ "ty": 5, "nm": "Speed", "mn": "ADBE Slider Control" });
    assert_eq!(of_layer(json!({ "ef": [control, { "ty": 29, "en": 0 }] })), []);
}

#[test]
fn a_flat_3d_layer_is_no_finding_until_a_camera_looks_at_it() {
    let flat = rect_layer(json!({ "ddd": 1, "ks": { "p": { "k": [5, 5, 0] }, "rx": { "k": 0 } } }));
    assert_eq!(of_file(file(json!({}), vec![flat.clone()])), []);
    let camera = json!({ "ty": 13, "nm": "camera", "ks": {} });
    let found = of_file(file(json!({}), vec![camera, flat]));
    assert!(found.contains(&("box".to_owned(), Feature::ThreeD, Severity::Wrong)));
}

#[test]
fn shapes_that_are_not_drawn_are_named() {
    let paint = json!({ "ty": "fl", "c": { "k": [1, 0, 0] } });
    let rect = json!({ "ty": "rc", "p": { "k": [0, 0] }, "s": { "k": [9, 9] } });
    let of_items = |items: Vec<Value>| {
        let found = of_layer(json!({ "shapes": items }));
        found.into_iter().map(|(layer, feature, _)| (layer, feature)).collect::<Vec<_>>()
    };
    let found = |name: &str, feature| vec![(format!("box > {name}"), feature)];
    for kind in ["op", "pb", "tw", "zz"] {
        assert_eq!(of_items(vec![rect.clone(), json!({ "ty": kind })]), found(kind, Feature::PathModifier));
    }
    let merge = json!({ "ty": "mm", "nm": "Cut", "mm": 3 });
    assert_eq!(
        of_items(vec![rect.clone(), rect.clone(), merge.clone(), paint.clone()]),
        found("Cut", Feature::MergePaths)
    );
    assert_eq!(
        of_items(vec![rect.clone(), merge, paint.clone()]),
        [],
        "one path has nothing to be merged with"
    );
    assert_eq!(of_items(vec![json!({ "ty": "zigzag" })]), found("zigzag", Feature::Shape));
    assert_eq!(of_items(vec![json!({ "ty": "sr", "pt": { "k": 4.5 } })]), found("sr", Feature::Shape));
    assert_eq!(of_items(vec![json!({ "ty": "fl", "bm": 2 })]), found("fl", Feature::BlendMode));
    assert_eq!(of_items(vec![json!({ "ty": "tw", "hd": true })]), []);
}

#[test]
fn paths_that_change_their_vertices_are_named_unless_they_jump() {
    let path = |hold: i32| {
        let keys = json!([{ "t": 0, "h": hold, "s": [bezier(3)] }, { "t": 9, "s": [bezier(4)] }]);
        of_layer(json!({ "shapes": [{ "ty": "sh", "nm": "Blob", "ks": { "k": keys } }] }))
    };
    assert_eq!(path(0), [("box > Blob".to_owned(), Feature::PathVertices, Severity::Wrong)]);
    assert_eq!(path(1), []);
}

#[test]
fn slots_and_motion_blur_count_only_where_the_file_has_them() {
    let slotted = rect_layer(json!({ "ks": { "r": { "k": 0, "sid": "angle" } } }));
    assert_eq!(of_file(file(json!({}), vec![slotted.clone()])), []);
    assert_eq!(of_file(file(json!({ "slots": {} }), vec![slotted])), only(Feature::Slot, Severity::Wrong));
    let blurred = rect_layer(json!({ "mb": true }));
    assert_eq!(of_file(file(json!({}), vec![blurred.clone()])), []);
    assert_eq!(of_file(file(json!({ "mb": {} }), vec![blurred])), only(Feature::MotionBlur, Severity::Wrong));
}

#[test]
fn findings_inside_compositions_say_where_they_are_and_unused_ones_do_not_count() {
    let text = json!({ "ty": 5, "nm": "Arm", "ks": {} });
    let assets = json!([
        { "id": "a", "nm": "Comp 1", "layers": [text.clone()] },
        { "id": "b", "layers": [text.clone()] },
        { "id": "unused", "layers": [text] },
    ]);
    let shows = |id: &str| json!({ "ty": 0, "nm": "shows", "refId": id, "w": 9, "h": 9, "ks": {} });
    let file = file(json!({ "assets": assets }), vec![shows("a"), shows("b"), shows("a")]);
    let places: Vec<_> = of_file(file).into_iter().map(|(place, ..)| place).collect();
    assert_eq!(places, ["Comp 1 > Arm", "b > Arm"]);
}
