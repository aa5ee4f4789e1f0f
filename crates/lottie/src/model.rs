//! An animation as this crate draws it: read once, evaluated for each frame. What has no place here is not
//! drawn, and the reader says so.

use vello_cpu::kurbo::{Cap, Join, Point};
use vello_cpu::peniko::Mix;

use crate::value::{Blend, Property};

/// A list of layers, the first one on top.
#[derive(Debug, Default)]
pub(crate) struct Comp {
    pub(crate) layers: Vec<Layer>,
    /// Some layer blends with what lies under it, so the composition needs a surface of its own.
    pub(crate) blends: bool,
}

#[derive(Debug)]
pub(crate) struct Layer {
    /// Index in the same composition.
    pub(crate) parent: Option<usize>,
    pub(crate) in_point: f64,
    pub(crate) out_point: f64,
    pub(crate) start: f64,
    pub(crate) stretch: f64,
    pub(crate) hidden: bool,
    pub(crate) transform: Transform,
    pub(crate) masks: Vec<Mask>,
    pub(crate) matte: Option<Matte>,
    /// Shown only through the layers that use it as their matte.
    pub(crate) matte_source: bool,
    pub(crate) blend: Mix,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    /// A null, or something that is not drawn.
    Nothing,
    Solid {
        width: f64,
        height: f64,
        color: [f64; 3],
    },
    Shapes(Vec<Item>),
    Comp {
        /// Index into the animation's compositions.
        comp: usize,
        width: f64,
        height: f64,
        /// Seconds into the composition.
        remap: Option<Property<f64>>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Matte {
    /// Index in the same composition.
    pub(crate) source: usize,
    pub(crate) luma: bool,
    pub(crate) inverted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MaskMode {
    Add,
    Subtract,
    Intersect,
    Difference,
}

#[derive(Debug)]
pub(crate) struct Mask {
    pub(crate) mode: MaskMode,
    pub(crate) inverted: bool,
    pub(crate) path: Property<Outline>,
    pub(crate) opacity: Property<f64>,
}

#[derive(Debug)]
pub(crate) enum Position {
    Joined(Property<Point>),
    Split(Property<f64>, Property<f64>),
}

#[derive(Debug)]
pub(crate) struct Transform {
    pub(crate) anchor: Property<Point>,
    pub(crate) position: Position,
    pub(crate) scale: Property<Point>,
    pub(crate) rotation: Property<f64>,
    pub(crate) skew: Property<f64>,
    pub(crate) skew_axis: Property<f64>,
    pub(crate) opacity: Property<f64>,
    /// Turned to look along the motion path.
    pub(crate) follows_path: bool,
}

/// An element of a shape layer. Paints apply to the geometry above them in their group.
#[derive(Debug)]
pub(crate) enum Item {
    Group { items: Vec<Item>, transform: Option<Box<Transform>> },
    Geometry { geometry: Geometry, reversed: bool },
    Paint(Paint),
    Trim(Trim),
    RoundCorners(Property<f64>),
    Repeater(Box<Repeater>),
}

#[derive(Debug)]
pub(crate) enum Geometry {
    Path(Property<Outline>),
    Rect { position: Property<Point>, size: Property<Point>, radius: Property<f64> },
    Ellipse { position: Property<Point>, size: Property<Point> },
    Star(Box<Star>),
}

#[derive(Debug)]
pub(crate) struct Star {
    pub(crate) polygon: bool,
    pub(crate) position: Property<Point>,
    pub(crate) points: Property<f64>,
    pub(crate) rotation: Property<f64>,
    pub(crate) inner_radius: Property<f64>,
    pub(crate) inner_roundness: Property<f64>,
    pub(crate) outer_radius: Property<f64>,
    pub(crate) outer_roundness: Property<f64>,
}

#[derive(Debug)]
pub(crate) struct Trim {
    pub(crate) start: Property<f64>,
    pub(crate) end: Property<f64>,
    pub(crate) offset: Property<f64>,
    /// All paths count as one long one.
    pub(crate) sequential: bool,
}

#[derive(Debug)]
pub(crate) struct Repeater {
    pub(crate) copies: Property<f64>,
    pub(crate) offset: Property<f64>,
    /// Later copies lie above earlier ones.
    pub(crate) above: bool,
    pub(crate) transform: Transform,
    pub(crate) start_opacity: Property<f64>,
    pub(crate) end_opacity: Property<f64>,
}

#[derive(Debug)]
pub(crate) struct Paint {
    pub(crate) brush: Brush,
    pub(crate) opacity: Property<f64>,
    pub(crate) style: Style,
}

#[derive(Debug)]
pub(crate) enum Brush {
    Solid(Property<[f64; 3]>),
    Gradient(Box<Gradient>),
}

#[derive(Debug)]
pub(crate) struct Gradient {
    pub(crate) radial: bool,
    pub(crate) start: Property<Point>,
    pub(crate) end: Property<Point>,
    pub(crate) highlight_length: Property<f64>,
    pub(crate) highlight_angle: Property<f64>,
    /// Number of colour stops; opacity stops follow them in `stops`.
    pub(crate) colors: usize,
    pub(crate) stops: Property<Vec<f64>>,
}

#[derive(Debug)]
pub(crate) enum Style {
    Fill { even_odd: bool },
    Stroke(Box<Stroke>),
}

#[derive(Debug)]
pub(crate) struct Stroke {
    pub(crate) width: Property<f64>,
    pub(crate) cap: Cap,
    pub(crate) join: Join,
    pub(crate) miter_limit: f64,
    pub(crate) dashes: Vec<Property<f64>>,
    pub(crate) dash_offset: Property<f64>,
}

/// A path by its corners, as Lottie has it: tangents are relative to their corner.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outline {
    pub(crate) closed: bool,
    pub(crate) corners: Vec<Corner>,
}

/// A point of an outline: itself, the tangent into it, the tangent out of it.
pub(crate) type Corner = [f64; 6];

impl Blend for Outline {
    fn blend(&self, other: &Self, weight: impl Fn(usize) -> f64) -> Self {
        let weight = weight(0);
        let corners =
            self.corners.iter().zip(&other.corners).map(|(from, to)| from.blend(to, |_| weight)).collect();
        Self { closed: self.closed, corners }
    }
}
