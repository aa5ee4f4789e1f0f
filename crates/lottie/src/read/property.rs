//! Reads values and their keyframes. Expressions and theme slots are found here: both would replace the value
//! that is read.

use serde_json::Value;
use vello_cpu::kurbo::{Point, Vec2};

use super::Reader;
use crate::error::LoadError;
use crate::finding::Feature;
use crate::model::{Outline, Position, Transform};
use crate::value::{Blend, Curve, Key, Motion, Pace, Property};

impl Reader<'_> {
    /// A property with keyframes, its values read by `convert`.
    fn property<T: Blend>(
        &mut self,
        source: &Value,
        key: &str,
        convert: impl Fn(&Self, &Value, &str) -> Result<T, LoadError>,
        connect: impl Fn(&Value, &T, &T) -> Option<Motion>,
    ) -> Result<Property<T>, LoadError> {
        if source.get("x").is_some_and(Value::is_string) {
            self.wrong(Feature::Expression, format!("{key:?} is computed, its last stored value is shown"));
        }
        if self.has_slots && source.get("sid").is_some() {
            self.wrong(Feature::Slot, format!("{key:?} takes its value from a theme"));
        }
        // Files of some exporters leave the wrapping object away where a value is not animated.
        let value = source.get("k").unwrap_or(source);
        let keys = match value.as_array() {
            Some(list) if list.first().is_some_and(|first| first.get("t").is_some()) => list,
            _ => return Ok(Property::Fixed(convert(self, value, key)?)),
        };
        let mut read: Vec<Key<T>> = Vec::with_capacity(keys.len());
        for (index, frame) in keys.iter().enumerate() {
            let time = self.number(frame, "t")?;
            let start = match (frame.get("s"), read.last()) {
                (Some(start), _) => convert(self, start, key)?,
                (None, Some(before)) => before.end.clone(),
                (None, None) => return Err(self.malformed(format!("first keyframe of {key:?} has no value"))),
            };
            let end = match frame.get("e").or_else(|| keys.get(index + 1)?.get("s")) {
                Some(end) => convert(self, end, key)?,
                None => start.clone(),
            };
            let pace = self.pace(frame)?;
            let motion = connect(frame, &start, &end);
            read.push(Key { time, start, end, pace, motion });
        }
        // Two keys on one frame are a jump; keys out of order have no meaning in any player.
        read.sort_by(|a, b| a.time.total_cmp(&b.time));
        Ok(Property::Animated(read))
    }

    fn pace(&self, frame: &Value) -> Result<Pace, LoadError> {
        if super::flag(frame, "h") {
            return Ok(Pace::Hold);
        }
        let (Some(out), Some(into)) = (frame.get("o"), frame.get("i")) else {
            return Ok(Pace::Ease(vec![Curve::LINEAR]));
        };
        let list = |handle: &Value, axis: &str| -> Result<Vec<f64>, LoadError> {
            match handle.get(axis) {
                Some(Value::Array(numbers)) => {
                    numbers.iter().take(4).map(|number| self.finite(number, axis)).collect()
                }
                Some(number) => Ok(vec![self.finite(number, axis)?]),
                None => Ok(Vec::new()),
            }
        };
        let (ox, oy, ix, iy) = (list(out, "x")?, list(out, "y")?, list(into, "x")?, list(into, "y")?);
        let longest = [&ox, &oy, &ix, &iy].into_iter().map(Vec::len).max().unwrap_or(0).max(1);
        let pick = |list: &[f64], index: usize, default: f64| {
            list.get(index).or(list.last()).copied().unwrap_or(default)
        };
        let curve = |index| Curve {
            out: Point::new(pick(&ox, index, 0.0), pick(&oy, index, 0.0)),
            into: Point::new(pick(&ix, index, 1.0), pick(&iy, index, 1.0)),
        };
        Ok(Pace::Ease((0..longest).map(curve).collect()))
    }

    pub(super) fn scalar(
        &mut self,
        holder: &Value,
        key: &str,
        default: f64,
    ) -> Result<Property<f64>, LoadError> {
        let Some(source) = present(holder, key) else { return Ok(Property::Fixed(default)) };
        let convert = |reader: &Self, value: &Value, key: &str| match value {
            Value::Array(list) => list.first().map_or(Ok(default), |first| reader.finite(first, key)),
            number => reader.finite(number, key),
        };
        self.property(source, key, convert, |_, _, _| None)
    }

    pub(super) fn point(
        &mut self,
        holder: &Value,
        key: &str,
        default: Point,
    ) -> Result<Property<Point>, LoadError> {
        let Some(source) = present(holder, key) else { return Ok(Property::Fixed(default)) };
        let convert = |reader: &Self, value: &Value, key: &str| {
            let numbers = reader.numbers(value, key)?;
            // A single number scales both ways.
            let x = numbers.first().copied().unwrap_or(default.x);
            Ok(Point::new(x, numbers.get(1).copied().unwrap_or(x)))
        };
        self.property(source, key, convert, motion)
    }

    pub(super) fn color(&mut self, holder: &Value, key: &str) -> Result<Property<[f64; 3]>, LoadError> {
        let Some(source) = present(holder, key) else { return Ok(Property::Fixed([0.0; 3])) };
        let convert = |reader: &Self, value: &Value, key: &str| {
            if let Some(text) = value.as_str() {
                return hex_color(text)
                    .ok_or_else(|| reader.malformed(format!("{key:?} is {text:?}, which is no colour")));
            }
            let numbers = reader.numbers(value, key)?;
            Ok(std::array::from_fn(|index| numbers.get(index).copied().unwrap_or(0.0)))
        };
        self.property(source, key, convert, |_, _, _| None)
    }

    pub(super) fn list(&mut self, source: &Value, key: &str) -> Result<Property<Vec<f64>>, LoadError> {
        self.property(source, key, |reader, value, key| reader.numbers(value, key), |_, _, _| None)
    }

    pub(super) fn outline(&mut self, holder: &Value, key: &str) -> Result<Property<Outline>, LoadError> {
        let Some(source) = present(holder, key) else { return Ok(Property::Fixed(Outline::default())) };
        let convert = |reader: &Self, value: &Value, key: &str| {
            let bezier = value.as_array().and_then(|list| list.first()).unwrap_or(value);
            let points = |name: &str| -> Result<Vec<[f64; 2]>, LoadError> {
                let list = bezier.get(name).and_then(Value::as_array);
                let list = list.ok_or_else(|| reader.malformed(format!("{key:?} has no {name:?}")))?;
                list.iter()
                    .map(|point| {
                        let numbers = reader.numbers(point, name)?;
                        match numbers.get(..2) {
                            Some([x, y]) => Ok([*x, *y]),
                            _ => Err(reader.malformed(format!("a point of {key:?} lacks a coordinate"))),
                        }
                    })
                    .collect()
            };
            let (at, into, out) = (points("v")?, points("i")?, points("o")?);
            if at.len() != into.len() || at.len() != out.len() {
                return Err(reader.malformed(format!("{key:?} has as many tangents as vertices")));
            }
            let corners = at
                .iter()
                .zip(&into)
                .zip(&out)
                .map(|((at, into), out)| [at[0], at[1], into[0], into[1], out[0], out[1]])
                .collect();
            Ok(Outline { closed: super::flag(bezier, "c"), corners })
        };
        let property = self.property(source, key, convert, |_, _, _| None)?;
        if let Property::Animated(keys) = &property
            && let Some(key) = keys.iter().find(|key| key.start.corners.len() != key.end.corners.len())
            && key.pace != Pace::Hold
        {
            self.wrong(
                Feature::PathVertices,
                format!("the path changes its number of vertices at frame {}", key.time),
            );
        }
        Ok(property)
    }

    pub(super) fn numbers(&self, value: &Value, key: &str) -> Result<Vec<f64>, LoadError> {
        match value {
            Value::Array(list) => list.iter().map(|number| self.finite(number, key)).collect(),
            number => Ok(vec![self.finite(number, key)?]),
        }
    }

    pub(super) fn transform(&mut self, source: &Value, rotation: &str) -> Result<Transform, LoadError> {
        let split = source.get("p").filter(|position| position.get("k").is_none() && position.is_object());
        let position = match split {
            Some(position) => {
                Position::Split(self.scalar(position, "x", 0.0)?, self.scalar(position, "y", 0.0)?)
            }
            None => Position::Joined(self.point(source, "p", Point::ZERO)?),
        };
        Ok(Transform {
            anchor: self.point(source, "a", Point::ZERO)?,
            position,
            scale: self.point(source, "s", Point::new(100.0, 100.0))?,
            rotation: self.scalar(source, rotation, 0.0)?,
            skew: self.scalar(source, "sk", 0.0)?,
            skew_axis: self.scalar(source, "sa", 0.0)?,
            opacity: self.scalar(source, "o", 100.0)?,
            follows_path: false,
        })
    }
}

