//! Brushes and pens at one frame, in the rasteriser's words.

use vello_cpu::PaintType;
use vello_cpu::color::{AlphaColor, Srgb};
use vello_cpu::kurbo::{Point, Stroke as Pen, Vec2};
use vello_cpu::peniko::{ColorStop, Gradient as Ramp, InterpolationAlphaSpace};

use crate::model::{Brush, Gradient, Stroke};

pub(crate) fn rgba(color: [f64; 3], alpha: f64) -> AlphaColor<Srgb> {
    let channel = |value: f64| value.clamp(0.0, 1.0) as f32;
    AlphaColor::new([channel(color[0]), channel(color[1]), channel(color[2]), channel(alpha)])
}

impl Brush {
    /// The paint at a frame; `None` where it paints nothing.
    pub(crate) fn at(&self, frame: f64, alpha: f64) -> Option<PaintType> {
        match self {
            Self::Solid(color) => Some(rgba(color.at(frame), alpha).into()),
            Self::Gradient(gradient) => gradient.at(frame, alpha),
        }
    }
}

impl Gradient {
    fn at(&self, frame: f64, alpha: f64) -> Option<PaintType> {
        let stops = color_stops(&self.stops.at(frame), self.colors, alpha);
        let first = stops.first()?;
        let (start, end) = (self.start.position(frame), self.end.position(frame));
        let radius = start.distance(end);
        if radius < 1e-6 || stops.len() == 1 {
            // A gradient without extent is all its last colour.
            return stops.last().or(Some(first)).map(|stop| stop.color.to_alpha_color::<Srgb>().into());
        }
        let ramp = if self.radial {
            let focus = self.focus(frame, start, end);
            Ramp::new_two_point_radial(focus, 0.0, start, radius as f32)
        } else {
            Ramp::new_linear(start, end)
        };
        let mut ramp = ramp.with_stops(stops.as_slice());
        ramp.interpolation_alpha_space = InterpolationAlphaSpace::Unpremultiplied;
        Some(ramp.into())
    }

    /// Where the highlight of a radial gradient sits.
    fn focus(&self, frame: f64, start: Point, end: Point) -> Point {
        let length = (self.highlight_length.at(frame) / 100.0).clamp(-0.99, 0.99);
        let angle = (end - start).atan2() + self.highlight_angle.at(frame).to_radians();
        start + Vec2::from_angle(angle) * (start.distance(end) * length)
    }
}

/// Colour stops and opacity stops run on their own; together they need a stop wherever either has one.
fn color_stops(raw: &[f64], colors: usize, alpha: f64) -> Vec<ColorStop> {
    let (colors, opacities) = raw.split_at((colors.saturating_mul(4)).min(raw.len()));
    let colors: Vec<(f64, [f64; 3])> =
        colors.chunks_exact(4).map(|stop| (stop[0], [stop[1], stop[2], stop[3]])).collect();
    let opacities: Vec<(f64, [f64; 1])> =
        opacities.chunks_exact(2).map(|stop| (stop[0], [stop[1]])).collect();
    let mut offsets: Vec<f64> =
        colors.iter().map(|stop| stop.0).chain(opacities.iter().map(|s| s.0)).collect();
    offsets.iter_mut().for_each(|offset| *offset = offset.clamp(0.0, 1.0));
    offsets.sort_by(f64::total_cmp);
    if opacities.is_empty() {
        // Two stops on one offset are a hard edge, which sampling would lose.
        return colors.iter().map(|(at, color)| stop(*at, *color, alpha)).collect();
    }
    offsets.dedup();
    offsets
        .into_iter()
        .map(|at| {
            let opacity = sample(&opacities, at).map_or(1.0, |value| value[0].clamp(0.0, 1.0));
            stop(at, sample(&colors, at).unwrap_or_default(), alpha * opacity)
        })
        .collect()
}

fn stop(at: f64, color: [f64; 3], alpha: f64) -> ColorStop {
    (at.clamp(0.0, 1.0) as f32, rgba(color, alpha)).into()
}

fn sample<const N: usize>(stops: &[(f64, [f64; N])], at: f64) -> Option<[f64; N]> {
    let after = stops.partition_point(|stop| stop.0 <= at);
    let (before, next) = (after.checked_sub(1).and_then(|index| stops.get(index)), stops.get(after));
    match (before, next) {
        (Some((from, a)), Some((to, b))) => {
            let share = (at - from) / (to - from);
            Some(std::array::from_fn(|index| a[index] + (b[index] - a[index]) * share))
        }
        (Some((_, only)), None) | (None, Some((_, only))) => Some(*only),
        (None, None) => None,
    }
}

impl Stroke {
    /// The pen at a frame; `None` where it is too thin to leave a trace.
    pub(crate) fn at(&self, frame: f64) -> Option<Pen> {
        let width = self.width.at(frame);
        if width <= 0.0 {
            return None;
        }
        let pen = Pen::new(width).with_caps(self.cap).with_join(self.join).with_miter_limit(self.miter_limit);
        let mut dashes: Vec<f64> = self.dashes.iter().map(|dash| dash.at(frame).max(0.0)).collect();
        if dashes.iter().sum::<f64>() <= 1e-3 {
            return Some(pen);
        }
        if dashes.len() % 2 == 1 {
            dashes.extend_from_within(..);
        }
        Some(pen.with_dashes(self.dash_offset.at(frame), dashes))
    }
}
