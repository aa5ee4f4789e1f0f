//! Values over time: keyframes, easing, motion paths. It knows numbers and frames, nothing of layers.

use vello_cpu::kurbo::{CubicBez, ParamCurve, ParamCurveArclen, ParamCurveDeriv, Point, Vec2};

/// How far along a motion path two positions may be told apart, in pixels.
const ARC_ACCURACY: f64 = 1e-3;

/// Something that can lie between two keyframes. Each dimension may follow an easing curve of its own.
pub(crate) trait Blend: Clone {
    /// The value between `self` and `other`, at `weight(dimension)` of the way.
    fn blend(&self, other: &Self, weight: impl Fn(usize) -> f64) -> Self;
}

fn mix(from: f64, to: f64, weight: f64) -> f64 {
    from + (to - from) * weight
}

impl Blend for f64 {
    fn blend(&self, other: &Self, weight: impl Fn(usize) -> f64) -> Self {
        mix(*self, *other, weight(0))
    }
}

impl Blend for Point {
    fn blend(&self, other: &Self, weight: impl Fn(usize) -> f64) -> Self {
        Point::new(mix(self.x, other.x, weight(0)), mix(self.y, other.y, weight(1)))
    }
}

impl Blend for Vec<f64> {
    fn blend(&self, other: &Self, weight: impl Fn(usize) -> f64) -> Self {
        // The curves of a keyframe rarely number as many as a gradient's stops: the first one moves them all.
        let weight = weight(0);
        self.iter().zip(other).map(|(from, to)| mix(*from, *to, weight)).collect()
    }
}

impl<const N: usize> Blend for [f64; N] {
    fn blend(&self, other: &Self, weight: impl Fn(usize) -> f64) -> Self {
        std::array::from_fn(|index| mix(self[index], other[index], weight(index)))
    }
}

/// The pace between two keyframes: a cubic curve from (0, 0) to (1, 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Curve {
    pub(crate) out: Point,
    pub(crate) into: Point,
}

impl Curve {
    pub(crate) const LINEAR: Self = Self { out: Point::ZERO, into: Point::new(1.0, 1.0) };

    /// How far the value has come when `time` of the span has passed.
    pub(crate) fn weight(self, time: f64) -> f64 {
        if time <= 0.0 {
            return 0.0;
        }
        if time >= 1.0 {
            return 1.0;
        }
        if self.out.x == self.out.y && self.into.x == self.into.y {
            return time;
        }
        let (x1, x2) = (self.out.x.clamp(0.0, 1.0), self.into.x.clamp(0.0, 1.0));
        let at = |u: f64, a: f64, b: f64| {
            let v = 1.0 - u;
            3.0 * v * v * u * a + 3.0 * v * u * u * b + u * u * u
        };
        // x grows with u, so halving always finds it; 40 halvings are finer than an f32.
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if at(middle, x1, x2) < time {
                low = middle;
            } else {
                high = middle;
            }
        }
        at(0.5 * (low + high), self.out.y, self.into.y)
    }
}

/// What happens from one keyframe to the next.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pace {
    /// The value stays, then jumps.
    Hold,
    /// One curve for all dimensions, or one for each.
    Ease(Vec<Curve>),
}

impl Pace {
    fn weight(&self, dimension: usize, time: f64) -> f64 {
        match self {
            Self::Hold => 0.0,
            Self::Ease(curves) => {
                curves.get(dimension).or(curves.last()).map_or(time, |curve| curve.weight(time))
            }
        }
    }
}

/// A curved way between two positions, travelled at the pace of the easing by its length.
#[derive(Debug, Clone)]
pub(crate) struct Motion {
    curve: CubicBez,
    length: f64,
}

impl Motion {
    pub(crate) fn new(from: Point, leave: Vec2, arrive: Vec2, to: Point) -> Self {
        let curve = CubicBez::new(from, from + leave, to + arrive, to);
        Self { curve, length: curve.arclen(ARC_ACCURACY) }
    }

    fn parameter(&self, weight: f64) -> f64 {
        if self.length <= 0.0 {
            return weight.clamp(0.0, 1.0);
        }
        self.curve.inv_arclen((weight * self.length).clamp(0.0, self.length), ARC_ACCURACY)
    }

