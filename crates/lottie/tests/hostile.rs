//! Files from strangers: typed errors, never a panic, an endless loop or memory without bounds.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "this is a test")]

mod common;

use callsheet_lottie::{Animation, LoadError, RenderError, RenderOptions};
use common::{file, load, rect_layer};
use proptest::prelude::*;
use serde_json::{Value, json};

fn refused(file: &Value) -> LoadError {
    Animation::load(file.to_string().as_bytes()).expect_err("the file must be refused")
}

fn drawn(animation: &Animation) -> Result<(), RenderError> {
    let frame = animation.analysis().first_frame;
    let options = RenderOptions { width: Some(64), height: Some(64), ..RenderOptions::default() };
    animation.render(frame, &options).map(|_| ())
}

#[test]
fn what_is_no_lottie_is_refused_with_the_place() {
    assert!(matches!(Animation::load(b"\xff\xfe"), Err(LoadError::Json(_))));
    assert!(matches!(Animation::load(b""), Err(LoadError::Json(_))));
    for nonsense in [json!(null), json!([]), json!({}), json!("lottie"), json!({ "layers": 5 })] {
        assert!(matches!(refused(&nonsense), LoadError::Malformed { .. }));
    }
    let error = refused(&file(json!({}), vec![rect_layer(json!({ "ks": { "r": { "k": "much" } } }))]));
    assert_eq!(error.to_string(), "not a valid lottie file: box: \"r\" is not a number");
}

#[test]
fn deep_nesting_is_refused_before_it_is_followed() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(matches!(Animation::load(deep.as_bytes()), Err(LoadError::Json(_))));
}

#[test]
fn excessive_numbers_are_refused() {
    for head in
        [json!({ "w": 1_000_000 }), json!({ "h": 1e300 }), json!({ "op": 1e8 }), json!({ "ip": -1e300 })]
    {
        assert!(matches!(refused(&file(head, vec![])), LoadError::OverLimit { .. }));
    }
    for head in [json!({ "w": 0 }), json!({ "fr": 0 }), json!({ "op": 0 }), json!({ "fr": -5 })] {
        assert!(matches!(refused(&file(head, vec![])), LoadError::Malformed { .. }));
    }
}

#[test]
fn compositions_that_contain_themselves_are_refused() {
    let shows = |id: &str| json!({ "ty": 0, "refId": id, "w": 9, "h": 9, "ks": {} });
    let assets = json!([{ "id": "a", "layers": [shows("b")] }, { "id": "b", "layers": [shows("a")] }]);
    let error = refused(&file(json!({ "assets": assets }), vec![shows("a")]));
    assert!(matches!(error, LoadError::Cycle { .. }));
}

#[test]
fn compositions_that_unfold_without_bounds_are_refused() {
    let shows = |id: usize| json!({ "ty": 0, "refId": id.to_string(), "w": 9, "h": 9, "ks": {} });
    let asset = |id: usize| json!({ "id": id.to_string(), "layers": vec![shows(id + 1); 10] });
    let mut assets: Vec<Value> = (0..12).map(asset).collect();
    assets.push(json!({ "id": "12", "layers": [] }));
    let error = refused(&file(json!({ "assets": assets }), vec![shows(0)]));
    assert!(matches!(error, LoadError::OverLimit { what: "layers", .. }), "{error}");
    let mut assets: Vec<Value> =
        (0..50).map(|id| json!({ "id": id.to_string(), "layers": [shows(id + 1)] })).collect();
    assets.push(json!({ "id": "50", "layers": [] }));
    let error = refused(&file(json!({ "assets": assets }), vec![shows(0)]));
    assert!(matches!(error, LoadError::OverLimit { what: "nesting of compositions", .. }), "{error}");
}

#[test]
fn repeaters_in_repeaters_stop_at_a_limit() {
    let repeat = json!({ "ty": "rp", "c": { "k": 1e8 }, "o": { "k": 0 }, "tr": {} });
    let rect = json!({ "ty": "rc", "p": { "k": [0, 0] }, "s": { "k": [9, 9] } });
    let paint = json!({ "ty": "fl", "c": { "k": [1, 0, 0] } });
    let shapes = json!([rect, paint, repeat.clone(), repeat.clone(), repeat]);
    let animation = load(file(json!({}), vec![rect_layer(json!({ "shapes": shapes }))]));
    assert!(matches!(drawn(&animation), Err(RenderError::TooComplex { what: "path elements", .. })));
}

