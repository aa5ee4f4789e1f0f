//! Words for writing Lottie by hand: values over time, shapes, layers.

use serde_json::{Value, json};

pub(crate) type Rgb = [f64; 3];

/// A colour from `0xrrggbb`.
pub(crate) fn rgb(hex: u32) -> Rgb {
    [16, 8, 0].map(|shift| (f64::from((hex >> shift) & 0xff) / 255.0 * 1000.0).round() / 1000.0)
}

/// The pace of a movement: the two handles of its curve.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    Linear,
    Ease,
    /// Fast, then slow.
    Out,
    /// Slow, then fast.
    In,
    /// Goes too far and comes back.
    Back,
    Hold,
}

impl Pace {
    fn handles(self) -> ([f64; 2], [f64; 2]) {
        match self {
            Self::Linear | Self::Hold => ([0.0, 0.0], [1.0, 1.0]),
            Self::Ease => ([0.5, 0.0], [0.5, 1.0]),
            Self::Out => ([0.12, 0.6], [0.3, 1.0]),
            Self::In => ([0.7, 0.0], [0.9, 0.5]),
            Self::Back => ([0.34, 1.5], [0.64, 1.0]),
        }
    }
}

pub(crate) fn fixed(value: impl Into<Value>) -> Value {
    json!({ "a": 0, "k": value.into() })
}

/// Keyframes: frame, value, and the pace towards the next one.
pub(crate) fn keys<const N: usize>(frames: &[(i32, [f64; N], Pace)]) -> Value {
    let key = |(time, value, pace): &(i32, [f64; N], Pace)| {
        let (out, into) = pace.handles();
        let mut key = json!({
            "t": time, "s": value.to_vec(),
            "o": { "x": vec![out[0]; N], "y": vec![out[1]; N] },
            "i": { "x": vec![into[0]; N], "y": vec![into[1]; N] },
        });
        if matches!(pace, Pace::Hold) {
            key["h"] = json!(1);
        }
        key
    };
    json!({ "a": 1, "k": frames.iter().map(key).collect::<Vec<_>>() })
}

/// A position that travels along a curve once.
pub(crate) fn travel(from: (i32, [f64; 2]), leave: [f64; 2], arrive: [f64; 2], to: (i32, [f64; 2])) -> Value {
    json!({ "a": 1, "k": [
        { "t": from.0, "s": from.1, "to": leave, "ti": arrive,
          "o": { "x": 0.45, "y": 0.0 }, "i": { "x": 0.55, "y": 1.0 } },
        { "t": to.0, "s": to.1 },
    ] })
}

/// A transform; anything that is not given stays at rest.
#[derive(Clone, Default)]
pub(crate) struct Place {
    pub(crate) at: Option<Value>,
    pub(crate) anchor: Option<[f64; 2]>,
    pub(crate) scale: Option<Value>,
    pub(crate) turn: Option<Value>,
    pub(crate) opacity: Option<Value>,
}

impl Place {
    pub(crate) fn at(x: f64, y: f64) -> Self {
        Self { at: Some(fixed(vec![x, y])), ..Self::default() }
    }

    fn json(&self) -> Value {
        let or = |value: &Option<Value>, rest: Value| value.clone().unwrap_or_else(|| fixed(rest));
        json!({
            "p": or(&self.at, json!([0, 0])),
            "a": fixed(self.anchor.unwrap_or_default().to_vec()),
            "s": or(&self.scale, json!([100, 100])),
            "r": or(&self.turn, json!(0)),
            "o": or(&self.opacity, json!(100)),
        })
    }
}

pub(crate) fn group(name: &str, place: &Place, mut items: Vec<Value>) -> Value {
    let mut transform = place.json();
    transform["ty"] = json!("tr");
    items.push(transform);
    json!({ "ty": "gr", "nm": name, "it": items })
}

pub(crate) fn rect(center: [f64; 2], size: [f64; 2], radius: f64) -> Value {
    json!({ "ty": "rc", "p": fixed(center.to_vec()), "s": fixed(size.to_vec()), "r": fixed(radius) })
}

pub(crate) fn ellipse(center: [f64; 2], size: [f64; 2]) -> Value {
    json!({ "ty": "el", "p": fixed(center.to_vec()), "s": fixed(size.to_vec()) })
}

/// A corner with its tangents: the point, the way in, the way out.
pub(crate) type Corner = [[f64; 2]; 3];

pub(crate) fn bezier(closed: bool, corners: &[Corner]) -> Value {
    let column = |index: usize| corners.iter().map(|corner| corner[index]).collect::<Vec<_>>();
    json!({ "c": closed, "v": column(0), "i": column(1), "o": column(2) })
}

pub(crate) fn path(closed: bool, corners: &[Corner]) -> Value {
    json!({ "ty": "sh", "ks": fixed(bezier(closed, corners)) })
}

