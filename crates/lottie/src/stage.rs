//! Puts layers on top of each other: time, parents, masks, mattes, opacity, compositions in compositions.
//!
//! Each layer is drawn as
//!
//! ```text
//!   matte ─► [ content ─ clipped by simple masks ─ cut by the others ] ─► opacity, blend ─► what lies below
//! ```
//!
//! and needs a surface of its own only where opacity, blending, masks or a matte ask for one.

use vello_cpu::kurbo::{Affine, BezPath, Cap, Circle, PathEl, Point, Rect, Shape, Stroke as Pen};
use vello_cpu::peniko::{BlendMode, Compose, Fill, Mix};
use vello_cpu::{Level, Mask as PixelMask, Pixmap, RenderContext, RenderSettings, Resources};

use crate::error::RenderError;
use crate::limits;
use crate::model::{Brush, Comp, Content, Layer, Matte, Style};
use crate::modify;
use crate::paint::rgba;
use crate::read::Document;
use crate::shapes::{Drawing, Mark, Placed};

/// How deep mattes and compositions may refer to each other while one frame is drawn.
const DEPTH: usize = 128;

/// How short a stroke is a dot, in pen widths.
const HARDLY: f64 = 0.02;

/// Why drawing stopped; the caller knows the frame.
#[derive(Debug)]
pub(crate) struct TooMuch {
    pub(crate) what: &'static str,
    pub(crate) limit: usize,
}

impl TooMuch {
    pub(crate) fn at(self, frame: i32) -> RenderError {
        RenderError::TooComplex { frame, what: self.what, limit: self.limit }
    }
}

pub(crate) type Drawn = Result<(), TooMuch>;

/// Draws a frame of a document into pixels with premultiplied alpha.
pub(crate) fn draw(
    document: &Document,
    time: f64,
    view: Affine,
    size: (u16, u16),
) -> Result<Pixmap, TooMuch> {
    let Document { comps, root, analysis } = document;
    let mut stage =
        Stage { comps, frame_rate: analysis.frame_rate, size, context: context(size), layers: 0, depth: 0 };
    // Where the picture is wider or higher than the animation, nothing may stick out.
    let bounds = Rect::new(0.0, 0.0, f64::from(analysis.width), f64::from(analysis.height));
    let framed = !stage.covers(view, bounds);
    if framed {
        stage.clip(view, &bounds.to_path(0.1))?;
    }
    stage.comp(root, time, view)?;
    if framed {
        stage.context.pop_layer();
    }
    Ok(pixels(&stage.context, size))
}

fn context((width, height): (u16, u16)) -> RenderContext {
    // The rasteriser rounds differently with each set of vector instructions. The frames of one job are drawn
    // on many machines and must look like one: every machine uses what all of its kind have.
    let settings = RenderSettings { level: Level::baseline(), num_threads: 0 };
    RenderContext::new_with(width, height, settings)
}

fn pixels(context: &RenderContext, (width, height): (u16, u16)) -> Pixmap {
    let mut pixmap = Pixmap::new(width, height);
    context.render(&mut pixmap, &mut Resources::default());
    pixmap
}

pub(crate) struct Stage<'a> {
    comps: &'a [Comp],
    frame_rate: f64,
    size: (u16, u16),
    pub(crate) context: RenderContext,
    /// Layers drawn so far.
    layers: usize,
    depth: usize,
}

impl<'a> Stage<'a> {
    fn comp(&mut self, comp: &'a Comp, time: f64, view: Affine) -> Drawn {
        for layer in comp.layers.iter().rev().filter(|layer| !layer.matte_source) {
            self.layer(comp, layer, time, view)?;
        }
        Ok(())
    }

    fn layer(&mut self, comp: &'a Comp, layer: &'a Layer, time: f64, view: Affine) -> Drawn {
        let alpha = layer.transform.alpha(time);
        let shows = !layer.hidden && layer.in_point <= time && time < layer.out_point;
        if !shows || alpha <= 0.0 || matches!(layer.content, Content::Nothing) {
            return Ok(());
        }
        self.layers += 1;
        if self.layers > limits::LAYERS {
            return Err(TooMuch { what: "layers", limit: limits::LAYERS });
        }
        if self.depth >= DEPTH {
            return Err(TooMuch { what: "mattes and compositions inside each other", limit: DEPTH });
        }
        self.depth += 1;
        let drawn = match layer.matte {
            Some(matte) => self.through_matte(comp, layer, matte, time, view, alpha),
            None => self.onto_below(comp, layer, time, view, alpha),
        };
        self.depth -= 1;
        drawn
    }