#[test]
fn endless_dashes_and_far_places_are_refused() {
    let dash = json!([{ "n": "d", "v": { "k": 0.01 } }, { "n": "g", "v": { "k": 0.01 } }]);
    let line = json!({ "ty": "st", "c": { "k": [0, 0, 0] }, "w": { "k": 2 }, "d": dash });
    let rect = json!({ "ty": "rc", "p": { "k": [0, 0] }, "s": { "k": [100000, 100000] } });
    let animation = load(file(json!({}), vec![rect_layer(json!({ "shapes": [rect, line] }))]));
    assert!(matches!(drawn(&animation), Err(RenderError::TooComplex { what: "dashes along a path", .. })));
    let far = rect_layer(json!({ "ks": { "s": { "k": [1e9, 1e9] } } }));
    assert!(matches!(drawn(&load(file(json!({}), vec![far]))), Err(RenderError::TooComplex { .. })));
}

#[test]
fn layers_that_refer_to_each_other_in_circles_are_drawn_once() {
    let parents =
        vec![rect_layer(json!({ "ind": 1, "parent": 2 })), rect_layer(json!({ "ind": 2, "parent": 1 }))];
    assert!(drawn(&load(file(json!({}), parents))).is_ok());
    let mattes = vec![
        rect_layer(json!({ "ind": 1, "tt": 1, "tp": 2 })),
        rect_layer(json!({ "ind": 2, "tt": 1, "tp": 1 })),
        rect_layer(json!({ "ind": 3, "tt": 1, "tp": 1 })),
    ];
    assert!(matches!(drawn(&load(file(json!({}), mattes))), Err(RenderError::TooComplex { .. })));
}

/// Small values of all kinds, as a stranger might put them anywhere.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-1e12..1e12).prop_map(Value::from),
        (-5i64..120).prop_map(Value::from),
        "[a-z#]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let keys =
            prop_oneof!["[a-z]{1,2}", Just("ty".to_owned()), Just("ks".to_owned()), Just("k".to_owned())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(keys, inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// Puts a value where the file has its `index`-th one, counting in depth.
fn replace(value: &mut Value, index: &mut usize, with: &Value) {
    if *index == 0 {
        *value = with.clone();
    }
    *index = index.wrapping_sub(1);
    match value {
        _ if *index == usize::MAX => {}
        Value::Array(list) => list.iter_mut().for_each(|inner| replace(inner, index, with)),
        Value::Object(map) => map.values_mut().for_each(|inner| replace(inner, index, with)),
        _ => {}
    }
}

fn rich() -> Value {
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/");
    let read = |name: &str| -> Value {
        serde_json::from_slice(&std::fs::read(format!("{cases}{name}.json")).unwrap()).unwrap()
    };
    let names = [
        "repeater-opacity",
        "trim-in-sequence",
        "gradient-alpha",
        "mask-add-subtract",
        "matte-luma",
        "dashes",
        "star",
    ];
    let layers: Vec<Value> =
        names.iter().flat_map(|name| read(name)["layers"].as_array().cloned().unwrap_or_default()).collect();
    let comp = read("precomp-remap");
    let mut all = comp["layers"].as_array().cloned().unwrap_or_default();
    all.extend(layers);
    file(json!({ "assets": comp["assets"] }), all)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Animation::load(&bytes);
    }

    #[test]
    fn strange_values_never_panic(value in anything(), layer in anything()) {
        let _ = Animation::load(value.to_string().as_bytes());
        let _ = Animation::load(file(json!({}), vec![layer]).to_string().as_bytes());
    }

    #[test]
    fn mutated_files_are_drawn_or_refused(changes in prop::collection::vec((any::<prop::sample::Index>(), anything()), 1..4)) {
        let mut file = rich();
        for (index, with) in changes {
            let mut index = index.index(count(&file));
            replace(&mut file, &mut index, &with);
        }
        if let Ok(animation) = Animation::load(file.to_string().as_bytes()) {
            let result = drawn(&animation);
            prop_assert!(!matches!(result, Err(RenderError::Rasteriser { .. })), "{result:?}");
        }
    }
}
