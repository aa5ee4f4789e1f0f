//! A shape layer at one frame: its paths, and what paints them in which order.
//!
//! ```text
//!   items, top to bottom          paths so far          marks
//!   ─ geometry ──────────────────► one more
//!   ─ trim, round corners ───────► all of them change
//!   ─ fill, stroke ───────────────────────────────────► one more, on all paths so far
//!   ─ group ─────────────────────► its paths follow     its marks, under one opacity
//!   ─ repeater ──────────────────► copied               copied
//! ```
//!
//! It knows nothing of pixels; the stage draws what comes out.

use std::ops::Range;

use vello_cpu::kurbo::{Affine, BezPath};

use crate::limits;
use crate::model::{Item, Outline, Paint, Position, Repeater, Transform, Trim};
use crate::modify::{self, Part};

impl Transform {
    pub(crate) fn matrix(&self, frame: f64) -> Affine {
        let (position, heading) = match &self.position {
            Position::Joined(position) => {
                let heading = if self.follows_path { position.heading(frame) } else { 0.0 };
                (position.position(frame), heading)
            }
            Position::Split(x, y) => ((x.at(frame), y.at(frame)).into(), 0.0),
        };
        let scale = self.scale.at(frame);
        let skew = self.skew.at(frame);
        let lean = if skew == 0.0 {
            Affine::IDENTITY
        } else {
            // After Effects stops at 85 degrees.
            let (skew, axis) = (skew.clamp(-85.0, 85.0).to_radians(), self.skew_axis.at(frame).to_radians());
            Affine::rotate(axis) * Affine::skew(-skew.tan(), 0.0) * Affine::rotate(-axis)
        };
        Affine::translate(position.to_vec2())
            * Affine::rotate((self.rotation.at(frame) + heading).to_radians())
            * lean
            * Affine::scale_non_uniform(scale.x / 100.0, scale.y / 100.0)
            * Affine::translate(-self.anchor.position(frame).to_vec2())
    }

    pub(crate) fn alpha(&self, frame: f64) -> f64 {
        (self.opacity.at(frame) / 100.0).clamp(0.0, 1.0)
    }
}

/// A path where it lies in the layer.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) path: BezPath,
    pub(crate) transform: Affine,
}

/// What is painted.
#[derive(Debug, Clone)]
pub(crate) enum Mark<'a> {
    /// A paint on some of the drawing's paths, in the space of its group.
    Paint { paint: &'a Paint, paths: Range<usize>, transform: Affine, alpha: f64 },
    /// Painted together, then laid over what is below.
    Group { alpha: f64, marks: Vec<Mark<'a>> },
}

impl Mark<'_> {
    fn shift(&mut self, by: usize, transform: Affine) {
        match self {
            Self::Paint { paths, transform: own, .. } => {
                *paths = paths.start + by..paths.end + by;
                *own = transform * *own;
            }
            Self::Group { marks, .. } => marks.iter_mut().for_each(|mark| mark.shift(by, transform)),
        }
    }
}

/// A shape layer's picture at one frame, before it is drawn.
#[derive(Debug, Default)]
pub(crate) struct Drawing<'a> {
    pub(crate) paths: Vec<Placed>,
    /// Topmost first.
    pub(crate) marks: Vec<Mark<'a>>,
    elements: usize,
}

/// The drawing grew beyond [`limits::ELEMENTS`].
#[derive(Debug)]
pub(crate) struct TooManyElements;

impl<'a> Drawing<'a> {
    pub(crate) fn new(items: &'a [Item], frame: f64) -> Result<Self, TooManyElements> {
        let mut drawing = Self::default();
        drawing.marks = drawing.items(items, frame, Affine::IDENTITY)?;
        Ok(drawing)
    }

    fn count(&mut self, elements: usize) -> Result<(), TooManyElements> {
        self.elements = self.elements.saturating_add(elements.max(1));
        if self.elements > limits::ELEMENTS { Err(TooManyElements) } else { Ok(()) }
    }