    /// The layer where its matte lets it through.
    fn through_matte(
        &mut self,
        comp: &'a Comp,
        layer: &'a Layer,
        matte: Matte,
        time: f64,
        view: Affine,
        alpha: f64,
    ) -> Drawn {
        let Some(source) = comp.layers.get(matte.source) else { return Ok(()) };
        let blend = BlendMode::new(layer.blend, Compose::SrcOver);
        if matte.luma {
            let mask = self.luma_mask(comp, source, matte.inverted, time, view)?;
            self.context.push_layer(None, Some(blend), Some(alpha as f32), Some(mask), None);
            self.content(comp, layer, time, view, 1.0)?;
            self.context.pop_layer();
            return Ok(());
        }
        let compose = if matte.inverted { Compose::SrcOut } else { Compose::SrcIn };
        self.context.push_layer(None, Some(blend), Some(alpha as f32), None, None);
        self.layer(comp, source, time, view)?;
        self.context.push_layer(None, Some(compose.into()), None, None, None);
        self.content(comp, layer, time, view, 1.0)?;
        self.context.pop_layer();
        self.context.pop_layer();
        Ok(())
    }

    /// A matte by brightness needs the pixels of its source.
    fn luma_mask(
        &mut self,
        comp: &'a Comp,
        source: &'a Layer,
        inverted: bool,
        time: f64,
        view: Affine,
    ) -> Result<PixelMask, TooMuch> {
        let mut aside = Stage { context: context(self.size), ..*self };
        aside.layer(comp, source, time, view)?;
        self.layers = aside.layers;
        let pixmap = pixels(&aside.context, self.size);
        let luma = pixmap.data().iter().map(|pixel| {
            let luma =
                0.2126 * f32::from(pixel.r) + 0.7152 * f32::from(pixel.g) + 0.0722 * f32::from(pixel.b);
            let luma = luma.round().clamp(0.0, 255.0) as u8;
            if inverted { 255 - luma } else { luma }
        });
        Ok(PixelMask::from_parts(luma.collect(), self.size.0, self.size.1))
    }

    fn onto_below(&mut self, comp: &'a Comp, layer: &'a Layer, time: f64, view: Affine, alpha: f64) -> Drawn {
        // A single colour can carry the opacity itself; anything that may overlap itself cannot.
        let lone = matches!(layer.content, Content::Solid { .. });
        if layer.blend == Mix::Normal && (alpha >= 1.0 || lone) {
            return self.content(comp, layer, time, view, alpha);
        }
        let blend = BlendMode::new(layer.blend, Compose::SrcOver);
        self.context.push_layer(None, Some(blend), Some(alpha as f32), None, None);
        self.content(comp, layer, time, view, 1.0)?;
        self.context.pop_layer();
        Ok(())
    }

    /// What the layer shows, within its masks.
    fn content(&mut self, comp: &'a Comp, layer: &'a Layer, time: f64, view: Affine, alpha: f64) -> Drawn {
        let space = view * world(comp, layer, time);
        match layer.masks.as_slice() {
            [] => self.bare(layer, time, space, alpha),
            [mask] if mask.is_clip(time) => {
                let path = mask.path.at(time).path();
                self.clip(space, &path)?;
                self.bare(layer, time, space, alpha)?;
                self.context.pop_layer();
                Ok(())
            }
            masks => {
                self.context.push_layer(None, None, None, None, None);
                self.bare(layer, time, space, alpha)?;
                self.cut(masks, time, space)?;
                self.context.pop_layer();
                Ok(())
            }
        }
    }

    fn bare(&mut self, layer: &'a Layer, time: f64, space: Affine, alpha: f64) -> Drawn {
        match &layer.content {
            Content::Nothing => Ok(()),
            Content::Solid { width, height, color } => {
                let path = Rect::new(0.0, 0.0, *width, *height).to_path(0.1);
                self.place(space, &path)?;
                self.context.set_fill_rule(Fill::NonZero);
                self.context.set_paint(rgba(*color, alpha));
                self.context.fill_path(&path);
                Ok(())
            }
            Content::Shapes(items) => {
                let drawing = Drawing::new(items, time)
                    .map_err(|_| TooMuch { what: "path elements", limit: limits::ELEMENTS })?;
                self.marks(&drawing.marks, &drawing.paths, time, space, alpha)
            }
            Content::Comp { comp, width, height, remap } => {
                let Some(inner) = self.comps.get(*comp) else { return Ok(()) };
                let local = match remap {
                    Some(seconds) => seconds.at(time) * self.frame_rate,
                    None => (time - layer.start) / layer.stretch,
                };
                let bounds = Rect::new(0.0, 0.0, *width, *height);
                let isolated = inner.blends || !self.covers(space, bounds);
                if isolated {
                    self.clip(space, &bounds.to_path(0.1))?;
                }
                self.comp(inner, local, space)?;
                if isolated {
                    self.context.pop_layer();
                }
                Ok(())
            }
        }
    }

    /// Whether a rectangle reaches beyond the picture on all sides, so that clipping to it changes nothing.
    fn covers(&self, space: Affine, bounds: Rect) -> bool {
        let [a, b, c, d, _, _] = space.as_coeffs();
        let upright = b == 0.0 && c == 0.0 && a != 0.0 && d != 0.0;
        let seen = space.transform_rect_bbox(bounds);
        let (width, height) = (f64::from(self.size.0), f64::from(self.size.1));
        upright && seen.x0 <= 1e-6 && seen.y0 <= 1e-6 && seen.x1 >= width - 1e-6 && seen.y1 >= height - 1e-6
    }

