//! Brings files of old exporters to one dialect, so that the reader knows only that one.
//!
//! It rewrites JSON and drops nothing; what it does not recognise stays as it is, for the reader to judge.

use serde_json::{Value, json};

/// Exporter version, as far as the file tells. A file that does not say is taken for a current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u64, u64, u64);

impl Version {
    const CURRENT: Self = Self(u64::MAX, 0, 0);

    fn of(file: &Value) -> Self {
        let Some(text) = file.get("v").and_then(Value::as_str) else { return Self::CURRENT };
        let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        Self(next(), next(), next())
    }

    /// Colours were 0 to 255 until 4.1.9.
    fn has_byte_colors(self) -> bool {
        self < Self(4, 1, 9)
    }

    /// Whether a path is closed was said beside its vertices until 4.4.18.
    fn closes_outside(self) -> bool {
        self < Self(4, 4, 18)
    }
}

/// Rewrites a file into the current dialect.
pub(crate) fn normalise(file: &mut Value) {
    let version = Version::of(file);
    layers(file, version);
    if let Some(assets) = file.get_mut("assets").and_then(Value::as_array_mut) {
        for asset in assets {
            layers(asset, version);
        }
    }
}

fn layers(comp: &mut Value, version: Version) {
    for layer in comp.get_mut("layers").and_then(Value::as_array_mut).into_iter().flatten() {
        keyframes(layer);
        if version.closes_outside() {
            for mask in layer.get_mut("masksProperties").and_then(Value::as_array_mut).into_iter().flatten() {
                move_closed(mask, "cl", "pt");
            }
        }
        items(layer, "shapes", version);
    }
}

fn items(holder: &mut Value, key: &str, version: Version) {
    for item in holder.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
        match item.get("ty").and_then(Value::as_str) {
            Some("gr") => items(item, "it", version),
            Some("sh") if version.closes_outside() => move_closed(item, "closed", "ks"),
            Some("fl" | "st") if version.has_byte_colors() => {
                scale_colors(item.get_mut("c"), |index| index < 4);
            }
            Some("gf" | "gs") if version.has_byte_colors() => {
                let count = item.pointer("/g/p").and_then(Value::as_u64).unwrap_or(0) as usize;
                // Each stop is an offset and three colours; the opacity stops after them were never bytes.
                scale_colors(item.pointer_mut("/g/k"), |index| index < count * 4 && index % 4 != 0);
            }
            _ => {}
        }
    }
}

/// Fills what the keyframes of old files leave to be remembered: the last value, and single numbers that
/// stand where lists are expected.
fn keyframes(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::Array(keys)) = map.get_mut("k") {
                complete(keys);
            }
            map.values_mut().for_each(keyframes);
        }
        Value::Array(list) => list.iter_mut().for_each(keyframes),
        _ => {}
    }
}

fn complete(keys: &mut [Value]) {
    let mut previous_end = None;
    for key in keys {
        let Some(key) = key.as_object_mut().filter(|key| key.contains_key("t")) else { return };
        if !key.contains_key("s")
            && let Some(end) = previous_end.take()
        {
            key.insert("s".into(), end);
        }
        for name in ["s", "e"] {
            if let Some(number) = key.get_mut(name).filter(|value| value.is_number()) {
                *number = json!([number.take()]);
            }
        }
        previous_end = key.get("e").or(key.get("s")).cloned();
    }
}

/// Moves `holder[from]` into every bezier of `holder[path]` as its `c`.
fn move_closed(holder: &mut Value, from: &str, path: &str) {
    let closed = holder.get(from).cloned().unwrap_or(Value::Bool(false));
    let mark = |bezier: &mut Value| {
        if let Some(bezier) = bezier.as_object_mut().filter(|bezier| bezier.contains_key("v")) {
            bezier.entry("c").or_insert_with(|| closed.clone());
        }
    };
    match holder.get_mut(path).and_then(|property| property.get_mut("k")) {
        Some(Value::Array(keys)) => {
            for key in keys {
                for name in ["s", "e"] {
                    key.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten().for_each(mark);
                }
            }
        }
        Some(bezier) => mark(bezier),
        None => {}
    }
}