    fn position(&self, weight: f64) -> Point {
        // Easing that overshoots leaves the path straight on, as the tangent points.
        let along = self.curve.eval(self.parameter(weight));
        let beyond = if weight > 1.0 {
            self.length * (weight - 1.0)
        } else if weight < 0.0 {
            self.length * weight
        } else {
            return along;
        };
        along + self.direction(weight) * beyond
    }

    fn direction(&self, weight: f64) -> Vec2 {
        let u = self.parameter(weight).clamp(1e-4, 1.0 - 1e-4);
        let tangent = self.curve.deriv().eval(u).to_vec2();
        let length = tangent.hypot();
        if length > 0.0 { tangent / length } else { Vec2::ZERO }
    }
}

/// A value from one frame on.
#[derive(Debug, Clone)]
pub(crate) struct Key<T> {
    pub(crate) time: f64,
    pub(crate) start: T,
    /// What the value reaches by the next key. Old files may jump there.
    pub(crate) end: T,
    pub(crate) pace: Pace,
    pub(crate) motion: Option<Motion>,
}

/// A value that is fixed, or follows keyframes.
#[derive(Debug, Clone)]
pub(crate) enum Property<T> {
    Fixed(T),
    /// In order of time, never empty.
    Animated(Vec<Key<T>>),
}

/// Where a frame falls among keyframes.
enum Place<'a, T> {
    On(&'a T),
    Between(&'a Key<T>, f64),
}

impl<T: Blend> Property<T> {
    fn place(&self, frame: f64) -> Option<Place<'_, T>> {
        let keys = match self {
            Self::Fixed(value) => return Some(Place::On(value)),
            Self::Animated(keys) => keys,
        };
        let after = keys.partition_point(|key| key.time <= frame);
        let Some(key) = after.checked_sub(1).and_then(|index| keys.get(index)) else {
            return keys.first().map(|first| Place::On(&first.start));
        };
        let Some(next) = keys.get(after) else { return Some(Place::On(&key.start)) };
        let time = (frame - key.time) / (next.time - key.time);
        Some(Place::Between(key, time))
    }

    /// The value at a frame; `None` only if there are no keyframes at all.
    fn value(&self, frame: f64) -> Option<T> {
        Some(match self.place(frame)? {
            Place::On(value) => value.clone(),
            Place::Between(key, time) => {
                key.start.blend(&key.end, |dimension| key.pace.weight(dimension, time))
            }
        })
    }
}

impl<T: Blend + Default> Property<T> {
    /// The value at a frame, which may be a fraction.
    pub(crate) fn at(&self, frame: f64) -> T {
        self.value(frame).unwrap_or_default()
    }
}

impl Property<Point> {
    /// The position at a frame, along its motion path where it has one.
    pub(crate) fn position(&self, frame: f64) -> Point {
        match self.place(frame) {
            Some(Place::Between(Key { motion: Some(motion), pace, .. }, time)) => {
                motion.position(pace.weight(0, time))
            }
            _ => self.at(frame),
        }
    }