    fn items(
        &mut self,
        items: &'a [Item],
        frame: f64,
        space: Affine,
    ) -> Result<Vec<Mark<'a>>, TooManyElements> {
        let first = self.paths.len();
        let mut marks = Vec::new();
        for item in items {
            match item {
                Item::Geometry { geometry, reversed } => {
                    let outline = geometry.outline(frame);
                    let path = if *reversed { Outline::reversed(outline) } else { outline }.path();
                    self.count(path.elements().len())?;
                    self.paths.push(Placed { path, transform: space });
                }
                Item::Group { items, transform } => {
                    let (matrix, alpha) = transform.as_ref().map_or((Affine::IDENTITY, 1.0), |transform| {
                        (transform.matrix(frame), transform.alpha(frame))
                    });
                    let inner = self.items(items, frame, space * matrix)?;
                    if alpha > 0.0 && !inner.is_empty() {
                        marks.push(Mark::Group { alpha, marks: inner });
                    }
                }
                Item::Paint(paint) => {
                    self.count(1)?;
                    let alpha = (paint.opacity.at(frame) / 100.0).clamp(0.0, 1.0);
                    marks.push(Mark::Paint {
                        paint,
                        paths: first..self.paths.len(),
                        transform: space,
                        alpha,
                    });
                }
                Item::Trim(trim) => self.trim(trim, frame, first, space),
                Item::RoundCorners(radius) => {
                    let radius = radius.at(frame);
                    for placed in self.paths.iter_mut().skip(first) {
                        placed.path = modify::round_corners(&placed.path, radius);
                    }
                }
                Item::Repeater(repeater) => self.repeat(repeater, frame, first, space, &mut marks)?,
            }
        }
        Ok(marks)
    }

    fn trim(&mut self, trim: &Trim, frame: f64, first: usize, space: Affine) {
        let part = Part::new(trim.start.at(frame), trim.end.at(frame), trim.offset.at(frame));
        let Some(paths) = self.paths.get_mut(first..) else { return };
        let Part::Between(start, end) = part else {
            for placed in paths {
                placed.path = modify::trim(&placed.path, part);
            }
            return;
        };
        if !trim.sequential {
            for placed in paths {
                placed.path = modify::trim(&placed.path, part);
            }
            return;
        }
        // One long path: each gets the share of the range that falls on it.
        let inverse = space.inverse();
        let lengths: Vec<f64> =
            paths.iter().map(|placed| modify::length(&(inverse * placed.transform * &placed.path))).collect();
        let total: f64 = lengths.iter().sum();
        let mut before = 0.0;
        for (placed, length) in paths.iter_mut().zip(lengths) {
            let mut kept = BezPath::new();
            for (from, to) in [(start, end.min(1.0)), (0.0, end - 1.0)] {
                let share = |at: f64| ((at * total - before) / length).clamp(0.0, 1.0);
                let (from, to) = (share(from), share(to));
                if to > from {
                    kept.extend(modify::trim(&placed.path, Part::Between(from, to)));
                }
            }
            placed.path = kept;
            before += length;
        }
    }

    fn repeat(
        &mut self,
        repeater: &Repeater,
        frame: f64,
        first: usize,
        space: Affine,
        marks: &mut Vec<Mark<'a>>,
    ) -> Result<(), TooManyElements> {
        let copies = repeater.copies.at(frame).clamp(0.0, limits::COPIES).round() as usize;
        let paths = self.paths.split_off(first);
        let originals = std::mem::take(marks);
        let (start, end) = (repeater.start_opacity.at(frame), repeater.end_opacity.at(frame));
        let offset = repeater.offset.at(frame);
        let inverse = space.inverse();
        for copy in 0..copies {
            // Marks are kept topmost first.
            let copy = if repeater.above { copies - 1 - copy } else { copy };
            let matrix = space * repeater.matrix(frame, offset + copy as f64) * inverse;
            let shift = self.paths.len() - first;
            for placed in &paths {
                self.count(placed.path.elements().len())?;
                self.paths.push(Placed { path: placed.path.clone(), transform: matrix * placed.transform });
            }
            let mut inner = originals.clone();
            self.count(inner.len())?;
            inner.iter_mut().for_each(|mark| mark.shift(shift, matrix));
            let share = if copies > 1 { copy as f64 / copies as f64 } else { 0.0 };
            let alpha = ((start + (end - start) * share) / 100.0).clamp(0.0, 1.0);
            if alpha > 0.0 && !inner.is_empty() {
                marks.push(Mark::Group { alpha, marks: inner });
            }
        }
        Ok(())
    }
}

impl Repeater {
    /// Where the copy lies that is `step` transforms away from the original.
    fn matrix(&self, frame: f64, step: f64) -> Affine {
        let position = match &self.transform.position {
            Position::Joined(position) => position.position(frame),
            Position::Split(x, y) => (x.at(frame), y.at(frame)).into(),
        };
        let anchor = self.transform.anchor.position(frame).to_vec2();
        let scale = self.transform.scale.at(frame);
        let power = |percent: f64| {
            let base = percent / 100.0;
            let size = base.abs().powf(step);
            if base < 0.0 && step.rem_euclid(2.0) >= 1.0 { -size } else { size }
        };
        Affine::translate(position.to_vec2() * step + anchor)
            * Affine::rotate((self.transform.rotation.at(frame) * step).to_radians())
            * Affine::scale_non_uniform(power(scale.x), power(scale.y))
            * Affine::translate(-anchor)
    }
}
