//! The paths of shapes at one frame. Where a path starts and which way it turns is as in After Effects,
//! because trims and dashes count from there.

use std::f64::consts::{FRAC_PI_2, TAU};

use vello_cpu::kurbo::{BezPath, Point, Vec2};

use crate::limits;
use crate::model::{Corner, Geometry, Outline, Star};

/// How long the handles of a quarter circle are, in radii.
const QUARTER: f64 = 0.5519;

impl Geometry {
    pub(crate) fn outline(&self, frame: f64) -> Outline {
        match self {
            Self::Path(outline) => outline.at(frame),
            Self::Rect { position, size, radius } => {
                rect(position.position(frame), size.at(frame), radius.at(frame))
            }
            Self::Ellipse { position, size } => ellipse(position.position(frame), size.at(frame)),
            Self::Star(star) => star.outline(frame),
        }
    }
}

impl Outline {
    /// The same outline walked the other way, from the same corner.
    pub(crate) fn reversed(mut self) -> Self {
        for corner in &mut self.corners {
            let [x, y, in_x, in_y, out_x, out_y] = *corner;
            *corner = [x, y, out_x, out_y, in_x, in_y];
        }
        self.corners.reverse();
        if self.closed {
            self.corners.rotate_right(1);
        }
        self
    }

    pub(crate) fn path(&self) -> BezPath {
        let mut path = BezPath::new();
        let Some(first) = self.corners.first() else { return path };
        path.move_to((first[0], first[1]));
        let edge = |path: &mut BezPath, from: &Corner, to: &Corner| {
            let (a, b) = (Point::new(from[0], from[1]), Point::new(to[0], to[1]));
            let (leave, arrive) = (Vec2::new(from[4], from[5]), Vec2::new(to[2], to[3]));
            if leave == Vec2::ZERO && arrive == Vec2::ZERO {
                path.line_to(b);
            } else {
                path.curve_to(a + leave, b + arrive, b);
            }
        };
        for pair in self.corners.windows(2) {
            if let [from, to] = pair {
                edge(&mut path, from, to);
            }
        }
        if self.closed {
            // A single closed corner goes to itself, which a round pen shows as a dot.
            if let Some(last) = self.corners.last() {
                edge(&mut path, last, first);
            }
            path.close_path();
        }
        path
    }
}

fn corner(at: Point, into: Vec2, out: Vec2) -> Corner {
    [at.x, at.y, into.x, into.y, out.x, out.y]
}

fn rect(center: Point, size: Point, radius: f64) -> Outline {
    let (half_x, half_y) = (size.x / 2.0, size.y / 2.0);
    let radius = radius.max(0.0).min(half_x.abs()).min(half_y.abs());
    // From the top of the right side, clockwise.
    let mut corners = Vec::with_capacity(8);
    let sides = [(1.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0)];
    for (index, (x, y)) in sides.into_iter().enumerate() {
        let at = center + Vec2::new(x * half_x, y * half_y);
        if radius == 0.0 {
            corners.push(corner(at, Vec2::ZERO, Vec2::ZERO));
            continue;
        }
        let across = Vec2::new(-x * radius, 0.0);
        let along = Vec2::new(0.0, -y * radius);
        let (before, after) = if index % 2 == 0 { (across, along) } else { (along, across) };
        corners.push(corner(at + before, Vec2::ZERO, before * -QUARTER));
        corners.push(corner(at + after, after * -QUARTER, Vec2::ZERO));
    }
    if radius > 0.0 {
        // The walk starts below the first rounded corner, not before it.
        corners.rotate_left(1);
    }
    Outline { closed: true, corners }
}

fn ellipse(center: Point, size: Point) -> Outline {
    let (x, y) = (size.x / 2.0, size.y / 2.0);
    // From the top, clockwise.
    let quarter = |at: Vec2, ahead: Vec2| corner(center + at, ahead * -QUARTER, ahead * QUARTER);
    let corners = vec![
        quarter(Vec2::new(0.0, -y), Vec2::new(x, 0.0)),
        quarter(Vec2::new(x, 0.0), Vec2::new(0.0, y)),
        quarter(Vec2::new(0.0, y), Vec2::new(-x, 0.0)),
        quarter(Vec2::new(-x, 0.0), Vec2::new(0.0, -y)),
    ];
    Outline { closed: true, corners }
}

impl Star {
    fn outline(&self, frame: f64) -> Outline {
        let points = self.points.at(frame).clamp(0.0, limits::COPIES).floor();
        let count = if self.polygon { points } else { points * 2.0 };
        if count < 1.0 {
            return Outline::default();
        }
        let center = self.position.position(frame);
        let (inner, outer) = (self.inner_radius.at(frame), self.outer_radius.at(frame));
        let (inner_round, outer_round) =
            (self.inner_roundness.at(frame) / 100.0, self.outer_roundness.at(frame) / 100.0);
        let start = self.rotation.at(frame).to_radians() - FRAC_PI_2;
        // Handles are a quarter of the way to the next corner, measured around the circle.
        let handle = |radius: f64, roundness: f64| {
            let share = if self.polygon { count * 4.0 } else { count * 2.0 };
            TAU * radius / share * roundness
        };
        let corners = (0..count as usize).map(|index| {
            let is_outer = self.polygon || index % 2 == 0;
            let (radius, roundness) = if is_outer { (outer, outer_round) } else { (inner, inner_round) };
            let angle = start + TAU * index as f64 / count;
            let direction = Vec2::from_angle(angle);
            let ahead = Vec2::new(-direction.y, direction.x) * handle(radius, roundness);
            corner(center + direction * radius, -ahead, ahead)
        });
        Outline { closed: true, corners: corners.collect() }
    }
}