fn scale_colors(property: Option<&mut Value>, is_color: impl Fn(usize) -> bool) {
    let scale = |list: &mut Vec<Value>| {
        let numbers = list.iter_mut().enumerate().filter(|(index, _)| is_color(*index));
        for (_, number) in numbers {
            if let Some(byte) = number.as_f64() {
                *number = json!(byte / 255.0);
            }
        }
    };
    let Some(Value::Array(list)) = property.and_then(|property| property.get_mut("k")) else { return };
    if list.first().is_some_and(Value::is_number) {
        return scale(list);
    }
    for key in list {
        for name in ["s", "e"] {
            if let Some(list) = key.get_mut(name).and_then(Value::as_array_mut) {
                scale(list);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(version: &str, item: Value) -> Value {
        let mut file = json!({ "v": version, "layers": [{ "ty": 4, "shapes": [item] }] });
        normalise(&mut file);
        file.pointer("/layers/0/shapes/0").cloned().unwrap()
    }

    fn layer(version: &str, layer: Value) -> Value {
        let mut file = json!({ "v": version, "layers": [layer] });
        normalise(&mut file);
        file.pointer("/layers/0").cloned().unwrap()
    }

    #[test]
    fn the_last_keyframe_takes_the_value_the_one_before_ends_with() {
        let keys = json!([{ "t": 0, "s": [1], "e": [2] }, { "t": 9 }]);
        let layer = layer("4.0.0", json!({ "ks": { "r": { "k": keys } } }));
        assert_eq!(layer.pointer("/ks/r/k/1/s"), Some(&json!([2])));
    }

    #[test]
    fn single_numbers_in_keyframes_become_lists() {
        let keys = json!([{ "t": 0, "s": 1, "e": 5 }, { "t": 9 }]);
        let layer = layer("5.5.0", json!({ "ks": { "o": { "k": keys } } }));
        assert_eq!(layer.pointer("/ks/o/k/0/s"), Some(&json!([1])));
        assert_eq!(layer.pointer("/ks/o/k/1/s"), Some(&json!([5])));
    }

    #[test]
    fn byte_colors_become_shares_only_in_old_files() {
        let fill = || json!({ "ty": "fl", "c": { "k": [255, 51, 0, 255] } });
        assert_eq!(shape("4.1.8", fill()).pointer("/c/k"), Some(&json!([1.0, 0.2, 0.0, 1.0])));
        assert_eq!(shape("4.1.9", fill()).pointer("/c/k"), Some(&json!([255, 51, 0, 255])));
    }

    #[test]
    fn byte_colors_in_keyframes_and_nested_groups_become_shares() {
        let keys = json!([{ "t": 0, "s": [255, 0, 0, 255], "e": [0, 255, 0, 255] }, { "t": 5 }]);
        let group = shape("3.1.6", json!({ "ty": "gr", "it": [{ "ty": "st", "c": { "k": keys } }] }));
        assert_eq!(group.pointer("/it/0/c/k/0/s/0"), Some(&json!(1.0)));
        assert_eq!(group.pointer("/it/0/c/k/1/s/1"), Some(&json!(1.0)));
    }

    #[test]
    fn gradient_offsets_and_opacities_stay() {
        let stops = json!([0.5, 255, 0, 0, 1, 0.3]);
        let fill = shape("4.0.0", json!({ "ty": "gf", "g": { "p": 1, "k": { "k": stops } } }));
        assert_eq!(fill.pointer("/g/k/k"), Some(&json!([0.5, 1.0, 0.0, 0.0, 1, 0.3])));
    }

    #[test]
    fn closed_moves_into_paths_of_old_files() {
        let bezier = json!({ "v": [], "i": [], "o": [] });
        let path = shape("4.4.17", json!({ "ty": "sh", "closed": true, "ks": { "k": bezier.clone() } }));
        assert_eq!(path.pointer("/ks/k/c"), Some(&json!(true)));
        let path = shape("4.4.18", json!({ "ty": "sh", "closed": true, "ks": { "k": bezier.clone() } }));
        assert_eq!(path.pointer("/ks/k/c"), None);
        let keys = json!([{ "t": 0, "s": [bezier.clone()], "e": [bezier.clone()] }, { "t": 4 }]);
        let path = shape("4.0.0", json!({ "ty": "sh", "closed": true, "ks": { "k": keys } }));
        assert_eq!(path.pointer("/ks/k/1/s/0/c"), Some(&json!(true)));
        let layer = layer(
            "4.0.0",
            json!({ "masksProperties": [{ "cl": true, "pt": { "k": bezier } }], "shapes": [] }),
        );
        assert_eq!(layer.pointer("/masksProperties/0/pt/k/c"), Some(&json!(true)));
    }
}
