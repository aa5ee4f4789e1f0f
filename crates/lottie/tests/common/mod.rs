//! Small animations for tests.
#![allow(dead_code, reason = "each test target uses a part of it")]
#![allow(clippy::unwrap_used, reason = "only tests call it")]

use callsheet_lottie::{Animation, Finding};
use serde_json::{Value, json};

/// A file 100 by 50 with 10 frames, changed by `head`.
pub(crate) fn file(head: Value, layers: Vec<Value>) -> Value {
    let file = json!({ "v": "5.7.0", "fr": 30, "ip": 0, "op": 10, "w": 100, "h": 50, "layers": layers });
    merged(file, head)
}

pub(crate) fn load(file: Value) -> Animation {
    Animation::load(file.to_string().as_bytes()).unwrap()
}

pub(crate) fn animation(layers: Vec<Value>) -> Animation {
    load(file(json!({}), layers))
}

/// A layer named `box` with a red rectangle in the middle, changed by `head`.
pub(crate) fn rect_layer(head: Value) -> Value {
    let shapes = json!([
        { "ty": "rc", "p": { "k": [50, 25] }, "s": { "k": [40, 30] }, "r": { "k": 0 } },
        { "ty": "fl", "c": { "k": [1, 0, 0, 1] }, "o": { "k": 100 } },
    ]);
    let layer =
        json!({ "ty": 4, "nm": "box", "ind": 1, "ip": -99, "op": 999, "st": 0, "ks": {}, "shapes": shapes });
    merged(layer, head)
}

pub(crate) fn findings(file: Value) -> Vec<Finding> {
    load(file).analysis().findings.clone()
}

fn merged(mut base: Value, head: Value) -> Value {
    if let (Some(base), Value::Object(head)) = (base.as_object_mut(), head) {
        base.extend(head);
    }
    base
}