    fn marks(&mut self, marks: &[Mark<'a>], paths: &[Placed], time: f64, space: Affine, alpha: f64) -> Drawn {
        for mark in marks.iter().rev() {
            match mark {
                Mark::Group { alpha: own, marks } => {
                    let opacity = alpha * own;
                    if opacity >= 1.0 || marks.len() == 1 {
                        self.marks(marks, paths, time, space, opacity)?;
                    } else {
                        self.context.push_layer(None, None, Some(opacity as f32), None, None);
                        self.marks(marks, paths, time, space, 1.0)?;
                        self.context.pop_layer();
                    }
                }
                Mark::Paint { paint, paths: range, transform, alpha: own } => {
                    let alpha = alpha * own;
                    let painted = paths.get(range.clone()).unwrap_or(&[]);
                    if alpha > 0.0 && !painted.is_empty() {
                        let path = gather(painted, *transform);
                        self.paint(&paint.brush, &paint.style, &path, time, space * *transform, alpha)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn paint(
        &mut self,
        brush: &Brush,
        style: &Style,
        path: &BezPath,
        time: f64,
        space: Affine,
        alpha: f64,
    ) -> Drawn {
        let Some(paint) = brush.at(time, alpha) else { return Ok(()) };
        if path.is_empty() || space.determinant().abs() < 1e-12 {
            return Ok(());
        }
        self.place(space, path)?;
        self.context.set_paint(paint);
        match style {
            Style::Fill { even_odd } => {
                self.context.set_fill_rule(if *even_odd { Fill::EvenOdd } else { Fill::NonZero });
                self.context.fill_path(path);
                self.context.set_fill_rule(Fill::NonZero);
            }
            Style::Stroke(stroke) => {
                let Some(pen) = stroke.at(time) else { return Ok(()) };
                let period: f64 = pen.dash_pattern.iter().sum();
                if period > 0.0 && modify::length(path) / period > limits::DASHES {
                    return Err(TooMuch { what: "dashes along a path", limit: limits::DASHES as usize });
                }
                let dots = modify::dots(path, pen.width * HARDLY);
                if !dots.is_empty() && pen.start_cap != Cap::Butt {
                    // The rasteriser's pen leaves no trace where it hardly moves.
                    let dots = dots.into_iter().flat_map(|at| dot(at, &pen));
                    self.context.fill_path(&BezPath::from_iter(dots));
                }
                self.context.set_stroke(pen);
                self.context.stroke_path(path);
            }
        }
        Ok(())
    }

    pub(crate) fn clip(&mut self, space: Affine, path: &BezPath) -> Drawn {
        self.place(space, path)?;
        self.context.set_fill_rule(Fill::NonZero);
        self.context.push_layer(Some(path), None, None, None, None);
        Ok(())
    }

    /// Sets the space a path is drawn in, unless it leads out of what the rasteriser can count.
    pub(crate) fn place(&mut self, space: Affine, path: &BezPath) -> Drawn {
        let bounds = space.transform_rect_bbox(path.control_box());
        let far = bounds.x0.abs().max(bounds.y0.abs()).max(bounds.x1.abs()).max(bounds.y1.abs());
        if !path.is_empty() && (far > limits::REACH || far.is_nan() || !space.is_finite()) {
            return Err(TooMuch { what: "pixels from the picture's corner", limit: limits::REACH as usize });
        }
        self.context.set_transform(space);
        Ok(())
    }
}

/// What a pen leaves that touches down without moving.
fn dot(at: Point, pen: &Pen) -> Vec<PathEl> {
    let shape = match pen.start_cap {
        Cap::Round => Circle::new(at, pen.width / 2.0).to_path(0.01),
        _ => Rect::from_center_size(at, (pen.width, pen.width)).to_path(0.01),
    };
    shape.into_iter().collect()
}

/// All paths a paint covers as one, in the paint's own space.
fn gather(paths: &[Placed], space: Affine) -> BezPath {
    let inverse = space.inverse();
    let mut all = BezPath::new();
    for placed in paths {
        if placed.transform == space {
            all.extend(placed.path.elements().iter().copied());
        } else {
            let matrix = inverse * placed.transform;
            if matrix.is_finite() {
                all.extend(matrix * &placed.path);
            }
        }
    }
    all
}

/// From the layer's own space to its composition's, through all its parents.
fn world(comp: &Comp, layer: &Layer, time: f64) -> Affine {
    let mut matrix = layer.transform.matrix(time);
    let mut parent = layer.parent;
    // A parent that is its own ancestor would go on for ever.
    for _ in 0..comp.layers.len() {
        let Some(above) = parent.and_then(|index| comp.layers.get(index)) else { break };
        matrix = above.transform.matrix(time) * matrix;
        parent = above.parent;
    }
    matrix
}
