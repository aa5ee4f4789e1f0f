//! Reads layers: their kind, time, masks, mattes, and everything around them that is not drawn.

use std::collections::BTreeMap;

use serde_json::Value;
use vello_cpu::peniko::Mix;

use super::property::hex_color;
use super::{Reader, flag};
use crate::error::LoadError;
use crate::finding::Feature;
use crate::model::{Comp, Content, Layer, Mask, MaskMode, Matte, Transform};

/// Reads the layers of one composition; also says how many layers they unfold to.
pub(super) fn comp<'a>(reader: &mut Reader<'a>, list: &'a [Value]) -> Result<(Comp, usize), LoadError> {
    let mut indices = BTreeMap::new();
    for (index, source) in list.iter().enumerate() {
        if let Some(id) = source.get("ind").and_then(Value::as_f64) {
            indices.entry(id as i64).or_insert(index);
        }
    }
    let context = Context { list, indices, has_camera: list.iter().any(|layer| kind(layer) == 13) };
    let mut comp = Comp::default();
    let mut unfolded = list.len();
    for (index, source) in list.iter().enumerate() {
        let name = source.get("nm").and_then(Value::as_str).filter(|name| !name.is_empty());
        let name = name.map_or_else(|| format!("layer {}", index + 1), str::to_owned);
        let (layer, inner) = reader.inside(name, |reader| reader.layer(source, index, &context))?;
        unfolded = unfolded.saturating_add(inner);
        comp.blends |= layer.blend != Mix::Normal;
        comp.layers.push(layer);
    }
    for matte in comp.layers.iter().filter_map(|layer| layer.matte).collect::<Vec<_>>() {
        if let Some(source) = comp.layers.get_mut(matte.source) {
            source.matte_source = true;
        }
    }
    Ok((comp, unfolded))
}

struct Context<'a> {
    list: &'a [Value],
    /// Position in the list by the layer's own number.
    indices: BTreeMap<i64, usize>,
    has_camera: bool,
}

fn kind(source: &Value) -> i64 {
    source.get("ty").and_then(Value::as_i64).unwrap_or(-1)
}

impl<'a> Reader<'a> {
    fn layer(
        &mut self,
        source: &'a Value,
        index: usize,
        context: &Context<'a>,
    ) -> Result<(Layer, usize), LoadError> {
        if !source.is_object() {
            return Err(self.malformed("is not a layer"));
        }
        let hidden = flag(source, "hd");
        let transform = self.layer_transform(source, context)?;
        let (content, inner) = if hidden { (Content::Nothing, 0) } else { self.content(source)? };
        if !hidden {
            self.surroundings(source);
        }
        let stretch = self.number_or(source, "sr", 1.0)?;
        let layer = Layer {
            parent: source
                .get("parent")
                .and_then(Value::as_f64)
                .and_then(|id| context.indices.get(&(id as i64)).copied()),
            in_point: self.number_or(source, "ip", 0.0)?,
            out_point: self.number_or(source, "op", crate::limits::NUMBER)?,
            start: self.number_or(source, "st", 0.0)?,
            stretch: if stretch == 0.0 { 1.0 } else { stretch },
            hidden,
            transform,
            masks: if hidden { Vec::new() } else { self.masks(source)? },
            matte: if hidden { None } else { self.matte(source, index, context) },
            matte_source: flag(source, "td"),
            blend: if hidden { Mix::Normal } else { self.blend(source) },
            content,
        };
        Ok((layer, inner))
    }

    fn layer_transform(&mut self, source: &Value, context: &Context<'_>) -> Result<Transform, LoadError> {
        let empty = Value::Null;
        let ks = source.get("ks").unwrap_or(&empty);
        let deep = flag(source, "ddd");
        let rotation = if ks.get("rz").is_some() && (deep || ks.get("r").is_none()) { "rz" } else { "r" };
        let mut transform = self.transform(ks, rotation)?;
        transform.follows_path = flag(source, "ao");
        if deep && (context.has_camera || leaves_plane(ks)) {
            self.wrong(Feature::ThreeD, "the layer is drawn flat");
        }
        Ok(transform)
    }

