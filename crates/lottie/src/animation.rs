//! The crate's front: a file becomes an animation, a frame of it becomes a picture.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;
use vello_cpu::Pixmap;
use vello_cpu::kurbo::Affine;

use crate::error::{LoadError, RenderError};
use crate::finding::Analysis;
use crate::picture::Picture;
use crate::read::Document;
use crate::{dialect, limits, read, stage};

/// A colour with straight alpha, each channel 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgba(pub [u8; 4]);

/// How frames become pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RenderOptions {
    /// Width in pixels; without it, as the animation or the height has it.
    pub width: Option<u32>,
    /// Height in pixels; without it, as the animation or the width has it.
    pub height: Option<u32>,
    /// Multiplies the size that results, for previews.
    pub scale: f64,
    /// What lies under the animation; nothing if `None`.
    pub background: Option<Rgba>,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self { width: None, height: None, scale: 1.0, background: None }
    }
}

/// An animation, ready to draw any of its frames.
#[derive(Debug)]
pub struct Animation {
    document: Document,
}

impl Animation {
    /// Reads a Lottie file. What it contains beyond what can be drawn is in [`Animation::analysis`].
    pub fn load(bytes: &[u8]) -> Result<Self, LoadError> {
        if bytes.len() > limits::FILE_BYTES {
            return Err(LoadError::TooLarge { bytes: bytes.len(), limit: limits::FILE_BYTES });
        }
        // serde_json refuses nesting beyond 128 levels, which bounds every recursion over the file.
        let mut file: Value = serde_json::from_slice(bytes).map_err(LoadError::Json)?;
        dialect::normalise(&mut file);
        Ok(Self { document: read::document(&file)? })
    }

    /// Size, time, and everything that will not look as its author made it.
    pub fn analysis(&self) -> &Analysis {
        &self.document.analysis
    }

    /// Draws one frame. Its number counts as in the file, from [`Analysis::first_frame`] to
    /// [`Analysis::last_frame`].
    pub fn render(&self, frame: i32, options: &RenderOptions) -> Result<Picture, RenderError> {
        let analysis = self.analysis();
        let (first, last) = (analysis.first_frame, analysis.last_frame);
        if frame < first || frame > last {
            return Err(RenderError::NoSuchFrame { frame, first, last });
        }
        let (width, height) = options.size(analysis)?;
        let view = fit(analysis, width, height);
        // The rasteriser asserts what it takes for granted, and the file is a stranger's. Nothing outlives the
        // call that a panic could leave half done.
        let drawn = catch_unwind(AssertUnwindSafe(|| {
            stage::draw(&self.document, f64::from(frame), view, (width, height))
        }));
        let pixmap = match drawn {
            Ok(drawn) => drawn.map_err(|too_much| too_much.at(frame))?,
            Err(panic) => {
                let message = panic.downcast_ref::<String>().cloned();
                let message = message.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                let message = message.unwrap_or_else(|| "it panicked without a word".to_owned());
                return Err(RenderError::Rasteriser { frame, message });
            }
        };
        Ok(Picture {
            width: u32::from(width),
            height: u32::from(height),
            rgba: straight(&pixmap, options.background),
        })
    }
}

impl RenderOptions {
    /// Width and height of the pictures that come out.
    pub fn size(&self, analysis: &Analysis) -> Result<(u16, u16), RenderError> {
        let (own_width, own_height) = (f64::from(analysis.width), f64::from(analysis.height));
        let (width, height) = match (self.width.map(f64::from), self.height.map(f64::from)) {
            (Some(width), Some(height)) => (width, height),
            (Some(width), None) => (width, width * own_height / own_width),
            (None, Some(height)) => (height * own_width / own_height, height),
            (None, None) => (own_width, own_height),
        };
        let (width, height) = ((width * self.scale).round(), (height * self.scale).round());
        let limit = limits::SIDE;
        let fits = |side: f64| (1.0..=f64::from(limit)).contains(&side);
        if !fits(width) || !fits(height) || width * height > limits::PIXELS as f64 {
            return Err(RenderError::Size { width, height, limit });
        }
        Ok((width as u16, height as u16))
    }
}

/// Scales the animation into a picture whole, centred where the proportions differ.
fn fit(analysis: &Analysis, width: u16, height: u16) -> Affine {
    let (own_width, own_height) = (f64::from(analysis.width), f64::from(analysis.height));
    let (width, height) = (f64::from(width), f64::from(height));
    let scale = (width / own_width).min(height / own_height);
    // Rounding to whole pixels must not leave an edge of half a pixel.
    let snug = |side: f64, own: f64| (own * scale - side).abs() < 1.0;
    if snug(width, own_width) && snug(height, own_height) {
        return Affine::scale_non_uniform(width / own_width, height / own_height);
    }
    let margin = ((width - own_width * scale) / 2.0, (height - own_height * scale) / 2.0);
    Affine::translate(margin) * Affine::scale(scale)
}

/// Lays premultiplied pixels over the background, with straight alpha.
fn straight(pixmap: &Pixmap, background: Option<Rgba>) -> Vec<u8> {
    let mut rgba = Vec::with_capacity(pixmap.data().len() * 4);
    let under = background.map_or([0; 4], |Rgba(color)| color);
    let under_alpha = u32::from(under[3]);
    for pixel in pixmap.data() {
        let rest = 255 - u32::from(pixel.a);
        if rest == 0 {
            rgba.extend([pixel.r, pixel.g, pixel.b, 255]);
            continue;
        }
        let through = (under_alpha * rest + 127) / 255;
        let alpha = u32::from(pixel.a) + through;
        let channel = |over: u8, under: u8| {
            let sum = u32::from(over) * 255 + u32::from(under) * through;
            (sum + alpha / 2).checked_div(alpha).unwrap_or(0).min(255) as u8
        };
        rgba.extend([
            channel(pixel.r, under[0]),
            channel(pixel.g, under[1]),
            channel(pixel.b, under[2]),
            alpha.min(255) as u8,
        ]);
    }
    rgba
}
