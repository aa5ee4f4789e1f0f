//! Reads the elements of shape layers.

use serde_json::Value;
use vello_cpu::kurbo::{Cap, Join, Point};

use super::{Reader, flag};
use crate::error::LoadError;
use crate::finding::Feature;
use crate::model::{Brush, Geometry, Gradient, Item, Paint, Repeater, Star, Stroke, Style, Trim};
use crate::value::Property;

impl Reader<'_> {
    pub(super) fn items(&mut self, list: &[Value]) -> Result<Vec<Item>, LoadError> {
        let mut items = Vec::with_capacity(list.len());
        let mut paths = 0;
        for source in list {
            if flag(source, "hd") {
                continue;
            }
            paths += count_paths(source);
            let kind = source.get("ty").and_then(Value::as_str).unwrap_or("");
            if kind == "mm" && paths <= 1 {
                // There is nothing to combine a single path with.
                continue;
            }
            let name = source.get("nm").and_then(Value::as_str).filter(|name| !name.is_empty());
            let name = name.unwrap_or(kind).to_owned();
            if let Some(item) = self.inside(name, |reader| reader.item(kind, source))? {
                items.push(item);
            }
        }
        Ok(items)
    }

    fn item(&mut self, kind: &str, source: &Value) -> Result<Option<Item>, LoadError> {
        if source.get("bm").and_then(Value::as_f64).is_some_and(|mode| mode != 0.0) {
            self.wrong(Feature::BlendMode, "a blend mode inside a shape layer is drawn as normal");
        }
        Ok(Some(match kind {
            "gr" => self.group(source)?,
            // The group's transform, read with the group.
            "tr" => return Ok(None),
            "sh" | "rc" | "el" | "sr" => {
                let geometry = self.geometry(kind, source)?;
                // A drawn path already lists its vertices in the direction it has.
                let reversed = kind != "sh" && source.get("d").and_then(Value::as_f64) == Some(3.0);
                Item::Geometry { geometry, reversed }
            }
            "fl" | "gf" => {
                let even_odd = source.get("r").and_then(Value::as_f64) == Some(2.0);
                self.paint(source, Style::Fill { even_odd })?
            }
            "st" | "gs" => {
                let stroke = self.stroke(source)?;
                self.paint(source, Style::Stroke(Box::new(stroke)))?
            }
            "tm" => Item::Trim(Trim {
                start: self.scalar(source, "s", 0.0)?,
                end: self.scalar(source, "e", 100.0)?,
                offset: self.scalar(source, "o", 0.0)?,
                sequential: source.get("m").and_then(Value::as_f64) == Some(2.0),
            }),
            "rd" => Item::RoundCorners(self.scalar(source, "r", 0.0)?),
            "rp" => self.repeater(source)?,
            // Merging paths without combining them is what a paint does with them anyway.
            "mm" if source.get("mm").and_then(Value::as_f64).unwrap_or(1.0) == 1.0 => return Ok(None),
            "mm" => {
                self.wrong(Feature::MergePaths, "combined paths are drawn side by side");
                return Ok(None);
            }
            "op" | "pb" | "tw" | "zz" => {
                self.wrong(Feature::PathModifier, format!("{:?} paths are drawn unmodified", modifier(kind)));
                return Ok(None);
            }
            "no" => return Ok(None),
            other => {
                self.missing(Feature::Shape, format!("unknown shape element {other:?}"));
                return Ok(None);
            }
        }))
    }

    fn group(&mut self, source: &Value) -> Result<Item, LoadError> {
        let list = source.get("it").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let transform = list.iter().find(|item| item.get("ty").and_then(Value::as_str) == Some("tr"));
        let transform = match transform {
            Some(transform) => Some(Box::new(self.transform(transform, "r")?)),
            None => None,
        };
        Ok(Item::Group { items: self.items(list)?, transform })
    }

    fn geometry(&mut self, kind: &str, source: &Value) -> Result<Geometry, LoadError> {
        Ok(match kind {
            "sh" => Geometry::Path(self.outline(source, "ks")?),
            "rc" => Geometry::Rect {
                position: self.point(source, "p", Point::ZERO)?,
                size: self.point(source, "s", Point::ZERO)?,
                radius: self.scalar(source, "r", 0.0)?,
            },
            "el" => Geometry::Ellipse {
                position: self.point(source, "p", Point::ZERO)?,
                size: self.point(source, "s", Point::ZERO)?,
            },
            _ => {
                let points = self.scalar(source, "pt", 5.0)?;
                if !matches!(points, Property::Fixed(points) if points.fract() == 0.0) {
                    self.wrong(Feature::Shape, "a star with part of a point is drawn with whole ones");
                }
                Geometry::Star(Box::new(self.star(source, points)?))
            }
        })
    }

    fn star(&mut self, source: &Value, points: Property<f64>) -> Result<Star, LoadError> {
        Ok(Star {
            polygon: source.get("sy").and_then(Value::as_f64) == Some(2.0),
            position: self.point(source, "p", Point::ZERO)?,
            points,
            rotation: self.scalar(source, "r", 0.0)?,
            inner_radius: self.scalar(source, "ir", 0.0)?,
            inner_roundness: self.scalar(source, "is", 0.0)?,
            outer_radius: self.scalar(source, "or", 0.0)?,
            outer_roundness: self.scalar(source, "os", 0.0)?,
        })
    }

    fn paint(&mut self, source: &Value, style: Style) -> Result<Item, LoadError> {
        let brush = match source.get("g") {
            Some(colors) => Brush::Gradient(Box::new(self.gradient(source, colors)?)),
            None => Brush::Solid(self.color(source, "c")?),
        };
        Ok(Item::Paint(Paint { brush, opacity: self.scalar(source, "o", 100.0)?, style }))
    }

    fn gradient(&mut self, source: &Value, colors: &Value) -> Result<Gradient, LoadError> {
        let count = self.number(colors, "p")?;
        let stops = colors.get("k").ok_or_else(|| self.malformed("the gradient has no \"k\""))?;
        Ok(Gradient {
            radial: source.get("t").and_then(Value::as_f64) == Some(2.0),
            start: self.point(source, "s", Point::ZERO)?,
            end: self.point(source, "e", Point::ZERO)?,
            highlight_length: self.scalar(source, "h", 0.0)?,
            highlight_angle: self.scalar(source, "a", 0.0)?,
            colors: count.max(0.0) as usize,
            stops: self.list(stops, "g")?,
        })
    }

    fn stroke(&mut self, source: &Value) -> Result<Stroke, LoadError> {
        let choice = |key: &str| source.get(key).and_then(Value::as_f64).unwrap_or(1.0) as i64;
        let cap = match choice("lc") {
            2 => Cap::Round,
            3 => Cap::Square,
            _ => Cap::Butt,
        };
        let join = match choice("lj") {
            2 => Join::Round,
            3 => Join::Bevel,
            _ => Join::Miter,
        };
        let mut dashes = Vec::new();
        let mut dash_offset = Property::Fixed(0.0);
        for dash in source.get("d").and_then(Value::as_array).into_iter().flatten() {
            let value = self.scalar(dash, "v", 0.0)?;
            match dash.get("n").and_then(Value::as_str) {
                Some("o") => dash_offset = value,
                _ => dashes.push(value),
            }
        }
        Ok(Stroke {
            width: self.scalar(source, "w", 0.0)?,
            cap,
            join,
            miter_limit: self.number_or(source, "ml", 4.0)?,
            dashes,
            dash_offset,
        })
    }

    fn repeater(&mut self, source: &Value) -> Result<Item, LoadError> {
        let empty = Value::Null;
        let transform = source.get("tr").unwrap_or(&empty);
        Ok(Item::Repeater(Box::new(Repeater {
            copies: self.scalar(source, "c", 1.0)?,
            offset: self.scalar(source, "o", 0.0)?,
            above: source.get("m").and_then(Value::as_f64) == Some(2.0),
            transform: self.transform(transform, "r")?,
            start_opacity: self.scalar(transform, "so", 100.0)?,
            end_opacity: self.scalar(transform, "eo", 100.0)?,
        })))
    }
}

fn count_paths(item: &Value) -> usize {
    match item.get("ty").and_then(Value::as_str) {
        _ if flag(item, "hd") => 0,
        Some("sh" | "rc" | "el" | "sr") => 1,
        Some("gr") => item.get("it").and_then(Value::as_array).into_iter().flatten().map(count_paths).sum(),
        _ => 0,
    }
}

fn modifier(kind: &str) -> &'static str {
    match kind {
        "op" => "offset",
        "pb" => "pucker and bloat",
        "tw" => "twist",
        _ => "zig-zag",
    }
}
