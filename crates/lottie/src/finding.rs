//! What a file contains that will not be drawn as its author drew it.
//!
//! Findings are made by the reader at the very place where it drops something, so the list cannot drift from
//! what is drawn. It refuses to judge: whether a finding matters is for the person who submits the job.

use std::fmt;

/// What is not drawn, or not drawn right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// A text layer.
    Text,
    /// A value computed by an expression.
    Expression,
    /// A track matte whose source is missing or of an unknown kind.
    Matte,
    /// A mask mode, feather or expansion.
    Mask,
    /// A raster image.
    Image,
    /// A video or another layer kind with pixels of its own.
    Layer,
    /// A camera, or a layer that leaves the plane.
    ThreeD,
    /// A layer effect.
    Effect,
    /// A layer style: shadow, glow, stroke.
    LayerStyle,
    /// A blend mode.
    BlendMode,
    /// Motion blur that the composition switches on.
    MotionBlur,
    /// Paths combined by anything but plain merging.
    MergePaths,
    /// A path modifier: offset, twist, pucker and bloat, zig-zag.
    PathModifier,
    /// A path whose number of corners changes between keyframes.
    PathVertices,
    /// A value that is bound to a theme slot.
    Slot,
    /// A composition that is not in the file.
    MissingComposition,
    /// A shape element of an unknown kind, or one that is drawn in part.
    Shape,
}

impl Feature {
    /// The feature in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Expression => "expression",
            Self::Matte => "track matte",
            Self::Mask => "mask",
            Self::Image => "image",
            Self::Layer => "layer kind",
            Self::ThreeD => "3D",
            Self::Effect => "effect",
            Self::LayerStyle => "layer style",
            Self::BlendMode => "blend mode",
            Self::MotionBlur => "motion blur",
            Self::MergePaths => "merge paths",
            Self::PathModifier => "path modifier",
            Self::PathVertices => "path vertices",
            Self::Slot => "theme slot",
            Self::MissingComposition => "missing composition",
            Self::Shape => "shape kind",
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a finding shows in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It is drawn, but not as it was made.
    Wrong,
    /// It is not drawn at all.
    Missing,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wrong => "drawn wrong",
            Self::Missing => "not drawn",
        })
    }
}

/// One thing that will not look as it should.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Names of compositions, layer and shapes, joined by ` > `.
    pub layer: String,
    /// What it is.
    pub feature: Feature,
    /// How it shows.
    pub severity: Severity,
    /// More about it, in words.
    pub note: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}: {}", self.layer, self.feature, self.severity, self.note)
    }
}

/// What is known about an animation before a frame of it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames per second.
    pub frame_rate: f64,
    /// First frame that can be drawn.
    pub first_frame: i32,
    /// Last frame that can be drawn. The out point of a Lottie file is exclusive and may be a fraction.
    pub last_frame: i32,
    /// Version of the exporter that wrote the file, if it says so.
    pub version: Option<String>,
    /// Everything that is drawn wrong or not at all, in the order of the file.
    pub findings: Vec<Finding>,
}

impl Analysis {
    /// Whether every frame will look as its author made it.
    pub fn is_faithful(&self) -> bool {
        self.findings.is_empty()
    }
}
