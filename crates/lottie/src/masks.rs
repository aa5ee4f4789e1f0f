//! Layer masks: paths that add up, one after the other, to what a layer is cut by.
//!
//! A single plain mask is only a clip and never comes here; any other combination is drawn on a surface of its
//! own and laid over the layer.

use vello_cpu::kurbo::{Affine, BezPath, Rect, Shape};
use vello_cpu::peniko::{Compose, Fill};

use crate::model::{Mask, MaskMode};
use crate::paint::rgba;
use crate::stage::{Drawn, Stage};

impl Mask {
    /// Whether the mask only clips, which needs no surface.
    pub(crate) fn is_clip(&self, time: f64) -> bool {
        let plain = matches!(self.mode, MaskMode::Add | MaskMode::Intersect);
        plain && !self.inverted && self.opacity.at(time) >= 100.0
    }
}

impl Stage<'_> {
    /// Cuts what was drawn since the last surface was opened by all masks together.
    pub(crate) fn cut(&mut self, masks: &[Mask], time: f64, space: Affine) -> Drawn {
        self.context.push_layer(None, Some(Compose::DestIn.into()), None, None, None);
        for (index, mask) in masks.iter().enumerate() {
            self.mask(mask, index == 0, time, space)?;
        }
        self.context.pop_layer();
        Ok(())
    }

    /// Lays one mask over those before it; together they are what the content is cut by.
    fn mask(&mut self, mask: &Mask, first: bool, time: f64, space: Affine) -> Drawn {
        let mut path = mask.path.at(time).path();
        let whole = space.inverse() * Rect::new(-1.0, -1.0, 65_536.0, 65_536.0).to_path(0.1);
        if first && matches!(mask.mode, MaskMode::Subtract | MaskMode::Intersect) {
            // Everything shows until a mask takes something away.
            self.cover(space, &whole, 1.0, Fill::NonZero)?;
        }
        let mut rule = Fill::NonZero;
        if mask.inverted {
            path.extend(whole);
            rule = Fill::EvenOdd;
        }
        let alpha = (mask.opacity.at(time) / 100.0).clamp(0.0, 1.0);
        let compose = match mask.mode {
            MaskMode::Add => return self.cover(space, &path, alpha, rule),
            MaskMode::Subtract => Compose::DestOut,
            MaskMode::Intersect => Compose::DestIn,
            MaskMode::Difference => Compose::Xor,
        };
        self.context.push_layer(None, Some(compose.into()), None, None, None);
        self.cover(space, &path, alpha, rule)?;
        self.context.pop_layer();
        Ok(())
    }

    fn cover(&mut self, space: Affine, path: &BezPath, alpha: f64, rule: Fill) -> Drawn {
        self.place(space, path)?;
        self.context.set_fill_rule(rule);
        self.context.set_paint(rgba([0.0; 3], alpha));
        self.context.fill_path(path);
        self.context.set_fill_rule(Fill::NonZero);
        Ok(())
    }
}