    fn content(&mut self, source: &'a Value) -> Result<(Content, usize), LoadError> {
        Ok(match kind(source) {
            0 => return self.precomp(source),
            1 => {
                let text = source.get("sc").and_then(Value::as_str).unwrap_or("#000000");
                let color = hex_color(text)
                    .ok_or_else(|| self.malformed(format!("\"sc\" is {text:?}, which is no colour")))?;
                let (width, height) = (self.number(source, "sw")?, self.number(source, "sh")?);
                (Content::Solid { width, height, color }, 0)
            }
            4 => {
                let list = source.get("shapes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                (Content::Shapes(self.items(list)?), 0)
            }
            2 => self.not_drawn(Feature::Image, "images are not drawn"),
            5 => self.not_drawn(Feature::Text, "text is not drawn; convert it to shapes before exporting"),
            13 => self.not_drawn(Feature::ThreeD, "the camera has no effect"),
            // Nulls, sounds, guides and data draw nothing in any player.
            3 | 6 | 10 | 11 | 14 | 15 => (Content::Nothing, 0),
            other => self.not_drawn(Feature::Layer, format!("layers of kind {other} are not drawn")),
        })
    }

    fn not_drawn(&mut self, feature: Feature, note: impl Into<String>) -> (Content, usize) {
        self.missing(feature, note);
        (Content::Nothing, 0)
    }

    fn precomp(&mut self, source: &'a Value) -> Result<(Content, usize), LoadError> {
        let id = source.get("refId").and_then(Value::as_str).unwrap_or("");
        let Some((comp, layers)) = self.asset_comp(id)? else {
            return Ok(self.not_drawn(Feature::MissingComposition, format!("{id:?} is not in the file")));
        };
        let remap = match source.get("tm").filter(|remap| remap.is_object()) {
            Some(_) => Some(self.scalar(source, "tm", 0.0)?),
            None => None,
        };
        let (width, height) = (self.number(source, "w")?, self.number(source, "h")?);
        Ok((Content::Comp { comp, width, height, remap }, layers))
    }

    /// What lies around a layer's content and is not drawn.
    fn surroundings(&mut self, source: &Value) {
        let effects = source.get("ef").and_then(Value::as_array).into_iter().flatten();
        for effect in effects.filter(|effect| !is_control(effect)) {
            let name = effect.get("nm").and_then(Value::as_str).unwrap_or("unnamed");
            self.wrong(Feature::Effect, format!("effect {name:?} has no effect"));
        }
        for style in source.get("sy").and_then(Value::as_array).into_iter().flatten() {
            let name = style.get("nm").and_then(Value::as_str).unwrap_or("unnamed");
            self.missing(Feature::LayerStyle, format!("style {name:?} is not drawn"));
        }
        if self.blurs_motion && flag(source, "mb") {
            self.wrong(Feature::MotionBlur, "the layer is drawn sharp");
        }
    }

    fn blend(&mut self, source: &Value) -> Mix {
        match source.get("bm").and_then(Value::as_f64).unwrap_or(0.0) as i64 {
            0 => Mix::Normal,
            1 => Mix::Multiply,
            2 => Mix::Screen,
            3 => Mix::Overlay,
            4 => Mix::Darken,
            5 => Mix::Lighten,
            6 => Mix::ColorDodge,
            7 => Mix::ColorBurn,
            8 => Mix::HardLight,
            9 => Mix::SoftLight,
            10 => Mix::Difference,
            11 => Mix::Exclusion,
            12 => Mix::Hue,
            13 => Mix::Saturation,
            14 => Mix::Color,
            15 => Mix::Luminosity,
            other => {
                self.wrong(Feature::BlendMode, format!("blend mode {other} is drawn as normal"));
                Mix::Normal
            }
        }
    }

    fn matte(&mut self, source: &Value, index: usize, context: &Context<'_>) -> Option<Matte> {
        let mode = source.get("tt").and_then(Value::as_f64).unwrap_or(0.0) as i64;
        if mode == 0 {
            return None;
        }
        let from = match source.get("tp").and_then(Value::as_f64) {
            Some(id) => context.indices.get(&(id as i64)).copied(),
            None => index.checked_sub(1),
        };
        let from = from.filter(|from| *from != index && *from < context.list.len());
        let (Some(from), true) = (from, (1..=4).contains(&mode)) else {
            self.wrong(Feature::Matte, "the layer is drawn without its matte");
            return None;
        };
        Some(Matte { source: from, luma: mode > 2, inverted: mode % 2 == 0 })
    }

    fn masks(&mut self, source: &Value) -> Result<Vec<Mask>, LoadError> {
        let mut masks = Vec::new();
        for mask in source.get("masksProperties").and_then(Value::as_array).into_iter().flatten() {
            let mode = match mask.get("mode").and_then(Value::as_str).unwrap_or("a") {
                "n" => continue,
                "a" => MaskMode::Add,
                "s" => MaskMode::Subtract,
                "i" => MaskMode::Intersect,
                "f" => MaskMode::Difference,
                other => {
                    self.wrong(Feature::Mask, format!("mask mode {other:?} is drawn as \"add\""));
                    MaskMode::Add
                }
            };
            for (key, what) in [("x", "expansion"), ("f", "feather")] {
                if !is_zero(mask.get(key)) {
                    self.wrong(Feature::Mask, format!("the {what} of a mask has no effect"));
                }
            }
            masks.push(Mask {
                mode,
                inverted: flag(mask, "inv"),
                path: self.outline(mask, "pt")?,
                opacity: self.scalar(mask, "o", 100.0)?,
            });
        }
        Ok(masks)
    }
}

/// Whether a 3D layer can be told from a flat one.
fn leaves_plane(ks: &Value) -> bool {
    let depth = |key: &str| {
        let value = ks.get(key).and_then(|property| property.get("k"));
        let keys = value.and_then(Value::as_array).into_iter().flatten();
        let mut values = keys.flat_map(|key| [key.get("s"), key.get("e")]).flatten().chain(value);
        values.any(|value| value.get(2).and_then(Value::as_f64).is_some_and(|z| z != 0.0))
    };
    let split_depth = ks.get("p").and_then(|position| position.get("z"));
    !is_zero(ks.get("rx"))
        || !is_zero(ks.get("ry"))
        || !is_zero(ks.get("or"))
        || !is_zero(split_depth)
        || depth("p")
        || depth("a")
}

/// Whether a property is absent, or zero at all times.
fn is_zero(property: Option<&Value>) -> bool {
    match property {
        None | Some(Value::Null) => true,
        Some(Value::Object(map)) => {
            let calm = |key: &str| is_zero(map.get(key));
            // Keyframes carry times and easing, which are not values.
            if map.contains_key("t") { calm("s") && calm("e") } else { calm("k") }
        }
        Some(Value::Array(list)) => list.iter().all(|value| is_zero(Some(value))),
        Some(value) => value.as_f64() == Some(0.0),
    }
}

/// Whether an effect only holds values for expressions to read, or is switched off.
fn is_control(effect: &Value) -> bool {
    let off = effect.get("en").is_some() && !flag(effect, "en");
    let kind = effect.get("ty").and_then(Value::as_i64);
    let match_name = effect.get("mn").and_then(Value::as_str).unwrap_or("");
    let control = match_name.starts_with("Pseudo/")
        || (match_name.starts_with("ADBE ") && match_name.ends_with(" Control"));
    off || (kind == Some(5) && control)
}