/// A path of straight edges.
pub(crate) fn edges(closed: bool, points: &[[f64; 2]]) -> Value {
    let corners: Vec<Corner> = points.iter().map(|point| [*point, [0.0; 2], [0.0; 2]]).collect();
    path(closed, &corners)
}

pub(crate) fn fill(color: Rgb) -> Value {
    see_through(color, 100.0)
}

pub(crate) fn see_through(color: Rgb, percent: f64) -> Value {
    json!({ "ty": "fl", "c": fixed(color.to_vec()), "o": fixed(percent), "r": 1 })
}

pub(crate) fn stroke(color: Rgb, width: f64) -> Value {
    json!({ "ty": "st", "c": fixed(color.to_vec()), "o": fixed(100), "w": fixed(width), "lc": 2, "lj": 2 })
}

pub(crate) fn dashed(color: Rgb, width: f64, dash: f64, gap: f64) -> Value {
    let mut stroke = stroke(color, width);
    stroke["d"] = json!([{ "n": "d", "v": fixed(dash) }, { "n": "g", "v": fixed(gap) }]);
    stroke
}

/// Stops: offset, colour, opacity.
pub(crate) fn gradient(radial: bool, from: [f64; 2], to: [f64; 2], stops: &[(f64, Rgb, f64)]) -> Value {
    let colors = stops.iter().flat_map(|(at, [r, g, b], _)| [*at, *r, *g, *b]);
    let opacities = stops.iter().flat_map(|(at, _, opacity)| [*at, *opacity]);
    json!({
        "ty": "gf", "t": if radial { 2 } else { 1 }, "o": fixed(100), "r": 1,
        "s": fixed(from.to_vec()), "e": fixed(to.to_vec()),
        "g": { "p": stops.len(), "k": fixed(colors.chain(opacities).collect::<Vec<_>>()) },
    })
}

/// Cuts the paths above it down to a part of their length, one after the other.
pub(crate) fn trim(start: Value, end: Value) -> Value {
    json!({ "ty": "tm", "s": start, "e": end, "o": fixed(0), "m": 2 })
}

/// Repeats what is above it, each copy one step further.
pub(crate) fn repeat(copies: u32, step: &Place) -> Value {
    let mut transform = step.json();
    transform["so"] = fixed(100);
    transform["eo"] = fixed(100);
    json!({ "ty": "rp", "c": fixed(copies), "o": fixed(0), "m": 1, "tr": transform })
}

/// A layer under construction; `ind` numbers are given when all of them are stacked.
#[derive(Clone)]
pub(crate) struct Layer(Value);

impl Layer {
    pub(crate) fn shapes(name: &str, place: &Place, shapes: Vec<Value>) -> Self {
        Self(json!({ "ty": 4, "nm": name, "ks": place.json(), "shapes": shapes, "st": 0, "sr": 1 }))
    }

    pub(crate) fn null(name: &str, place: &Place) -> Self {
        Self(json!({ "ty": 3, "nm": name, "ks": place.json(), "st": 0, "sr": 1 }))
    }

    /// Shows a composition, its first frame at `start`.
    pub(crate) fn comp(name: &str, id: &str, size: [f64; 2], start: i32, place: &Place) -> Self {
        Self(json!({
            "ty": 0, "nm": name, "refId": id, "w": size[0], "h": size[1], "ks": place.json(),
            "st": start, "sr": 1,
        }))
    }

    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.0["nm"] == name
    }

    /// Follows the layer of this name.
    pub(crate) fn under(mut self, parent: &str) -> Self {
        self.0["parent"] = json!(parent);
        self
    }

    pub(crate) fn between(mut self, first: i32, end: i32) -> Self {
        self.0["ip"] = json!(first);
        self.0["op"] = json!(end);
        self
    }

    pub(crate) fn masked(mut self, closed: Value) -> Self {
        self.0["hasMask"] = json!(true);
        self.0["masksProperties"] =
            json!([{ "mode": "a", "inv": false, "pt": fixed(closed), "o": fixed(100), "x": fixed(0) }]);
        self
    }
}

/// Numbers layers, the first one on top, and resolves parents by name.
pub(crate) fn stack(layers: Vec<Layer>, frames: i32) -> Value {
    let mut list: Vec<Value> = layers.into_iter().map(|layer| layer.0).collect();
    let names: Vec<Value> = list.iter().map(|layer| layer["nm"].clone()).collect();
    for (index, layer) in list.iter_mut().enumerate() {
        layer["ind"] = json!(index + 1);
        if let Some(position) = names.iter().position(|name| Some(name) == layer.get("parent")) {
            layer["parent"] = json!(position + 1);
        }
        if layer.get("ip").is_none() {
            layer["ip"] = json!(0);
            layer["op"] = json!(frames);
        }
    }
    Value::Array(list)
}