/// The motion path of a position keyframe. Its tangents are relative to the two positions.
fn motion(frame: &Value, start: &Point, end: &Point) -> Option<Motion> {
    let tangent = |key: &str| {
        let list = frame.get(key)?.as_array()?;
        let number = |index: usize| list.get(index).and_then(Value::as_f64).filter(|n| n.abs() <= 1e9);
        Some(Vec2::new(number(0)?, number(1)?))
    };
    let (leave, arrive) = (tangent("to")?, tangent("ti")?);
    // Without tangents the way is straight, and each dimension may keep a pace of its own.
    if leave == Vec2::ZERO && arrive == Vec2::ZERO {
        return None;
    }
    Some(Motion::new(*start, leave, arrive, *end))
}

fn present<'v>(holder: &'v Value, key: &str) -> Option<&'v Value> {
    holder.get(key).filter(|value| !value.is_null())
}

/// `#rrggbb` or `#rgb`.
pub(super) fn hex_color(text: &str) -> Option<[f64; 3]> {
    let digits = text.strip_prefix('#')?;
    if !digits.is_ascii() {
        return None;
    }
    let wide = match digits.len() {
        3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        6 | 8 => digits.to_owned(),
        _ => return None,
    };
    let channel = |index: usize| {
        let byte = u8::from_str_radix(wide.get(index * 2..index * 2 + 2)?, 16).ok()?;
        Some(f64::from(byte) / 255.0)
    };
    Some([channel(0)?, channel(1)?, channel(2)?])
}