    /// The angle in degrees in which the position moves at a frame.
    pub(crate) fn heading(&self, frame: f64) -> f64 {
        let Self::Animated(keys) = self else { return 0.0 };
        let (Some(first), Some(last)) = (keys.first(), keys.last()) else { return 0.0 };
        // Before the first key and after the last one the layer looks where it will go, or went.
        let frame = frame.clamp(first.time, (last.time - 1e-3).max(first.time));
        let Some(Place::Between(key, time)) = self.place(frame) else { return 0.0 };
        let direction = match &key.motion {
            Some(motion) => motion.direction(key.pace.weight(0, time)),
            None => key.end - key.start,
        };
        if direction == Vec2::ZERO { 0.0 } else { direction.atan2().to_degrees() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moving(pace: Pace) -> (Property<Point>, CubicBez) {
        let (from, to) = (Point::new(10.0, 90.0), Point::new(90.0, 80.0));
        let (leave, arrive) = (Vec2::new(0.0, -120.0), Vec2::new(-60.0, -10.0));
        let key =
            Key { time: 0.0, start: from, end: to, pace, motion: Some(Motion::new(from, leave, arrive, to)) };
        let last =
            Key { time: 40.0, start: to, end: to, pace: Pace::Ease(vec![Curve::LINEAR]), motion: None };
        (Property::Animated(vec![key, last]), CubicBez::new(from, from + leave, to + arrive, to))
    }

    /// The length of the curve up to a parameter, by adding small steps.
    fn walked(curve: &CubicBez, until: f64) -> f64 {
        let step = |index: i32| curve.eval(until * f64::from(index) / 20_000.0);
        (0..20_000).map(|index| step(index).distance(step(index + 1))).sum()
    }

    #[test]
    fn a_motion_path_is_travelled_by_its_length_at_the_pace_of_the_easing() {
        let ease = Curve { out: Point::new(0.6, 0.0), into: Point::new(0.3, 1.0) };
        let (position, curve) = moving(Pace::Ease(vec![ease]));
        let whole = walked(&curve, 1.0);
        for frame in 0..=40 {
            let at = position.position(f64::from(frame));
            let weight = ease.weight(f64::from(frame) / 40.0);
            // The point lies on the curve, and as far along it as the easing says.
            let nearest = (0..=2_000).map(|index| f64::from(index) / 2_000.0);
            let nearest = nearest
                .min_by(|a, b| curve.eval(*a).distance(at).total_cmp(&curve.eval(*b).distance(at)))
                .unwrap();
            assert!(curve.eval(nearest).distance(at) < 0.1, "frame {frame} left the path");
            let off = (walked(&curve, nearest) - weight * whole).abs();
            assert!(off < 0.2, "frame {frame} is {off} pixels from where it should be");
        }
    }

    #[test]
    fn a_motion_path_ends_where_its_keyframes_are() {
        let (position, curve) = moving(Pace::Ease(vec![Curve::LINEAR]));
        assert_eq!(position.position(-5.0), curve.p0);
        assert!(position.position(0.0).distance(curve.p0) < 1e-6);
        assert_eq!(position.position(40.0), curve.p3);
        assert_eq!(position.position(99.0), curve.p3);
    }

    #[test]
    fn the_heading_follows_the_path() {
        let (position, _) = moving(Pace::Ease(vec![Curve::LINEAR]));
        assert!((position.heading(0.0) + 90.0).abs() < 1.0);
        assert!((position.heading(40.0) - position.heading(39.999)).abs() < 1.0);
        assert_eq!(Property::Fixed(Point::ZERO).heading(3.0), 0.0);
    }

    #[test]
    fn each_dimension_keeps_its_own_pace() {
        let slow = Curve { out: Point::new(0.9, 0.0), into: Point::new(1.0, 0.1) };
        let pace = Pace::Ease(vec![Curve::LINEAR, slow]);
        let keys = vec![
            Key { time: 0.0, start: Point::ZERO, end: Point::new(100.0, 100.0), pace, motion: None },
            Key {
                time: 10.0,
                start: Point::new(100.0, 100.0),
                end: Point::ZERO,
                pace: Pace::Hold,
                motion: None,
            },
        ];
        let middle = Property::Animated(keys).at(5.0);
        assert_eq!(middle.x, 50.0);
        assert!(middle.y < 20.0);
    }

    #[test]
    fn hold_keeps_the_value_until_the_next_key() {
        let key = |time, start, end| Key { time, start, end, pace: Pace::Hold, motion: None };
        let value = Property::Animated(vec![key(0.0, 1.0, 2.0), key(10.0, 2.0, 2.0)]);
        assert_eq!([value.at(0.0), value.at(9.99), value.at(10.0)], [1.0, 1.0, 2.0]);
    }

    #[test]
    fn curves_hit_their_ends_and_known_points() {
        let ease = Curve { out: Point::new(0.42, 0.0), into: Point::new(0.58, 1.0) };
        assert_eq!((ease.weight(0.0), ease.weight(1.0)), (0.0, 1.0));
        assert!((ease.weight(0.5) - 0.5).abs() < 1e-9);
        let back = Curve { out: Point::new(0.34, 1.56), into: Point::new(0.64, 1.0) };
        assert!(back.weight(0.5) > 1.0, "an overshoot overshoots");
    }
}
